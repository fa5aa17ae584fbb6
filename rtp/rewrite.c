#include "rewrite.h"

#include "seq.h"

enum {
    PICTURE_ID_MASK = 0x7fff,
    VIDEO_FRAMES_PER_SECOND = 30, /* what a step forward is, where the clocks give none */
    AUDIO_FRAMES_PER_SECOND = 50,
    VIDEO_CLOCK = 90000,
};

void rewrite_init(struct rewrite *r, uint32_t clock_rate, uint16_t first_seq, uint32_t random)
{
    *r = (struct rewrite){
        .clock_rate = clock_rate,
        .index = (uint64_t)first_seq - 1,
        .timestamp = random,
        .frame_ended = true,
        .picture.newest = (uint16_t)random,
        .tl0.newest = (uint16_t)(random >> 8),
        .frame.newest = (uint16_t)(random >> 16),
    };
}

/* --- Timestamps ----------------------------------------------------------------- */

/* Of times less than a century apart. */
static int64_t ticks_between(uint64_t from_us, uint64_t to_us, uint32_t clock_rate)
{
    int64_t us = (int64_t)(to_us - from_us);
    return us / 1000000 * clock_rate + us % 1000000 * clock_rate / 1000000;
}

/* How many ticks the slot's timeline at capture_us is ahead of what went out. */
static int64_t ticks_ahead(const struct rewrite *r, uint64_t capture_us)
{
    return r->origin_ticks + ticks_between(r->origin_us, capture_us, r->clock_rate) - r->ticks;
}

static int64_t usual_step(const struct rewrite *r)
{
    return r->clock_rate / (r->clock_rate == VIDEO_CLOCK ? VIDEO_FRAMES_PER_SECOND : AUDIO_FRAMES_PER_SECOND);
}

uint64_t rewrite_behind(const struct rewrite *r, uint64_t capture_us)
{
    int64_t ahead = r->started ? ticks_ahead(r, capture_us) : 1;
    return ahead > 0 ? 0 : (uint64_t)(usual_step(r) - ahead) * 1000000 / r->clock_rate;
}

/* How many ticks the timestamp goes forward at a switch to a source whose packet
 * is of capture_us. */
static uint32_t step_to(struct rewrite *r, uint64_t capture_us, uint64_t *moved_us)
{
    int64_t ahead = ticks_ahead(r, capture_us), step = ahead;
    *moved_us = rewrite_behind(r, capture_us);
    if (ahead <= 0) {
        step = usual_step(r);
    } else if (ahead > REWRITE_TIMESTAMP_JUMP) {
        step = REWRITE_TIMESTAMP_JUMP;
    }
    /* A small correction is made up for at the next switch; after a large one the way back would be as bad.
     */
    if (*moved_us > REWRITE_ANCHOR_US || step < ahead) {
        r->origin_us = capture_us;
        r->origin_ticks = r->ticks + step;
    }
    return (uint32_t)step;
}

uint64_t rewrite_switch(struct rewrite *r, uint64_t in_seq, const struct rtp_view *v, uint64_t capture_us)
{
    uint64_t moved_us = 0;
    uint32_t step = 0;
    if (r->started)
        step = step_to(r, capture_us, &moved_us);
    else
        r->origin_us = capture_us;
    r->started = true;
    r->timestamp_offset = r->timestamp + step - v->timestamp;
    r->first = in_seq;
    r->newest = in_seq;
    /* A hole tells the decoder that the last frame of the old source is not whole. */
    r->base = r->index + (r->frame_ended ? 1 : 2);
    r->dropped = (struct rewrite_dropped){0};
    r->drop_count = 0;
    r->picture.known = r->tl0.known = r->frame.known = false;
    return moved_us;
}

/* --- Sequence numbers ------------------------------------------------------------- */

static struct rewrite_drop *last_drop(struct rewrite *r)
{
    return r->drop_count ? &r->drops[(r->drop_count - 1) % REWRITE_DROPS] : NULL;
}

/* What was dropped on purpose before in_seq; false where in_seq is itself among
 * it or too old to tell. */
static bool dropped_before(const struct rewrite *r, uint64_t in_seq, struct rewrite_dropped *before)
{
    *before = r->dropped;
    size_t kept = r->drop_count < REWRITE_DROPS ? r->drop_count : REWRITE_DROPS;
    for (size_t i = 0; i < kept; i++) {
        const struct rewrite_drop *d = &r->drops[(r->drop_count - 1 - i) % REWRITE_DROPS];
        if (in_seq > d->to)
            return true;
        if (in_seq >= d->from)
            return false;
        *before = d->before;
    }
    return kept == r->drop_count;
}

