/* What a decoder needs of the stream that a slot sends, checked against what the
 * encoders (layered_encoder.h) really made and what of it got to the server. All
 * packets are gathered first, as a receiver with an endless jitter buffer would,
 * then gone through in the order of their sequence numbers. What is missing has to
 * be what was lost on the way to the server, and nothing else. */
#pragma once

#include "layered_encoder.h"
#include "seq.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum decoder_fate {
    DECODER_LOST,
    DECODER_IN_ORDER,
    DECODER_LATE
}; /* of a packet, on its way to the server */

/* One encoder's stream and what became of it. */
struct decoder_source {
    const struct layered *encoder;
    uint8_t *fates;    /* of each packet; enum decoder_fate */
    uint32_t *offered; /* the last epoch in which each packet was offered to the slot; 0 = never */
};

struct decoder_packet {
    bool here, empty, marker;
    uint8_t stream, at;
    uint16_t frame_number;
    int16_t tl0;
    int32_t picture_id;
    uint32_t frame, epoch, timestamp;
};

enum decoder_state { DECODER_ABSENT, DECODER_DECODED, DECODER_EXCUSED };

struct decoder {
    const char *name;
    const struct rtp_ext_map *exts;
    struct decoder_packet *packets; /* by index, from `first` on */
    size_t capacity, count;
    uint64_t first, newest;

    /* found by decoder_check() */
    size_t decoded, excused; /* frames: all there and all that they need; not so because of a loss */
};

static void decoder_init(struct decoder *d, const char *name, const struct rtp_ext_map *exts, size_t capacity)
{
    *d = (struct decoder){.name = name, .exts = exts, .capacity = capacity};
    d->packets = calloc(capacity, sizeof(*d->packets));
    assert_non_null(d->packets);
}

static void decoder_finish(struct decoder *d)
{
    free(d->packets);
}

/* A packet as it leaves; epoch: counts the switches to another source. Nothing comes before the first one. */
static void decoder_receive(struct decoder *d, const uint8_t *p, size_t len, enum rtp_codec codec,
                            uint32_t epoch)
{
    struct dependency any = {0};
    struct frame_info f;
    struct rtp_view v;
    assert_int_equal(rtp_view_parse(&v, p, len, d->exts), 0);
    uint64_t index = d->newest ? seq_extend(d->newest, v.seq) : (1u << 16) + (uint64_t)v.seq;
    if (!d->newest)
        d->first = index;
    d->newest = index > d->newest ? index : d->newest;
    assert_true(index >= d->first && index - d->first < d->capacity);
    struct decoder_packet *to = &d->packets[index - d->first];
    if (to->here)
        fail_msg("%s: two packets with sequence number %u", d->name, v.seq);
    *to = (struct decoder_packet){.here = true, .empty = !v.payload_len, .epoch = epoch, .marker = v.marker};
    to->timestamp = v.timestamp;
    if (to->empty)
        return;
    assert_int_equal(frame_info_read(&f, codec, &v, p, &any), 0);
    const uint8_t *stamp = p + v.payload + v.payload_len - LAYERED_STAMP;
    to->stream = stamp[0];
    to->frame = get_u32(stamp) & 0xffffff;
    to->at = stamp[4];
    to->picture_id = f.picture_id;
    to->tl0 = f.tl0_pic_idx;
    to->frame_number = f.frame_number;
}

/* --- Order ------------------------------------------------------------------------------- */

static const struct layered_frame *decoder_frame(const struct decoder_source *sources,
                                                 const struct decoder_packet *p)
{
    return &sources[p->stream].encoder->frames[p->frame];
}

static size_t decoder_number(const struct decoder_source *sources, const struct decoder_packet *p)
{
    return decoder_frame(sources, p)->number + p->at;
}

/* Packets from..to-1 of the source that never got to the slot in that epoch. */
static size_t decoder_lost(const struct decoder_source *s, size_t from, size_t to, uint32_t epoch)
{
    size_t n = 0;
    for (size_t i = from; i < to; i++)
        n += s->fates[i] == DECODER_LOST || s->offered[i] != epoch;
    return n;
}

/* Frames from..to-1 of which a packet was lost or late. */
static size_t decoder_troubled(const struct decoder_source *s, size_t from, size_t to)
{
    size_t n = 0;
    for (size_t i = from; i < to; i++) {
        const struct layered_frame *f = &s->encoder->frames[i];
        bool trouble = false;
        for (size_t j = 0; j < f->packets; j++)
            trouble |= s->fates[f->number + j] != DECODER_IN_ORDER;
        n += trouble;
    }
    return n;
}

