/* WHIP and WHEP without HTTP: what requests make in a room, and when it ends. tests/ws/whip.test.mjs has the
 * status codes. */
#include "fake_client.h"
#include "offer_text.h"

#include "log.h"
#include "whip.h"

#define NEW "a=ice-ufrag:efgh\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n" /* credentials of a client */

static void request_init(struct whip_request *request, enum whip_method method, const char *path)
{
    *request = (struct whip_request){.method = method, .path = (char *)(uintptr_t)path, .name = ""};
    for (size_t i = 0; i < WHIP_HEADERS; i++)
        request->headers[i] = "";
    request->headers[WHIP_CONTENT_TYPE] =
        method == WHIP_POST ? "application/sdp" : "application/trickle-ice-sdpfrag";
    request->headers[WHIP_CONTENT_LENGTH] = "1"; /* the connection's business */
}

/* The whole way of a request; the reply has to be cleared. */
static void ask(struct fake_plane *plane, const struct whip_request *request, const char *body,
                struct http_reply *reply)
{
    if (whip_admit(&plane->server, request, reply))
        whip_serve(&plane->server, request, body, strlen(body), reply);
}

static const char *header(const struct http_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcmp(reply->headers[i].name, name) == 0)
            return reply->headers[i].value;
    return NULL;
}

/* Posts that offer. The session's path, to be freed. */
static char *post(struct fake_plane *plane, const char *path, const char *name, const char *words)
{
    struct whip_request request;
    struct http_reply reply;
    g_autofree char *offer = offer_text(words);
    request_init(&request, WHIP_POST, path);
    request.name = (char *)(uintptr_t)name;
    ask(plane, &request, offer, &reply);
    if (reply.status != 201)
        fail_msg("%u", reply.status);
    assert_string_equal(reply.mime, "application/sdp");
    g_autofree char *etag = g_strdup_printf("\"%s\"", fake_sfu.last_desc.ufrag);
    assert_string_equal(header(&reply, "etag:"), etag);
    char *location = g_strdup(header(&reply, "location:"));
    http_reply_clear(&reply);
    return location;
}

/* The status of a request without a body, or with that one. */
static unsigned status_of(struct fake_plane *plane, enum whip_method method, const char *path,
                          const char *if_match, const char *body)
{
    struct whip_request request;
    struct http_reply reply;
    request_init(&request, method, path);
    request.headers[WHIP_IF_MATCH] = (char *)(uintptr_t)if_match;
    ask(plane, &request, body, &reply);
    unsigned status = reply.status;
    http_reply_clear(&reply);
    return status;
}

static const json_t *entry_at(const json_t *roster, const char *list, size_t index)
{
    return json_array_get(json_object_get(roster, list), index);
}

static const char *text_of(const json_t *entry, const char *member)
{
    return json_string_value(json_object_get(entry, member));
}

/* Who is in the room sees a publisher come, with all it sends, as one event, and go. */
static void check_roster(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = fake_join(&plane, "r", "Ann");
    g_autofree char *path = post(&plane, "/whip/r", "Camera 3", "audio:0:sendonly video:1:sendrecv");
    assert_int_equal(fake_told_count(ann, "roster"), 1);
    const json_t *entry = entry_at(fake_told(ann, "roster"), "joined", 0);
    assert_string_equal(text_of(entry, "name"), "Camera 3");
    assert_int_equal(json_integer_value(json_object_get(entry, "participant")), 2);
    assert_int_equal(json_array_size(json_object_get(entry, "tracks")), 2);
    assert_string_equal(text_of(entry_at(entry, "tracks", 1), "source"), "camera");
    assert_true(g_str_has_prefix(path, "/whip/r/2-"));
    assert_int_equal(fake_sfu.last_desc.media.slot_count, 0);

    assert_int_equal(status_of(&plane, WHIP_DELETE, path, "", ""), 200);
    assert_string_equal(text_of(entry_at(fake_told(ann, "roster"), "left", 0), "reason"), "left");
    assert_int_equal(fake_sfu.left, 1);
    assert_int_equal(status_of(&plane, WHIP_DELETE, path, "", ""), 404);
    assert_int_equal(plane.server.streams, 0);
    fake_free(ann);
    fake_plane_finish(&plane);
}

/* A viewer is in the room as well; what it pins is a participant's camera, mic, screen and the screen's
 * sound. */
