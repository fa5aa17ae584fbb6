/* The client's half of SDP against the server's own answerer. */
#include "offer.h"

#include "answered.h"

#include <errno.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct offer make(bool audio, bool video, uint8_t layers, uint8_t audio_slots, uint8_t video_slots)
{
    struct offer o = {
        .fingerprint = {.hash = SFU_SHA256, .len = 32},
        .audio = audio,
        .video = video,
        .layers = layers,
        .audio_slots = audio_slots,
        .video_slots = video_slots,
        .transport_cc = layers != 2, /* remb in that row */
        .remb = layers == 2,
    };
    g_strlcpy(o.ufrag, "abcd", sizeof(o.ufrag));
    g_strlcpy(o.pwd, "0123456789012345678901", sizeof(o.pwd));
    for (size_t i = 0; i < 32; i++)
        o.fingerprint.value[i] = (uint8_t)(i * 37);
    return o;
}

/* What the server's answerer says to it, as text; what it settled in *state. */
static char *answer(const struct offer *o, const char *codecs, struct answer_state *state)
{
    uint32_t seed = 1;
    const struct answer_config config = offer_config(codecs, false, &seed);
    g_autofree char *sdp = offer_write(o);
    char err[SDP_ERROR_MAX] = "", *text;
    if (answer_make(state, sdp, strlen(sdp), &config, NULL, 0, &text, err, sizeof(err)) != 0)
        fail_msg("%s\n%s", err, sdp);
    return text;
}

static void assert_tracks_equal(const struct sfu_media_desc *a, const struct sfu_media_desc *b)
{
    assert_int_equal(a->track_count, b->track_count);
    for (size_t i = 0; i < a->track_count; i++) {
        assert_int_equal(a->tracks[i].kind, b->tracks[i].kind);
        assert_string_equal(a->tracks[i].mid, b->tracks[i].mid);
        assert_int_equal(a->tracks[i].rid_count, b->tracks[i].rid_count);
        for (size_t j = 0; j < a->tracks[i].rid_count; j++)
            assert_string_equal(a->tracks[i].rids[j], b->tracks[i].rids[j]);
    }
}

static void assert_slots_equal(const struct sfu_media_desc *a, const struct sfu_media_desc *b)
{
    assert_int_equal(a->slot_count, b->slot_count);
    for (size_t i = 0; i < a->slot_count; i++) {
        assert_int_equal(a->slots[i].kind, b->slots[i].kind);
        assert_string_equal(a->slots[i].mid, b->slots[i].mid);
        assert_int_equal(a->slots[i].ssrc, b->slots[i].ssrc);
        assert_int_equal(a->slots[i].rtx_ssrc, b->slots[i].rtx_ssrc);
        assert_true(a->slots[i].ssrc != 0);
    }
}

/* Both sides have to mean the same. */
static void the_server_understands(void **state)
{
    (void)state;
    static const struct {
        bool audio, video;
        uint8_t layers, audio_slots, video_slots;
    } rows[] = {{true, true, 3, 3, 9},   {true, true, 1, 3, 9},  {true, true, 2, 0, 0},
                {false, false, 1, 3, 9}, {false, true, 3, 0, 1}, {true, false, 3, 1, 0},
                {true, true, 3, 3, 46}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct offer o =
            make(rows[i].audio, rows[i].video, rows[i].layers, rows[i].audio_slots, rows[i].video_slots);
        struct answer_state settled = {0};
        struct offer_answer read;
        char err[OFFER_ERROR_MAX] = "";
        g_autofree char *text = answer(&o, "VP8", &settled);
        if (offer_read_answer(&o, text, &read, err) != 0)
            fail_msg("%s\n%s", err, text);
        assert_string_equal(read.desc.ufrag, settled.desc.ufrag);
        assert_string_equal(read.desc.pwd, settled.desc.pwd);
        assert_string_equal(settled.desc.remote_ufrag, o.ufrag);
        assert_string_equal(settled.desc.remote_pwd, o.pwd);
        assert_memory_equal(settled.desc.fingerprint.value, o.fingerprint.value, 32);
        assert_int_equal(read.desc.dtls_client, settled.desc.dtls_client);
        assert_memory_equal(read.desc.media.exts.id, settled.desc.media.exts.id,
                            sizeof(read.desc.media.exts.id));
        for (size_t j = 0; j < settled.desc.media.format_count; j++) {
            const struct sfu_format *f = &settled.desc.media.formats[j];
            assert_int_equal(f->transport_cc, o.transport_cc);
            assert_int_equal(f->remb, o.remb && rtp_codecs[f->codec].kind == RTP_VIDEO);
        }
        assert_tracks_equal(&read.desc.media, &settled.desc.media);
        assert_slots_equal(&read.desc.media, &settled.desc.media);
        assert_int_equal(read.server.family, AF_INET);
        assert_int_equal(read.fingerprint.len, 32);
    }
}

