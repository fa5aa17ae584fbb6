#include "frame.h"

#include <errno.h>

#include "av1.h"
#include "h264.h"
#include "vp8.h"
#include "vp9.h"

static int read_audio(struct frame_info *f, const struct rtp_view *v, const uint8_t *payload)
{
    (void)v;
    (void)payload;
    f->key = f->start = f->end = true;
    return 0;
}

static int read_red(struct frame_info *f, const struct rtp_view *v, const uint8_t *payload)
{
    if (red_read(&f->red, payload, v->payload_len))
        return -EBADMSG;
    return read_audio(f, v, payload);
}

static int read_vp8(struct frame_info *f, const struct rtp_view *v, const uint8_t *payload)
{
    struct vp8_descriptor d;
    if (vp8_read(&d, payload, v->payload_len))
        return -EBADMSG;
    f->key = d.key;
    f->start = d.start;
    f->end = v->marker;
    f->discardable = d.non_reference;
    f->has_layers = d.has_tid;
    f->tid = d.tid;
    if (d.has_tid) {
        f->active = points_row(0, 0);
        f->needed_by = points_row(0, d.tid);
        f->opens = d.key ? f->needed_by : d.layer_sync ? points_one(point_of(0, d.tid)) : 0;
    }
    f->width = d.width;
    f->height = d.height;
    f->picture_id = d.picture_id;
    f->picture_id_15 = d.picture_id_15;
    f->picture_gap_is_loss = true;
    f->picture_id_at = d.picture_id_at;
    f->tl0_pic_idx = d.tl0_pic_idx;
    f->tl0_at = d.tl0_at;
    return 0;
}

/* Layers above the highest that operating points tell apart go with that one. A point that has lower spatial
 * layers opens with the lowest, which says so of its whole picture. */
static void vp9_layers(struct frame_info *f, const struct vp9_descriptor *d)
{
    f->has_layers = d->has_layers;
    f->sid = d->sid < POINTS_SPATIAL ? d->sid : POINTS_SPATIAL - 1;
    f->tid = d->tid;
    if (!d->has_layers)
        return;
    f->needed_by = d->not_upper_reference ? points_row(f->sid, d->tid) : points_above(f->sid, d->tid);
    f->opens = f->key || (d->switching_up && !d->inter_layer) ? f->needed_by : 0;
    if (d->spatial_count)
        f->active =
            points_below(d->spatial_count < POINTS_SPATIAL ? d->spatial_count - 1u : POINTS_SPATIAL - 1,
                         POINTS_TEMPORAL - 1);
}

static int read_vp9(struct frame_info *f, const struct rtp_view *v, const uint8_t *payload)
{
    struct vp9_descriptor d;
    if (vp9_read(&d, payload, v->payload_len))
        return -EBADMSG;
    f->key = !d.inter_picture && !d.inter_layer;
    f->start = d.start;
    f->end = d.end;
    vp9_layers(f, &d);
    if (f->key && d.spatial_count) {
        f->spatial_count = d.spatial_count;
        f->width = d.width[d.spatial_count - 1];
        f->height = d.height[d.spatial_count - 1];
    }
    f->picture_id = d.picture_id;
    f->picture_id_15 = d.picture_id_15;
    f->picture_id_at = d.picture_id_at;
    f->tl0_pic_idx = d.tl0_pic_idx;
    f->tl0_at = d.tl0_at;
    return 0;
}

/* Then the payload tells all, and the dependency descriptor nothing that can be relied on: Firefox 153 gives
 * one to key frames alone, and Chromium decodes nothing that comes without one after a frame that had one. */
static bool vp9_needs_none(const uint8_t *payload, size_t len)
{
    return !vp9_is_flexible(payload, len);
}

static int read_h264(struct frame_info *f, const struct rtp_view *v, const uint8_t *payload)
{
    struct h264_payload h;
    if (h264_read(&h, payload, v->payload_len))
        return -EBADMSG;
    f->key = h.key;
    f->start = h.start;
    f->end = v->marker;
    f->discardable = h.discardable;
    f->width = h.width;
    f->height = h.height;
    return 0;
}

static int read_av1(struct frame_info *f, const struct rtp_view *v, const uint8_t *payload)
{
    struct av1_payload a;
    if (av1_read(&a, payload, v->payload_len))
        return -EBADMSG;
    f->key = a.key;
    f->start = a.start;
    f->end = v->marker && !a.unfinished;
    f->width = a.width;
    f->height = a.height;
    return 0; /* only the packet in which an OBU begins tells its layers: there is no choosing by them */
}

