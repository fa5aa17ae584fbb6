#include "frames.h"

void frames_begin(struct frames *s, uint32_t whole)
{
    s->oldest = s->count = 0;
    s->whole = s->whole_before = whole;
}

struct frames_entry *frames_at(struct frames *s, size_t n)
{
    return &s->ring[(s->oldest + n) % FRAMES_MAX];
}

const struct frames_entry *frames_newest(const struct frames *s)
{
    return s->count ? &s->ring[(s->oldest + s->count - 1u) % FRAMES_MAX] : NULL;
}

/* --- Which frame it is ----------------------------------------------------------------- */

/* A packet that begins a frame and comes after others is of another frame, whatever it says. */
static bool is_of(const struct frames_entry *e, uint64_t number, const struct rtp_view *v,
                  const struct frame_info *f)
{
    if (f->start && number > e->number)
        return false;
    if (f->has_descriptor || e->has_descriptor)
        return f->has_descriptor && e->has_descriptor && f->frame_number == e->frame_number;
    return e->timestamp == v->timestamp && e->sid == f->sid;
}

bool frames_find(struct frames *s, uint64_t number, const struct rtp_view *v, const struct frame_info *f,
                 size_t *at)
{
    *at = s->count;
    if (f->start && s->count && number > frames_newest(s)->number)
        return false; /* what is_of() says of each */
    for (; *at > 0; --*at) {
        if (is_of(frames_at(s, *at - 1), number, v, f)) {
            --*at;
            return true;
        }
    }
    for (*at = s->count; *at > 0 && frames_at(s, *at - 1)->number > number;)
        --*at;
    return false;
}

/* Of those that a frame refers to, as bits, the ones that were forwarded, or left out. */
static uint32_t references(struct frames *s, const struct frame_info *f, bool forwarded)
{
    uint32_t refers_to = 0;
    for (size_t i = 0; f->refers_to && i < s->count; i++) {
        const struct frames_entry *e = frames_at(s, i);
        uint16_t back = (uint16_t)(f->frame_number - e->frame_number);
        if (e->forwarded == forwarded && e->has_descriptor && back > 0 && back < 32)
            refers_to |= 1u << back;
    }
    return f->refers_to & refers_to;
}

bool frames_has_references(struct frames *s, const struct frame_info *f)
{
    return references(s, f, true) == f->refers_to;
}

bool frames_lacks_references(struct frames *s, const struct frame_info *f)
{
    return references(s, f, false) != 0;
}

/* --- Which points are whole ---------------------------------------------------------------- */

/* Without a descriptor: a frame's own point where the temporal layer below it is whole, and higher ones where
 * its own is. */
uint32_t frames_opens(uint32_t whole, const struct frames_entry *e)
{
    if (e->key || e->has_descriptor)
        return e->opens;
    uint32_t same = whole >> e->tid & POINTS_ALL_TID_0, lower = 0;
    if (e->tid > 0)
        lower = whole >> (e->tid - 1) & POINTS_ALL_TID_0;
    return e->opens & (same * 0xff | lower << e->tid);
}

/* Before e, of those after the frame before it. */
static uint32_t across(uint32_t whole, const struct frames_entry *before, const struct frames_entry *e)
{
    bool hole = e->number > before->last + 1;
    return hole ? whole & points_up_to(before->point) & points_up_to(e->point) : whole;
}

/* After e, of those before it. */
static uint32_t after(uint32_t whole, const struct frames_entry *e)
{
    return e->forwarded ? whole | frames_opens(whole, e) : whole & ~e->needed_by;
}

uint32_t frames_whole(struct frames *s, size_t at, const struct frames_entry *e)
{
    uint32_t whole = s->whole_before;
    if (at == 0)
        return whole;
    if (at == s->count)
        return across(s->whole, frames_at(s, at - 1), e);
    for (size_t i = 0; i < at; i++) {
        if (i > 0)
            whole = across(whole, frames_at(s, i - 1), frames_at(s, i));
        whole = after(whole, frames_at(s, i));
    }
    return across(whole, frames_at(s, at - 1), e);
}

static void find_whole(struct frames *s)
{
    const struct frames_entry *newest = frames_newest(s);
    s->whole = after(frames_whole(s, s->count - 1u, newest), newest);
}

/* --- Remembering ------------------------------------------------------------------------------ */

/* What is between the oldest one and `next`, or older, is lost for good: nothing is inserted there. */
static void forget_oldest(struct frames *s, const struct frames_entry *next)
{
    const struct frames_entry *oldest = frames_at(s, 0);
    s->whole_before = across(after(s->whole_before, oldest), oldest, next);
    s->oldest = (uint8_t)((s->oldest + 1) % FRAMES_MAX);
    s->count--;
}

struct frames_entry frames_first(uint64_t number, const struct rtp_view *v, const struct frame_info *f)
{
    return (struct frames_entry){
        .number = number,
        .last = number,
        .timestamp = v->timestamp,
        .needed_by = f->needed_by,
        .opens = f->opens,
        .frame_number = f->frame_number,
        .sid = f->sid,
        .tid = f->tid,
        .has_descriptor = f->has_descriptor,
        .key = f->key,
    };
}

size_t frames_insert(struct frames *s, size_t at, const struct frames_entry *e)
{
    if (at == s->count)
        s->whole = after(frames_whole(s, at, e), e);
    if (s->count == FRAMES_MAX) {
        forget_oldest(s, at == 1 ? e : frames_at(s, 1));
        at -= at > 0;
    }
    for (size_t i = s->count++; i > at; i--)
        *frames_at(s, i) = *frames_at(s, i - 1);
    *frames_at(s, at) = *e;
    if (at + 1 < s->count)
        find_whole(s);
    return at;
}

void frames_add(struct frames *s, size_t at, uint64_t number, const struct frame_info *f)
{
    struct frames_entry *e = frames_at(s, at);
    bool in_order = at + 1u == s->count && number > e->number && !(f->opens & ~e->opens);
    e->number = number < e->number ? number : e->number;
    e->last = number > e->last ? number : e->last;
    e->needed_by |= f->needed_by;
    e->opens |= f->opens;
    if (f->has_layers) {
        e->sid = f->sid;
        e->tid = f->tid;
    }
    e->key |= f->key;
    if (!in_order)
        find_whole(s);
}

void frames_add_padding(struct frames *s, uint64_t number)
{
    struct frames_entry *newest = s->count ? frames_at(s, s->count - 1u) : NULL;
    if (newest && number == newest->last + 1)
        newest->last = number;
}
