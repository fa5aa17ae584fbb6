/* Offers, views, mutes and the events of the media plane, as the room protocol has them. */
#include "fake_client.h"

#include "log.h"
#include "media.h"

#define ICE_AND_DTLS                                                                                         \
    "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"                                             \
    "a=fingerprint:sha-256 "                                                                                 \
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"    \
    "a=setup:actpass\r\na=rtcp-mux\r\n"
#define AUDIO(mid, direction)                                                                                \
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:" mid "\r\na=" direction                   \
    "\r\n" ICE_AND_DTLS "a=rtpmap:111 opus/48000/2\r\n"
#define VIDEO(mid, direction)                                                                                \
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:" mid "\r\na=" direction                    \
    "\r\n" ICE_AND_DTLS "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
#define SESSION(mids) "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE " mids "\r\n"

/* A microphone, a camera, one slot of each kind. */
#define OFFER                                                                                                \
    SESSION("0 1 2 3")                                                                                       \
    AUDIO("0", "sendonly") VIDEO("1", "sendonly") AUDIO("2", "recvonly") VIDEO("3", "recvonly")
#define OFFER_MORE                                                                                           \
    SESSION("0 1 2 3 4")                                                                                     \
    AUDIO("0", "sendonly")                                                                                   \
    VIDEO("1", "sendonly") AUDIO("2", "recvonly") VIDEO("3", "recvonly") VIDEO("4", "recvonly")

static json_t *offer(const char *sdp)
{
    return json_pack("{s:s}", "sdp", sdp);
}

static json_int_t number_at(const json_t *list, size_t index, const char *member)
{
    return json_integer_value(json_object_get(json_array_get(list, index), member));
}

static void check_offer(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = fake_join(&plane, "r", "Ann"), *bob = fake_join(&plane, "r", "Bob");
    const json_t *result =
        fake_result(ann, "offer",
                    json_pack("{s:s, s:[{s:s, s:s, s:s, s:b}]}", "sdp", OFFER, "tracks", "mid", "1", "source",
                              "screen", "name", "My slides", "muted", 1));
    const json_t *tracks = json_object_get(result, "tracks"), *slots = json_object_get(result, "slots");
    assert_non_null(strstr(json_string_value(json_object_get(result, "sdp")), "a=ice-lite"));
    assert_int_equal(json_array_size(tracks), 2);
    assert_int_equal(json_array_size(slots), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(tracks, 1), "source")), "screen");
    assert_string_equal(json_string_value(json_object_get(json_array_get(slots, 1), "kind")), "video");
    assert_string_equal(json_string_value(json_object_get(json_array_get(slots, 1), "mid")), "3");
    assert_int_equal(number_at(slots, 1, "ssrc"), fake_sfu.last_desc.media.slots[1].ssrc);
    assert_int_equal(fake_sfu.joined, 1);
    assert_int_equal(fake_sfu.last_participant, 1);
    assert_true(fake_sfu.last_desc.media.tracks[1].muted);

    const json_t *entry = json_array_get(json_object_get(fake_told(bob, "roster"), "updated"), 0);
    const json_t *told = json_object_get(entry, "tracks");
    assert_int_equal(number_at(told, 1, "track"), number_at(tracks, 1, "track"));
    assert_string_equal(json_string_value(json_object_get(json_array_get(told, 1), "name")), "My slides");
    assert_true(json_is_true(json_object_get(json_array_get(told, 1), "muted")));
    assert_null(fake_told(ann, "media"));
    fake_wait(20);
    assert_string_equal(json_string_value(json_object_get(fake_told(ann, "media"), "state")), "connected");
    fake_free(ann);
    fake_free(bob);
    fake_plane_finish(&plane);
    assert_int_equal(fake_sfu.left, 1);
    assert_int_equal(fake_sfu.rooms_closed, 1);
}

