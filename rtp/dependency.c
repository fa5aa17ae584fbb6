#include "dependency.h"

#include <errno.h>

#include "bits.h"
#include "seq.h"

enum { NEXT_SAME_LAYER, NEXT_TEMPORAL, NEXT_SPATIAL, NO_MORE_TEMPLATES }; /* table A.3 */

/* ns(n): 0..n-1 */
static uint32_t take_non_symmetric(struct bits *b, uint32_t n)
{
    size_t w = 0;
    for (uint32_t x = n; x != 0; x >>= 1)
        w++;
    uint32_t m = (1u << w) - n;
    uint32_t v = bits_take(b, w - 1);
    return v < m ? v : (v << 1) - m + bits_take(b, 1);
}

static uint64_t take_dtis(struct bits *b, size_t targets)
{
    uint64_t dtis = 0;
    for (size_t i = 0; i < targets; i++)
        dtis |= (uint64_t)bits_take(b, 2) << (2 * i);
    return dtis;
}

static void template_layers(struct dependency *d, struct bits *b)
{
    uint8_t sid = 0, tid = 0;
    uint32_t next = NEXT_SAME_LAYER;
    while (next != NO_MORE_TEMPLATES && !b->bad) {
        if (d->template_count == DEPENDENCY_TEMPLATES_MAX || sid >= DEPENDENCY_SPATIAL_MAX ||
            tid >= DEPENDENCY_TEMPORAL_MAX) {
            b->bad = true;
            return;
        }
        d->templates[d->template_count++] = (struct dependency_template){.sid = sid, .tid = tid};
        next = bits_take(b, 2);
        if (next == NEXT_TEMPORAL) {
            tid++;
        } else if (next == NEXT_SPATIAL) {
            tid = 0;
            sid++;
        }
    }
    d->spatial_count = (uint8_t)(sid + 1);
}

static void template_diffs(struct dependency_template *t, struct bits *b)
{
    while (bits_take(b, 1)) {
        if (t->diff_count == DEPENDENCY_DIFFS_MAX) {
            b->bad = true;
            return;
        }
        t->diffs[t->diff_count++] = (uint8_t)(bits_take(b, 4) + 1);
    }
}

static void template_chains(struct dependency *d, struct bits *b)
{
    d->chain_count = (uint8_t)take_non_symmetric(b, d->target_count + 1u);
    if (d->chain_count == 0)
        return;
    for (size_t i = 0; i < d->target_count; i++)
        d->protected_by[i] = (uint8_t)take_non_symmetric(b, d->chain_count);
    for (size_t i = 0; i < d->template_count; i++) {
        for (size_t j = 0; j < d->chain_count; j++)
            d->templates[i].chains[j] = (uint8_t)bits_take(b, 4);
    }
}

/* Widths and heights are sent less one; 65,536 does not fit and becomes 0, not told. */
static void render_resolutions(struct dependency *d, struct bits *b)
{
    d->has_resolutions = bits_take(b, 1);
    for (size_t i = 0; d->has_resolutions && i < d->spatial_count; i++) {
        d->width[i] = (uint16_t)(bits_take(b, 16) + 1);
        d->height[i] = (uint16_t)(bits_take(b, 16) + 1);
    }
}

/* The operating point that a decode target is: its highest layers. */
static uint8_t point_of_target(const struct dependency *d, size_t target)
{
    uint8_t sid = 0, tid = 0;
    bool any = false;
    for (size_t i = 0; i < d->template_count; i++) {
        const struct dependency_template *t = &d->templates[i];
        if ((t->dtis >> (2 * target) & 3) == DEPENDENCY_NOT_PRESENT)
            continue;
        any = true;
        sid = t->sid > sid ? t->sid : sid;
        tid = t->tid > tid ? t->tid : tid;
    }
    return any ? point_of(sid, tid) : POINTS_NONE;
}

static void find_points(struct dependency *d)
{
    uint32_t taken = 0;
    for (size_t i = 0; i < d->target_count; i++) {
        uint8_t point = point_of_target(d, i);
        d->points[i] = taken & points_one(point) ? POINTS_NONE : point;
        taken |= points_one(point);
    }
}

static void take_structure(struct dependency *d, struct bits *b)
{
    d->template_offset = (uint8_t)bits_take(b, 6);
    d->target_count = (uint8_t)(bits_take(b, 5) + 1);
    d->active = UINT32_MAX >> (DEPENDENCY_TARGETS_MAX - d->target_count);
    template_layers(d, b);
    for (size_t i = 0; i < d->template_count; i++)
        d->templates[i].dtis = take_dtis(b, d->target_count);
    for (size_t i = 0; i < d->template_count; i++)
        template_diffs(&d->templates[i], b);
    template_chains(d, b);
    render_resolutions(d, b);
    if (!b->bad)
        find_points(d);
}

