#include "video.h"

enum { KBPS = 1000 };

const struct video_kind video_kinds[VIDEO_KINDS] = {
    /* Chromium's simulcast at 720p */
    [VIDEO_VP8] = {"VP8 simulcast", RTP_CODEC_VP8, .descriptor = true, .told = true, .streams = 3,
                   .spatial = 1, .temporal = 3, .height = 720, .bps = {150 * KBPS, 500 * KBPS, 2500 * KBPS}},
    /* of a sender that says nothing of it */
    [VIDEO_VP8_PLAIN] = {"VP8 simulcast, nothing told", RTP_CODEC_VP8, .streams = 3, .spatial = 1,
                         .temporal = 1, .height = 720, .bps = {150 * KBPS, 500 * KBPS, 1700 * KBPS}},
    [VIDEO_VP9_KSVC] = {"VP9 L3T3_KEY", RTP_CODEC_VP9, .key_svc = true, .streams = 1, .spatial = 3,
                        .temporal = 3, .height = 720, .bps = {150 * KBPS, 400 * KBPS, 1100 * KBPS}},
    [VIDEO_AV1_SVC] = {"AV1 L3T3", RTP_CODEC_AV1, .descriptor = true, .told = true, .streams = 1,
                       .spatial = 3, .temporal = 3, .height = 720,
                       .bps = {120 * KBPS, 300 * KBPS, 800 * KBPS}},
    [VIDEO_AV1] = {"AV1 L1T3", RTP_CODEC_AV1, .descriptor = true, .streams = 1, .spatial = 1, .temporal = 3,
                   .height = 360, .bps = {500 * KBPS}},
    /* large steps are far apart: what many slots share */
    [VIDEO_SMALL] = {"VP8 simulcast, small", RTP_CODEC_VP8, .descriptor = true, .told = true, .streams = 3,
                     .spatial = 1, .temporal = 3, .height = 720, .bps = {80 * KBPS, 250 * KBPS, 700 * KBPS}},
};

uint32_t video_bps(const struct video_kind *k)
{
    uint32_t bps = 0;
    for (unsigned i = 0; i < VIDEO_LAYERS_MAX; i++)
        bps += k->bps[i];
    return bps;
}

/* Temporal layers take what libwebrtc gives them. */
uint32_t video_layer_bps(const struct video_kind *k, unsigned layer, unsigned tid)
{
    static const uint8_t percent[VIDEO_TEMPORAL_MAX][VIDEO_TEMPORAL_MAX] = {{100}, {60, 100}, {40, 60, 100}};
    uint64_t bps = 0;
    for (unsigned i = k->streams > 1 ? layer : 0; i <= layer; i++)
        bps += k->bps[i];
    return (uint32_t)(bps * percent[k->temporal - 1][tid] / 100);
}

double video_frame_share(const struct video_kind *k, unsigned tid)
{
    static const double share[VIDEO_TEMPORAL_MAX][VIDEO_TEMPORAL_MAX] = {{1}, {1.2, 0.8}, {1.6, 0.8, 0.8}};
    return share[k->temporal - 1][tid];
}
