/* Which formats, feedback and header extensions an answer takes of an offer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answered.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static uint32_t seed = 7;

#define H264(pt, mode, profile)                                                                              \
    "a=rtpmap:" #pt " H264/90000\na=fmtp:" #pt " level-asymmetry-allowed=1;packetization-mode=" #mode        \
    ";profile-level-id=" #profile "\n"

static void codecs(void **state)
{
    static const struct {
        const char *media, *room, *direction, *pts, *lines;
        const char *answer; /* payload types of the answer, "" = rejected */
    } rows[] = {
        /* The room's order decides, for publishers the first that they have */
        {"video", "VP9 VP8", "sendonly", "96 98", "a=rtpmap:96 VP8/90000\na=rtpmap:98 VP9/90000\n", "98"},
        {"video", "VP9 VP8", "recvonly", "96 98", "a=rtpmap:96 VP8/90000\na=rtpmap:98 VP9/90000\n", "98 96"},
        {"video", "VP9 VP8", "sendrecv", "96 98", "a=rtpmap:96 VP8/90000\na=rtpmap:98 VP9/90000\n", "98 96"},
        {"video", "AV1 VP8", "sendonly", "96", "a=rtpmap:96 VP8/90000\n", "96"},
        {"video", "VP9", "sendonly", "96", "a=rtpmap:96 VP8/90000\n", ""},
        {"video", "VP8", "sendonly", "96", "a=rtpmap:96 vp8/90000\n", "96"},
        {"video", "VP8", "sendonly", "96", "a=rtpmap:96 VP8/90001\n", ""},
        {"video", "VP8", "sendonly", "96", "", ""},
        {"video", "VP8", "sendonly", "72", "a=rtpmap:72 VP8/90000\n", ""}, /* would look like RTCP */
        {"video", "VP8", "sendonly", "35", "a=rtpmap:35 VP8/90000\n", "35"},
        /* RTX by its apt */
        {"video", "VP8", "sendonly", "96 97",
         "a=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\n", "96 97"},
        {"video", "VP8", "sendonly", "96 97",
         "a=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=98\n", "96"},
        {"video", "VP8", "sendonly", "96 97",
         "a=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=x\n", "96"},
        {"video", "VP8", "sendonly", "96 97", "a=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\n", "96"},
        {"video", "VP8", "sendonly", "96 97",
         "a=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/8000\na=fmtp:97 apt=96\n", "96"},
        /* Forward error correction never */
        {"video", "VP8", "recvonly", "96 97 98 99",
         "a=rtpmap:96 VP8/90000\na=rtpmap:97 red/90000\na=rtpmap:98 ulpfec/90000\na=rtpmap:99 "
         "flexfec-03/90000\n",
         "96"},
        /* Profiles */
        {"video", "VP9", "recvonly", "96 97 98",
         "a=rtpmap:96 VP9/90000\na=rtpmap:97 VP9/90000\na=fmtp:97 profile-id=2\na=rtpmap:98 "
         "VP9/90000\na=fmtp:98 x=1; profile-id=0\n",
         "96 98"},
        {"video", "AV1", "recvonly", "96 97",
         "a=rtpmap:96 AV1/90000\na=fmtp:96 profile=1\na=rtpmap:97 AV1/90000\na=fmtp:97 "
         "level-idx=5;profile=0;tier=0\n",
         "97"},
        {"video", "H264", "sendonly", "96 97 98 99",
         H264(96, 1, 64001f) H264(97, 0, 42e01f) H264(98, 1, 42e01f) H264(99, 1, 42c01f), "98"},
        {"video", "H264", "sendonly", "96 97", H264(96, 1, 42001f) H264(97, 0, 4d801f), "97"},
        {"video", "H264", "sendonly", "96 97", H264(96, 0, 64001f) H264(97, 1, 64001f), "97"},
        {"video", "H264", "recvonly", "96 97 98", H264(96, 1, 64001f) H264(97, 2, 42e01f) H264(98, 0, 42e01f),
         "96 98"},
        {"video", "H264", "sendonly", "96", "a=rtpmap:96 H264/90000\n", "96"},
        {"video", "H264", "sendonly", "96", "a=rtpmap:96 H264/90000\na=fmtp:96 profile-level-id=42e01fff0\n",
         ""},
        {"video", "H264", "sendonly", "96",
         "a=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=99999999999\n", ""},
        /* Audio */
        {"audio", "", "sendonly", "111 63",
         "a=rtpmap:111 opus/48000/2\na=rtpmap:63 red/48000/2\na=fmtp:63 111/111\n", "63 111"},
        {"audio", "", "sendonly", "111 63",
         "a=rtpmap:111 opus/48000/2\na=rtpmap:63 red/48000/2\na=fmtp:63 111/0\n", "111"},
        {"audio", "", "sendonly", "111 63", "a=rtpmap:111 opus/48000/2\na=rtpmap:63 red/48000/2\n", "111"},
        {"audio", "", "sendonly", "63", "a=rtpmap:63 red/48000/2\na=fmtp:63 111/111\n", ""},
        {"audio", "", "sendonly", "111", "a=rtpmap:111 opus/48000\n", ""},
        {"audio", "", "sendonly", "0 8", "a=rtpmap:0 PCMU/8000\n", ""},
        {"audio", "", "sendonly", "111", "a=rtpmap:111 VP8/90000\n", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer_config config = offer_config(rows[i].room, true, &seed);
        struct answer_state settled = {0};
        struct sdp answer;
        char err[SDP_ERROR_MAX], *none;
        g_autofree char *offer = offer_one(rows[i].media, rows[i].pts, rows[i].direction, rows[i].lines);
        if (!*rows[i].answer) {
            assert_int_equal(
                answer_make(&settled, offer, strlen(offer), &config, NULL, 0, &none, err, sizeof err),
                -ENOTSUP);
            assert_non_null(strstr(err, "no m-line can be taken"));
            continue;
        }
        answered(g_strdup(offer), &config, &settled, &answer);
        GString *pts = g_string_new(NULL);
        for (size_t k = 0; k < answer.sections[0].format_count; k++)
            g_string_append_printf(pts, "%s%u", k ? " " : "", (unsigned)answer.sections[0].formats[k].pt);
        if (strcmp(pts->str, rows[i].answer) != 0)
            fail_msg("row %zu: %s instead of %s", i, pts->str, rows[i].answer);
        g_string_free(pts, TRUE);
        sdp_finish(&answer);
    }
}

