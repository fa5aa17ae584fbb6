#include "histogram.h"

#include <math.h>

_Static_assert(HISTOGRAM_SUB == 1 << 5, "the shifts below");

/* Values below 32 have a bucket each; of larger ones the highest bit and the five below it count. */
static size_t bucket_of(uint64_t value)
{
    uint32_t v = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
    if (v < HISTOGRAM_SUB)
        return v;
    unsigned shift = 31u - (unsigned)__builtin_clz(v) - 5;
    return HISTOGRAM_SUB * (shift + 1u) + (v >> shift) - HISTOGRAM_SUB;
}

/* The largest value in it. */
static uint64_t bucket_top(size_t bucket)
{
    if (bucket < HISTOGRAM_SUB)
        return bucket;
    size_t shift = bucket / HISTOGRAM_SUB - 1;
    return ((uint64_t)(bucket % HISTOGRAM_SUB + HISTOGRAM_SUB + 1) << shift) - 1;
}

void histogram_add(struct histogram *h, uint64_t value)
{
    h->at[bucket_of(value)]++;
    h->count++;
}

void histogram_merge(struct histogram *h, const struct histogram *other)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        h->at[i] += other->at[i];
    h->count += other->count;
}

void histogram_subtract(struct histogram *h, const struct histogram *other)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        h->at[i] -= other->at[i];
    h->count -= other->count;
}

uint64_t histogram_quantile(const struct histogram *h, double share)
{
    uint64_t rank = (uint64_t)ceil(share * (double)h->count), seen = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS && h->count; i++) {
        seen += h->at[i];
        if (seen >= (rank ? rank : 1))
            return bucket_top(i);
    }
    return 0;
}
