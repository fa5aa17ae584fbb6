#include "aimd.h"

#include <math.h>

enum {
    BETA_PERCENT = 85,
    BELOW_BPS = 5000, /* a little below that, so that the queue drains */
    ACKED_MORE_BPS = 10000,
    REDUCE_US_MIN = 10000, /* from one decrease to the next: a round trip, within these */
    REDUCE_US_MAX = 200000,
    RTT_US = 200000,     /* until one is known */
    NEAR_BPS_MIN = 4000, /* additive increase, each second */
    PACKET_BITS = 1200 * 8,
    FRAMES = 30,
    RESPONSE_US = 100000, /* on top of the round trip until an increase shows */
    STEP_US_MAX = 1000000,
};

static const double UP = 1.08; /* each second, far from convergence */
static const double CAPACITY_WEIGHT = 0.05, DEVIATION = 0.4, DEVIATION_MIN = 0.4, DEVIATION_MAX = 2.5;

void aimd_init(struct aimd *a, uint32_t start_bps, uint32_t floor_bps, uint32_t max_bps, uint64_t now_us)
{
    *a = (struct aimd){
        .bps = start_bps, .floor_bps = floor_bps, .max_bps = max_bps, .rtt_us = RTT_US, .changed_us = now_us};
}

/* --- What the way was seen to carry ------------------------------------------------- */

static double spread(const struct aimd_capacity *c)
{
    return 3 * sqrt(c->deviation * c->kbps);
}

static void capacity_overuse(struct aimd_capacity *c, uint32_t acked_bps)
{
    double sample = (double)acked_bps / 1000;
    if (!c->known)
        *c = (struct aimd_capacity){.known = true, .kbps = sample, .deviation = DEVIATION};
    c->kbps += CAPACITY_WEIGHT * (sample - c->kbps);
    double error = c->kbps - sample;
    double deviation =
        (1 - CAPACITY_WEIGHT) * c->deviation + CAPACITY_WEIGHT * error * error / fmax(c->kbps, 1);
    c->deviation = fmin(fmax(deviation, DEVIATION_MIN), DEVIATION_MAX);
}

/* --- Up and down -------------------------------------------------------------------- */

static void set(struct aimd *a, double bps, uint64_t now_us)
{
    a->bps = (uint32_t)fmin(fmax(bps, a->floor_bps), a->max_bps);
    a->changed_us = now_us;
}

/* About one packet more for each time that it takes to see what comes of it. */
static double near_increase_bps(const struct aimd *a)
{
    double frame_bits = (double)a->bps / FRAMES;
    double packet_bits = frame_bits / ceil(fmax(frame_bits / PACKET_BITS, 1));
    double response_s = 2 * ((double)a->rtt_us + RESPONSE_US) / 1e6;
    return fmax(packet_bits / response_s, NEAR_BPS_MIN);
}

static void increase(struct aimd *a, uint32_t acked_bps, bool limited, uint64_t now_us)
{
    if (a->capacity.known && (double)acked_bps / 1000 > a->capacity.kbps + spread(&a->capacity))
        a->capacity.known = false;
    double passed_s = fmin((double)(now_us - a->changed_us), STEP_US_MAX) / 1e6;
    bool near = a->capacity.known && (double)a->bps / 1000 > a->capacity.kbps - spread(&a->capacity);
    double more = near ? a->bps + near_increase_bps(a) * passed_s
                       : fmax(a->bps * pow(UP, passed_s), a->bps + 1000 * passed_s);
    double limit = acked_bps ? 1.5 * acked_bps + ACKED_MORE_BPS : a->bps;
    if (limited || limit < a->bps)
        limit = a->bps;
    set(a, fmin(more, limit), now_us);
}

static void decrease(struct aimd *a, uint32_t acked_bps, uint64_t now_us)
{
    double carried = acked_bps ? acked_bps : a->bps;
    double bps = carried * BETA_PERCENT / 100;
    if (bps > BELOW_BPS)
        bps -= BELOW_BPS;
    if (bps > a->bps && a->capacity.known)
        bps = a->capacity.kbps * 1000 * BETA_PERCENT / 100;
    if (a->capacity.known && carried / 1000 < a->capacity.kbps - spread(&a->capacity))
        a->capacity.known = false;
    if (acked_bps)
        capacity_overuse(&a->capacity, acked_bps);
    set(a, fmin(bps, a->bps), now_us);
    a->decreased_us = now_us;
}

/* Not again before the last decrease can show, unless half of it is already too much. */
static bool may_reduce(const struct aimd *a, uint32_t acked_bps, uint64_t now_us)
{
    uint32_t wait_us = a->rtt_us < REDUCE_US_MIN   ? REDUCE_US_MIN
                       : a->rtt_us > REDUCE_US_MAX ? REDUCE_US_MAX
                                                   : a->rtt_us;
    return a->decreased_us == 0 || now_us - a->decreased_us >= wait_us ||
           (acked_bps && acked_bps < a->bps / 2);
}

void aimd_update(struct aimd *a, enum trend trend, uint32_t acked_bps, bool limited, uint64_t now_us)
{
    if (trend == TREND_OVERUSE) {
        if (may_reduce(a, acked_bps, now_us))
            decrease(a, acked_bps, now_us);
        a->increasing = false;
        return;
    }
    if (trend == TREND_UNDERUSE) {
        a->increasing = false;
        return;
    }
    if (!a->increasing) {
        a->increasing = true;
        a->changed_us = now_us;
    }
    increase(a, acked_bps, limited, now_us);
}

void aimd_set(struct aimd *a, uint32_t bps, uint64_t now_us)
{
    set(a, bps, now_us);
}
