#include "min_filter.h"

static void start(struct min_filter *f, int64_t sample_us, uint64_t bucket)
{
    f->started = true;
    f->high_count = 0;
    f->value = sample_us;
    f->bucket = bucket;
    for (int i = 0; i < MIN_FILTER_BUCKETS; i++)
        f->min[i] = INT64_MAX;
    f->min[bucket % MIN_FILTER_BUCKETS] = sample_us;
}

/* After a silence longer than the window the old minimum stays for one more
 * window: it is a better guess than a single sample. */
static void advance(struct min_filter *f, uint64_t bucket)
{
    if (bucket <= f->bucket)
        return;
    if (bucket - f->bucket >= MIN_FILTER_BUCKETS) {
        start(f, f->value, bucket);
        return;
    }
    while (f->bucket < bucket)
        f->min[++f->bucket % MIN_FILTER_BUCKETS] = INT64_MAX;
}

static void take(struct min_filter *f, int64_t sample_us)
{
    int64_t *newest = &f->min[f->bucket % MIN_FILTER_BUCKETS];
    if (sample_us < *newest)
        *newest = sample_us;
    f->value = INT64_MAX;
    for (int i = 0; i < MIN_FILTER_BUCKETS; i++)
        if (f->min[i] < f->value)
            f->value = f->min[i];
}

/* Whether a sample far above the minimum is one too many for a stall. */
static bool stays_high(struct min_filter *f, uint64_t now_us)
{
    if (f->high_count == 0)
        f->high_us = now_us;
    if (f->high_count < MIN_FILTER_HIGH_COUNT)
        f->high_count++;
    return f->high_count == MIN_FILTER_HIGH_COUNT && now_us >= f->high_us + MIN_FILTER_HIGH_US;
}

enum min_filter_verdict min_filter_add(struct min_filter *f, int64_t sample_us, uint64_t now_us)
{
    uint64_t bucket = now_us / MIN_FILTER_BUCKET_US;
    if (!f->started) {
        start(f, sample_us, bucket);
        return MIN_FILTER_TAKEN;
    }
    bool high = sample_us > f->value + MIN_FILTER_STEP_US;
    if (high && !stays_high(f, now_us))
        return MIN_FILTER_IGNORED;
    if (high || sample_us < f->value - MIN_FILTER_STEP_US) {
        start(f, sample_us, bucket);
        return MIN_FILTER_STEPPED;
    }
    f->high_count = 0;
    advance(f, bucket);
    take(f, sample_us);
    return MIN_FILTER_TAKEN;
}
