#include "select.h"

/* --- Sources ------------------------------------------------------------------------ */

void select_target(struct select *s, struct select_target target)
{
    s->target = target;
    if (target.source == SELECT_NOTHING) {
        s->current = SELECT_NOTHING;
    } else if (target.source == s->current) {
        s->sid = target.sid;
        s->tid = target.tid;
    }
}

void select_forget(struct select *s, uint32_t source)
{
    if (s->current == source)
        s->current = SELECT_NOTHING;
    if (s->target.source == source)
        s->target = (struct select_target){s->current, s->sid, s->tid};
}

static void begin(struct select *s)
{
    s->current = s->target.source;
    s->sid = s->target.sid;
    s->tid = s->target.tid;
    s->point = POINTS_NONE;
    s->barren = s->oldest = s->count = 0;
    s->active = s->whole = s->whole_before = 0;
}

/* --- Frames -------------------------------------------------------------------------- */

/* 0 = the oldest. */
static struct select_frame *nth(struct select *s, size_t n)
{
    return &s->frames[(s->oldest + n) % SELECT_FRAMES];
}

/* The points that are whole after a frame, of those before it. */
static uint32_t whole_after(uint32_t whole, const struct select_frame *e)
{
    return e->forwarded ? whole | e->opens : whole & ~e->needed_by;
}

static uint32_t whole_until(struct select *s, size_t n)
{
    uint32_t whole = s->whole_before;
    for (size_t i = 0; i < n; i++)
        whole = whole_after(whole, nth(s, i));
    return whole;
}

static bool is_of(const struct select_frame *e, const struct rtp_view *v, const struct frame_info *f)
{
    if (f->has_descriptor || e->has_number)
        return f->has_descriptor == e->has_number && f->frame_number == e->frame_number;
    return e->timestamp == v->timestamp && e->sid == f->sid;
}

/* A packet that begins a frame and comes after others is of another frame, whatever it says. */
static struct select_frame *find(struct select *s, uint64_t number, const struct rtp_view *v,
                                 const struct frame_info *f, size_t *at)
{
    for (*at = s->count; (*at)-- > 0;) {
        struct select_frame *e = nth(s, *at);
        if (is_of(e, v, f) && !(f->start && number > e->number))
            return e;
    }
    return NULL;
}

/* Make room for a frame at that place. Returns it, zeroed. */
static struct select_frame *insert(struct select *s, size_t at)
{
    if (s->count == SELECT_FRAMES) {
        s->whole_before = whole_after(s->whole_before, nth(s, 0));
        s->oldest = (uint8_t)((s->oldest + 1) % SELECT_FRAMES);
        s->count--;
        at--;
    }
    for (size_t i = s->count++; i > at; i--)
        *nth(s, i) = *nth(s, i - 1);
    *nth(s, at) = (struct select_frame){0};
    return nth(s, at);
}

static bool picture_forwarded(struct select *s, uint32_t timestamp)
{
    for (size_t i = s->count; i-- > 0 && nth(s, i)->timestamp == timestamp;) {
        if (nth(s, i)->forwarded)
            return true;
    }
    return false;
}

/* A frame went whose layer was not known, and may be above the others of its picture. */
static bool has_unknown(struct select *s, uint32_t timestamp)
{
    for (size_t i = 0; i < s->count; i++) {
        if (nth(s, i)->timestamp == timestamp && !nth(s, i)->needed_by)
            return true;
    }
    return false;
}

/* --- Choosing --------------------------------------------------------------------------- */

/* The best of the points that can be decoded; above what is wanted only where nothing else can be, until a
 * key frame comes. */
static uint8_t choose(const struct select *s, uint32_t points)
{
    uint32_t produced = points & s->active;
    uint8_t best = points_highest(produced & points_below(s->sid, s->tid));
    if (best == POINTS_NONE)
        best = points_lowest_sid(produced, s->tid);
    return best == POINTS_NONE ? points_lowest_sid(points, s->tid) : best;
}

bool select_wants_key(const struct select *s)
{
    uint8_t wanted = points_highest(s->active & points_below(s->sid, s->tid));
    uint8_t chosen = choose(s, s->whole);
    return s->count &&
           (chosen == POINTS_NONE || (wanted != POINTS_NONE && point_sid(wanted) != point_sid(chosen)));
}

/* The points that this frame opens if it is forwarded. Without a descriptor: its own where the temporal layer
 * below it is whole, and higher ones where its own is. */
static uint32_t opens(uint32_t whole, const struct frame_info *f)
{
    if (!f->start || f->key || f->has_descriptor)
        return f->start ? f->opens : 0;
    uint32_t same = whole >> f->tid & POINTS_ALL_TID_0, lower = 0;
    if (f->tid > 0)
        lower = whole >> (f->tid - 1) & POINTS_ALL_TID_0;
    return f->opens & (same * 0xff | lower << f->tid);
}

/* All frames that it refers to were forwarded, as far as is known. */
static bool has_references(struct select *s, const struct frame_info *f)
{
    uint32_t forwarded = 0;
    for (size_t i = 0; f->refers_to && i < s->count; i++) {
        const struct select_frame *e = nth(s, i);
        uint16_t back = (uint16_t)(f->frame_number - e->frame_number);
        if (e->forwarded && e->has_number && back > 0 && back < 32)
            forwarded |= 1u << back;
    }
    return !(f->refers_to & ~forwarded);
}

