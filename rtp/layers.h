/* What a publisher says of the layers that it sends now, in the header extension
 * video-layers-allocation00 (webrtc.org/experiments/rtp-hdrext): for each RTP
 * stream (simulcast), spatial and temporal layer the bit rate that receiving it
 * takes, lower layers that it needs included; sizes and frame rates too where
 * they changed.
 *
 *    0 1 2 3 4 5 6 7
 *   +-+-+-+-+-+-+-+-+
 *   |RID| NS| sl_bm |  index of this stream, streams - 1, spatial layers of each stream
 *   +-+-+-+-+-+-+-+-+
 *   |sl0_bm |sl1_bm |  only where sl_bm is 0: they differ; the second byte
 *   |sl2_bm |sl3_bm |  only where there are more than 2 streams
 *   +-+-+-+-+-+-+-+-+
 *   |#tl|#tl|#tl|#tl|  temporal layers - 1, for each spatial layer of each stream
 *   +-+-+-+-+-+-+-+-+
 *   : kbps, leb128  :  for each temporal layer of each spatial layer of each stream
 *   +-+-+-+-+-+-+-+-+
 *   : width-1 (16), :  for each spatial layer of each stream, all or none
 *   : height-1 (16),:
 *   : frames/s (8)  :
 *   +-+-+-+-+-+-+-+-+
 *
 * A single byte 0 says that nothing is being sent. */
#pragma once

#include "bytes.h"

enum {
    LAYERS_STREAMS_MAX = 4,
    LAYERS_SPATIAL_MAX = 4,
    LAYERS_TEMPORAL_MAX = 4,
    LAYERS_KBPS_MAX = 1000000, /* more is not believed */
};

struct layers_spatial {
    uint8_t temporal_count; /* 0 = not being sent */
    uint8_t fps;            /* with all temporal layers; 0 = not told */
    uint16_t width, height; /* 0 = not told */
    uint32_t bps[LAYERS_TEMPORAL_MAX];
};

/* Zeroed memory: nothing was told. */
struct layers {
    uint8_t stream; /* index of the RTP stream that brought it, in the order of the publisher's encodings */
    uint8_t stream_count; /* 0 = nothing was told, or nothing is being sent */
    struct layers_spatial of[LAYERS_STREAMS_MAX][LAYERS_SPATIAL_MAX];
};

/* Read the extension's len bytes over what was told before: sizes and frame
 * rates that it leaves out stay as they were, for the layers that go on. 0, or
 * -EBADMSG (cut, something left over, a rate above LAYERS_KBPS_MAX, no spatial
 * layer in any stream, a stream index past the last); then *l is as it was. */
int layers_read(struct layers *l, const uint8_t *p, size_t len) RTP_MUST_USE;

/* Frames per second up to that temporal layer, each of which doubles those of
 * the one below (as all of WebRTC's do); 0 = not told, or no such layer. */
uint8_t layers_fps(const struct layers_spatial *s, unsigned tid);
