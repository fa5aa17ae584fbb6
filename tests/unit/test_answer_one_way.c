/* Answers to clients that only send (WHIP) or only receive (WHEP), and ICE restarts without an offer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answered.h"

static uint32_t seed = 11;

static struct answer_config one_way(bool sends)
{
    struct answer_config config = offer_config("VP8", false, &seed);
    config.only_sends = sends;
    config.only_receives = !sends;
    return config;
}

static void directions(void **state)
{
    (void)state;
    static const struct {
        bool sends;
        const char *offer;
        const char *answer; /* the directions; NULL: refused with 406's errno */
        size_t tracks, slots;
    } rows[] = {
        {true, "audio:0:sendonly video:1:sendonly", "recvonly recvonly ", 2, 0},
        {true, "audio:0:sendrecv video:1:sendrecv", "recvonly recvonly ", 2, 0},
        {true, "audio:0:recvonly video:1:sendonly", "inactive recvonly ", 1, 0},
        {true, "video:0:sendonly data:1", "recvonly inactive ", 1, 0},
        {true, "audio:0:recvonly video:1:recvonly", NULL, 0, 0},
        {true, "audio:0:inactive", NULL, 0, 0},
        {true, "data:0", NULL, 0, 0},
        {false, "audio:0:recvonly video:1:recvonly", "sendonly sendonly ", 0, 2},
        {false, "audio:0:sendrecv video:1:sendrecv", "sendonly sendonly ", 0, 2},
        {false, "video:0:recvonly video:1:recvonly audio:2:recvonly", "sendonly sendonly sendonly ", 0, 3},
        {false, "audio:0:sendonly", NULL, 0, 0},
        {false, "xvideo:0:recvonly", NULL, 0, 0},
    };
    static const char *const names[] = {"inactive ", "sendonly ", "recvonly ", "sendrecv "};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer_config config = one_way(rows[i].sends);
        struct answer_state settled = {0};
        struct sdp answer;
        char err[SDP_ERROR_MAX] = "", *text;
        if (!rows[i].answer) {
            g_autofree char *offer = offer_text(rows[i].offer);
            int rc = answer_make(&settled, offer, strlen(offer), &config, NULL, 0, &text, err, sizeof err);
            if (rc != -ENOTSUP || !*err)
                fail_msg("row %zu: %d %s", i, rc, err);
            continue;
        }
        answered(offer_text(rows[i].offer), &config, &settled, &answer);
        g_autoptr(GString) found = g_string_new(NULL);
        for (size_t k = 0; k < answer.section_count; k++)
            g_string_append(found, names[answer.sections[k].level.direction]);
        assert_string_equal(found->str, rows[i].answer);
        assert_int_equal(settled.desc.media.track_count, rows[i].tracks);
        assert_int_equal(settled.desc.media.slot_count, rows[i].slots);
        sdp_finish(&answer);
    }
}

/* What a player gets is one stream of several tracks; what a page gets is a stream for each slot. */
static void streams(void **state)
{
    (void)state;
    for (size_t player = 0; player < 2; player++) {
        struct answer_config config = one_way(false);
        struct answer_state settled = {0};
        struct sdp answer;
        config.only_receives = player;
        answered(offer_text("audio:0:recvonly video:1:recvonly"), &config, &settled, &answer);
        assert_string_equal(answer.sections[0].msid, player ? "programme slot-0" : "slot-0 slot-0");
        assert_string_equal(answer.sections[1].msid, player ? "programme slot-1" : "slot-1 slot-1");
        sdp_finish(&answer);
    }
}

/* Offers in the manner of encoders that are no browser: what all m-lines share at the head, SSRCs instead of
 * header extensions, one codec; others bundle from the start (a=bundle-only) or have one m-line and no group.
 */