static void format_parameters(void **state)
{
    static const struct {
        const char *media, *room, *pts, *lines, *fmtp;
        uint32_t variant;
    } rows[] = {
        {"audio", "", "111", "a=rtpmap:111 opus/48000/2\na=fmtp:111 stereo=1\n",
         "minptime=10;useinbandfec=1;usedtx=1", 0},
        {"video", "VP8", "96", "a=rtpmap:96 VP8/90000\na=fmtp:96 max-fs=1\n", "", 0},
        {"video", "VP9", "96", "a=rtpmap:96 VP9/90000\n", "profile-id=0", 0},
        {"video", "AV1", "96", "a=rtpmap:96 AV1/90000\na=fmtp:96 level-idx=8;tier=x\n",
         "level-idx=8;profile=0;tier=0", 0},
        {"video", "H264", "96", H264(96, 1, 42C01F),
         "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42c01f", 0x142e000},
        {"video", "H264", "96", H264(96, 0, 64001f),
         "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=64001f", 0x640000},
        {"video", "H264", "96", "a=rtpmap:96 H264/90000\n",
         "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42000a", 0x420000},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer_config config = offer_config(rows[i].room, false, &seed);
        struct answer_state settled = {0};
        struct sdp answer;
        answered(offer_one(rows[i].media, rows[i].pts, "sendonly", rows[i].lines), &config, &settled,
                 &answer);
        assert_string_equal(answer.sections[0].formats[0].fmtp, rows[i].fmtp);
        assert_int_equal(settled.desc.media.formats[0].variant, rows[i].variant);
        sdp_finish(&answer);
    }
}

static void feedback(void **state)
{
    static const struct {
        const char *media, *lines; /* besides the codec */
        unsigned bits;
    } rows[] = {
        {"video", "a=rtcp-fb:96 nack\na=rtcp-fb:96 nack pli\na=rtcp-fb:96 ccm fir\n",
         SDP_FB_NACK | SDP_FB_PLI | SDP_FB_FIR},
        {"video", "a=rtcp-fb:96 goog-remb\n", SDP_FB_REMB},
        {"video", "a=rtcp-fb:96 goog-remb\na=rtcp-fb:96 transport-cc\n",
         SDP_FB_REMB}, /* its extension is missing */
        {"video",
         "a=rtcp-fb:96 goog-remb\na=rtcp-fb:96 transport-cc\na=extmap:3 "
         "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\n",
         SDP_FB_TRANSPORT_CC},
        {"audio",
         "a=rtcp-fb:96 nack\na=rtcp-fb:96 nack pli\na=rtcp-fb:96 goog-remb\na=rtcp-fb:96 "
         "transport-cc\na=extmap:3 "
         "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\n",
         SDP_FB_NACK | SDP_FB_TRANSPORT_CC},
        {"audio", "", 0},
    };
    (void)state;
    for (size_t k = 0; k < 2 * COUNT(rows); k++) { /* what it sends, and what it receives */
        size_t i = k / 2;
        struct answer_config config = offer_config("VP8", false, &seed);
        struct answer_state settled = {0};
        struct sdp answer;
        g_autofree char *lines =
            g_strconcat(*rows[i].media == 'a' ? "a=rtpmap:96 opus/48000/2\n" : "a=rtpmap:96 VP8/90000\n",
                        rows[i].lines, NULL);
        answered(offer_one(rows[i].media, "96", k % 2 ? "recvonly" : "sendonly", lines), &config, &settled,
                 &answer);
        assert_int_equal(answer.sections[0].formats[0].feedback, rows[i].bits);
        const struct sfu_format *f = &settled.desc.media.formats[0];
        assert_int_equal(f->nack, !!(rows[i].bits & SDP_FB_NACK));
        assert_int_equal(f->pli, !!(rows[i].bits & SDP_FB_PLI));
        assert_int_equal(f->transport_cc, !!(rows[i].bits & SDP_FB_TRANSPORT_CC));
        assert_int_equal(f->remb, !!(rows[i].bits & SDP_FB_REMB));
        sdp_finish(&answer);
    }
}

