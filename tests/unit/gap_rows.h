/* Sequences of packets that come to a slot, as rows, and as what they leave, for several kinds of streams
 * with layers. */
#pragma once

#include "rewrite.h"
#include "select.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { SOURCE = 1, FIRST = 0xfffe }; /* index of the first packet that leaves */

/* Flags of a packet: the first and last of its frame, of a key frame, of one at which the temporal layer can
 * be joined; with the marker. */
enum { S = 1, E = 2, K = 4, U = 8, M = 16, SE = S | E, SEM = S | E | M };

enum op { END, AIM, IN };
enum fate { LEAVES, LEFT_OUT, FILLS }; /* FILLS: without its payload, in the hole that its number is by now */

/* A packet that comes, and as what it leaves. Numbers and pictures count from 1; of the pictures the odd ones
 * are of temporal layer 0. */
struct row {
    enum op op;
    int number, picture, sid, flags;
    enum fate fate;
    int out, out_picture, marker;
};

struct sequence {
    const char *name;
    struct row rows[24];
};

/* clang-format off */
#define AIM(sid, tid)            {AIM, sid, tid, 0, 0, LEAVES, 0, 0, 0}
#define COMES(n, pic, sid, f)    {IN, n, pic, sid, f,
#define GOES(out, pic, mark)     LEAVES, out, pic, mark}
#define LEFT                     LEFT_OUT, 0, 0, 0}
#define HOLE(out)                FILLS, out, 0, 0}
/* clang-format on */

/* --- Kinds of streams ------------------------------------------------------------------ */

static uint32_t bit(unsigned sid, unsigned tid)
{
    return points_one(point_of(sid, tid));
}

static void as_vp8(struct frame_info *f, const struct row *row, int picture)
{
    f->picture_id = picture & (f->picture_id_15 ? 0x7fff : 0x7f);
    f->picture_gap_is_loss = true;
    f->active = points_row(0, 0);
    f->needed_by = points_row(0, f->tid);
    f->opens = f->key ? f->needed_by : row->flags & U ? bit(0, f->tid) : 0;
}

static void as_vp8_wide(struct frame_info *f, const struct row *row, int picture)
{
    f->picture_id_15 = true;
    as_vp8(f, row, picture);
}

static void as_vp9(struct frame_info *f, const struct row *row, int picture)
{
    f->picture_id_15 = true;
    f->picture_id = picture & 0x7fff;
    f->needed_by = row->sid ? points_row(1, f->tid) : points_above(0, f->tid);
    f->opens = f->key || (f->tid && !row->sid) ? f->needed_by : 0;
    f->active = f->key ? points_below(1, POINTS_TEMPORAL - 1) : 0;
}

/* Frames refer to the last one of temporal layer 0, and to the lower one of their picture. */
static void as_described(struct frame_info *f, const struct row *row, int picture, int spatial_count)
{
    int to = (f->tid ? 1 : 2) * spatial_count;
    f->has_descriptor = true;
    f->picture_id = FRAME_NO_PICTURE_ID;
    f->tl0_pic_idx = FRAME_NO_TL0;
    f->frame_number = (uint16_t)(picture * spatial_count + row->sid);
    f->refers_to = (row->flags & K ? 0 : 1u << to) | (row->sid ? 1u << 1 : 0);
    f->active = bit(0, 0) | bit(0, 1) | (spatial_count > 1 ? bit(1, 0) | bit(1, 1) : 0);
    f->needed_by = points_above((unsigned)row->sid, f->tid) & f->active;
    f->opens = f->tid ? 0 : row->flags & K ? f->needed_by : points_row((unsigned)row->sid, 0) & f->active;
}

static void as_described_temporal(struct frame_info *f, const struct row *row, int picture)
{
    as_described(f, row, picture, 1);
}

static void as_described_spatial(struct frame_info *f, const struct row *row, int picture)
{
    as_described(f, row, picture, 2);
}

