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
    s->barren = 0;
    s->active = 0;
    frames_begin(&s->frames, 0);
}

/* --- Points ------------------------------------------------------------------------- */

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
    uint8_t chosen = choose(s, s->frames.whole);
    return s->frames.count &&
           (chosen == POINTS_NONE || (wanted != POINTS_NONE && point_sid(wanted) != point_sid(chosen)));
}

uint8_t select_point(const struct select *s)
{
    const struct frames_entry *newest = frames_newest(&s->frames);
    return newest ? newest->point : POINTS_NONE;
}

static void note_active(struct select *s, const struct frame_info *f)
{
    if (f->active)
        s->active = f->active;
    else if (f->needed_by)
        s->active |= points_row(f->sid, 0);
}

/* --- Pictures ----------------------------------------------------------------------- */

/* A frame of the picture with that timestamp, around that place, was forwarded. */
static bool picture_forwarded(struct select *s, size_t at, uint32_t timestamp)
{
    while (at < s->frames.count && frames_at(&s->frames, at)->timestamp == timestamp)
        at++;
    for (; at > 0 && frames_at(&s->frames, at - 1)->timestamp == timestamp; at--) {
        if (frames_at(&s->frames, at - 1)->forwarded)
            return true;
    }
    return false;
}

/* Without a descriptor, that a layer has ended shows in what its pictures end with. */
static void note_picture_end(struct select *s, size_t at, const struct frame_info *f)
{
    const struct frames_entry *e = frames_at(&s->frames, at);
    if (f->has_descriptor || e->point == POINTS_NONE || f->tid > point_tid(e->point) ||
        f->sid >= point_sid(e->point))
        return;
    if (picture_forwarded(s, at, e->timestamp))
        s->barren = 0;
    else if (++s->barren >= SELECT_BARREN)
        s->active = points_below(f->sid, POINTS_TEMPORAL - 1);
}

/* --- Frames ------------------------------------------------------------------------------ */

/* What went out after a late frame relies on it: of points that were taken to be whole across the hole where
 * it belongs (frames.h), and without a descriptor of those opened above them. `whole` are the points before
 * it. */
static bool is_relied_on(struct select *s, size_t at, const struct frames_entry *e, uint32_t whole)
{
    uint32_t points = whole & e->needed_by & points_up_to(e->point) &
                      points_up_to(frames_at(&s->frames, at - 1)->point) &
                      points_up_to(frames_at(&s->frames, at)->point);
    for (size_t i = at; i < s->frames.count && points; i++) {
        const struct frames_entry *later = frames_at(&s->frames, i);
        if (!later->forwarded)
            points &= ~later->needed_by;
        else if (!later->key && !later->has_descriptor)
            points |= frames_opens(points, later);
        if (points & points_one(later->point))
            return true;
    }
    return false;
}

/* The frame by whose point one at that place is decided: the last of its own picture, else the one before. */
static const struct frames_entry *decided_by(struct select *s, size_t at, uint32_t timestamp)
{
    while (at < s->frames.count && frames_at(&s->frames, at)->timestamp == timestamp)
        at++;
    return at > 0 ? frames_at(&s->frames, at - 1) : NULL;
}

/* A frame of which nothing is known although the structure has come is of an older one, which is forgotten,
 * here and by decoders. */
static bool is_stale(struct select *s, size_t at, const struct frames_entry *e)
{
    bool known = false;
    for (size_t i = at; !e->needed_by && i < s->frames.count; i++)
        known |= frames_at(&s->frames, i)->needed_by != 0;
    return known;
}

/* The frame that comes first of a picture lets all of it go where nothing is known of it: its structure was
 * lost, but may come late, for which a decoder can wait, too. And so where such a picture follows, that may
 * rely on it. */
static bool begins_blindly(struct select *s, size_t at, const struct frame_info *f)
{
    if (!f->needed_by)
        return true;
    return at < s->frames.count && frames_at(&s->frames, at)->blind &&
           !frames_lacks_references(&s->frames, f);
}

/* The first packet to come of a frame, whose place is `at`. */
static void decide(struct select *s, size_t at, const struct frame_info *f, struct frames_entry *e)
{
    struct frames *frames = &s->frames;
    const struct frames_entry *by = decided_by(s, at, e->timestamp);
    bool begins = !by || by->timestamp != e->timestamp, late = at < frames->count;
    e->point = by ? by->point : POINTS_NONE;
    e->blind = begins ? begins_blindly(s, at, f) : by->blind;
    uint32_t whole = frames_whole(frames, at, e), points = whole;
    if (f->key || frames_has_references(frames, f))
        points |= frames_opens(whole, e);
    if (!late) {
        note_active(s, f);
        if (begins || !picture_forwarded(s, at, e->timestamp))
            e->point = choose(s, points);
    }
    e->forwarded = (e->blind && !is_stale(s, at, e)) || f->needed_by & points & points_one(e->point) ||
                   (late && is_relied_on(s, at, e, whole));
}

/* Nothing to choose by: a stream without layers, or padding. */
static enum select_verdict without_layers(struct select *s, uint64_t number, const struct rtp_view *v,
                                          const struct frame_info *f)
{
    if (f->key && f->start)
        frames_begin(&s->frames, POINTS_ALL);
    else if (!v->payload_len)
        frames_add_padding(&s->frames, number);
    return SELECT_FORWARD;
}

/* A packet of the current source. */
static enum select_verdict choose_layers(struct select *s, uint64_t number, const struct rtp_view *v,
                                         const struct frame_info *f, struct selected *out)
{
    struct frames *frames = &s->frames;
    size_t at;
    if (!f->needed_by && !f->has_descriptor)
        return without_layers(s, number, v, f);
    if (frames_find(frames, number, v, f, &at)) {
        uint64_t last = frames_at(frames, at)->last;
        out->from = number > last ? last + 1 : number;
        frames_add(frames, at, number, f);
    } else if (at > 0 || !frames->count) {
        struct frames_entry e = frames_first(number, v, f);
        decide(s, at, f, &e);
        at = frames_insert(frames, at, &e);
    } else {
        return SELECT_SKIP;
    }
    const struct frames_entry *e = frames_at(frames, at);
    if (v->marker)
        note_picture_end(s, at, f);
    out->marker |= f->end && e->needed_by && !e->blind && e->sid == point_sid(e->point);
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
