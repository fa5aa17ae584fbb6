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
    f->switch_up = d.key || d.layer_sync;
    f->discardable = d.non_reference;
    f->has_layers = d.has_tid;
    f->tid = d.tid;
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

static int read_vp9(struct frame_info *f, const struct rtp_view *v, const uint8_t *payload)
{
    struct vp9_descriptor d;
    if (vp9_read(&d, payload, v->payload_len))
        return -EBADMSG;
    f->key = !d.inter_picture && !d.inter_layer;
    f->start = d.start;
    f->end = d.end;
    f->switch_up = f->key || d.switching_up;
    f->has_layers = d.has_layers;
    f->sid = d.sid;
    f->tid = d.tid;
    f->width = f->key ? d.width[d.sid] : 0;
    f->height = f->key ? d.height[d.sid] : 0;
    f->picture_id = d.picture_id;
    f->picture_id_15 = d.picture_id_15;
    f->picture_id_at = d.picture_id_at;
    f->tl0_pic_idx = d.tl0_pic_idx;
    f->tl0_at = d.tl0_at;
    return 0;
}

static int read_h264(struct frame_info *f, const struct rtp_view *v, const uint8_t *payload)
{
    struct h264_payload h;
    if (h264_read(&h, payload, v->payload_len))
        return -EBADMSG;
    f->key = h.key;
    f->start = h.start;
    f->end = v->marker;
    f->switch_up = h.key;
    f->discardable = h.discardable;
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
    f->switch_up = a.key;
    f->has_layers = a.has_layers;
    f->sid = a.sid;
    f->tid = a.tid;
    return 0;
}

/* RTX has to be unwrapped first; the row of NONE is empty as well. */
static const struct reader {
    int (*read)(struct frame_info *f, const struct rtp_view *v, const uint8_t *payload);
    bool video;
    bool always; /* it has numbers that the dependency descriptor does not tell */
} readers[RTP_CODEC_COUNT] = {
    [RTP_CODEC_OPUS] = {read_audio, false, false}, [RTP_CODEC_RED] = {read_red, false, false},
    [RTP_CODEC_VP8] = {read_vp8, true, true},      [RTP_CODEC_VP9] = {read_vp9, true, true},
    [RTP_CODEC_H264] = {read_h264, true, false},   [RTP_CODEC_AV1] = {read_av1, true, false},
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
    f->switch_up = false;
}

static void from_descriptor(struct frame_info *f, const struct dependency_frame *d)
{
    from_mandatory(f, d);
    f->key = d->has_structure || (!d->start && d->diff_count == 0);
    f->switch_up = dependency_any(d, DEPENDENCY_SWITCH);
    f->discardable =
        !f->switch_up && !dependency_any(d, DEPENDENCY_REQUIRED) && dependency_any(d, DEPENDENCY_DISCARDABLE);
    f->has_layers = true;
    f->sid = d->sid;
    f->tid = d->tid;
    if (f->key && d->width && d->height) {
        f->width = d->width;
        f->height = d->height;
    }
}

static int read_video(struct frame_info *f, const struct reader *reader, const struct rtp_view *v,
                      const uint8_t *p, struct dependency *dd)
{
    struct rtp_ext_at at = v->ext[RTP_EXT_DEPENDENCY];
    if (!dd || !at.len)
        return reader->read(f, v, p + v->payload);
    struct dependency_frame d;
    int rc = dependency_read(dd, p + at.off, at.len, &d);
    if (rc == -EBADMSG)
        return rc;
    if ((rc || reader->always) && reader->read(f, v, p + v->payload))
        return -EBADMSG;
    if (rc)
        from_mandatory(f, &d);
    else
        from_descriptor(f, &d);
    if (!f->key)
        f->width = f->height = 0;
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
