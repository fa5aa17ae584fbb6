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
        .origin_timestamp = random,
        .picture_id = (int32_t)(random & PICTURE_ID_MASK),
        .tl0_pic_idx = (int16_t)(random >> 15 & 0xff),
        .frame_number = (uint16_t)(random >> 16),
        .frame_ended = true,
        .newest_picture_id = FRAME_NO_PICTURE_ID,
    };
}

static uint32_t us_to_ticks(uint64_t us, uint32_t clock_rate)
{
    return (uint32_t)(us / 1000000 * clock_rate + us % 1000000 * clock_rate / 1000000);
}

/* The timestamp of capture_us on the slot's timeline, moved forward where it is
 * not ahead of what was sent. */
static uint32_t timestamp_at(struct rewrite *r, uint64_t capture_us, uint64_t *moved_us)
{
    *moved_us = 0;
    if (!r->started) {
        r->origin_us = capture_us;
        return r->origin_timestamp;
    }
    /* A capture time before the origin wraps to the same ticks as the difference does. */
    uint32_t ts = capture_us >= r->origin_us
                      ? r->origin_timestamp + us_to_ticks(capture_us - r->origin_us, r->clock_rate)
                      : r->origin_timestamp - us_to_ticks(r->origin_us - capture_us, r->clock_rate);
    uint32_t fps = r->clock_rate == VIDEO_CLOCK ? VIDEO_FRAMES_PER_SECOND : AUDIO_FRAMES_PER_SECOND;
    uint32_t least = r->timestamp + r->clock_rate / fps;
    if (ts_diff(ts, r->timestamp) > 0)
        return ts;
    *moved_us = (uint64_t)(least - ts) * 1000000 / r->clock_rate;
    return least;
}

uint64_t rewrite_switch(struct rewrite *r, uint64_t in_seq, const struct rtp_view *v,
                        const struct frame_info *f, uint64_t capture_us)
{
    uint64_t moved_us;
    uint32_t ts = timestamp_at(r, capture_us, &moved_us);
    r->timestamp_offset = ts - v->timestamp;
    r->first = in_seq;
    r->newest = in_seq;
    /* A hole tells the decoder that the last frame of the old source is not whole. */
    r->base = r->index + (r->frame_ended ? 1 : 2);
    r->dropped = 0;
    r->drop_count = 0;
    r->newest_picture_id = f->picture_id;
    r->picture_id_offset = (uint16_t)(r->picture_id + 1 - f->picture_id);
    r->tl0_offset = (uint8_t)(r->tl0_pic_idx + 1 - f->tl0_pic_idx);
    r->frame_number_offset = (uint16_t)(r->frame_number + 1 - f->frame_number);
    r->started = true;
    return moved_us;
}

static struct rewrite_drop *last_drop(struct rewrite *r)
{
    return r->drop_count ? &r->drops[(r->drop_count - 1) % REWRITE_DROPS] : NULL;
}

/* How many packets before in_seq were dropped on purpose; false where in_seq is
 * itself among them or too old to tell. */
static bool drops_before(const struct rewrite *r, uint64_t in_seq, uint64_t *count)
{
    *count = r->dropped;
    size_t kept = r->drop_count < REWRITE_DROPS ? r->drop_count : REWRITE_DROPS;
    for (size_t i = 0; i < kept; i++) {
        const struct rewrite_drop *d = &r->drops[(r->drop_count - 1 - i) % REWRITE_DROPS];
        if (in_seq > d->to)
            return true;
        if (in_seq >= d->from)
            return false;
        *count = d->before;
    }
    return kept == r->drop_count;
}

/* Picture ids run from frame to frame in steps of one, and a reordered packet's
 * lies behind the newest. */
static void note_picture_id(struct rewrite *r, int32_t in)
{
    if (r->newest_picture_id < 0 || (((in - r->newest_picture_id) & PICTURE_ID_MASK) < 0x4000))
        r->newest_picture_id = in;
}

static void note_sent(struct rewrite *r, const struct frame_info *f, const struct rewritten *out)
{
    r->index = out->index;
    r->frame_ended = f->end;
    if (ts_diff(out->timestamp, r->timestamp) > 0)
        r->timestamp = out->timestamp;
    if (out->picture_id >= 0)
        r->picture_id = out->picture_id;
    if (out->tl0_pic_idx >= 0)
        r->tl0_pic_idx = out->tl0_pic_idx;
    if (f->has_descriptor)
        r->frame_number = out->frame_number;
}

bool rewrite_packet(struct rewrite *r, uint64_t in_seq, const struct rtp_view *v, const struct frame_info *f,
                    struct rewritten *out)
{
    uint64_t dropped;
    if (in_seq < r->first || !drops_before(r, in_seq, &dropped))
        return false;
    *out = (struct rewritten){
        .index = r->base + (in_seq - r->first) - dropped,
        .timestamp = v->timestamp + r->timestamp_offset,
        .picture_id = f->picture_id < 0 ? FRAME_NO_PICTURE_ID
                                        : (f->picture_id + r->picture_id_offset) & PICTURE_ID_MASK,
        .tl0_pic_idx = f->tl0_pic_idx < 0 ? FRAME_NO_TL0 : (int16_t)((f->tl0_pic_idx + r->tl0_offset) & 0xff),
        .frame_number = (uint16_t)(f->frame_number + r->frame_number_offset),
        .marker = v->marker,
    };
    if (f->picture_id >= 0)
        note_picture_id(r, f->picture_id);
    if (in_seq > r->newest)
        r->newest = in_seq;
    if (out->index > r->index)
        note_sent(r, f, out);
    return true;
}

/* A dropped frame's picture id is closed up, once for the frame; its frame
 * number is not: the descriptor names references by distance. */
static void drop_picture(struct rewrite *r, const struct frame_info *f)
{
    if (f->picture_id < 0 || !f->start)
        return;
    if (((f->picture_id - r->newest_picture_id) & PICTURE_ID_MASK) - 1 < 0x4000 - 1)
        r->picture_id_offset--;
    note_picture_id(r, f->picture_id);
}

void rewrite_drop(struct rewrite *r, uint64_t in_seq, const struct frame_info *f)
{
    if (!r->started || in_seq <= r->newest)
        return; /* the numbering has gone on: it stays a hole */
    drop_picture(r, f);
    struct rewrite_drop *d = last_drop(r);
    if (d && in_seq == d->to + 1)
        d->to = in_seq;
    else
        r->drops[r->drop_count++ % REWRITE_DROPS] = (struct rewrite_drop){in_seq, in_seq, r->dropped};
    r->newest = in_seq;
    r->dropped++;
}