/* As publishers come that know no transport-cc: REMB, and the times that its estimate is made of. */
static void remb_with_send_times(void **state)
{
    static const char lines[] = "a=rtpmap:96 VP8/90000\na=rtcp-fb:96 goog-remb\n"
                                "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\n";
    struct answer_config config = offer_config("VP8", false, &seed);
    struct answer_state settled = {0};
    struct sdp answer;
    (void)state;
    answered(offer_one("video", "96", "sendonly", lines), &config, &settled, &answer);
    assert_int_equal(answer.sections[0].formats[0].feedback, SDP_FB_REMB);
    assert_int_equal(answer.sections[0].ext_count, 1);
    assert_int_equal(answer.sections[0].exts[0].id, 2);
    assert_true(settled.desc.media.formats[0].remb);
    assert_int_equal(settled.desc.media.exts.id[RTP_EXT_ABS_SEND_TIME], 2);
    assert_int_equal(settled.desc.media.exts.id[RTP_EXT_TRANSPORT_CC], 0);
    sdp_finish(&answer);
}

static void extension_ids(void **state)
{
    static const struct {
        const char *lines, *direction;
        unsigned id; /* of the mid extension, 0 = not agreed on */
    } rows[] = {
        {"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\n", "sendonly", 4},
        {"a=extmap:14 urn:ietf:params:rtp-hdrext:sdes:mid\n", "sendonly", 14},
        {"a=extmap:15 urn:ietf:params:rtp-hdrext:sdes:mid\n", "sendonly", 0},
        {"a=extmap:16 urn:ietf:params:rtp-hdrext:sdes:mid\n", "sendonly", 0},
        {"a=extmap:16 urn:ietf:params:rtp-hdrext:sdes:mid\na=extmap-allow-mixed\n", "sendonly", 16},
        {"a=extmap:255 urn:ietf:params:rtp-hdrext:sdes:mid\na=extmap-allow-mixed\n", "sendonly", 255},
        {"a=extmap:256 urn:ietf:params:rtp-hdrext:sdes:mid\na=extmap-allow-mixed\n", "sendonly", 0},
        {"a=extmap:4/sendonly urn:ietf:params:rtp-hdrext:sdes:mid\n", "sendonly", 4},
        {"a=extmap:4/recvonly urn:ietf:params:rtp-hdrext:sdes:mid\n", "sendonly", 0},
        {"a=extmap:4/recvonly urn:ietf:params:rtp-hdrext:sdes:mid\n", "recvonly", 4},
        {"a=extmap:4/sendonly urn:ietf:params:rtp-hdrext:sdes:mid\n", "recvonly", 0},
        {"a=extmap:4/inactive urn:ietf:params:rtp-hdrext:sdes:mid\n", "sendrecv", 0},
        {"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:middle\n", "sendonly", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer_config config = offer_config("VP8", false, &seed);
        struct answer_state settled = {0};
        struct sdp answer;
        g_autofree char *lines = g_strconcat(OFFER_VP8, rows[i].lines, NULL);
        answered(offer_one("video", "96 97", rows[i].direction, lines), &config, &settled, &answer);
        assert_int_equal(answer.sections[0].ext_count, rows[i].id != 0);
        assert_int_equal(settled.desc.media.exts.id[RTP_EXT_MID], rows[i].id);
        sdp_finish(&answer);
    }
}

static void codec_lists(void **state)
{
    (void)state;
    enum rtp_codec list[ANSWER_CODECS_MAX];
    assert_int_equal(answer_codec_list(" av1  VP8 opus nonsense RTX ", RTP_VIDEO, list), 2);
    assert_int_equal(list[0], RTP_CODEC_AV1);
    assert_int_equal(list[1], RTP_CODEC_VP8);
    assert_int_equal(answer_codec_list("VP8 opus red", RTP_AUDIO, list), 1);
    assert_int_equal(list[0], RTP_CODEC_OPUS);
    assert_int_equal(answer_codec_list("", RTP_AUDIO, list), 0);
    assert_int_equal(answer_codec_list("VP8 VP8 VP8 VP8 VP8 VP8 VP8 VP8 VP8", RTP_VIDEO, list),
                     ANSWER_CODECS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codecs),        cmocka_unit_test(format_parameters),
        cmocka_unit_test(feedback),      cmocka_unit_test(remb_with_send_times),
        cmocka_unit_test(extension_ids), cmocka_unit_test(codec_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
