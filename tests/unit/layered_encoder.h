/* A synthetic encoder with layers: it writes RTP packets as VP8, VP9 and AV1
 * senders do, with and without the dependency descriptor, and remembers of each
 * frame what it really refers to. The descriptor's indications are those of
 * libwebrtc's scalability structures. */
#pragma once

#include "frame.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    LAYERED_PACKET_MAX = 256,
    LAYERED_REFS_MAX = 4,
    LAYERED_FRAME_PACKETS = 3, /* at most */
    LAYERED_TEMPLATES_MAX = 32,
    LAYERED_DESCRIPTOR_ID = 9,
    LAYERED_STAMP =
        8, /* bytes at the end of each packet: stream, frame (24 bits), place, packets of the frame */
};

struct layered_structure {
    const char *name;
    enum rtp_codec codec;
    bool descriptor;
    uint8_t spatial, temporal;
    bool key_svc; /* upper spatial layers refer to lower ones in key pictures only */
};

struct layered_frame {
    uint32_t picture, timestamp;
    uint8_t sid, tid, packets, tl0;
    bool key; /* of a key picture */
    uint8_t ref_count;
    uint32_t refs[LAYERED_REFS_MAX]; /* of frames, by index */
    uint32_t number;                 /* of its first packet */
};

struct layered_packet {
    uint32_t frame;
    uint8_t at;
    uint16_t len;
    uint8_t bytes[LAYERED_PACKET_MAX];
};

struct layered_template {
    uint8_t sid, tid, diff_count;
    uint8_t diffs[LAYERED_REFS_MAX];
    uint64_t dtis;
};

/* What a place in the rhythm of temporal layers refers to: the last frames of these layers, as bits. */
struct layered_step {
    uint8_t tid, refs;
};

struct layered {
    const struct layered_structure *is;
    uint8_t stream;
    bool key_due;
    struct layered_frame *frames;
    size_t frame_count;
    struct layered_packet *packets; /* packet i has the sequence number first + i */
    size_t packet_count, packet_capacity;
    uint64_t first;
    uint32_t random;
    /* How many packets a frame takes (key: of a key picture); NULL = LAYERED_FRAME_PACKETS at most, at
     * random. */
    uint8_t (*packets_of)(void *arg, uint8_t sid, uint8_t tid, bool key);
    void *arg;

    /* state */
    uint32_t picture, timestamp, step;
    uint8_t tl0, template_offset, template_count;
    uint32_t last[POINTS_SPATIAL]
                 [3]; /* frame of that spatial and temporal layer + 1; 0 = none since the key */
    struct layered_template templates[LAYERED_TEMPLATES_MAX];
};

static inline uint32_t layered_random(struct layered *e)
{
    e->random = e->random * 1664525 + 1013904223;
    return e->random >> 8;
}

/* VP8 as libwebrtc sends it without a descriptor: eight places, of which some refer to all layers. Others:
 * four. */
static struct layered_step layered_step_of(const struct layered_structure *s, uint32_t step)
{
    static const struct layered_step one[] = {{0, 1}}, two[] = {{0, 1}, {1, 1}},
                                     three[] = {{0, 1}, {2, 1}, {1, 1}, {2, 2}},
                                     vp8_two[] = {{0, 1}, {1, 1}, {0, 1}, {1, 3}},
                                     vp8_three[] = {{0, 1}, {2, 1}, {1, 1}, {2, 7},
                                                    {0, 1}, {2, 7}, {1, 3}, {2, 7}};
    bool vp8 = s->codec == RTP_CODEC_VP8 && !s->descriptor;
    if (s->temporal == 1)
        return one[0];
    if (s->temporal == 2)
        return vp8 ? vp8_two[step % 4] : two[step % 2];
    return vp8 ? vp8_three[step % 8] : three[step % 4];
}

/* --- The descriptor -------------------------------------------------------------------- */

struct layered_bits {
    uint8_t *p;
    size_t at;
};

static inline void layered_put(struct layered_bits *b, size_t n, uint64_t v)
{
    for (; n > 0; n--, b->at++)
        b->p[b->at / 8] = (uint8_t)(b->p[b->at / 8] | (v >> (n - 1) & 1) << (7 - b->at % 8));
}

