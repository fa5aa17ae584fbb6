/* One receive slot of a viewer at the server: which stream and layers it sends, from the parts in rtp/ as
 * sfu/slot.c, sfu/forward.c do it. What leaves goes past a reference decoder. */
#pragma once

#include "compose.h"
#include "publisher.h"
#include "reference.h"
#include "rewrite.h"
#include "select.h"

enum {
    FORWARDER_SENT = 1024,
    FORWARDER_NO_LAYER = 255,
};

struct sender;

struct forwarder {
    struct sender *sender;
    uint8_t index;
    uint32_t ssrc, rtx_ssrc;

    /* what the viewer wants */
    bool hidden;
    uint16_t height; /* of its box; 0 = as large as there is */
    uint32_t pin;    /* a publisher's id; 0 = none */

    /* what it has */
    struct publisher *holder;
    uint8_t layer, sid, tid; /* the highest to be sent */
    uint8_t wish;
    bool aimed, paused;
    uint64_t drain_us; /* since when forwarder_drain() lasts; 0 = it does not */

    struct select select;
    struct stream *current, *target;
    struct rewrite rewrite;
    struct sent sent;
    struct sent_packet ring[FORWARDER_SENT];
    uint64_t rtx_index;
    struct rate rate;
    struct reference reference;

    uint64_t resent;
};

void forwarder_init(struct forwarder *f, struct sender *sender, uint8_t index, uint32_t random);

void forwarder_hold(struct forwarder *f, struct publisher *p);
void forwarder_aim(struct forwarder *f, uint8_t layer, uint8_t sid, uint8_t tid, uint8_t wish);
void forwarder_pause(struct forwarder *f);
void forwarder_drain(struct forwarder *f);
void forwarder_retarget(struct forwarder *f);
void forwarder_need(struct forwarder *f);
void forwarder_want_key(struct forwarder *f);

/* A packet of a stream that it watches. */
void forwarder_receive(struct forwarder *f, struct stream *s, const struct media *m);

/* True where that packet is to be sent again; then do so, and get the bytes that left. */
bool forwarder_nacked(struct forwarder *f, uint16_t seq, uint32_t rtt_us);
size_t forwarder_resend(struct forwarder *f, uint16_t seq);

void forwarder_probe(struct forwarder *f, size_t bytes);

/* The aim of what it shows, by layer and temporal id: 1 + 4 x layer + tid; 0 = nothing. */
uint8_t forwarder_rung(const struct forwarder *f);
