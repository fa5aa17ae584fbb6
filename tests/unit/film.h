/* SVC from a synthetic participant, whose own sources write none: a film goes out in the place of its camera.
 */
#pragma once

#include "call.h"
#include "layered_encoder.h"

enum {
    FILM_US = 33333,      /* a picture */
    FILM_PICTURES = 3000, /* and then it stands */
};

struct film {
    struct layered encoder;
    bool plays;
    size_t track; /* of the person */
    uint64_t next_us;
    size_t sent;
};

static inline struct source *film_source(const struct film *f, const struct person *p)
{
    return peer_source(p->peer, f->track, 0);
}

/* Of a person who has just come, the last of whose tracks is its camera. */
static void film_begin(struct film *f, struct person *p, bool descriptor, uint32_t random)
{
    static const struct layered_structure vp9 = {"VP9", RTP_CODEC_VP9, false, 3, 3, false},
                                          av1 = {"AV1", RTP_CODEC_AV1, true, 3, 3, true};
    *f = (struct film){.plays = true, .track = p->desc.media.track_count - 1u, .next_us = clock_now_us()};
    film_source(f, p)->paused = true;
    layered_init(&f->encoder, descriptor ? &av1 : &vp9, 0, FILM_PICTURES, random);
}

static void film_end(struct film *f)
{
    layered_finish(&f->encoder);
    *f = (struct film){.plays = false};
}

static void film_send(const struct film *f, struct person *p, const struct layered_packet *packet,
                      uint64_t index)
{
    struct rtp_view v;
    uint8_t rtp[LAYERED_PACKET_MAX];
    memcpy(rtp, packet->bytes, packet->len);
    put_u32(rtp + 8, film_source(f, p)->conf.ssrc);
    assert_int_equal(rtp_view_parse(&v, rtp, packet->len, &p->desc.media.exts), 0);
    peer_send_rtp(p->peer, rtp, v.payload, packet->len, index);
}

/* The pictures that are due. */
static void film_go_on(struct film *f, struct person *p)
{
    struct layered *e = &f->encoder;
    struct source *asked = film_source(f, p);
    for (; clock_now_us() >= f->next_us; f->next_us += FILM_US) {
        e->key_due |= asked->key_due;
        asked->key_due = false;
        if (e->frame_count < (size_t)FILM_PICTURES * e->is->spatial)
            layered_picture(e);
        for (; f->sent < e->packet_count; f->sent++)
            film_send(f, p, &e->packets[f->sent], e->first % 65536 + f->sent);
    }
}