static uint64_t layered_dti(const struct layered_structure *s, const struct layered_frame *f, uint8_t sid,
                            uint8_t tid)
{
    if (s->key_svc && f->key)
        return f->sid <= sid ? DEPENDENCY_SWITCH : DEPENDENCY_NOT_PRESENT;
    if (tid < f->tid || sid < f->sid || (s->key_svc && sid != f->sid))
        return DEPENDENCY_NOT_PRESENT;
    if (sid == f->sid)
        return tid > 0 && tid == f->tid ? DEPENDENCY_DISCARDABLE : DEPENDENCY_SWITCH;
    return f->key ? DEPENDENCY_SWITCH : DEPENDENCY_REQUIRED;
}

static struct layered_template layered_template_of(const struct layered *e, size_t frame)
{
    const struct layered_structure *s = e->is;
    const struct layered_frame *f = &e->frames[frame];
    struct layered_template t;
    memset(&t, 0, sizeof(t)); /* padding too: they are compared as memory */
    t.sid = f->sid;
    t.tid = f->tid;
    t.diff_count = f->ref_count;
    for (size_t i = 0; i < f->ref_count; i++)
        t.diffs[i] = (uint8_t)(frame - f->refs[i]);
    for (uint8_t sid = 0, i = 0; sid < s->spatial; sid++) {
        for (uint8_t tid = 0; tid < s->temporal; tid++, i++)
            t.dtis |= layered_dti(s, f, sid, tid) << (2 * i);
    }
    return t;
}

static size_t layered_find_template(const struct layered *e, const struct layered_template *t)
{
    size_t i = 0;
    while (i < e->template_count && memcmp(&e->templates[i], t, sizeof(*t)) != 0)
        i++;
    return i;
}

static int layered_by_layer(const void *a, const void *b)
{
    const struct layered_template *x = a, *y = b;
    return x->sid != y->sid ? x->sid - y->sid : x->tid - y->tid;
}

static void layered_put_structure(const struct layered *e, struct layered_bits *b)
{
    size_t targets = (size_t)e->is->spatial * e->is->temporal;
    layered_put(b, 6, e->template_offset);
    layered_put(b, 5, targets - 1);
    for (size_t i = 0; i < e->template_count; i++) {
        const struct layered_template *t = &e->templates[i], *next = t + 1;
        bool last = i + 1 == e->template_count;
        layered_put(b, 2, last ? 3 : next->sid != t->sid ? 2 : next->tid != t->tid ? 1 : 0);
    }
    for (size_t i = 0; i < e->template_count; i++) {
        for (size_t j = 0; j < targets; j++)
            layered_put(b, 2, e->templates[i].dtis >> (2 * j) & 3);
    }
    for (size_t i = 0; i < e->template_count; i++) {
        for (size_t j = 0; j < e->templates[i].diff_count; j++)
            layered_put(b, 5, 16u | (e->templates[i].diffs[j] - 1u));
        layered_put(b, 1, 0);
    }
    size_t width = 0; /* of the number of chains, 0: ns(targets + 1) */
    for (size_t n = targets + 1; n; n >>= 1)
        width++;
    layered_put(b, width - 1, 0);
    layered_put(b, 1, 1);
    for (unsigned i = 0; i < e->is->spatial; i++) {
        layered_put(b, 16, (1280u >> (e->is->spatial - 1u - i)) - 1u);
        layered_put(b, 16, (720u >> (e->is->spatial - 1u - i)) - 1u);
    }
}

/* Its length. */
static size_t layered_descriptor(const struct layered *e, size_t frame, uint8_t at, uint8_t *out)
{
    const struct layered_frame *f = &e->frames[frame];
    const struct layered_template t = layered_template_of(e, frame);
    size_t template = layered_find_template(e, &t);
    bool structure = f->key && f->sid == 0 && at == 0;
    struct layered_bits b = {out, 0};
    assert(template <e->template_count);
    memset(out, 0, LAYERED_PACKET_MAX);
    layered_put(&b, 1, at == 0);
    layered_put(&b, 1, at + 1 == f->packets);
    layered_put(&b, 6, (template + e->template_offset) % 64);
    layered_put(&b, 16, frame & 0xffff);
    if (structure) {
        layered_put(&b, 5, 16);
        layered_put_structure(e, &b);
    }
    return (b.at + 7) / 8;
}

