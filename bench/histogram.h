/* A histogram of times whose buckets are linear within each power of two: any value is told within 3 %, in 7
 * KB, and histograms of several threads add up. */
#pragma once

#include "bytes.h"

enum {
    HISTOGRAM_SUB = 32, /* buckets for each power of two; below that, one for each value */
    HISTOGRAM_POWERS = 32,
    HISTOGRAM_BUCKETS = HISTOGRAM_SUB * (HISTOGRAM_POWERS - 4), /* values of 32 bits */
};

/* Zeroed = empty. */
struct histogram {
    uint64_t count;
    uint64_t at[HISTOGRAM_BUCKETS];
};

/* Larger values count as the largest. */
void histogram_add(struct histogram *h, uint64_t value);

/* What `other` has, on top or taken away; what is taken away was part of it. */
void histogram_merge(struct histogram *h, const struct histogram *other);
void histogram_subtract(struct histogram *h, const struct histogram *other);

/* The value that `share` (0..1) of all are not above, within a bucket; 0 where it is empty. share 1: the
 * largest. */
uint64_t histogram_quantile(const struct histogram *h, double share);
