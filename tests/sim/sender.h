/* The server's side of one viewer: its slots, the estimate of its bandwidth, what is spent of it on which
 * slot, retransmissions and probes; from the parts in rtp/ as sfu/bandwidth.c and sfu/allot.c do it. */
#pragma once

#include "estimator.h"
#include "forwarder.h"
#include "world.h"

enum {
    SENDER_SLOTS_MAX = 9,
    SENDER_VOICES_MAX = 3,
    SENDER_SSRC = 1000, /* of the first slot; its retransmissions have the next */
    SENDER_WAITING_MAX = 256,
};

/* A datagram to the viewer, in a packet's data. */
struct parcel {
    struct truth truth;
    uint64_t sent_us;
    bool voice;
    uint16_t len;
    uint8_t bytes[]; /* RTP; none where it is a voice */
};

struct sender_resend {
    uint8_t slot;
    uint16_t seq;
};

struct sender {
    struct world *world;
    struct link *there;
    void (*arrive)(struct world *w, struct packet *p); /* at the viewer */
    void *viewer;

    struct forwarder slots[SENDER_SLOTS_MAX];
    size_t slot_count;
    size_t voices; /* that are being heard */
    struct rate voice_rate;
    uint32_t speaker, mine; /* publishers' ids; 0 = none */

    struct estimator estimator;
    struct flight_packet *ring;
    struct allocate allocate;
    struct pacer pacer, resend_share;
    struct sender_resend waiting[SENDER_WAITING_MAX];
    size_t first, count;
    uint64_t timer_us; /* when it fires; 0 = not set */
    uint64_t sent_us;
    uint32_t rtt_us;
};

void sender_init(struct sender *s, struct world *w, struct link *there, size_t slots);
void sender_finish(struct sender *s);

/* Returns the bytes that left, without the headers of IP and UDP. */
size_t sender_send(struct sender *s, struct composed *c, size_t size, const struct truth *truth);

/* One packet of each voice that is heard. */
void sender_voices(struct sender *s);

/* RTCP of the viewer, and the round trip that its reports told. */
void sender_rtcp(struct sender *s, const uint8_t *p, size_t len);
void sender_round_trip(struct sender *s, uint32_t rtt_us);

/* A wish, a holder or a layer became another: spend anew. */
void sender_touch(struct sender *s);

/* Once a second. */
void sender_second(struct sender *s);

uint32_t sender_target(const struct sender *s);
