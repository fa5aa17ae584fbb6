/* What cameras send: codec, layers and their rates. */
#pragma once

#include "codec.h"

enum {
    VIDEO_LAYERS_MAX = 3, /* streams, or spatial layers of one */
    VIDEO_TEMPORAL_MAX = 3,
    VIDEO_REFS_MAX = 4,
    VIDEO_FPS = 30,
};

/* What a camera sends. */
struct video_kind {
    const char *name;
    enum rtp_codec codec;
    bool descriptor, key_svc;
    bool told; /* the publisher says what its layers take (layers.h), else it is measured */
    uint8_t streams, spatial, temporal;
    uint16_t height;                /* of the highest layer; each has half of the one above */
    uint32_t bps[VIDEO_LAYERS_MAX]; /* of each stream, or spatial layer by itself */
    uint32_t key_percent;           /* of the size of a usual frame; 0 = 400 */
};

/* As browsers send them. */
enum { VIDEO_VP8, VIDEO_VP8_PLAIN, VIDEO_VP9_KSVC, VIDEO_AV1_SVC, VIDEO_AV1, VIDEO_SMALL, VIDEO_KINDS };
extern const struct video_kind video_kinds[VIDEO_KINDS];

/* Of all layers together. */
uint32_t video_bps(const struct video_kind *k);

/* Of a layer up to that temporal id, with all layers below it that it needs. */
uint32_t video_layer_bps(const struct video_kind *k, unsigned layer, unsigned tid);

/* A frame of that temporal id as a share of the layer's mean frame. */
double video_frame_share(const struct video_kind *k, unsigned tid);

/* What a packet really is, whatever its headers say. */
struct truth {
    uint32_t source; /* of the stream, as in select.h */
    uint32_t frame, picture;
    uint32_t refs[VIDEO_REFS_MAX]; /* frames that it refers to */
    uint8_t ref_count;
    uint8_t layer; /* its stream's index, or spatial id in the only one */
    uint8_t sid, tid, tl0;
    uint8_t at, packets; /* its place in the frame */
    bool key;
};
