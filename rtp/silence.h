/* Packets leave, and nothing is heard of them by transport-wide feedback: neither
 * delay nor loss would ever tell that the way is blocked. The rate falls step by
 * step until something is heard again. Where nothing ever was, there is nobody who
 * would tell. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    SILENCE_US = 1000000,      /* without feedback, and a round trip: the way is blocked ... */
    SILENCE_STEP_US = 500000,  /* ... and the rate lowered that often */
    SILENCE_PERCENT = 70,      /* of the rate is left after each step */
    SILENCE_DEAF_US = 5000000, /* and no feedback ever came: there is none */
    SILENCE_PACKETS = 10,      /* unheard of: fewer may be on their way */
};

/* Zeroed = nothing was sent yet. */
struct silence {
    uint32_t unheard;    /* packets sent since the last feedback */
    uint64_t unheard_us; /* when the first of them was, or the rate last lowered for their sake */
    uint32_t before_bps; /* the rate before the silence that lasts; 0 = none does */
};

/* A packet leaves of which feedback is to tell. */
void silence_sent(struct silence *s, uint64_t now_us);

/* Feedback came. The silence lasts until some packet of it has arrived: silence_end(). */
void silence_heard(struct silence *s);

/* The rate to go on with after bps, where that is to be lowered now; 0 = it is not. */
uint32_t silence_lower(struct silence *s, uint32_t bps, uint32_t rtt_us, uint64_t now_us);

/* It is over: returns the rate that there was before. */
uint32_t silence_end(struct silence *s);

/* If no feedback ever came: none will. */
bool silence_is_deaf(const struct silence *s, uint64_t now_us);