/* Later offers keep the transport, the tracks and the slots; what did not change is not told. */
static void check_later_offers(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = fake_join(&plane, "r", "Ann");
    g_autofree char *before =
        fake_numbers(json_object_get(fake_result(ann, "offer", offer(OFFER)), "tracks"), "track");
    uint32_t ssrc = fake_sfu.last_desc.media.slots[0].ssrc;
    size_t told = fake_told_count(ann, "roster");
    const json_t *result = fake_result(ann, "offer", offer(OFFER_MORE));
    g_autofree char *after = fake_numbers(json_object_get(result, "tracks"), "track");
    assert_string_equal(before, after);
    assert_int_equal(json_array_size(json_object_get(result, "slots")), 3);
    assert_int_equal(number_at(json_object_get(result, "slots"), 0, "ssrc"), ssrc);
    assert_int_equal(fake_sfu.joined, 1);
    assert_int_equal(fake_sfu.updated, 1);
    assert_int_equal(fake_told_count(ann, "roster"), told);
    /* One that cannot be answered changes nothing. */
    assert_int_equal(fake_code(ann, "offer", offer(OFFER)), RPC_SDP);
    assert_int_equal(fake_sfu.updated, 1);
    assert_int_equal(server_session(&plane.server, 1)->track_count, 2);
    fake_free(ann);
    fake_plane_finish(&plane);
}

static void check_bad_offer(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = fake_join(&plane, "r", "Ann");
    const json_t *error = json_object_get(fake_call(ann, "offer", offer("v=0\r\nx\r\n")), "error");
    assert_int_equal(json_integer_value(json_object_get(error, "code")), RPC_SDP);
    assert_non_null(strstr(json_string_value(json_object_get(error, "message")), "line 2"));
    assert_int_equal(fake_sfu.joined, 0);
    assert_null(server_session(&plane.server, 1)->media);
    fake_result(ann, "offer", offer(OFFER));
    fake_free(ann);
    fake_plane_finish(&plane);
}

static void check_view(void **state)
{
    (void)state;
    static const struct {
        const char *slots;
        int code;
        size_t first, count; /* what the media plane is told; count 0 = nothing */
    } rows[] = {
        {"[{\"slot\":1,\"width\":640,\"height\":360,\"pin\":1}]", 0, 1, 1},
        {"[{\"slot\":1},{\"slot\":0,\"hidden\":true}]", 0, 0, 2},
        {"[]", 0, 0, 0},
        {"[{\"slot\":0},{\"slot\":2}]", RPC_NO_SLOT, 0, 0},
        {"[{\"slot\":0},{\"slot\":1,\"pin\":2}]", RPC_NO_PARTICIPANT, 0, 0},
        {"[{\"slot\":0,\"width\":65536}]", RPC_PARAMS, 0, 0},
        {"[{\"slot\":0,\"fps\":256}]", RPC_PARAMS, 0, 0},
        {"[{\"slot\":0,\"priority\":-1}]", RPC_PARAMS, 0, 0},
        {"[{\"slot\":0,\"source\":\"mic\"}]", RPC_PARAMS, 0, 0},
        {"[{\"slot\":1,\"pin\":1,\"source\":\"screen\",\"fps\":15,\"priority\":2}]", 0, 1, 1},
    };
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = fake_join(&plane, "r", "Ann"), *other = fake_join(&plane, "s", "Other");
    fake_result(ann, "offer", offer(OFFER));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        size_t before = fake_sfu.viewed;
        json_t *params = json_object();
        json_object_set_new(params, "slots", json_loads(rows[i].slots, 0, NULL));
        if (fake_code(ann, "view", params) != rows[i].code)
            fail_msg("%s", rows[i].slots);
        assert_int_equal(fake_sfu.viewed - before, rows[i].count > 0);
        if (rows[i].count) {
            assert_int_equal(fake_sfu.view_first, rows[i].first);
            assert_int_equal(fake_sfu.view_count, rows[i].count);
        }
    }
    assert_true(fake_sfu.view[0].hidden);
    assert_false(fake_sfu.view[1].hidden);
    assert_int_equal(fake_sfu.view[1].width, 0);
    assert_int_equal(fake_sfu.view[1].pin_participant, 1);
    assert_int_equal(fake_sfu.view[1].pin_source, SFU_SCREEN);
    assert_int_equal(fake_sfu.view[1].max_fps, 15);
    assert_int_equal(fake_sfu.view[1].priority, 2);
    assert_int_equal(fake_sfu.view[0].max_fps + fake_sfu.view[0].priority, 0);
    fake_free(ann);
    fake_free(other);
    fake_plane_finish(&plane);
}

