#include "codec.h"

#include <string.h>
#include <strings.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

const struct rtp_codec_info rtp_codecs[RTP_CODEC_COUNT] = {
    [RTP_CODEC_NONE] = {"", RTP_VIDEO, 0, 0},       [RTP_CODEC_OPUS] = {"opus", RTP_AUDIO, 48000, 2},
    [RTP_CODEC_RED] = {"red", RTP_AUDIO, 48000, 2}, [RTP_CODEC_VP8] = {"VP8", RTP_VIDEO, 90000, 0},
    [RTP_CODEC_VP9] = {"VP9", RTP_VIDEO, 90000, 0}, [RTP_CODEC_H264] = {"H264", RTP_VIDEO, 90000, 0},
    [RTP_CODEC_AV1] = {"AV1", RTP_VIDEO, 90000, 0}, [RTP_CODEC_RTX] = {"rtx", RTP_VIDEO, 90000, 0},
};

const struct rtp_ext_info rtp_exts[] = {
    [RTP_EXT_MID] = {"urn:ietf:params:rtp-hdrext:sdes:mid", true, true},
    [RTP_EXT_RID] = {"urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", false, true},
    [RTP_EXT_REPAIRED_RID] = {"urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", false, true},
    [RTP_EXT_AUDIO_LEVEL] = {"urn:ietf:params:rtp-hdrext:ssrc-audio-level", true, false},
    [RTP_EXT_ABS_SEND_TIME] = {"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", true, true},
    [RTP_EXT_TRANSPORT_CC] = {"http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
                              true, true},
    [RTP_EXT_DEPENDENCY] = {"https://aomediacodec.github.io/av1-rtp-spec/"
                            "#dependency-descriptor-rtp-header-extension",
                            false, true},
    [RTP_EXT_VIDEO_LAYERS] = {"http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00", false,
                              true},
    [RTP_EXT_ABS_CAPTURE_TIME] = {"http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time", true,
                                  true},
    [RTP_EXT_PLAYOUT_DELAY] = {"http://www.webrtc.org/experiments/rtp-hdrext/playout-delay", false, true},
    [RTP_EXT_ORIENTATION] = {"urn:3gpp:video-orientation", false, true},
};
_Static_assert(COUNT(rtp_exts) == RTP_EXT_COUNT, "every extension has its row");

enum rtp_codec rtp_codec_by_name(const char *name, size_t len)
{
    for (enum rtp_codec c = RTP_CODEC_NONE + 1; c < RTP_CODEC_COUNT; c++) {
        if (strlen(rtp_codecs[c].name) == len && strncasecmp(rtp_codecs[c].name, name, len) == 0)
            return c;
    }
    return RTP_CODEC_NONE;
}

enum rtp_ext rtp_ext_by_uri(const char *uri, size_t len)
{
    enum rtp_ext e = 0;
    while (e < RTP_EXT_COUNT && (strlen(rtp_exts[e].uri) != len || memcmp(rtp_exts[e].uri, uri, len) != 0))
        e++;
    return e;
}