static void note_active(struct select *s, const struct frame_info *f)
{
    if (f->active)
        s->active = f->active;
    else if (f->needed_by)
        s->active |= points_row(f->sid, 0);
}

/* A frame after all others: at the first of its picture the operating point may change. Once a lower layer
 * has left, its last packet has said whether it is the highest. */
static void decide(struct select *s, const struct rtp_view *v, const struct frame_info *f,
                   struct select_frame *e)
{
    e->opens = opens(s->whole, f);
    note_active(s, f);
    if (!picture_forwarded(s, v->timestamp))
        s->point = choose(s, s->whole | (f->key || has_references(s, f) ? e->opens : 0));
    e->point = s->point;
    e->forwarded = !f->needed_by || f->needed_by & points_one(e->point);
}

/* That frame was the highest of its picture to go, so that whatever follows in it is not wanted: all that can
 * be told of a frame that comes after the descriptor's structure has become another. */
static bool is_above(const struct select_frame *before, const struct rtp_view *v)
{
    return before->timestamp == v->timestamp && before->needed_by && before->sid >= point_sid(before->point);
}

/* A frame among others goes where the point of its neighbours needs it: of those of its own picture, else of
 * the one before, or of one after, which may rely on it. */
static void decide_late(struct select *s, size_t at, const struct rtp_view *v, const struct frame_info *f,
                        struct select_frame *e)
{
    uint32_t whole = whole_until(s, at);
    const struct select_frame *by = nth(s, at)->timestamp == v->timestamp ? nth(s, at) : nth(s, at - 1);
    e->point = by->point;
    e->opens = opens(whole, f);
    e->forwarded = f->needed_by ? f->needed_by & whole & points_one(by->point) : !is_above(nth(s, at - 1), v);
    for (size_t i = at; f->needed_by && !e->forwarded && i < s->count; i++) {
        e->forwarded = f->needed_by & whole & points_one(nth(s, i)->point);
        if (e->forwarded && by->timestamp != v->timestamp)
            e->point = nth(s, i)->point;
    }
}

/* The first packet to come of a frame. NULL where it is too late to tell. */
static struct select_frame *add(struct select *s, uint64_t number, const struct rtp_view *v,
                                const struct frame_info *f)
{
    struct select_frame e = {
        .number = number,
        .last = number,
        .timestamp = v->timestamp,
        .needed_by = f->needed_by,
        .has_number = f->has_descriptor,
        .frame_number = f->frame_number,
        .sid = f->sid,
    };
    size_t at = s->count;
    while (at > 0 && nth(s, at - 1)->number > number)
        at--;
    bool late = at < s->count;
    if (late && at == 0)
        return NULL;
    if (late)
        decide_late(s, at, v, f, &e);
    else
        decide(s, v, f, &e);
    struct select_frame *to = insert(s, at);
    *to = e;
    s->whole = late ? whole_until(s, s->count) : whole_after(s->whole, to);
    return to;
}

/* The packet that tells what the frame opens comes after others of it. */
static void open_late(struct select *s, size_t at, const struct frame_info *f)
{
    struct select_frame *e = nth(s, at);
    e->opens = opens(whole_until(s, at), f);
    s->whole = whole_until(s, s->count);
}

/* Without a descriptor, that a layer has ended shows in what its pictures end with. */
static void note_picture_end(struct select *s, const struct rtp_view *v, const struct frame_info *f)
{
    if (f->has_descriptor || f->tid > point_tid(s->point) || f->sid >= point_sid(s->point))
        return;
    if (picture_forwarded(s, v->timestamp))
        s->barren = 0;
    else if (++s->barren >= SELECT_BARREN)
        s->active = points_below(f->sid, POINTS_TEMPORAL - 1);
}

/* A packet of the current source. */
static enum select_verdict choose_layers(struct select *s, uint64_t number, const struct rtp_view *v,
                                         const struct frame_info *f, struct selected *out)
{
    size_t at;
    if (!f->needed_by && f->key && f->start)
        s->whole = s->whole_before = POINTS_ALL;
    if (!f->needed_by && (f->key || !f->has_descriptor))
        return SELECT_FORWARD;
    struct select_frame *e = find(s, number, v, f, &at);
    if (e && f->start)
        open_late(s, at, f);
    if (!e)
        e = add(s, number, v, f);
    if (!e)
        return SELECT_SKIP;
    if (v->marker && s->point != POINTS_NONE)
        note_picture_end(s, v, f);
    if (number > e->last) {
        out->from = e->last + 1;
        e->last = number;
    }
    out->marker |= f->has_layers && f->end && f->sid == point_sid(e->point) && !has_unknown(s, v->timestamp);
    return e->forwarded ? SELECT_FORWARD : SELECT_SKIP;
}

enum select_verdict select_packet(struct select *s, uint32_t source, uint64_t number,
                                  const struct rtp_view *v, const struct frame_info *f, struct selected *out)
{
    bool starts = false;
    *out = (struct selected){.marker = v->marker, .from = number};
    if (source == SELECT_NOTHING)
        return SELECT_DROP;
    if (source == s->target.source && select_waiting(s)) {
        if (!f->key || !f->start)
            return SELECT_DROP;
        begin(s);
        starts = true;
    }
    if (source != s->current)
        return SELECT_DROP;
    enum select_verdict verdict = choose_layers(s, number, v, f, out);
    return starts ? SELECT_SWITCH : verdict;
}