static void a_codec_that_is_not_taken(void **state)
{
    (void)state;
    struct offer o = make(true, true, 1, 0, 0);
    struct answer_state settled = {0};
    struct offer_answer read;
    char err[OFFER_ERROR_MAX] = "";
    g_autofree char *text = answer(&o, "AV1", &settled);
    assert_int_equal(offer_read_answer(&o, text, &read, err), -EBADMSG);
    assert_string_equal(err, "the answer has no video: the server takes no VP8");
}

#define ICE       "a=ice-ufrag:u\r\na=ice-pwd:p\r\n"
#define PRINT     "a=fingerprint:sha-256 " OFFER_FINGERPRINT "\r\n"
#define CANDIDATE "a=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\n"
#define AUDIO     "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"

static void answers_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *text, *err; /* NULL: it is one */
    } rows[] = {
        {ICE PRINT CANDIDATE AUDIO, NULL},
        {"", "fewer m-lines"},
        {"\n\n:\na=\na=:\n", "fewer m-lines"},
        {ICE PRINT CANDIDATE AUDIO AUDIO, "more m-lines"},
        {ICE PRINT CANDIDATE "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\n", "no audio"},
        {PRINT CANDIDATE AUDIO, "no ICE credentials"},
        {ICE CANDIDATE AUDIO, "no fingerprint"},
        {ICE CANDIDATE AUDIO "a=fingerprint:sha-256 00:11", "no fingerprint"},
        {ICE CANDIDATE AUDIO "a=fingerprint:sha-256 " OFFER_FINGERPRINT ":00", "no fingerprint"},
        {ICE CANDIDATE AUDIO "a=fingerprint:md5 " OFFER_FINGERPRINT, "no fingerprint"},
        {ICE CANDIDATE AUDIO "a=fingerprint:sha-256 0", "no fingerprint"},
        {ICE PRINT AUDIO, "no candidate"},
        {ICE PRINT AUDIO "a=candidate:1 1 udp 1 192.0.2.1 99999 typ host", "no candidate"},
        {ICE PRINT AUDIO "a=candidate:1 1 tcp 1 192.0.2.1 9 typ host", "no candidate"},
        {ICE PRINT AUDIO "a=candidate:1 1 udp 1 name.local 9 typ host", "no candidate"},
        {ICE PRINT AUDIO "a=candidate:1", "no candidate"},
        {ICE PRINT AUDIO "a=candidate:1 1 udp 1 bad 9 typ host\r\n" CANDIDATE, NULL},
        {ICE PRINT CANDIDATE AUDIO
         "a=extmap:99 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:x y\r\na=ssrc:\r\n"
         "a=ssrc-group:FID\r\n",
         NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct offer o = make(false, false, 1, 1, 0);
        struct offer_answer read;
        char err[OFFER_ERROR_MAX] = "";
        int result = offer_read_answer(&o, rows[i].text, &read, err);
        assert_int_equal(result, rows[i].err ? -EBADMSG : 0);
        if (rows[i].err && !strstr(err, rows[i].err))
            fail_msg("%zu: %s", i, err);
    }
}

/* A server that offers, with numbers of its own for extensions: the answer keeps them, and leaves out what it
 * did not offer. */
static void a_server_that_offers(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool there;
    } rows[] = {
        {"a=setup:active\r\n", true},
        {"a=ice-ufrag:abcd\r\n", true},
        {"a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid\r\n", true},
        {"a=extmap:3 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n", true},
        {"abs-send-time", false},
        {"a=sendonly", false},
        {"a=recvonly\r\n", true},
    };
    struct offer o = make(false, false, 1, 1, 0);
    struct offer_answer theirs;
    char err[OFFER_ERROR_MAX] = "";
    assert_int_equal(offer_read_answer(&o,
                                       ICE PRINT CANDIDATE AUDIO
                                       "a=setup:actpass\r\na=sendonly\r\n"
                                       "a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
                                       "a=extmap:3 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
                                       "a=ssrc:77 cname:x\r\n",
                                       &theirs, err),
                     0);
    assert_false(theirs.desc.dtls_client);
    assert_int_equal(theirs.desc.media.slots[0].ssrc, 77);
    g_autofree char *reply = offer_write_reply(&o, &theirs);
    for (size_t i = 0; i < COUNT(rows); i++) {
        if ((strstr(reply, rows[i].line) != NULL) != rows[i].there)
            fail_msg("%s\n%s", rows[i].line, reply);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_server_understands),
        cmocka_unit_test(a_codec_that_is_not_taken),
        cmocka_unit_test(answers_that_are_none),
        cmocka_unit_test(a_server_that_offers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
