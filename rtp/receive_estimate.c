#include "receive_estimate.h"

enum {
    RISE_PERCENT = 150,    /* of what arrives, until a queue is seen for the first time */
    RISE_STEP_PERCENT = 1, /* each look, later */
    CALM_US = 5000000,     /* after a decrease */
    DRAIN_US = 5000000,
    SINKING_US = 1000000, /* after a decrease */
    OVERUSE_WAIT_US = 10000,
    OVERFLOW_WAIT_US = 60000,
    JITTER_WEIGHT = 32,        /* of what was known against the newest difference */
    JITTER_US_MAX = 200000,    /* of one difference */
    JITTER_OWN_BITS = 600 * 8, /* by which neighbours in a bottleneck differ in size, on the mean */
};

void receive_estimate_init(struct receive_estimate *e, uint64_t now_us)
{
    *e = (struct receive_estimate){.looked_us = now_us};
    trendline_init(&e->trendline);
    aimd_init(&e->aimd, RECEIVE_ESTIMATE_START_BPS, RECEIVE_ESTIMATE_FLOOR_BPS, RECEIVE_ESTIMATE_MAX_BPS,
              now_us);
}

/* --- Each packet ------------------------------------------------------------------------ */

static void forget_delays(struct receive_estimate *e)
{
    e->delays = 0;
    e->inter_arrival = (struct inter_arrival){.has_current = false};
    e->queue = (struct standing_queue){.stands = false};
    trendline_init(&e->trendline);
}

static void note_jitter(struct receive_estimate *e, const struct inter_arrival_delta *d)
{
    int64_t apart_us = d->arrival_us - d->sent_us;
    int64_t size_us = apart_us < 0 ? -apart_us : apart_us;
    if (size_us > JITTER_US_MAX)
        size_us = JITTER_US_MAX;
    e->jitter_us = (uint32_t)((e->jitter_us * (JITTER_WEIGHT - 1) + size_us) / JITTER_WEIGHT);
}

static void note_delay(struct receive_estimate *e, uint64_t sent_us, uint64_t now_us)
{
    int64_t delay_us = (int64_t)(now_us - sent_us);
    if (e->delays == 0 || delay_us < e->least_us)
        e->least_us = delay_us;
    e->delays++;
    struct inter_arrival_delta delta;
    if (inter_arrival_packet(&e->inter_arrival, sent_us, now_us, now_us, &delta)) {
        trendline_delta(&e->trendline, &delta);
        note_jitter(e, &delta);
    }
}

/* --- What they say ---------------------------------------------------------------------- */

/* Without what packets of different sizes make in a bottleneck. */
static uint32_t foreign_jitter_us(const struct receive_estimate *e)
{
    uint32_t own_us = (uint32_t)(JITTER_OWN_BITS * UINT64_C(1000000) / e->aimd.bps);
    return e->jitter_us > own_us ? e->jitter_us - own_us : 0;
}

static bool decreased_within(const struct receive_estimate *e, uint64_t time_us, uint64_t now_us)
{
    return e->aimd.decreased_us && now_us - e->aimd.decreased_us < time_us;
}

/* All packets of some frames have waited for so long, jitter aside. */
static bool waits(const struct receive_estimate *e, int64_t least_us)
{
    return e->queue.wait_us >= least_us + (int64_t)foreign_jitter_us(e);
}

/* The queue has become shorter since the last decrease: it drains. */
static bool sinks(const struct receive_estimate *e, uint64_t now_us)
{
    return decreased_within(e, SINKING_US, now_us) && e->queue.wait_us < e->overuse_wait_us;
}

/* A queue that stands and does not grow makes no trend. It is this publisher's as far as it may send more
 * than arrives. */
static bool overflows(const struct receive_estimate *e, uint64_t now_us)
{
    return waits(e, OVERFLOW_WAIT_US) && !decreased_within(e, SINKING_US, now_us) &&
           e->aimd.bps > acked_rate_bps(&e->arrived);
}

/* As estimator.c has it: the trend rises while a burst arrives, too, so overuse is what leaves a queue
 * behind. One that has come to stand is overuse in any case, and is given time to drain before the rate
 * rises; if it does not, it is somebody else's. */
