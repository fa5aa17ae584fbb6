/* A synthetic participant on its media thread: a peer with a socket of its own, its place in the talking
 * pattern, and the bad network it may be behind. */
#pragma once

#include "impair.h"
#include "offer.h"
#include "options.h"
#include "talk.h"
#include "tally.h"
#include "timer.h"
#include "udp_tx.h"

/* What one thread's guests share; the thread's own. */
struct guest_shared {
    const struct options *options;
    struct dtls_context *dtls;
    const struct source_frames *frames; /* real video, or NULL */
    struct timer_heap *timers;
    struct udp_tx *tx;
    struct udp_rx *rx;
    struct tally *tally; /* of those who left, and everybody's times */
    bool gro, gso;
    /* A guest got that far; value: us since the step before. */
    void (*reached)(void *arg, uint64_t id, enum tally_step step, uint64_t took_us);
    void *arg;
};

/* Everything it is made of; made by the main thread. */
struct guest_plan {
    uint64_t id;
    struct offer_answer answer;
    struct talk talk;
    uint32_t person; /* of the talk; those who cannot speak have any */
    bool impaired;
    uint64_t random;
};

struct guest;

/* 0, or a negative errno: no socket, or no memory. */
int guest_new(struct guest_shared *shared, const struct guest_plan *plan, struct guest **out, uint64_t now_us)
    __attribute__((warn_unused_result));

/* Says good-bye; what it counted goes to the shared tally. */
void guest_free(struct guest *g, uint64_t now_us);

int guest_fd(const struct guest *g);
void guest_receive(struct guest *g, uint64_t now_us);

/* Only these layers of that track are wanted. */
void guest_wanted(struct guest *g, size_t track, uint8_t layers);

/* What it has counted so far. */
void guest_tally(const struct guest *g, struct tally *t);