/* --- Numbers of the codecs and of the descriptor ------------------------------------ */

/* Ours for the source's; its first one is made the next of ours. */
static uint16_t renumber(struct rewrite_number *n, uint16_t in)
{
    if (!n->known)
        n->offset = (uint16_t)(n->newest + 1 - in);
    n->known = true;
    return (uint16_t)(in + n->offset);
}

/* The packet's picture id, unwrapped against the newest. */
static uint16_t picture_of(const struct rewrite *r, const struct frame_info *f)
{
    unsigned shift = f->picture_id_15 ? 1 : 9; /* what 16 bits have more than the circle of 15 or of 7 */
    uint16_t in = (uint16_t)f->picture_id;
    if (!r->picture.known)
        return in;
    int16_t ahead = (int16_t)(uint16_t)((uint32_t)(in - r->newest_picture) << shift);
    return (uint16_t)(r->newest_picture + (ahead >> shift));
}

/* True where that picture is newer than all others. */
static bool note_picture(struct rewrite *r, uint16_t picture)
{
    if (r->picture.known && !seq_newer(picture, r->newest_picture))
        return false;
    r->newest_picture = picture;
    return true;
}

static uint16_t renumber_picture(struct rewrite *r, const struct frame_info *f,
                                 const struct rewrite_dropped *before)
{
    uint16_t picture = picture_of(r, f);
    note_picture(r, picture);
    return (uint16_t)(renumber(&r->picture, picture) - before->pictures);
}

/* The numbers of the packet that is the newest but for those that only fill holes. */
static void note_numbers(struct rewrite *r, const struct frame_info *f, const struct rewritten *out,
                         uint16_t picture)
{
    r->payload_index = out->index;
    r->frame_ended = f->end && (out->marker || !(f->has_layers || f->has_descriptor));
    if (out->picture_id >= 0)
        r->picture.newest = picture;
    if (out->tl0_pic_idx >= 0)
        r->tl0.newest = (uint16_t)out->tl0_pic_idx;
    if (f->has_descriptor)
        r->frame.newest = out->frame_number;
}

static void note_sent(struct rewrite *r, const struct rewritten *out)
{
    int32_t ahead = ts_diff(out->timestamp, r->timestamp);
    r->index = out->index;
    if (ahead > 0) {
        r->timestamp = out->timestamp;
        r->ticks += ahead;
    }
}

bool rewrite_packet(struct rewrite *r, uint64_t in_seq, const struct rtp_view *v, const struct frame_info *f,
                    bool marker, struct rewritten *out)
{
    struct rewrite_dropped before;
    uint16_t picture = 0;
    if (in_seq < r->first || !dropped_before(r, in_seq, &before))
        return false;
    *out = (struct rewritten){
        .index = r->base + (in_seq - r->first) - before.packets,
        .timestamp = rewrite_timestamp(r, v->timestamp),
        .picture_id = FRAME_NO_PICTURE_ID,
        .tl0_pic_idx = FRAME_NO_TL0,
        .marker = marker,
    };
    if (f->picture_id >= 0) {
        picture = renumber_picture(r, f, &before);
        out->picture_id = picture & PICTURE_ID_MASK;
    }
    if (f->tl0_pic_idx >= 0)
        out->tl0_pic_idx = renumber(&r->tl0, (uint16_t)f->tl0_pic_idx) & 0xff;
    if (f->has_descriptor)
        out->frame_number = renumber(&r->frame, f->frame_number);
    if (in_seq > r->newest)
        r->newest = in_seq;
    if (out->index > r->index)
        note_sent(r, out);
    if (v->payload_len && out->index > r->payload_index)
        note_numbers(r, f, out, picture);
    return true;
}

/* --- Drops ---------------------------------------------------------------------------- */

bool rewrite_drop(struct rewrite *r, uint64_t from, uint64_t in_seq, const struct frame_info *f)
{
    if (!r->started || in_seq <= r->newest)
        return false;
    if (from <= r->newest)
        from = r->newest + 1;
    struct rewrite_drop *d = last_drop(r);
    if (d && from == d->to + 1)
        d->to = in_seq;
    else
        r->drops[r->drop_count++ % REWRITE_DROPS] = (struct rewrite_drop){from, in_seq, r->dropped};
    r->newest = in_seq;
    r->dropped.packets += in_seq - from + 1;
    /* Once for each picture. A frame number is not closed up: descriptors name references by distance. */
    if (f->picture_id >= 0 && f->picture_gap_is_loss && r->picture.known && note_picture(r, picture_of(r, f)))
        r->dropped.pictures++;
    return true;
}
