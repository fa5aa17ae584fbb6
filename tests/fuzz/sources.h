/* Sources of a forwarder under test: streams whose packets a fuzzer's input shapes. They are well-formed;
 * what they say of layers is not. */
#pragma once

#include "dependency.h"
#include "frame.h"
#include "packet_view.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    KEPT = 32, /* packets of a source that may come late or again */
    FATES = 64,
    PACKET_MAX = 64,
    DEPENDENCY_ID = 12,
};

#define CHECK(x)                                                                                             \
    do {                                                                                                     \
        if (!(x)) {                                                                                          \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);                                    \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

/* A fuzzer's, or what is left of it; then zeros. */
struct input {
    const uint8_t *p;
    size_t left;
};

struct packet {
    uint64_t number, frame;
    bool in_use;
    uint8_t p[PACKET_MAX];
    struct rtp_view view;
    struct frame_info info;
};

/* What became of a frame: all of its packets share it. */
struct fate {
    uint64_t frame;
    uint32_t switches; /* of the slot, until then */
    bool left_out;
};

struct source {
    uint32_t id;
    bool audio, narrow, descriptor;
    uint64_t number, frame;
    uint32_t timestamp, jump; /* jump: of the next frame */
    uint8_t tl0, left;        /* packets until the frame ends */
    bool key;
    uint8_t tid, sync;
    uint8_t needed_by, opens, refers_to; /* of the frame, where there is a descriptor */
    uint64_t unseen;                     /* frames since one came */
    struct fate fates[FATES];
    struct dependency dependency;
    struct packet kept[KEPT];
};

static const struct rtp_ext_map published = {.id = {[RTP_EXT_DEPENDENCY] = DEPENDENCY_ID}, .mixed = true};

static inline uint8_t take(struct input *in)
{
    if (!in->left)
        return 0;
    in->left--;
    return *in->p++;
}

static inline void write_descriptor(struct wr *wr, const struct source *s, bool start)
{
    bool structure = s->key && start;
    wr_u16(wr, 0x1000);
    wr_u16(wr, 2);
    wr_u8(wr, DEPENDENCY_ID);
    wr_u8(wr, structure ? 6 : 3);
    wr_u8(wr, (uint32_t)start << 7 | (uint32_t)(s->left == 0) << 6);
    wr_u16(wr, (uint32_t)s->frame);
    wr_u24(wr, structure ? 0x8000e0 : 0); /* one template, one target; else padding */
}

static inline void write_vp8(struct wr *wr, const struct source *s, bool start)
{
    wr_u8(wr, 0x80 | (uint32_t)start << 4);
    wr_u8(wr, 0xe0);
    if (s->narrow)
        wr_u8(wr, s->frame & 0x7f);
    else
        wr_u16(wr, 0x8000 | (s->frame & 0x7fff));
    wr_u8(wr, s->tl0);
    wr_u8(wr, (uint32_t)s->tid << 6 | (uint32_t)s->sync << 5);
    wr_u8(wr, s->key ? 0 : 1);
}

static inline void begin_frame(struct input *in, struct source *s)
{
    uint8_t shape = take(in);
    s->frame++;
    s->unseen++;
    s->left = s->audio ? 0 : shape & 3;
    s->key = s->audio || (shape & 0x1c) == 0;
    s->tid = s->key ? 0 : shape >> 5 & 3;
    s->sync = shape >> 7;
    s->tl0 = (uint8_t)(s->tl0 + (s->tid == 0));
    s->timestamp += s->jump + (s->audio ? 960 : 3000);
    s->jump = 0;
    if (!s->descriptor || s->key)
        return;
    s->needed_by = take(in);
    s->opens = take(in);
    s->refers_to = take(in);
}

/* Layers as no structure of templates would have them. */
static inline void any_layers(const struct source *s, struct frame_info *f)
{
    if (s->key)
        return;
    f->has_layers = true;
    f->sid = s->needed_by & 3;
    f->tid = s->tid;
    f->needed_by = s->needed_by * POINTS_ALL_TID_0;
    f->opens = s->opens * POINTS_ALL_TID_0 & f->needed_by;
    f->active = s->refers_to & 1 ? (uint32_t)~s->opens : POINTS_ALL;
    f->refers_to = s->refers_to;
}

/* Its next packet, which it keeps; or padding alone, which is of no frame. */
static inline struct packet *make(struct input *in, struct source *s, bool padding)
{
    bool start = !s->left;
    if (padding)
        start = false;
    else if (start)
        begin_frame(in, s);
    else
        s->left--;
    struct packet *p = &s->kept[++s->number % KEPT];
    *p = (struct packet){.number = s->number, .frame = s->frame, .in_use = true};
    struct wr wr = wr_init(p->p, sizeof(p->p));
    bool descriptor = s->descriptor && !padding && !s->audio;
    wr_u8(&wr, 0x80 | (uint32_t)descriptor << 4);
    wr_u8(&wr, (uint32_t)(s->left == 0) << 7 | 100);
    wr_u16(&wr, (uint32_t)s->number & 0xffff);
    wr_u32(&wr, s->timestamp);
    wr_u32(&wr, s->id);
    if (descriptor)
        write_descriptor(&wr, s, start);
    if (!padding && !s->audio)
        write_vp8(&wr, s, start);
    if (!padding)
        wr_u32(&wr, (uint32_t)s->number * 2654435761u);
    CHECK(!wr.bad);
    CHECK(rtp_view_parse(&p->view, p->p, wr_len(&wr), &published) == 0);
    int rc = frame_info_read(&p->info, s->audio ? RTP_CODEC_OPUS : RTP_CODEC_VP8, &p->view, p->p,
                             s->descriptor ? &s->dependency : NULL);
    if (padding) /* whatever its kind, it begins nothing */
        p->info = (struct frame_info){.picture_id = FRAME_NO_PICTURE_ID, .tl0_pic_idx = FRAME_NO_TL0};
    CHECK(rc == 0 || padding || s->descriptor);
    if (descriptor && rc == 0)
        any_layers(s, &p->info);
    return p;
}
