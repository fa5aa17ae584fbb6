/* The smallest of noisy samples over a sliding window: what remains of
 * "arrival minus sent" when the waiting in queues is taken away, following the
 * drift of two clocks. A step of the clock underneath is told from noise. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    MIN_FILTER_BUCKETS = 8,
    MIN_FILTER_BUCKET_US = 2500000, /* a window of 17.5 to 20 s */
    MIN_FILTER_STEP_US = 1000000,   /* this far from the minimum is no noise */
    MIN_FILTER_HIGH_COUNT = 3,      /* samples in a row that far above ... */
    MIN_FILTER_HIGH_US = 2000000,   /* ... over that time are a step, less is a stall of the network */
};

enum min_filter_verdict {
    MIN_FILTER_TAKEN,
    MIN_FILTER_IGNORED, /* far above the minimum */
    MIN_FILTER_STEPPED, /* far below, or above for long: the window starts anew with this sample */
};

/* Zeroed memory is an empty filter. */
struct min_filter {
    bool started;
    uint8_t high_count;
    int64_t value;                   /* the minimum; stays as it is while no samples come */
    uint64_t bucket;                 /* number of the newest: time / MIN_FILTER_BUCKET_US */
    uint64_t high_us;                /* when the first sample far above came */
    int64_t min[MIN_FILTER_BUCKETS]; /* INT64_MAX = no sample */
};

/* The first sample counts as taken. */
enum min_filter_verdict min_filter_add(struct min_filter *f, int64_t sample_us, uint64_t now_us);