/* --- Payloads ---------------------------------------------------------------------------- */

static void layered_vp8(const struct layered *e, struct wr *w, const struct layered_frame *f, uint8_t at)
{
    struct layered_step step = layered_step_of(e->is, e->step);
    bool sync = f->tid > 0 && step.refs == 1;
    wr_u8(w, 0x80 | (uint32_t)(at == 0) << 4);
    wr_u8(w, 0xe0);
    wr_u16(w, 0x8000 | (f->picture & 0x7fff));
    wr_u8(w, e->tl0);
    wr_u8(w, (uint32_t)f->tid << 6 | (uint32_t)sync << 5);
    wr_u8(w, f->key ? 0 : 1);
}

static void layered_vp9(const struct layered *e, struct wr *w, const struct layered_frame *f, uint8_t at)
{
    struct layered_step step = layered_step_of(e->is, e->step);
    bool between = f->key || !e->is->key_svc; /* layers of a picture refer to each other */
    bool top = f->sid + 1 == e->is->spatial;
    bool structure = f->key && f->sid == 0 && at == 0;
    bool up = f->tid > 0 && step.refs < 1u << f->tid;
    wr_u8(w, 0x80 | (uint32_t)!f->key << 6 | 0x20 | (uint32_t)(at == 0) << 3 |
                 (uint32_t)(at + 1 == f->packets) << 2 | (uint32_t)structure << 1 |
                 (uint32_t)(!between || top));
    wr_u16(w, 0x8000 | (f->picture & 0x7fff));
    wr_u8(w, (uint32_t)f->tid << 5 | (uint32_t)up << 4 | (uint32_t)f->sid << 1 | (between && f->sid > 0));
    wr_u8(w, e->tl0);
    if (!structure)
        return;
    wr_u8(w, (e->is->spatial - 1u) << 5 | 0x10);
    for (unsigned i = 0; i < e->is->spatial; i++) {
        wr_u16(w, 1280u >> (e->is->spatial - 1u - i));
        wr_u16(w, 720u >> (e->is->spatial - 1u - i));
    }
}

static void layered_payload(const struct layered *e, struct wr *w, const struct layered_frame *f, uint8_t at)
{
    if (e->is->codec == RTP_CODEC_VP8)
        layered_vp8(e, w, f, at);
    else if (e->is->codec == RTP_CODEC_VP9)
        layered_vp9(e, w, f, at);
    else
        wr_u16(w, at == 0 ? 0x1030 : 0x9030); /* one OBU, or the rest of one */
}

static void layered_write(struct layered *e, size_t frame, uint8_t at)
{
    if (e->packet_count == e->packet_capacity) {
        e->packet_capacity = e->packet_capacity ? e->packet_capacity * 2 : 1024;
        e->packets = realloc(e->packets, e->packet_capacity * sizeof(*e->packets));
        assert(e->packets);
    }
    const struct layered_frame *f = &e->frames[frame];
    struct layered_packet *p = &e->packets[e->packet_count];
    uint8_t descriptor[LAYERED_PACKET_MAX];
    size_t len = e->is->descriptor ? layered_descriptor(e, frame, at, descriptor) : 0;
    bool marker = f->sid + 1 == e->is->spatial && at + 1 == f->packets;
    *p = (struct layered_packet){.frame = (uint32_t)frame, .at = at};
    struct wr w = wr_init(p->bytes, sizeof(p->bytes));
    wr_u8(&w, 0x80 | (uint32_t)e->is->descriptor << 4);
    wr_u8(&w, (uint32_t)marker << 7 | 100);
    wr_u16(&w, (uint32_t)(e->first + e->packet_count) & 0xffff);
    wr_u32(&w, f->timestamp);
    wr_u32(&w, 0x1000u + e->stream);
    if (len) {
        wr_u16(&w, 0x1000);
        wr_u16(&w, (uint32_t)(len + 2 + 3) / 4);
        wr_u8(&w, LAYERED_DESCRIPTOR_ID);
        wr_u8(&w, (uint32_t)len);
        wr_bytes(&w, descriptor, len);
        while (wr_len(&w) % 4)
            wr_u8(&w, 0);
    }
    layered_payload(e, &w, f, at);
    wr_u32(&w, (uint32_t)e->stream << 24 | (uint32_t)frame);
    wr_u8(&w, at);
    wr_u8(&w, f->packets);
    wr_u16(&w, 0);
    assert(!w.bad);
    p->len = (uint16_t)wr_len(&w);
    e->packet_count++;
}

