#include "reference.h"

#include "bytes.h"
#include "seq.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DESCRIPTOR_ID = 9 };

static const struct rtp_ext_map exts = {.id = {[RTP_EXT_DEPENDENCY] = DESCRIPTOR_ID}, .mixed = true};

__attribute__((format(printf, 2, 3))) static void fault(struct reference *r, const char *format, ...)
{
    va_list args;
    if (r->faults++)
        return;
    va_start(args, format);
    (void)vsnprintf(r->fault, sizeof r->fault, format, args);
    va_end(args);
}

/* A number that keeps the distances of the truth, or goes on by one at a switch. */
static void check_distance(struct reference *r, const char *what, uint32_t sent, uint32_t true_distance,
                           bool switched, uint32_t mask)
{
    uint32_t want = switched ? 1 : true_distance;
    if ((sent & mask) != (want & mask))
        fault(r, "frame %u: %s goes on by %u, not %u", r->truth.frame, what, sent & mask, want & mask);
}

static void check_sequence(struct reference *r, uint16_t seq, bool switched)
{
    uint16_t step = (uint16_t)(seq - r->seq), want = switched && !r->marker ? 2 : 1;
    if (step != want)
        fault(r, "frame %u: the sequence number goes on by %u, not %u", r->truth.frame, step, want);
}

static void check_time(struct reference *r, uint32_t timestamp, const struct truth *t, bool switched)
{
    bool same = !switched && t->picture == r->truth.picture;
    int32_t ahead = ts_diff(timestamp, r->timestamp);
    if (same ? ahead != 0 : ahead <= 0)
        fault(r, "frame %u, then %u: the timestamp goes on by %d", r->truth.frame, t->frame, ahead);
    if (same == r->marker && !switched)
        fault(r, "frame %u, then %u: marker %d", r->truth.frame, t->frame, r->marker);
}

static void check_numbers(struct reference *r, const struct video_kind *kind, const struct frame_info *f,
                          const struct truth *t, bool switched)
{
    if (kind->descriptor)
        check_distance(r, "the frame number", (uint32_t)f->frame_number - r->frame_number,
                       t->frame - r->truth.frame, switched, 0xffff);
    if (kind->codec == RTP_CODEC_VP9)
        check_distance(r, "the picture id", (uint32_t)(f->picture_id - r->picture_id),
                       t->picture - r->truth.picture, switched, 0x7fff);
    if (kind->codec == RTP_CODEC_VP8)
        check_distance(r, "the picture id", (uint32_t)(f->picture_id - r->picture_id),
                       t->frame != r->truth.frame, switched, 0x7fff);
    if (kind->codec != RTP_CODEC_AV1)
        check_distance(r, "TL0PICIDX", (uint32_t)(f->tl0_pic_idx - r->tl0), (uint32_t)(t->tl0 - r->truth.tl0),
                       switched, 0xff);
}

/* Packets of a frame follow on each other from its first to its last, frames in their order. */
static void check_place(struct reference *r, const struct truth *t, bool switched)
{
    bool next = !switched && t->source == r->truth.source && t->frame == r->truth.frame;
    bool had_all = r->truth.at + 1 == r->truth.packets;
    if (next ? t->at != r->truth.at + 1 : t->at != 0 || (r->started && !switched && !had_all))
        fault(r, "frame %u, packet %u of %u, then %u of frame %u", r->truth.frame, r->truth.at,
              r->truth.packets, t->at, t->frame);
    if (!next && !switched && (t->source != r->truth.source || t->frame <= r->truth.frame))
        fault(r, "frame %u of %u, then %u of %u", r->truth.frame, r->truth.source, t->frame, t->source);
}

static void check_references(struct reference *r, const struct truth *t)
{
    for (size_t i = 0; i < t->ref_count; i++)
        if (r->whole[t->refs[i] % REFERENCE_FRAMES] != t->refs[i] + 1)
            fault(r, "frame %u (%u, %u) refers to %u, which was not sent", t->frame, t->sid, t->tid,
                  t->refs[i]);
}

static void note(struct reference *r, const struct rtp_view *v, const struct frame_info *f,
                 const struct truth *t)
{
    r->started = true;
    r->seq = v->seq;
    r->timestamp = v->timestamp;
    r->marker = v->marker;
    r->picture_id = f->picture_id;
    r->tl0 = f->tl0_pic_idx;
    r->frame_number = f->frame_number;
    r->truth = *t;
    r->pictures += v->marker;
    if (t->at + 1 == t->packets)
        r->whole[t->frame % REFERENCE_FRAMES] = t->frame + 1;
}

void reference_take(struct reference *r, const struct video_kind *kind, const uint8_t *p, size_t len,
                    const struct truth *t, bool switched)
{
    struct dependency any = {0};
    struct frame_info f;
    struct rtp_view v;
    if (rtp_view_parse(&v, p, len, &exts) != 0 || !v.payload_len ||
        frame_info_read(&f, kind->codec, &v, p, &any) != 0) {
        fault(r, "frame %u, packet %u: not a packet with payload", t->frame, t->at);
        return;
    }
    if (r->started) {
        check_sequence(r, v.seq, switched);
        check_time(r, v.timestamp, t, switched);
        check_numbers(r, kind, &f, t, switched);
    }
    check_place(r, t, switched);
    if (switched) {
        r->switches++;
        memset(r->whole, 0, sizeof r->whole);
        if (!t->key || t->sid != 0)
            fault(r, "a switch at frame %u, which is no key frame", t->frame);
    }
    if (t->at == 0)
        check_references(r, t);
    note(r, &v, &f, t);
}