static void check_publish(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = fake_join(&plane, "r", "Ann"), *bob = fake_join(&plane, "r", "Bob");
    json_int_t mic =
        number_at(json_object_get(fake_result(ann, "offer", offer(OFFER)), "tracks"), 0, "track");
    fake_result(ann, "publish", json_pack("{s:[{s:I, s:b}]}", "tracks", "track", mic, "muted", 1));
    assert_int_equal(fake_sfu.muted, 1);
    assert_int_equal(fake_sfu.mute_track, mic);
    assert_true(fake_sfu.mute_value);
    const json_t *entry = json_array_get(json_object_get(fake_told(bob, "roster"), "updated"), 0);
    assert_true(json_is_true(json_object_get(json_array_get(json_object_get(entry, "tracks"), 0), "muted")));
    /* The same again is told, but no news to the media plane; a name alone mutes nothing. */
    fake_result(ann, "publish", json_pack("{s:[{s:I, s:b}]}", "tracks", "track", mic, "muted", 1));
    fake_result(ann, "publish", json_pack("{s:[{s:I, s:s}]}", "tracks", "track", mic, "name", "Desk"));
    assert_int_equal(fake_sfu.muted, 1);
    /* It stays muted and named through the next offer. */
    fake_result(ann, "offer", offer(OFFER_MORE));
    assert_true(fake_sfu.last_desc.media.tracks[0].muted);
    assert_string_equal(server_session(&plane.server, 1)->tracks[0].name, "Desk");
    /* Of two tracks one is another's: nothing happens. */
    assert_int_equal(fake_code(ann, "publish",
                               json_pack("{s:[{s:I, s:b}, {s:I, s:b}]}", "tracks", "track", mic, "muted", 0,
                                         "track", mic + 100, "muted", 0)),
                     RPC_NO_TRACK);
    assert_int_equal(
        fake_code(bob, "publish", json_pack("{s:[{s:I, s:b}]}", "tracks", "track", mic, "muted", 0)),
        RPC_NO_TRACK);
    assert_int_equal(fake_sfu.muted, 1);
    fake_free(ann);
    fake_free(bob);
    fake_plane_finish(&plane);
}

static void check_slots(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = fake_join(&plane, "r", "Ann"), *bob = fake_join(&plane, "r", "Bob");
    fake_result(ann, "offer", offer(OFFER));
    uint64_t transport = fake_sfu.last_transport;
    uint32_t camera =
        (uint32_t)number_at(json_object_get(fake_result(bob, "offer", offer(OFFER)), "tracks"), 1, "track");
    const struct sfu_slot_event events[] = {
        {.slot = 1, .why = SFU_WHY_FILLED, .track = camera, .participant = 2, .rtp_timestamp = UINT32_MAX},
        {.slot = 0, .why = SFU_WHY_FILLED, .track = camera + 100, .participant = 2}, /* has gone meanwhile */
    };
    fake_sfu.up->slots(fake_sfu.arg, transport, events, 2);
    fake_sfu.up->slots(fake_sfu.arg, 999999, events, 2); /* a transport that has gone */
    const json_t *slots = json_object_get(fake_told(ann, "slots"), "slots");
    const json_t *shown = json_array_get(slots, 0), *empty = json_array_get(slots, 1);
    assert_int_equal(json_integer_value(json_object_get(shown, "slot")), 1);
    assert_string_equal(json_string_value(json_object_get(shown, "why")), "filled");
    assert_string_equal(json_string_value(json_object_get(shown, "name")), "Bob");
    assert_string_equal(json_string_value(json_object_get(shown, "source")), "camera");
    assert_int_equal(json_integer_value(json_object_get(shown, "track")), camera);
    assert_int_equal(json_integer_value(json_object_get(shown, "timestamp")), UINT32_MAX);
    assert_true(json_is_null(json_object_get(empty, "track")));
    assert_true(json_is_null(json_object_get(empty, "name")));
    assert_int_equal(fake_told_count(ann, "slots"), 1);
    fake_free(ann);
    fake_free(bob);
    fake_plane_finish(&plane);
}

