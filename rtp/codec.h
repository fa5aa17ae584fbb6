/* The codecs that Plenum forwards, and the RTP header extensions it knows: two
 * tables that SDP, the packet path and the tests share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rtp_kind { RTP_AUDIO, RTP_VIDEO };

enum rtp_codec {
    RTP_CODEC_NONE,
    RTP_CODEC_OPUS, /* RFC 7587 */
    RTP_CODEC_RED,  /* RFC 2198, always around Opus here */
    RTP_CODEC_VP8,  /* RFC 7741 */
    RTP_CODEC_VP9,  /* RFC 9628 */
    RTP_CODEC_H264, /* RFC 6184 */
    RTP_CODEC_AV1,  /* the AOMedia RTP specification */
    RTP_CODEC_RTX,  /* RFC 4588 */
    RTP_CODEC_COUNT
};

struct rtp_codec_info {
    const char *name; /* as in a=rtpmap, to be compared without regard to case */
    enum rtp_kind kind;
    uint32_t clock_rate; /* Hz; RTX takes the rate of what it repeats */
    uint8_t channels;    /* 0 where rtpmap does not say */
};

extern const struct rtp_codec_info rtp_codecs[RTP_CODEC_COUNT];

/* The codec of that name (RFC 8866 encoding name, any case) or RTP_CODEC_NONE. */
enum rtp_codec rtp_codec_by_name(const char *name, size_t len);

enum rtp_ext {
    RTP_EXT_MID,          /* RFC 9143 */
    RTP_EXT_RID,          /* RFC 8852 rtp-stream-id */
    RTP_EXT_REPAIRED_RID, /* RFC 8852 repaired-rtp-stream-id */
    RTP_EXT_AUDIO_LEVEL,  /* RFC 6464 */
    RTP_EXT_ABS_SEND_TIME,
    RTP_EXT_TRANSPORT_CC, /* draft-holmer-rmcat-transport-wide-cc-extensions-01 */
    RTP_EXT_DEPENDENCY,   /* AV1 RTP specification, appendix A; any codec */
    RTP_EXT_VIDEO_LAYERS, /* video-layers-allocation00 */
    RTP_EXT_ABS_CAPTURE_TIME,
    RTP_EXT_PLAYOUT_DELAY,
    RTP_EXT_ORIENTATION, /* 3GPP TS 26.114, CVO */
    RTP_EXT_COUNT
};

struct rtp_ext_info {
    const char *uri;   /* as in a=extmap */
    bool audio, video; /* the kinds of m-line on which the answer accepts it */
};

extern const struct rtp_ext_info rtp_exts[RTP_EXT_COUNT];

/* The extension of that URI, or RTP_EXT_COUNT. */
enum rtp_ext rtp_ext_by_uri(const char *uri, size_t len);

/* Extension ids of one transport: one id for each URI over the whole BUNDLE
 * (RFC 9143), 1..14, or 1..255 once extmap-allow-mixed was agreed; 0 = not
 * negotiated. */
struct rtp_ext_map {
    uint8_t id[RTP_EXT_COUNT];
    bool mixed; /* two-byte headers may be sent (RFC 8285, section 6) */
};
