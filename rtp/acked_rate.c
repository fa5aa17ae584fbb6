#include "acked_rate.h"

#include <math.h>

/* How far a window may be off: in proportion to its distance from the estimate, to the larger of the two. */
static const double UNCERTAINTY = 10, UNCERTAINTY_LIMITED = 20;
static const double VARIANCE_START = 50, VARIANCE_STEP = 5, VARIANCE_CHANGE = 200;

enum { WINDOWS_CHANGING = 3 };

static uint64_t length_us(const struct acked_rate *a)
{
    return a->known ? ACKED_RATE_WINDOW_US : ACKED_RATE_FIRST_US;
}

/* A window is over: weigh it against what was known. */
static void take(struct acked_rate *a, double sample_bps, bool limited)
{
    if (!a->known) {
        a->known = true;
        a->bps = sample_bps;
        a->variance = VARIANCE_START;
        return;
    }
    bool below = limited && sample_bps < a->bps;
    double off = (below ? UNCERTAINTY_LIMITED : UNCERTAINTY) * fabs(a->bps - sample_bps) /
                 fmax(fmax(a->bps, sample_bps), 1);
    double sample_variance = off * off;
    double variance = a->variance + (a->changing ? VARIANCE_CHANGE : VARIANCE_STEP);
    if (a->changing > 0)
        a->changing--;
    a->bps = (sample_variance * a->bps + variance * sample_bps) / (sample_variance + variance);
    a->variance = sample_variance * variance / (sample_variance + variance);
}

/* The newest mark comes first with i = 0. */
static const struct acked_rate_mark *mark(const struct acked_rate *a, size_t i)
{
    return &a->marks[(a->mark_count - 1 - i) % ACKED_RATE_MARKS];
}

static void note_mark(struct acked_rate *a, size_t size)
{
    a->total += size;
    if (a->mark_count && a->newest_us < mark(a, 0)->at_us + ACKED_RATE_MARK_US)
        return;
    a->marks[a->mark_count++ % ACKED_RATE_MARKS] = (struct acked_rate_mark){a->newest_us, a->total};
}

void acked_rate_packet(struct acked_rate *a, size_t size, uint64_t arrival_us, bool limited)
{
    if (!a->started) {
        *a = (struct acked_rate){.started = true, .window_us = arrival_us, .newest_us = arrival_us};
    } else if (arrival_us > a->newest_us) {
        a->newest_us = arrival_us;
    }
    uint64_t passed = a->newest_us - a->window_us;
    if (passed >= length_us(a)) {
        take(a, (double)a->bytes * 8e6 / (double)passed, limited);
        a->bytes = 0;
        a->window_us = a->newest_us;
    }
    a->bytes += size;
    note_mark(a, size);
}

void acked_rate_expect_change(struct acked_rate *a)
{
    a->changing = WINDOWS_CHANGING;
}

uint32_t acked_rate_bps(const struct acked_rate *a)
{
    return !a->known ? 0 : a->bps > UINT32_MAX ? UINT32_MAX : (uint32_t)a->bps;
}

uint32_t acked_rate_burst_bps(const struct acked_rate *a)
{
    size_t kept = a->mark_count < ACKED_RATE_MARKS ? a->mark_count : ACKED_RATE_MARKS;
    double most = 0;
    for (size_t i = 0; i < kept; i++) {
        uint64_t span_us = a->newest_us - mark(a, i)->at_us;
        if (span_us >= ACKED_RATE_BURST_US && span_us <= ACKED_RATE_WINDOW_US)
            most = fmax(most, (double)(a->total - mark(a, i)->bytes) * 8e6 / (double)span_us);
    }
    return (uint32_t)fmin(most, UINT32_MAX);
}