#define LAYERS "a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=simulcast:send q;h;f\r\n"
#define OFFER_LAYERS                                                                                         \
    SESSION("0 1 2") AUDIO("0", "sendonly") VIDEO("1", "sendonly") LAYERS VIDEO("2", "sendonly")

/* The tracks of the last `encodings`, as text. The caller frees it. */
static char *told_encodings(const struct fake_client *fake)
{
    return json_dumps(json_object_get(fake_told(fake, "encodings"), "tracks"), JSON_COMPACT | JSON_SORT_KEYS);
}

static void check_encodings(void **state)
{
    (void)state;
    static const struct {
        uint32_t track;
        uint8_t layers;
        const char *told; /* NULL = nothing */
    } rows[] = {
        {2, 7, "[{\"layers\":[true,true,true],\"track\":2}]"},
        {2, 5, "[{\"layers\":[true,false,true],\"track\":2}]"},
        {3, 0, "[{\"layers\":[false],\"track\":3}]"}, /* the screen: no simulcast */
        {3, 1, "[{\"layers\":[true],\"track\":3}]"},
        {3, 0, "[{\"layers\":[false],\"track\":3}]"},
        {4, 0, NULL}, /* none of its tracks */
        {2, 1, "[{\"layers\":[true,false,false],\"track\":2}]"},
    };
    struct fake_plane plane;
    fake_plane_init(&plane, "signaling.rate=1000", NULL);
    struct fake_client *ann = fake_connect(&plane), *bob = fake_join(&plane, "r", "Bob");
    const json_t *joined = fake_result(ann, "join", json_pack("{s:s, s:s}", "room", "r", "name", "Ann"));
    g_autofree char *secret = g_strdup(json_string_value(json_object_get(joined, "session")));
    fake_result(ann, "offer", offer(OFFER_LAYERS));
    size_t count = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        fake_sfu.up->wanted(fake_sfu.arg, fake_sfu.last_transport, rows[i].track, rows[i].layers);
        fake_sfu.up->wanted(fake_sfu.arg, 999999, rows[i].track, rows[i].layers); /* has gone */
        count += rows[i].told != NULL;
        assert_int_equal(fake_told_count(ann, "encodings"), count);
        g_autofree char *text = told_encodings(ann);
        if (rows[i].told)
            assert_string_equal(text, rows[i].told);
    }
    assert_int_equal(fake_told_count(bob, "encodings"), 0);

    /* What was missed comes with the rest, or else what holds by now. */
    uint32_t seen = server_session(&plane.server, 2)->next_event - 1;
    fake_cut(ann, false);
    fake_sfu.up->wanted(fake_sfu.arg, fake_sfu.last_transport, 2, 3);
    struct fake_client *again = fake_connect(&plane);
    joined = fake_result(again, "join",
                         json_pack("{s:s, s:s, s:i}", "room", "r", "resume", secret, "event", (int)seen));
    g_free(secret);
    secret = g_strdup(json_string_value(json_object_get(joined, "session")));
    assert_true(json_is_true(json_object_get(joined, "complete")));
    g_autofree char *missed = told_encodings(again);
    assert_string_equal(missed, "[{\"layers\":[true,true,false],\"track\":2}]");
    fake_cut(again, false);
    for (int i = 0; i < SESSION_LOG + 1; i++)
        fake_result(bob, "chat", json_pack("{s:s}", "text", "x"));
    struct fake_client *late = fake_connect(&plane);
    fake_result(late, "join",
                json_pack("{s:s, s:s, s:i}", "room", "r", "resume", secret, "event", (int)seen));
    g_autofree char *now = told_encodings(late);
    assert_string_equal(now, "[{\"layers\":[false],\"track\":3},{\"layers\":[true,true,false],\"track\":2}]");
    assert_int_equal(fake_told_count(late, "encodings"), 1);
    fake_free(late);
    fake_free(again);
    fake_free(ann);
    fake_free(bob);
    fake_plane_finish(&plane);
}