static void frame_diffs(struct dependency_frame *f, struct bits *b)
{
    f->diff_count = 0;
    for (uint32_t size; (size = bits_take(b, 2)) != 0;) {
        if (f->diff_count == DEPENDENCY_DIFFS_MAX) {
            b->bad = true;
            return;
        }
        f->diffs[f->diff_count++] = (uint16_t)(bits_take(b, 4 * size) + 1);
    }
}

/* NULL where the structure has no such template. */
static const struct dependency_template *find_template(const struct dependency *d, uint8_t id)
{
    size_t i = (size_t)(id + DEPENDENCY_TEMPLATES_MAX - d->template_offset) % DEPENDENCY_TEMPLATES_MAX;
    return i < d->template_count ? &d->templates[i] : NULL;
}

static void from_template(struct dependency_frame *f, const struct dependency *d,
                          const struct dependency_template *t)
{
    f->sid = t->sid;
    f->tid = t->tid;
    f->target_count = d->target_count;
    f->chain_count = d->chain_count;
    f->dtis = t->dtis;
    f->diff_count = t->diff_count;
    for (size_t i = 0; i < t->diff_count; i++)
        f->diffs[i] = t->diffs[i];
    memcpy(f->chains, t->chains, sizeof(f->chains));
    f->active = d->active;
    f->spatial_count = d->spatial_count;
    f->width = d->width[d->spatial_count - 1];
    f->height = d->height[d->spatial_count - 1];
}

/* What the frame says in place of its template (frame_dependency_definition). */
static void take_custom(struct dependency_frame *f, struct bits *b, bool dtis, bool diffs, bool chains)
{
    if (dtis)
        f->dtis = take_dtis(b, f->target_count);
    if (diffs)
        frame_diffs(f, b);
    for (size_t i = 0; chains && i < f->chain_count; i++)
        f->chains[i] = (uint8_t)bits_take(b, 8);
}

static void sort_points(struct dependency_frame *f, const struct dependency *d)
{
    for (size_t i = 0; i < f->target_count; i++) {
        uint32_t point = points_one(d->points[i]);
        enum dependency_dti dti = dependency_dti_of(f, i);
        f->needed_by |= dti != DEPENDENCY_NOT_PRESENT ? point : 0;
        f->opens |= dti == DEPENDENCY_SWITCH ? point : 0;
        f->points |= f->active >> i & 1 ? point : 0;
    }
}

static bool is_late(const struct dependency *d, uint16_t frame_number)
{
    int behind = seq_diff(d->frame_number, frame_number);
    return d->template_count && behind > 0 && behind < DEPENDENCY_LATE;
}

/* The extended fields against `with`, in which the active targets are noted. */
static int read_extended(struct dependency *with, struct bits *b, struct dependency_frame *f, uint32_t flags)
{
    if (with->template_count && (flags & 8))
        with->active = bits_take(b, with->target_count);
    if (b->bad)
        return -EBADMSG;
    const struct dependency_template *t = find_template(with, f->template_id);
    if (!t)
        return -ENOENT;
    from_template(f, with, t);
    take_custom(f, b, flags & 4, flags & 2, flags & 1);
    sort_points(f, with);
    return b->bad ? -EBADMSG : 0;
}

/* A packet that brings a structure: d takes it over only when all of it was right. */
static int read_with_structure(struct dependency *d, struct bits *b, struct dependency_frame *f,
                               uint32_t flags)
{
    struct dependency fresh = {.frame_number = f->frame_number};
    take_structure(&fresh, b);
    if (b->bad || read_extended(&fresh, b, f, flags) != 0)
        return -EBADMSG; /* a template that its own structure does not have, too */
    f->has_structure = true;
    f->stale = is_late(d, f->frame_number);
    if (!f->stale)
        *d = fresh;
    return 0;
}

int dependency_read(struct dependency *d, const uint8_t *p, size_t len, struct dependency_frame *f)
{
    struct bits b = bits_init(p, len);
    *f = (struct dependency_frame){.start = bits_take(&b, 1)};
    f->end = bits_take(&b, 1);
    f->template_id = (uint8_t)bits_take(&b, 6);
    f->frame_number = (uint16_t)bits_take(&b, 16);
    if (b.bad)
        return -EBADMSG;
    uint32_t flags = len > DEPENDENCY_MANDATORY_LEN ? bits_take(&b, 5) : 0;
    if (flags & 16)
        return read_with_structure(d, &b, f, flags);
    uint32_t active = d->active;
    int rc = read_extended(d, &b, f, flags);
    if (rc)
        d->active = active;
    return rc;
}

enum dependency_dti dependency_dti_of(const struct dependency_frame *f, size_t target)
{
    return target < f->target_count ? (enum dependency_dti)(f->dtis >> (2 * target) & 3)
                                    : DEPENDENCY_NOT_PRESENT;
}
