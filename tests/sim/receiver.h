/* A viewer: it reports what arrives (transport-cc), asks for what is missing (NACK), decodes, and asks for
 * key frames where it cannot (PLI). */
#pragma once

#include "decoder.h"
#include "nack.h"
#include "sender.h"
#include "transport_cc.h"

struct receiver_stream {
    uint64_t newest; /* sequence number, unwrapped */
    struct nack nack;
    struct decoder decoder;
    uint64_t asked_us; /* for a key frame */
};

struct receiver {
    struct world *world;
    struct link *back;
    struct sender *sender;
    bool stopped;
    struct transport_cc cc;
    uint64_t feedback_at_us; /* when one is set to go; 0 = none */
    struct receiver_stream streams[SENDER_SLOTS_MAX];
    struct rate received;
    uint64_t echo_us;   /* of the newest packet: when it was sent ... */
    uint64_t echoed_us; /* ... and arrived */

    uint64_t voice_us;           /* the last packet of a voice; 0 = none yet */
    uint64_t longest_silence_us; /* since receiver_silence() was asked */
    void (*on_packet)(void *arg, uint64_t now_us, uint64_t waited_us); /* may be NULL */
    void *arg;
};

/* Of that sender, whose packets it gets. */
void receiver_init(struct receiver *r, struct world *w, struct sender *sender, struct link *back);
void receiver_start(struct receiver *r);
void receiver_stop(struct receiver *r);
void receiver_finish(struct receiver *r);

/* The longest time without a packet of a voice since the last call, what lasts included. */
uint64_t receiver_silence_us(struct receiver *r);