static void check_play(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = fake_join(&plane, "r", "Ann");
    g_free(post(&plane, "/whep/r", "", "audio:0:recvonly video:1:recvonly"));
    assert_string_equal(text_of(entry_at(fake_told(ann, "roster"), "joined", 0), "name"), "Viewer");
    assert_int_equal(fake_sfu.viewed, 0);
    assert_int_equal(fake_sfu.last_desc.media.slot_count, 2);
    g_free(
        post(&plane, "/whep/r/1", "", "video:0:recvonly video:1:recvonly video:2:recvonly audio:3:recvonly"));
    assert_int_equal(fake_sfu.viewed, 1);
    assert_int_equal(fake_sfu.view_count, 4);
    static const struct sfu_view_slot wanted[] = {
        {.pin_participant = 1, .pin_source = SFU_CAMERA},
        {.pin_participant = 1, .pin_source = SFU_SCREEN},
        {.pin_participant = 1, .pin_source = SFU_SCREEN, .hidden = true},
        {.pin_participant = 1, .pin_source = SFU_CAMERA},
    };
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(fake_sfu.view[i].pin_participant, wanted[i].pin_participant);
        assert_int_equal(fake_sfu.view[i].pin_source, wanted[i].pin_source);
        assert_int_equal(fake_sfu.view[i].hidden, wanted[i].hidden);
    }
    assert_int_equal(status_of(&plane, WHIP_POST, "/whep/r/9", "", "v=0"), 404);
    assert_int_equal(status_of(&plane, WHIP_POST, "/whep/empty/1", "", "v=0"), 404);
    assert_null(server_meeting(&plane.server, "empty"));
    fake_free(ann);
    fake_plane_finish(&plane);
}

/* An offer that is refused leaves no trace: nobody is told, and the room that it would have made is not
 * there. */
static void check_refused(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = fake_join(&plane, "r", "Ann");
    g_autofree char *wrong_way = offer_text("audio:0:recvonly");
    assert_int_equal(status_of(&plane, WHIP_POST, "/whip/r", "", "nonsense"), 400);
    assert_int_equal(status_of(&plane, WHIP_POST, "/whip/r", "", wrong_way), 406);
    assert_int_equal(status_of(&plane, WHIP_POST, "/whip/s", "", wrong_way), 406);
    assert_int_equal(fake_told_count(ann, "roster"), 0);
    assert_int_equal(g_hash_table_size(plane.server.sessions), 1);
    assert_int_equal(g_hash_table_size(plane.server.meetings), 1);
    assert_int_equal(plane.server.streams, 0);
    assert_int_equal(fake_sfu.joined, 0);
    assert_int_equal(plane.server.whip.refused, 3);
    /* ... also in what is told later on */
    fake_free(fake_join(&plane, "r", "Bob"));
    const json_t *roster = fake_told(ann, "roster");
    assert_int_equal(json_array_size(json_object_get(roster, "left")), 0);
    assert_int_equal(json_array_size(json_object_get(roster, "joined")), 1);
    fake_free(ann);
    fake_plane_finish(&plane);
}

/* There is nobody to resume: a session without media ends, whatever the reason. */
static void check_gone(void **state)
{
    static const struct {
        enum sfu_gone why;
        const char *reason;
    } rows[] = {
        {SFU_GONE_TIMEOUT, "timeout"}, {SFU_GONE_HANDSHAKE, "timeout"}, {SFU_GONE_DTLS, "left"},
        {SFU_GONE_PEER, "left"},       {SFU_GONE_CLOSED, "left"},
    };
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = fake_join(&plane, "r", "Ann");
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        g_autofree char *path = post(&plane, "/whip/r", "", "audio:0:sendonly");
        fake_sfu.up->gone(fake_sfu.arg, fake_sfu.last_transport, rows[i].why);
        assert_string_equal(text_of(entry_at(fake_told(ann, "roster"), "left", 0), "reason"), rows[i].reason);
        assert_int_equal(status_of(&plane, WHIP_PATCH, path, "*", "a=end-of-candidates"), 404);
    }
    assert_int_equal(plane.server.streams, 0);
    assert_int_equal(g_hash_table_size(plane.server.sessions), 1);
    fake_free(ann);
    fake_plane_finish(&plane);
}

/* The session ends between the head of a PATCH and its body. */
static void check_gone_meanwhile(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    for (int by_delete = 0; by_delete < 2; by_delete++) {
        g_autofree char *path = post(&plane, "/whip/r", "", "audio:0:sendonly");
        struct whip_request request;
        struct http_reply reply;
        request_init(&request, WHIP_PATCH, path);
        request.headers[WHIP_IF_MATCH] = "*";
        assert_true(whip_admit(&plane.server, &request, &reply));
        if (by_delete)
            assert_int_equal(status_of(&plane, WHIP_DELETE, path, "", ""), 200);
        else
            fake_sfu.up->gone(fake_sfu.arg, fake_sfu.last_transport, SFU_GONE_HANDSHAKE);
        whip_serve(&plane.server, &request, NEW, strlen(NEW), &reply);
        assert_int_equal(reply.status, 404);
        http_reply_clear(&reply);
    }
    assert_int_equal(fake_sfu.updated, 0);
    assert_int_equal(plane.server.streams, 0);
    assert_int_equal(g_hash_table_size(plane.server.meetings), 0);
    fake_plane_finish(&plane);
}

