#include "transport_cc.h"

#include "seq.h"

enum {
    PAYLOAD_TYPE = 205, /* transport layer feedback, RFC 4585, section 6.1 */
    FORMAT = 15,
    VERSION = 2 << 6,
    HEADER_LEN = 20,
    STATUS_MAX = UINT16_MAX,
    RUN_MAX = 8191,        /* 13 bits */
    NARROW_LEN = 14,       /* symbols of a status vector with one bit each */
    WIDE_LEN = 7,          /* with two bits each */
    REFERENCE_TICKS = 256, /* 64 ms */
};

enum symbol { NOT_RECEIVED, SMALL_DELTA, LARGE_DELTA }; /* section 3.1.1 */

static void start(struct transport_cc *t, uint16_t seq)
{
    t->started = true;
    t->strays = 0;
    t->count = t->pending = 0;
    t->frame_ended = false;
    t->newest = t->floor = t->next = seq;
}

static void forget_oldest(struct transport_cc *t, size_t n)
{
    if (n == 0)
        return;
    t->floor = t->arrivals[n - 1].seq + 1;
    if (ts_diff(t->next, t->floor) < 0)
        t->next = t->floor;
    t->count = (uint16_t)(t->count - n);
    memmove(t->arrivals, t->arrivals + n, t->count * sizeof t->arrivals[0]);
}

/* false = a duplicate. */
static bool insert(struct transport_cc *t, struct transport_cc_arrival a)
{
    size_t at = t->count;
    while (at > 0 && ts_diff(t->arrivals[at - 1].seq, a.seq) > 0)
        at--;
    if (at > 0 && t->arrivals[at - 1].seq == a.seq)
        return false;
    memmove(t->arrivals + at + 1, t->arrivals + at, (t->count - at) * sizeof a);
    t->arrivals[at] = a;
    t->count++;
    return true;
}

/* The extended number, or false where it is below all that is known. */
static bool extend(struct transport_cc *t, uint16_t seq, uint32_t *ext)
{
    if (!t->started)
        start(t, seq);
    int32_t ahead = seq_diff(seq, (uint16_t)t->newest);
    *ext = t->newest + (uint32_t)ahead;
    if (ts_diff(*ext, t->floor) >= 0) {
        t->strays = 0;
        return true;
    }
    if (++t->strays < TRANSPORT_CC_STRAYS)
        return false;
    start(t, seq);
    *ext = seq;
    return true;
}

void transport_cc_receive(struct transport_cc *t, uint16_t seq, bool frame_end, uint64_t now_us)
{
    if (t->count == TRANSPORT_CC_MAX)
        forget_oldest(t, TRANSPORT_CC_MAX / 4);
    uint32_t ext;
    if (!extend(t, seq, &ext))
        return;
    if (!insert(t, (struct transport_cc_arrival){ext, (uint32_t)(now_us / TRANSPORT_CC_TICK_US)}))
        return;
    if (t->pending++ == 0)
        t->pending_us = now_us;
    t->frame_ended |= frame_end;
    if (ts_diff(ext, t->newest) > 0)
        t->newest = ext;
    if (ts_diff(ext, t->next) < 0)
        t->next = ext;
}

uint64_t transport_cc_due_us(const struct transport_cc *t)
{
    if (t->pending == 0)
        return UINT64_MAX;
    if (t->pending >= TRANSPORT_CC_MAX / 2)
        return 0;
    uint64_t due_us = t->pending_us + TRANSPORT_CC_INTERVAL_US;
    uint64_t frame_us = t->reported_us + TRANSPORT_CC_FRAME_US;
    return t->frame_ended && frame_us < due_us ? frame_us : due_us;
}

/* One feedback packet while it grows. Statuses that are in no chunk yet are
 * either a run of equal ones, or a mix that will be one status vector: of up to
 * 14, or of up to 7 once it is wide, that is, has a large delta in it. */
struct builder {
    struct wr w; /* header and chunks; the deltas follow at the end */
    uint8_t deltas[TRANSPORT_CC_LEN_MAX];
    size_t deltas_len;
    uint32_t statuses; /* in all */
    uint32_t tick;     /* of the last arrival, or the reference time */
    size_t waiting;    /* statuses in no chunk yet */
    bool same, wide;
    uint8_t symbols[NARROW_LEN]; /* of those waiting; a longer run is all symbols[0] */
};

static uint32_t vector_chunk(const struct builder *b, bool wide)
{
    size_t len = wide ? WIDE_LEN : NARROW_LEN, bits = wide ? 2 : 1;
    uint32_t chunk = wide ? 3 : 2;
    for (size_t i = 0; i < len; i++)
        chunk = chunk << bits | (i < b->waiting ? b->symbols[i] : NOT_RECEIVED);
    return chunk;
}

static void keep_waiting_from(struct builder *b, size_t first)
{
    b->waiting = b->waiting > first ? b->waiting - first : 0;
    memmove(b->symbols, b->symbols + first, b->waiting);
    b->same = true;
    b->wide = false;
    for (size_t i = 0; i < b->waiting; i++) {
        b->same &= b->symbols[i] == b->symbols[0];
        b->wide |= b->symbols[i] == LARGE_DELTA;
    }
}

/* Write one chunk of those waiting. A vector that is not full may only be the
 * last one: then what is over stands for nothing, the status count says so. */
static void write_chunk(struct builder *b, bool last)
{
    if (b->same) {
        wr_u16(&b->w, (uint32_t)b->symbols[0] << 13 | (uint32_t)b->waiting);
        b->waiting = 0;
        b->wide = false;
        return;
    }
    bool wide = b->wide || (b->waiting < NARROW_LEN && !last);
    wr_u16(&b->w, vector_chunk(b, wide));
    keep_waiting_from(b, wide ? WIDE_LEN : NARROW_LEN);
}

