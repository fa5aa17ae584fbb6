/* A leaky bucket for what need not leave at once: retransmissions, probes and
 * cached key frames, so that they do not arrive as one burst on top of the live
 * frames, which go unpaced. The queue is the caller's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PACER_TICK_US = 5000,
    PACER_PERCENT = 250,    /* of the estimate */
    PACER_DEPTH_US = 10000, /* saved up at most: two ticks */
};

struct pacer {
    uint16_t percent;  /* of the rate given to pacer_fill() */
    uint32_t depth_us; /* time for which the bucket fills up while nothing is taken */
    int64_t bits;      /* may be taken; negative after a packet larger than what was left */
    uint64_t filled_us;
};

void pacer_init(struct pacer *p, uint16_t percent, uint32_t depth_us, uint64_t now_us);

/* Time has passed, at that estimate. */
void pacer_fill(struct pacer *p, uint32_t bps, uint64_t now_us);

/* Nothing may leave now. */
static inline bool pacer_in_debt(const struct pacer *p)
{
    return p->bits < 0;
}

/* Whether a packet of that size may leave now; it is taken off. One packet is let through whenever the
 * bucket is not in debt, however large it is. */
bool pacer_take(struct pacer *p, size_t size);

/* When the next packet may leave, at that estimate; now_us where it may at once. */
uint64_t pacer_next_us(const struct pacer *p, uint32_t bps, uint64_t now_us);