/* RTX has to be unwrapped first; the row of NONE is empty as well. */
static const struct reader {
    int (*read)(struct frame_info *f, const struct rtp_view *v, const uint8_t *payload);
    bool video;
    bool always; /* it has numbers that the dependency descriptor does not tell */
    bool (*needs_none)(const uint8_t *payload, size_t len); /* such a packet's descriptor is left aside */
} readers[RTP_CODEC_COUNT] = {
    [RTP_CODEC_OPUS] = {.read = read_audio},
    [RTP_CODEC_RED] = {.read = read_red},
    [RTP_CODEC_VP8] = {.read = read_vp8, .video = true, .always = true},
    [RTP_CODEC_VP9] = {.read = read_vp9, .video = true, .always = true, .needs_none = vp9_needs_none},
    [RTP_CODEC_H264] = {.read = read_h264, .video = true},
    [RTP_CODEC_AV1] = {.read = read_av1, .video = true},
};

/* The mandatory fields, and what they say about the payload's own claims: a key
 * frame's first packet always brings a structure. */
static void from_mandatory(struct frame_info *f, const struct dependency_frame *d)
{
    f->has_descriptor = true;
    f->frame_number = d->frame_number;
    f->start = d->start;
    f->end = d->end;
    f->key = false;
    f->opens = 0;
}

static void without_size(struct frame_info *f)
{
    f->spatial_count = 0;
    f->width = f->height = 0;
}

static uint32_t references(const struct dependency_frame *d)
{
    uint32_t to = 0;
    for (size_t i = 0; i < d->diff_count; i++)
        to |= d->diffs[i] < 32 ? 1u << d->diffs[i] : 1;
    return to;
}

/* No target needs it for another frame. */
static bool is_discardable(const struct dependency_frame *d)
{
    for (size_t i = 0; i < d->target_count; i++) {
        if (dependency_dti_of(d, i) > DEPENDENCY_DISCARDABLE)
            return false;
    }
    return true;
}

static void from_descriptor(struct frame_info *f, const struct dependency_frame *d)
{
    from_mandatory(f, d);
    f->key = (d->has_structure && !d->stale) || (!d->start && d->diff_count == 0);
    f->discardable = d->dtis && is_discardable(d);
    f->needed_by = d->needed_by;
    f->opens = d->has_structure ? d->needed_by : d->opens;
    f->active = d->points;
    f->refers_to = references(d);
    f->has_layers = true;
    f->sid = d->sid;
    f->tid = d->tid;
    if (!f->key)
        without_size(f);
    else
        f->spatial_count = d->spatial_count;
    if (f->key && d->width && d->height) {
        f->width = d->width;
        f->height = d->height;
    }
}

static int read_video(struct frame_info *f, const struct reader *reader, const struct rtp_view *v,
                      const uint8_t *p, struct dependency *dd)
{
    struct rtp_ext_at at = v->ext[RTP_EXT_DEPENDENCY];
    bool aside = reader->needs_none && reader->needs_none(p + v->payload, v->payload_len);
    if (!dd || !at.len || aside)
        return reader->read(f, v, p + v->payload);
    struct dependency_frame d;
    int rc = dependency_read(dd, p + at.off, at.len, &d);
    if (rc == -EBADMSG)
        return rc;
    if ((rc || reader->always) && reader->read(f, v, p + v->payload))
        return -EBADMSG;
    if (rc) {
        from_mandatory(f, &d);
        without_size(f);
    } else {
        from_descriptor(f, &d);
    }
    return 0;
}

int frame_info_read(struct frame_info *f, enum rtp_codec pt_codec, const struct rtp_view *v, const uint8_t *p,
                    struct dependency *dd)
{
    const struct frame_info none = {.picture_id = FRAME_NO_PICTURE_ID, .tl0_pic_idx = FRAME_NO_TL0};
    const struct reader *reader = &readers[pt_codec];
    *f = none;
    if (!reader->read || (reader->video && !v->payload_len))
        return -EBADMSG;
    int rc = reader->video ? read_video(f, reader, v, p, dd) : reader->read(f, v, p + v->payload);
    if (rc)
        *f = none;
    return rc;
}