static void decoder_check_gap(const struct decoder *d, const struct decoder_source *sources,
                              const struct decoder_packet *a, const struct decoder_packet *b, size_t missing,
                              size_t empty)
{
    if (a->epoch != b->epoch) {
        assert_true(b->epoch > a->epoch);
        if (empty ? missing < !a->marker : missing != !a->marker)
            fail_msg("%s: %zu missing before a switch, marker %d", d->name, missing, a->marker);
        return;
    }
    size_t from = decoder_number(sources, a), to = decoder_number(sources, b);
    if (a->stream != b->stream || from >= to)
        fail_msg("%s: packet %zu of stream %u, then %zu of %u", d->name, from, a->stream, to, b->stream);
    size_t lost = decoder_lost(&sources[a->stream], from + 1, to, a->epoch);
    if (missing > lost)
        fail_msg("%s: %zu packets missing between %zu and %zu, of which %zu were lost", d->name, missing,
                 from, to, lost);
}

static void decoder_check_time(const struct decoder *d, const struct decoder_source *sources,
                               const struct decoder_packet *a, const struct decoder_packet *b)
{
    bool same =
        a->epoch == b->epoch && decoder_frame(sources, a)->picture == decoder_frame(sources, b)->picture;
    int32_t ahead = ts_diff(b->timestamp, a->timestamp);
    if (same ? ahead != 0 : ahead <= 0)
        fail_msg("%s: frame %u, then %u: the timestamp goes on by %d", d->name, a->frame, b->frame, ahead);
    if (same && a->marker)
        fail_msg("%s: picture of frame %u goes on after its marker", d->name, a->frame);
}

/* Numbers that keep their distances: those of the descriptor, VP9's picture ids, TL0PICIDX. */
static void decoder_check_distance(const struct decoder *d, const char *what, const struct decoder_packet *a,
                                   const struct decoder_packet *b, uint32_t sent, uint32_t true_distance,
                                   uint32_t mask)
{
    uint32_t want = a->epoch == b->epoch ? true_distance : 1;
    if ((sent & mask) != (want & mask))
        fail_msg("%s: frame %u, then %u: %s goes on by %u, not %u", d->name, a->frame, b->frame, what,
                 sent & mask, want & mask);
}

static void decoder_check_vp8(const struct decoder *d, const struct decoder_source *sources,
                              const struct decoder_packet *a, const struct decoder_packet *b)
{
    uint32_t ahead = (uint32_t)(b->picture_id - a->picture_id) & 0x7fff;
    bool same = a->epoch == b->epoch && a->frame == b->frame;
    size_t most = same ? 0 : 1;
    if (!same && a->epoch == b->epoch)
        most += decoder_troubled(&sources[a->stream], a->frame + 1, b->frame);
    if (ahead > most || (!same && ahead == 0))
        fail_msg("%s: frame %u, then %u: the picture id goes on by %u", d->name, a->frame, b->frame, ahead);
}

static void decoder_check_numbers(const struct decoder *d, const struct decoder_source *sources,
                                  const struct decoder_packet *a, const struct decoder_packet *b)
{
    const struct layered_structure *is = sources[b->stream].encoder->is;
    const struct layered_frame *fa = decoder_frame(sources, a), *fb = decoder_frame(sources, b);
    if (is->descriptor && is->codec != RTP_CODEC_VP9) /* as sent here its payload tells all: frame.c */
        decoder_check_distance(d, "the frame number", a, b, (uint32_t)b->frame_number - a->frame_number,
                               b->frame - a->frame, 0xffff);
    if (is->codec == RTP_CODEC_VP9)
        decoder_check_distance(d, "the picture id", a, b, (uint32_t)(b->picture_id - a->picture_id),
                               fb->picture - fa->picture, 0x7fff);
    if (is->codec == RTP_CODEC_VP8)
        decoder_check_vp8(d, sources, a, b);
    if (is->codec != RTP_CODEC_AV1)
        decoder_check_distance(d, "TL0PICIDX", a, b, (uint32_t)(b->tl0 - a->tl0),
                               (uint32_t)(fb->tl0 - fa->tl0), 0xff);
}

static void decoder_check_order(const struct decoder *d, const struct decoder_source *sources)
{
    const struct decoder_packet *a = NULL;
    size_t missing = 0, empty = 0;
    for (size_t i = 0; i <= d->newest - d->first; i++) {
        const struct decoder_packet *b = &d->packets[i];
        missing += !b->here;
        empty += b->empty;
        if (!b->here || b->empty)
            continue;
        if (a) {
            decoder_check_gap(d, sources, a, b, missing, empty);
            decoder_check_time(d, sources, a, b);
            decoder_check_numbers(d, sources, a, b);
        }
        a = b;
        missing = empty = 0;
    }
}

/* --- Frames -------------------------------------------------------------------------------- */

/* What arrived of one frame. */
struct decoder_view {
    uint8_t packets, markers; /* bits, by place in the frame */
    uint32_t epoch;
    enum decoder_state state;
};