static enum trend verdict(const struct receive_estimate *e, uint64_t now_us)
{
    if (e->queue.rose || overflows(e, now_us))
        return TREND_OVERUSE;
    if (e->trendline.trend == TREND_OVERUSE)
        return waits(e, OVERUSE_WAIT_US) && !sinks(e, now_us) ? TREND_OVERUSE : TREND_UNDERUSE;
    bool drains = e->queue.stands && decreased_within(e, DRAIN_US, now_us);
    return drains ? TREND_UNDERUSE : e->trendline.trend;
}

/* What the way carries, where there is too much; else what is used of it, where little is allowed: all. */
static uint32_t carried(const struct receive_estimate *e, enum trend trend)
{
    uint32_t mean = acked_rate_bps(&e->arrived), burst = acked_rate_burst_bps(&e->arrived);
    if (trend == TREND_OVERUSE)
        return burst && (e->queue.stands || burst > mean) ? burst : mean;
    uint32_t ground = e->aimd.bps < RECEIVE_ESTIMATE_GROUND_BPS ? e->aimd.bps : RECEIVE_ESTIMATE_GROUND_BPS;
    return mean && mean < ground ? ground : mean;
}

/* There are no probes to find room with, so be quicker than 8 % a second where nothing speaks against it: at
 * once until a queue is seen for the first time, and in steps where the way has carried more for a while than
 * it was seen to carry then. */
static void rise(struct receive_estimate *e, uint64_t now_us)
{
    uint64_t most = (uint64_t)acked_rate_bps(&e->arrived) * RISE_PERCENT / 100;
    if (e->aimd.decreased_us) {
        bool calm = !e->aimd.capacity.known && !decreased_within(e, CALM_US, now_us);
        uint64_t step = calm ? (uint64_t)e->aimd.bps * RISE_STEP_PERCENT / 100 : 0;
        most = most < e->aimd.bps + step ? most : e->aimd.bps + step;
    }
    if (most > e->aimd.bps)
        aimd_set(&e->aimd, most < UINT32_MAX ? (uint32_t)most : UINT32_MAX, now_us);
}

static void look(struct receive_estimate *e, uint64_t now_us)
{
    standing_queue_feedback(&e->queue, e->least_us, e->delays, 0, now_us);
    enum trend trend = verdict(e, now_us);
    if (trend == TREND_OVERUSE)
        e->overuse_wait_us = e->queue.wait_us;
    aimd_update(&e->aimd, trend, carried(e, trend), false, now_us);
    if (trend == TREND_NORMAL && !waits(e, OVERUSE_WAIT_US))
        rise(e, now_us);
}

void receive_estimate_packet(struct receive_estimate *e, const struct send_clock_stamp *stamp, size_t size,
                             uint64_t now_us)
{
    uint64_t sent_us = 0;
    e->heard_us = now_us;
    acked_rate_packet(&e->arrived, size, now_us, false);
    enum send_clock_verdict sent = send_clock_packet(&e->clock, stamp, now_us, &sent_us);
    if (sent == SEND_CLOCK_ANEW)
        forget_delays(e);
    if (sent != SEND_CLOCK_NOTHING)
        note_delay(e, sent_us, now_us);
    if (now_us - e->looked_us < RECEIVE_ESTIMATE_LOOK_US)
        return;
    if (e->delays)
        look(e, now_us);
    e->looked_us = now_us;
    e->delays = 0;
}

/* --- Telling ------------------------------------------------------------------------------ */

uint32_t receive_estimate_due(struct receive_estimate *e, uint64_t now_us)
{
    uint32_t bps = e->aimd.bps;
    bool known = acked_rate_bps(&e->arrived) && e->clock.source != SEND_CLOCK_NONE;
    if (!known || e->heard_us <= e->told_us)
        return 0;
    bool lower = (uint64_t)bps * 100 < (uint64_t)e->told_bps * (100 - RECEIVE_ESTIMATE_LOWER_PERCENT);
    if (e->told_bps && !lower && now_us - e->told_us < RECEIVE_ESTIMATE_TELL_US)
        return 0;
    e->told_us = now_us;
    e->told_bps = bps;
    return bps;
}