/* Of a camera that pauses (its m-line is inactive for a time) all is wanted again, whatever was before. */
static void check_encodings_anew(void **state)
{
    (void)state;
    static const char paused[] = SESSION("0 1 2 3") AUDIO("0", "sendonly") VIDEO("1", "inactive")
        AUDIO("2", "recvonly") VIDEO("3", "recvonly");
    struct fake_plane plane;
    fake_plane_init(&plane, "signaling.rate=1000", NULL);
    struct fake_client *ann = fake_connect(&plane), *bob = fake_join(&plane, "r", "Bob");
    const json_t *joined = fake_result(ann, "join", json_pack("{s:s, s:s}", "room", "r", "name", "Ann"));
    g_autofree char *secret = g_strdup(json_string_value(json_object_get(joined, "session")));
    static const struct {
        const char *sdp; /* NULL = none */
        const char *told;
    } rows[] = {
        {NULL, "[{\"layers\":[false],\"track\":2}]"},
        {paused, "[]"},
        {OFFER, "[]"},
    };
    fake_result(ann, "offer", offer(OFFER));
    fake_sfu.up->wanted(fake_sfu.arg, fake_sfu.last_transport, 2, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].sdp)
            fake_result(ann, "offer", offer(rows[i].sdp));
        assert_int_equal(server_session(&plane.server, 2)->track_count, rows[i].sdp == paused ? 1 : 2);
        fake_cut(ann, false);
        for (int n = 0; n < SESSION_LOG + 1; n++)
            fake_result(bob, "chat", json_pack("{s:s}", "text", "x"));
        fake_free(ann);
        ann = fake_connect(&plane);
        joined =
            fake_result(ann, "join", json_pack("{s:s, s:s, s:i}", "room", "r", "resume", secret, "event", 0));
        g_free(secret);
        secret = g_strdup(json_string_value(json_object_get(joined, "session")));
        assert_false(json_is_true(json_object_get(joined, "complete")));
        g_autofree char *told = told_encodings(ann);
        assert_string_equal(told, rows[i].told);
    }
    fake_free(ann);
    fake_free(bob);
    fake_plane_finish(&plane);
}

/* Media goes while the socket lives: told, tracks gone, and the next offer makes a new transport. */
static void check_gone(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = fake_join(&plane, "r", "Ann"), *bob = fake_join(&plane, "r", "Bob");
    g_autofree char *before =
        fake_numbers(json_object_get(fake_result(ann, "offer", offer(OFFER)), "tracks"), "track");
    uint64_t transport = fake_sfu.last_transport;
    fake_sfu.up->gone(fake_sfu.arg, transport, SFU_GONE_TIMEOUT);
    fake_sfu.up->gone(fake_sfu.arg, transport, SFU_GONE_TIMEOUT);
    assert_string_equal(json_string_value(json_object_get(fake_told(ann, "media"), "reason")), "timeout");
    assert_int_equal(fake_told_count(ann, "media"), 1);
    const json_t *entry = json_array_get(json_object_get(fake_told(bob, "roster"), "updated"), 0);
    assert_int_equal(json_array_size(json_object_get(entry, "tracks")), 0);
    g_autofree char *after =
        fake_numbers(json_object_get(fake_result(ann, "offer", offer(OFFER)), "tracks"), "track");
    assert_int_equal(fake_sfu.joined, 2);
    assert_string_not_equal(before, after);
    /* And while it is away: a goodbye of the media ends the session, a time-out does not. */
    fake_cut(ann, false);
    fake_sfu.up->gone(fake_sfu.arg, fake_sfu.last_transport, SFU_GONE_PEER);
    assert_null(server_session(&plane.server, 1));
    fake_result(bob, "offer", offer(OFFER));
    fake_cut(bob, false);
    fake_sfu.up->gone(fake_sfu.arg, fake_sfu.last_transport, SFU_GONE_TIMEOUT);
    assert_non_null(server_session(&plane.server, 2));
    fake_free(ann);
    fake_free(bob);
    fake_plane_finish(&plane);
}

int main(void)
{
    log_init(CONF_LOG_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_offer),     cmocka_unit_test(check_later_offers),
        cmocka_unit_test(check_bad_offer), cmocka_unit_test(check_view),
        cmocka_unit_test(check_publish),   cmocka_unit_test(check_slots),
        cmocka_unit_test(check_encodings), cmocka_unit_test(check_encodings_anew),
        cmocka_unit_test(check_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