static struct decoder_view *decoder_gather(const struct decoder *d, size_t stream, size_t frames)
{
    struct decoder_view *all = calloc(frames + 1, sizeof(*all));
    assert_non_null(all);
    for (size_t i = 0; i <= d->newest - d->first; i++) {
        const struct decoder_packet *p = &d->packets[i];
        if (!p->here || p->empty || p->stream != stream)
            continue;
        struct decoder_view *v = &all[p->frame];
        if (v->epoch != p->epoch) /* a switch back to a key frame that came late sends it anew */
            *v = (struct decoder_view){.epoch = p->epoch};
        v->packets = (uint8_t)(v->packets | 1 << p->at);
        v->markers = (uint8_t)(v->markers | p->marker << p->at);
    }
    return all;
}

/* Whether the frame's missing packets were lost, or came when the slot was elsewhere. */
static bool decoder_may_miss(const struct decoder_source *s, size_t frame, const struct decoder_view *v)
{
    const struct layered_frame *f = &s->encoder->frames[frame];
    for (size_t i = 0; i < f->packets; i++) {
        if (!(v->packets >> i & 1) && !decoder_lost(s, f->number + i, f->number + i + 1, v->epoch))
            return false;
    }
    return true;
}

/* Some of the frame got to the slot. */
static bool decoder_was_offered(const struct decoder_source *s, size_t frame, uint32_t epoch)
{
    const struct layered_frame *f = &s->encoder->frames[frame];
    return decoder_lost(s, f->number, f->number + f->packets, epoch) < f->packets;
}

static enum decoder_state decoder_decode(const struct decoder *d, const struct decoder_source *s,
                                         const struct decoder_view *all, size_t frame)
{
    const struct layered_frame *f = &s->encoder->frames[frame];
    const struct decoder_view *v = &all[frame];
    bool whole = v->packets == (1 << f->packets) - 1;
    if (!v->packets)
        return DECODER_ABSENT;
    if (!whole && !decoder_may_miss(s, frame, v))
        fail_msg("%s: frame %zu (%u, %u) is cut: %x", d->name, frame, f->sid, f->tid, v->packets);
    enum decoder_state state = whole ? DECODER_DECODED : DECODER_EXCUSED;
    for (size_t i = 0; i < f->ref_count; i++) {
        const struct decoder_view *ref = &all[f->refs[i]];
        bool absent = ref->state == DECODER_ABSENT || ref->epoch != v->epoch;
        if (absent && decoder_was_offered(s, f->refs[i], v->epoch))
            fail_msg("%s: frame %zu (%u, %u) refers to frame %u, which was left out", d->name, frame, f->sid,
                     f->tid, f->refs[i]);
        if (absent || ref->state == DECODER_EXCUSED)
            state = DECODER_EXCUSED;
    }
    return state;
}

/* A picture that came whole to the server ends with one marker, unless the slot went elsewhere. */
static void decoder_check_markers(const struct decoder *d, const struct decoder_source *s,
                                  const struct decoder_view *all, size_t first, size_t end)
{
    const struct layered *e = s->encoder;
    size_t markers = 0;
    uint32_t epoch = 0;
    for (size_t i = first; i < end; i++)
        epoch = all[i].packets && all[i].epoch > epoch ? all[i].epoch : epoch;
    for (size_t i = first; i < end; i++)
        markers += all[i].epoch == epoch ? (size_t)__builtin_popcount(all[i].markers) : 0;
    size_t last = e->frames[end - 1].number + e->frames[end - 1].packets;
    bool sure = epoch && !decoder_lost(s, e->frames[first].number, last, epoch);
    if (markers > 1 || (sure && !markers))
        fail_msg("%s: picture of frame %zu has %zu markers", d->name, first, markers);
}

static void decoder_check_pictures(const struct decoder *d, const struct decoder_source *s,
                                   const struct decoder_view *all)
{
    const struct layered *e = s->encoder;
    size_t spatial = e->is->spatial;
    for (size_t i = 0; i + spatial <= e->frame_count; i += spatial)
        decoder_check_markers(d, s, all, i, i + spatial);
}

static void decoder_check_frames(struct decoder *d, const struct decoder_source *s, size_t stream)
{
    size_t frames = s->encoder->frame_count;
    struct decoder_view *all = decoder_gather(d, stream, frames);
    for (size_t i = 0; i < frames; i++) {
        all[i].state = decoder_decode(d, s, all, i);
        d->decoded += all[i].state == DECODER_DECODED;
        d->excused += all[i].packets && all[i].state == DECODER_EXCUSED;
    }
    decoder_check_pictures(d, s, all);
    free(all);
}

/* Fail where a decoder would: see above. */
static void decoder_check(struct decoder *d, const struct decoder_source *sources, size_t count)
{
    decoder_check_order(d, sources);
    for (size_t i = 0; i < count; i++)
        decoder_check_frames(d, &sources[i], i);
}