static void encoders(void **state)
{
    (void)state;
#define HEAD                                                                                                 \
    "a=msid-semantic:WMS *\r\na=setup:actpass\r\na=ice-ufrag:abcd\r\n"                                       \
    "a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=ice-options:ice2,trickle\r\n"                                   \
    "a=fingerprint:sha-256 " OFFER_FINGERPRINT "\r\n"
#define OPUS                                                                                                 \
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\na=ssrc:1111 "           \
    "cname:c\r\n"                                                                                            \
    "a=ssrc:1111 msid:s s-audio\r\na=msid:s s-audio\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"          \
    "a=fmtp:111 minptime=10;maxaveragebitrate=96000;stereo=1;sprop-stereo=1;useinbandfec=1\r\n"
#define H264(port, lines)                                                                                    \
    "m=video " port " UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=sendonly\r\n" lines           \
    "a=ssrc:2222 cname:c\r\na=rtcp-mux\r\na=rtpmap:96 H264/90000\r\na=rtcp-fb:96 nack\r\n"                   \
    "a=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 goog-remb\r\n"                                                    \
    "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1\r\n"
    static const struct {
        const char *room, *text;
        size_t tracks, last_ssrc;
    } rows[] = {
        {"VP8 H264", "a=group:BUNDLE 0 1\r\na=group:LS 0 1\r\n" HEAD OPUS H264("9", ""), 2, 2222},
        {"VP8 H264", "a=group:BUNDLE 0 1\r\n" HEAD OPUS H264("0", "a=bundle-only\r\n"), 2, 2222},
        {"VP8 H264", HEAD H264("9", ""), 1, 2222},
        {"VP8", "a=group:BUNDLE 0 1\r\n" HEAD OPUS H264("9", ""), 1, 1111}, /* the sound alone */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer_config config = offer_config(rows[i].room, false, &seed);
        struct answer_state settled = {0};
        struct sdp answer;
        config.only_sends = true;
        answered(g_strconcat("v=0\r\no=rtc 1 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", rows[i].text, NULL),
                 &config, &settled, &answer);
        assert_int_equal(settled.desc.media.track_count, rows[i].tracks);
        assert_int_equal(settled.desc.media.tracks[rows[i].tracks - 1].ssrcs[0], rows[i].last_ssrc);
        sdp_finish(&answer);
    }
}

static void restart(void **state)
{
    (void)state;
    struct answer_config config = one_way(true);
    struct answer_state settled = {0};
    struct sdp answer, fragment;
    char err[SDP_ERROR_MAX];
    answered(offer_text("xaudio:a:sendonly video:v:sendonly audio:b:sendonly"), &config, &settled, &answer);
    sdp_finish(&answer);
    struct answer_state before = settled;
    g_autofree char *text = answer_restart(&settled, &config, "newufrag", "newpasswordnewpassword");
    assert_int_equal(sdp_parse_fragment(&fragment, text, strlen(text), err, sizeof err), 0);
    assert_true(fragment.ice_lite);
    assert_int_equal(fragment.bundle_count, 2);
    assert_string_equal(fragment.bundle[0], "v");
    assert_string_equal(fragment.bundle[1], "b");
    assert_string_equal(fragment.sections[0].media, "video");
    assert_string_equal(fragment.sections[0].mid, "v");
    assert_string_equal(fragment.sections[0].level.ufrag, settled.desc.ufrag);
    assert_string_equal(fragment.sections[0].level.pwd, settled.desc.pwd);
    assert_non_null(strstr(text, " 192.0.2.1 7900 typ host\r\n"));
    assert_non_null(strstr(text, " 2001:db8::1 7900 typ host\r\na=end-of-candidates\r\n"));
    sdp_finish(&fragment);

    /* Nothing but the credentials is new. */
    assert_string_equal(settled.desc.remote_ufrag, "newufrag");
    assert_string_equal(settled.desc.remote_pwd, "newpasswordnewpassword");
    assert_string_not_equal(settled.desc.ufrag, before.desc.ufrag);
    assert_string_not_equal(settled.desc.pwd, before.desc.pwd);
    memcpy(settled.desc.ufrag, before.desc.ufrag, sizeof before.desc.ufrag);
    memcpy(settled.desc.pwd, before.desc.pwd, sizeof before.desc.pwd);
    memcpy(settled.desc.remote_ufrag, before.desc.remote_ufrag, sizeof before.desc.remote_ufrag);
    memcpy(settled.desc.remote_pwd, before.desc.remote_pwd, sizeof before.desc.remote_pwd);
    assert_memory_equal(&settled, &before, sizeof before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directions),
        cmocka_unit_test(streams),
        cmocka_unit_test(encoders),
        cmocka_unit_test(restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