/* Candidates change nothing; new credentials are an ICE restart, under a new tag. */
static void check_patch(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    g_autofree char *path = post(&plane, "/whip/r", "", "audio:0:sendonly");
    g_autofree char *tag = g_strdup_printf("\"%s\"", fake_sfu.last_desc.ufrag);
    const struct {
        const char *if_match, *body;
        unsigned status;
        size_t updated; /* how often the media plane was told by then */
    } rows[] = {
        {tag, "a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n", 204, 0},
        {tag, "a=ice-ufrag:abcd\r\na=end-of-candidates\r\n", 204, 0},
        {"*", "a=end-of-candidates\r\n", 204, 0},
        {"", "a=end-of-candidates\r\n", 428, 0},
        {"\"other\"", "a=end-of-candidates\r\n", 412, 0},
        {"*", "nonsense", 400, 0},
        {"*", "a=ice-ufrag:efgh\r\n", 400, 0},
        {"*", NEW, 200, 1},
        {tag, "a=end-of-candidates\r\n", 412, 1},
        {"*", NEW, 204, 1},
        {"*", "a=ice-ufrag:ijkl\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n", 200, 2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        unsigned status = status_of(&plane, WHIP_PATCH, path, rows[i].if_match, rows[i].body);
        if (status != rows[i].status || fake_sfu.updated != rows[i].updated)
            fail_msg("row %zu: %u, %zu updates", i, status, fake_sfu.updated);
    }
    assert_string_equal(fake_sfu.last_desc.remote_ufrag, "ijkl");
    assert_int_equal(fake_sfu.last_desc.media.track_count, 1);
    assert_int_equal(plane.server.whip.trickled, 4);
    assert_int_equal(plane.server.whip.restarted, 2);
    fake_plane_finish(&plane);
}

/* Another one's session, under any of the ways to name it. */
static void check_paths(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, NULL);
    struct fake_client *ann = fake_connect(&plane);
    const json_t *joined = fake_result(ann, "join", json_pack("{s:s, s:s}", "room", "r", "name", "Ann"));
    g_autofree char *path = post(&plane, "/whip/r", "", "audio:0:sendonly");
    const char *secret = strchr(path, '-') + 1;
    g_autofree char *other_way = g_strdup_printf("/whep/r/2-%s", secret);
    g_autofree char *other_room = g_strdup_printf("/whip/s/2-%s", secret);
    g_autofree char *other_one = g_strdup_printf("/whip/r/1-%s", secret);
    g_autofree char *page = g_strdup_printf("/whip/r/%s", text_of(joined, "session"));
    g_autofree char *guess = g_strdup(path);
    guess[strlen(guess) - 1] ^= 1; /* stays a hex digit */
    const char *const rows[] = {other_way, other_room, other_one, page, guess};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (status_of(&plane, WHIP_DELETE, rows[i], "", "") != 404)
            fail_msg("%s", rows[i]);
    assert_int_equal(g_hash_table_size(plane.server.sessions), 2);
    fake_free(ann);
    fake_plane_finish(&plane);
}

/* Places are shared with the WebSockets. */
static void check_limits(void **state)
{
    (void)state;
    struct fake_plane plane;
    fake_plane_init(&plane, "http.connections=3", "room.max_participants=2", NULL);
    struct fake_client *ann = fake_join(&plane, "r", "Ann");
    g_autofree char *offer = offer_text("audio:0:sendonly");
    g_autofree char *first = post(&plane, "/whip/r", "", "audio:0:sendonly");
    assert_int_equal(status_of(&plane, WHIP_POST, "/whip/r", "", offer), 503); /* the room */
    g_free(post(&plane, "/whip/s", "", "audio:0:sendonly"));
    assert_int_equal(status_of(&plane, WHIP_POST, "/whip/t", "", offer), 503); /* the server */
    assert_true(server_is_full(&plane.server));
    assert_int_equal(status_of(&plane, WHIP_DELETE, first, "", ""), 200);
    fake_sfu.overloaded = true;
    assert_int_equal(status_of(&plane, WHIP_POST, "/whip/t", "", offer), 503);
    fake_sfu.overloaded = false;
    g_autofree char *third = post(&plane, "/whip/t", "", "audio:0:sendonly");
    server_drain(&plane.server);
    assert_int_equal(status_of(&plane, WHIP_POST, "/whip/r", "", offer), 503);
    assert_int_equal(status_of(&plane, WHIP_DELETE, third, "", ""), 404);
    assert_int_equal(plane.server.streams, 0);
    fake_free(ann);
    fake_plane_finish(&plane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_roster),         cmocka_unit_test(check_play),
        cmocka_unit_test(check_refused),        cmocka_unit_test(check_gone),
        cmocka_unit_test(check_gone_meanwhile), cmocka_unit_test(check_patch),
        cmocka_unit_test(check_paths),          cmocka_unit_test(check_limits),
    };
    log_init(CONF_LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