struct kind {
    const char *name;
    void (*dress)(struct frame_info *f, const struct row *row, int picture);
    const struct sequence *sequences;
    size_t count;
    int spatial_count;
};

/* --- Running ------------------------------------------------------------------------------ */

/* Where the counters of a run stand: pictures and TL0PICIDX, numbers, timestamps. */
struct start {
    int picture;
    uint64_t number;
    uint32_t timestamp;
};

struct run {
    const struct kind *kind;
    struct start start;
    struct select select;
    struct rewrite rewrite;
};

/* As sfu/forward.c does. */
static enum fate forward(struct run *r, uint64_t number, const struct rtp_view *v, const struct frame_info *f,
                         struct rewritten *out)
{
    static const struct frame_info no_frame = {.picture_id = FRAME_NO_PICTURE_ID,
                                               .tl0_pic_idx = FRAME_NO_TL0};
    const struct rtp_view empty = {.timestamp = v->timestamp};
    struct selected how;
    enum select_verdict verdict = select_packet(&r->select, SOURCE, number, v, f, &how);
    assert_int_not_equal(verdict, SELECT_DROP);
    if (verdict == SELECT_SWITCH)
        rewrite_switch(&r->rewrite, number, v, 0);
    if (verdict != SELECT_SKIP)
        return rewrite_packet(&r->rewrite, number, v, f, how.marker, out) ? LEAVES : LEFT_OUT;
    if (rewrite_drop(&r->rewrite, how.from, number, f))
        return LEFT_OUT;
    return rewrite_packet(&r->rewrite, number, &empty, &no_frame, false, out) ? FILLS : LEFT_OUT;
}

static void check_numbers(const struct run *r, const struct row *row, const struct frame_info *f,
                          const struct rewritten *out)
{
    int picture = f->picture_gap_is_loss ? row->out_picture : row->picture;
    assert_int_equal(out->timestamp, (uint32_t)(row->picture - 1) * 3000);
    assert_int_equal(out->marker, row->marker);
    if (f->has_descriptor) {
        int frame = (picture - 1) * r->kind->spatial_count + row->sid;
        assert_int_equal(out->frame_number, 1 + frame);
    } else {
        assert_int_equal(out->picture_id, picture);
        assert_int_equal(out->tl0_pic_idx, (row->picture + 1) / 2);
    }
}

static void come(struct run *r, const struct row *row)
{
    int picture = r->start.picture + row->picture;
    uint64_t number = r->start.number + (uint64_t)(int64_t)row->number;
    struct frame_info f = {
        .key = row->flags & K && !row->sid,
        .start = row->flags & S,
        .end = row->flags & E,
        .has_layers = true,
        .sid = (uint8_t)row->sid,
        .tid = row->picture % 2 == 0,
        .tl0_pic_idx = (int16_t)((picture + 1) / 2 & 0xff),
    };
    const struct rtp_view v = {
        .marker = row->flags & M,
        .payload_len = 100,
        .timestamp = r->start.timestamp + (uint32_t)row->picture * 3000,
    };
    struct rewritten out;
    r->kind->dress(&f, row, picture);
    enum fate fate = forward(r, number, &v, &f, &out);
    if (fate != row->fate)
        fail_msg("packet %d: %d, not %d", row->number, fate, row->fate);
    if (fate != LEFT_OUT)
        assert_int_equal(out.index, FIRST + row->out - 1);
    if (fate == LEAVES)
        check_numbers(r, row, &f, &out);
}

static struct run begin(const struct kind *kind, const struct start *start)
{
    struct run r = {.kind = kind, .start = *start};
    rewrite_init(&r.rewrite, 90000, FIRST, 0);
    return r;
}

/* Up to the row that is none. */
static void take(struct run *r, const struct row *row)
{
    for (; row->op != END; row++) {
        if (row->op == AIM)
            select_target(&r->select,
                          (struct select_target){SOURCE, (uint8_t)row->number, (uint8_t)row->picture});
        else
            come(r, row);
    }
}