/* How many may wait once one of that symbol has been added. */
static size_t room(const struct builder *b, enum symbol symbol)
{
    if (b->waiting == 0 || (b->same && b->symbols[0] == symbol))
        return RUN_MAX;
    return b->wide || symbol == LARGE_DELTA ? WIDE_LEN : NARROW_LEN;
}

static void add_statuses(struct builder *b, enum symbol symbol, uint32_t n)
{
    b->statuses += n;
    while (n > 0) {
        size_t most = room(b, symbol);
        if (b->waiting >= most) {
            write_chunk(b, false);
            continue;
        }
        size_t add = most - b->waiting < n ? most - b->waiting : n;
        b->same = most == RUN_MAX;
        b->wide |= symbol == LARGE_DELTA;
        for (size_t i = b->waiting; i < b->waiting + add && i < NARROW_LEN; i++)
            b->symbols[i] = (uint8_t)symbol;
        b->waiting += add;
        n -= (uint32_t)add;
    }
}

static size_t round_up(size_t len)
{
    return (len + 3) & ~(size_t)3;
}

/* Whether an arrival after a gap fits. At the most, those waiting, the gap and
 * the arrival make four chunks, and one more for each full run of the gap. */
static bool fits(const struct builder *b, uint32_t gap, int32_t delta)
{
    if (delta < INT16_MIN || delta > INT16_MAX || b->statuses + gap >= STATUS_MAX)
        return false;
    size_t len = 2 * (gap / RUN_MAX + 4) + b->deltas_len + sizeof(int16_t);
    return round_up(wr_len(&b->w) + len) <= wr_len(&b->w) + wr_left(&b->w);
}

static void add_arrival(struct builder *b, uint32_t gap, uint32_t tick)
{
    int32_t delta = ts_diff(tick, b->tick);
    bool small = delta >= 0 && delta <= UINT8_MAX;
    b->tick = tick;
    add_statuses(b, NOT_RECEIVED, gap);
    add_statuses(b, small ? SMALL_DELTA : LARGE_DELTA, 1);
    if (!small)
        b->deltas[b->deltas_len++] = (uint8_t)(delta >> 8);
    b->deltas[b->deltas_len++] = (uint8_t)delta;
}

static size_t finish(struct builder *b, uint16_t base)
{
    while (b->waiting > 0)
        write_chunk(b, true);
    wr_bytes(&b->w, b->deltas, b->deltas_len);
    while (wr_len(&b->w) % 4)
        wr_u8(&b->w, 0);
    if (b->w.bad)
        return 0;
    size_t len = wr_len(&b->w);
    put_u16(b->w.start + 2, (uint32_t)(len / 4 - 1));
    put_u16(b->w.start + 12, base);
    put_u16(b->w.start + 14, b->statuses);
    return len;
}

static struct builder begin(uint8_t *out, size_t cap, uint32_t first_tick)
{
    struct builder b = {.w = wr_init(out, cap), .tick = first_tick / REFERENCE_TICKS * REFERENCE_TICKS};
    return b;
}

static void write_header(struct builder *b, uint32_t sender_ssrc, uint32_t media_ssrc, uint8_t feedback_count)
{
    wr_u8(&b->w, VERSION | FORMAT);
    wr_u8(&b->w, PAYLOAD_TYPE);
    wr_u16(&b->w, 0); /* length, known at the end */
    wr_u32(&b->w, sender_ssrc);
    wr_u32(&b->w, media_ssrc);
    wr_u32(&b->w, 0); /* base and count, known at the end */
    wr_u24(&b->w, b->tick / REFERENCE_TICKS);
    wr_u8(&b->w, feedback_count);
}

/* All has been reported: what is old goes. */
static void rest(struct transport_cc *t, uint64_t now_us)
{
    uint32_t oldest = (uint32_t)(now_us / TRANSPORT_CC_TICK_US) - TRANSPORT_CC_KEEP_US / TRANSPORT_CC_TICK_US;
    size_t old = 0;
    while (old < t->count && ts_diff(t->arrivals[old].tick, oldest) < 0)
        old++;
    forget_oldest(t, old);
    t->pending = 0;
    t->frame_ended = false;
    t->reported_us = now_us;
}

size_t transport_cc_build(struct transport_cc *t, uint32_t sender_ssrc, uint32_t media_ssrc, uint64_t now_us,
                          uint8_t *out, size_t cap)
{
    if (t->pending == 0 || cap < TRANSPORT_CC_LEN_MIN)
        return 0;
    size_t i = 0; /* while something is pending an arrival at or after `next` is there */
    while (ts_diff(t->arrivals[i].seq, t->next) < 0)
        i++;
    uint16_t base = (uint16_t)t->next;
    struct builder b =
        begin(out, cap < TRANSPORT_CC_LEN_MAX ? cap : TRANSPORT_CC_LEN_MAX, t->arrivals[i].tick);
    write_header(&b, sender_ssrc, media_ssrc, t->feedback_count++);
    /* The first one always fits, so each call gets further: its delta is below
     * 256, and no gap is longer than 2^15, the reach of extend(). */
    for (; i < t->count; i++) {
        struct transport_cc_arrival a = t->arrivals[i];
        if (!fits(&b, a.seq - t->next, ts_diff(a.tick, b.tick)))
            break;
        add_arrival(&b, a.seq - t->next, a.tick);
        t->next = a.seq + 1;
    }
    if (i == t->count)
        rest(t, now_us);
    return finish(&b, base);
}
