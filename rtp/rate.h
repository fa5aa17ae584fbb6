/* Bytes over the last second as a bit rate. Zeroed memory is an empty counter;
 * over its first second the rate grows from 0. */
#pragma once

#include <stdint.h>

enum { RATE_BUCKETS = 20, RATE_BUCKET_US = 50000 };

struct rate {
    uint64_t newest; /* number of the newest bucket: time / RATE_BUCKET_US */
    uint32_t bytes[RATE_BUCKETS];
};

/* A time before the newest bucket counts as in it: the clock is the caller's
 * and does not go back by more than a few packets. */
static inline void rate_add(struct rate *r, uint32_t bytes, uint64_t now_us)
{
    uint64_t bucket = now_us / RATE_BUCKET_US;
    if (bucket > r->newest) {
        uint64_t stale = bucket - r->newest;
        for (uint64_t i = 0; i < stale && i < RATE_BUCKETS; i++)
            r->bytes[(bucket - i) % RATE_BUCKETS] = 0;
        r->newest = bucket;
    }
    uint32_t *b = &r->bytes[r->newest % RATE_BUCKETS];
    *b = *b > UINT32_MAX - bytes ? UINT32_MAX : *b + bytes;
}

/* Bits per second at now_us, UINT32_MAX at the most. The newest bucket is not
 * full yet, so what is looked at is 950 to 1,000 ms long and divided by that. */
static inline uint32_t rate_bps(const struct rate *r, uint64_t now_us)
{
    uint64_t bucket = now_us / RATE_BUCKET_US;
    uint64_t length_us = (RATE_BUCKETS - 1) * RATE_BUCKET_US + now_us % RATE_BUCKET_US;
    if (bucket < r->newest) {
        bucket = r->newest;
        length_us = RATE_BUCKETS * RATE_BUCKET_US;
    }
    uint64_t bytes = 0;
    for (uint64_t i = bucket - r->newest; i < RATE_BUCKETS; i++)
        bytes += r->bytes[(bucket - i) % RATE_BUCKETS];
    uint64_t bps = bytes * 8 * 1000000 / length_us;
    return bps > UINT32_MAX ? UINT32_MAX : (uint32_t)bps;
}