/* --- Pictures ------------------------------------------------------------------------------ */

static void layered_refer(struct layered_frame *f, uint32_t last)
{
    if (last)
        f->refs[f->ref_count++] = last - 1;
}

static void layered_frame(struct layered *e, uint8_t sid, bool key)
{
    struct layered_step step = layered_step_of(e->is, e->step);
    struct layered_frame *f = &e->frames[e->frame_count];
    *f = (struct layered_frame){
        .picture = e->picture,
        .timestamp = e->timestamp,
        .sid = sid,
        .tid = step.tid,
        .tl0 = e->tl0,
        .key = key,
    };
    f->packets = e->packets_of ? e->packets_of(e->arg, sid, step.tid, key)
                               : (uint8_t)(1 + layered_random(e) % LAYERED_FRAME_PACKETS);
    for (uint8_t tid = 0; !key && tid < 3; tid++) {
        if (step.refs >> tid & 1)
            layered_refer(f, e->last[sid][tid]);
    }
    if (sid > 0 && (key || !e->is->key_svc))
        layered_refer(f, (uint32_t)e->frame_count);
    if (key) {
        for (uint8_t tid = 0; tid < 3; tid++)
            e->last[sid][tid] = 0;
    }
    e->frame_count++;
    e->last[sid][step.tid] = (uint32_t)e->frame_count;
}

/* The next picture, a key picture where key_due says so. */
static void layered_picture(struct layered *e)
{
    bool key = e->key_due || !e->frame_count;
    size_t first = e->frame_count;
    e->key_due = false;
    e->step = key ? 0 : e->step + 1;
    e->picture++;
    e->timestamp += 3000;
    e->tl0 = (uint8_t)(e->tl0 + (layered_step_of(e->is, e->step).tid == 0));
    if (key)
        e->template_offset = (uint8_t)((e->template_offset + e->template_count) % 64);
    for (uint8_t sid = 0; sid < e->is->spatial; sid++)
        layered_frame(e, sid, key);
    for (size_t i = first; e->packets && i < e->frame_count; i++) {
        e->frames[i].number = (uint32_t)e->packet_count;
        for (uint8_t at = 0; at < e->frames[i].packets; at++)
            layered_write(e, i, at);
    }
}

/* Whatever descriptions its frames need, by trial. */
static void layered_find_templates(struct layered *e)
{
    struct layered trial = {.is = e->is, .frames = e->frames};
    for (size_t i = 0; i < 20; i++)
        layered_picture(&trial);
    for (size_t i = 0; i < trial.frame_count; i++) {
        const struct layered_template t = layered_template_of(&trial, i);
        if (layered_find_template(e, &t) == e->template_count)
            e->templates[e->template_count++] = t;
    }
    qsort(e->templates, e->template_count, sizeof(e->templates[0]), layered_by_layer);
}

/* stream: 0..255; room for so many pictures. */
static void layered_init(struct layered *e, const struct layered_structure *is, uint8_t stream,
                         size_t pictures, uint32_t random)
{
    *e = (struct layered){.is = is, .stream = stream, .random = random};
    e->frames = calloc((pictures + 32) * is->spatial, sizeof(*e->frames));
    e->packet_capacity = 1024;
    e->packets = malloc(e->packet_capacity * sizeof(*e->packets));
    assert(e->frames && e->packets);
    e->first = (1 << 16) + layered_random(e) % 65536;
    layered_find_templates(e);
    e->picture = layered_random(e);
    e->timestamp = layered_random(e) << 12;
    e->tl0 = (uint8_t)layered_random(e);
}

static void layered_finish(struct layered *e)
{
    free(e->frames);
    free(e->packets);
}
