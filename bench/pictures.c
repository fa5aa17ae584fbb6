#include "pictures.h"

#include "scene.h"

#include <stdlib.h>
#include <string.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

enum {
    LOOP_S = 5,
    TIDS = 3,
    PATTERN = 4,         /* frames after which the temporal layers repeat */
    SPEED = -10,         /* negative: fixed, so that every run encodes alike */
    KEY_FRAME_PCT = 300, /* of what a frame may have */
    QUANTIZER_MIN = 4,
    QUANTIZER_MAX = 63,
};

struct pictures {
    uint32_t count; /* the key frame, then the loop */
    struct picture *frames;
    uint8_t *bytes; /* of all frames */
    size_t len, cap;
};

/* What one frame refers to and renews. None renews the alternate reference, where the key frame stays, nor
 * probabilities for those that follow. */
struct place {
    uint8_t tid;
    bool sync;
    vpx_enc_frame_flags_t flags;
};

enum {
    KEEP = VP8_EFLAG_NO_UPD_ARF | VP8_EFLAG_NO_UPD_ENTROPY,
    FROM_LAST = VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_REF_ARF,
};

static const struct place key_place = {0, false, VPX_EFLAG_FORCE_KF};
static const struct place loop_start = {
    0, false, KEEP | VP8_EFLAG_NO_REF_LAST | VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_UPD_GF};
static const struct place places[PATTERN] = {
    {0, false, KEEP | FROM_LAST | VP8_EFLAG_NO_UPD_GF},
    {2, true, KEEP | FROM_LAST | VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_GF},
    {1, true, KEEP | FROM_LAST | VP8_EFLAG_NO_UPD_LAST},
    {2, false, KEEP | VP8_EFLAG_NO_REF_ARF | VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_GF},
};

static const struct place *place_of(uint32_t at)
{
    if (at < 2)
        return at == 0 ? &key_place : &loop_start;
    return &places[(at - 1) % PATTERN];
}

/* --- The encoder --------------------------------------------------------------- */

static void configure(vpx_codec_enc_cfg_t *cfg, const struct pictures_conf *conf)
{
    static const unsigned share[TIDS] = {40, 60, 100}; /* per cent, each with those below it */
    static const unsigned decimator[TIDS] = {4, 2, 1};
    cfg->g_w = conf->width;
    cfg->g_h = conf->height;
    cfg->g_timebase = (struct vpx_rational){1, conf->fps};
    cfg->g_threads = 1;
    cfg->g_lag_in_frames = 0;
    cfg->g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
    cfg->rc_end_usage = VPX_CBR;
    cfg->rc_target_bitrate = conf->bitrate / 1000;
    cfg->rc_min_quantizer = QUANTIZER_MIN;
    cfg->rc_max_quantizer = QUANTIZER_MAX;
    cfg->kf_mode = VPX_KF_DISABLED;
    cfg->ts_number_layers = TIDS;
    cfg->ts_periodicity = PATTERN;
    for (unsigned i = 0; i < TIDS; i++) {
        cfg->ts_target_bitrate[i] = cfg->rc_target_bitrate * share[i] / 100;
        cfg->ts_rate_decimator[i] = decimator[i];
    }
    for (unsigned i = 0; i < PATTERN; i++)
        cfg->ts_layer_id[i] = places[i].tid;
}

static bool open_encoder(vpx_codec_ctx_t *codec, const struct pictures_conf *conf)
{
    vpx_codec_enc_cfg_t cfg;
    if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &cfg, 0) != VPX_CODEC_OK)
        return false;
    configure(&cfg, conf);
    return vpx_codec_enc_init(codec, vpx_codec_vp8_cx(), &cfg, 0) == VPX_CODEC_OK &&
           vpx_codec_control(codec, VP8E_SET_CPUUSED, SPEED) == VPX_CODEC_OK &&
           vpx_codec_control(codec, VP8E_SET_MAX_INTRA_BITRATE_PCT, KEY_FRAME_PCT) == VPX_CODEC_OK;
}

/* Appends what the encoder made to p->bytes. */
static bool keep(struct pictures *p, const void *data, size_t len)
{
    if (p->len + len > p->cap) {
        size_t cap = 2 * (p->len + len);
        uint8_t *bytes = realloc(p->bytes, cap);
        if (!bytes)
            return false;
        p->bytes = bytes;
        p->cap = cap;
    }
    memcpy(p->bytes + p->len, data, len);
    p->len += len;
    return true;
}

static bool encode(struct pictures *p, vpx_codec_ctx_t *codec, const vpx_image_t *image, uint32_t at)
{
    const struct place *place = place_of(at);
    struct picture *frame = &p->frames[at];
    vpx_codec_iter_t iter = NULL;
    const vpx_codec_cx_pkt_t *packet;
    if (vpx_codec_control(codec, VP8E_SET_TEMPORAL_LAYER_ID, place->tid) != VPX_CODEC_OK ||
        vpx_codec_encode(codec, image, at, 1, place->flags, VPX_DL_REALTIME) != VPX_CODEC_OK)
        return false;
    *frame = (struct picture){.tid = place->tid, .sync = place->sync, .key = at == 0};
    while ((packet = vpx_codec_get_cx_data(codec, &iter))) {
        if (packet->kind != VPX_CODEC_CX_FRAME_PKT)
            continue;
        if (!keep(p, packet->data.frame.buf, packet->data.frame.sz))
            return false;
        frame->len += packet->data.frame.sz;
    }
    return frame->len > 0;
}

static bool encode_all(struct pictures *p, vpx_codec_ctx_t *codec, vpx_image_t *image)
{
    const struct scene_planes planes = {
        .y = image->planes[VPX_PLANE_Y],
        .u = image->planes[VPX_PLANE_U],
        .v = image->planes[VPX_PLANE_V],
        .y_stride = image->stride[VPX_PLANE_Y],
        .u_stride = image->stride[VPX_PLANE_U],
        .v_stride = image->stride[VPX_PLANE_V],
        .width = image->d_w,
        .height = image->d_h,
    };
    for (uint32_t at = 0; at < p->count; at++) {
        scene_draw(&planes, at);
        if (!encode(p, codec, image, at))
            return false;
    }
    const uint8_t *data = p->bytes; /* which has stopped moving */
    for (uint32_t at = 0; at < p->count; data += p->frames[at++].len)
        p->frames[at].data = data;
    return true;
}

/* --- Life ------------------------------------------------------------------------ */

struct pictures *pictures_new(const struct pictures_conf *conf)
{
    vpx_codec_ctx_t codec = {0};
    vpx_image_t *image = vpx_img_alloc(NULL, VPX_IMG_FMT_I420, conf->width, conf->height, 32);
    struct pictures *p = calloc(1, sizeof(*p));
    if (p) {
        p->count = 1 + (uint32_t)conf->fps * LOOP_S / PATTERN * PATTERN;
        p->frames = calloc(p->count, sizeof(*p->frames));
    }
    bool made = image && p && p->frames && open_encoder(&codec, conf) && encode_all(p, &codec, image);
    if (codec.iface)
        vpx_codec_destroy(&codec);
    vpx_img_free(image);
    if (made)
        return p;
    pictures_free(p);
    return NULL;
}

void pictures_free(struct pictures *p)
{
    if (!p)
        return;
    free(p->frames);
    free(p->bytes);
    free(p);
}

const struct picture *pictures_at(const struct pictures *p, uint64_t at)
{
    return &p->frames[at < p->count ? at : 1 + (at - 1) % (p->count - 1)];
}

uint32_t pictures_loop(const struct pictures *p)
{
    return p->count - 1;
}
