/* The tables of codecs and header extensions, and looking up in them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void codecs_by_name(void **state)
{
    static const struct {
        const char *name;
        enum rtp_codec codec;
    } rows[] = {
        {"opus", RTP_CODEC_OPUS},   {"OPUS", RTP_CODEC_OPUS}, {"red", RTP_CODEC_RED},
        {"VP8", RTP_CODEC_VP8},     {"vp9", RTP_CODEC_VP9},   {"H264", RTP_CODEC_H264},
        {"av1", RTP_CODEC_AV1},     {"rtx", RTP_CODEC_RTX},   {"VP", RTP_CODEC_NONE},
        {"VP88", RTP_CODEC_NONE},   {"PCMU", RTP_CODEC_NONE}, {"", RTP_CODEC_NONE},
        {"ulpfec", RTP_CODEC_NONE},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(rtp_codec_by_name(rows[i].name, strlen(rows[i].name)), rows[i].codec);
    assert_int_equal(rtp_codec_by_name("VP8/90000", 3), RTP_CODEC_VP8);
}

static void codecs_have_their_rates(void **state)
{
    static const struct {
        enum rtp_codec codec;
        enum rtp_kind kind;
        uint32_t rate;
    } rows[] = {
        {RTP_CODEC_OPUS, RTP_AUDIO, 48000}, {RTP_CODEC_RED, RTP_AUDIO, 48000},
        {RTP_CODEC_VP8, RTP_VIDEO, 90000},  {RTP_CODEC_VP9, RTP_VIDEO, 90000},
        {RTP_CODEC_H264, RTP_VIDEO, 90000}, {RTP_CODEC_AV1, RTP_VIDEO, 90000},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(rtp_codecs[rows[i].codec].kind, rows[i].kind);
        assert_int_equal(rtp_codecs[rows[i].codec].clock_rate, rows[i].rate);
    }
}

static void extensions_by_uri(void **state)
{
    static const struct {
        const char *uri;
        enum rtp_ext ext;
    } rows[] = {
        {"urn:ietf:params:rtp-hdrext:sdes:mid", RTP_EXT_MID},
        {"urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", RTP_EXT_RID},
        {"urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", RTP_EXT_REPAIRED_RID},
        {"urn:ietf:params:rtp-hdrext:ssrc-audio-level", RTP_EXT_AUDIO_LEVEL},
        {"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", RTP_EXT_ABS_SEND_TIME},
        {"http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", RTP_EXT_TRANSPORT_CC},
        {"https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
         RTP_EXT_DEPENDENCY},
        {"http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00", RTP_EXT_VIDEO_LAYERS},
        {"http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time", RTP_EXT_ABS_CAPTURE_TIME},
        {"http://www.webrtc.org/experiments/rtp-hdrext/playout-delay", RTP_EXT_PLAYOUT_DELAY},
        {"urn:3gpp:video-orientation", RTP_EXT_ORIENTATION},
        {"urn:3gpp:video-orientation6", RTP_EXT_COUNT},
        {"urn:3gpp:video-orientatio", RTP_EXT_COUNT},
        {"URN:3GPP:video-orientation", RTP_EXT_COUNT},
        {"", RTP_EXT_COUNT},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(rtp_ext_by_uri(rows[i].uri, strlen(rows[i].uri)), rows[i].ext);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codecs_by_name),
        cmocka_unit_test(codecs_have_their_rates),
        cmocka_unit_test(extensions_by_uri),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
