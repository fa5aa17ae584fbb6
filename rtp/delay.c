#include "delay.h"

enum {
    JITTER_WEIGHT = 32,        /* of what was known against the newest difference */
    JITTER_US_MAX = 200000,    /* of one difference */
    JITTER_OWN_BITS = 600 * 8, /* by which neighbours in a bottleneck differ in size, on the mean */
    DRAIN_US = 5000000,        /* after a decrease: who made the queue has emptied it by then */
    SINKING_US = 1000000,      /* after a decrease */
};

void delay_init(struct delay *d)
{
    *d = (struct delay){0};
    trendline_init(&d->trendline);
}

void delay_forget(struct delay *d)
{
    d->inter_arrival = (struct inter_arrival){.has_current = false};
    trendline_init(&d->trendline);
}

void delay_begin_line(struct delay *d)
{
    delay_forget(d);
    d->queue = (struct standing_queue){.stands = false};
    d->arrived_us = 0;
    d->packets = 0;
}

/* --- What is seen ------------------------------------------------------------------------ */

static void note_jitter(struct delay *d, const struct inter_arrival_delta *apart)
{
    int64_t apart_us = apart->arrival_us - apart->sent_us;
    int64_t size_us = apart_us < 0 ? -apart_us : apart_us;
    if (size_us > JITTER_US_MAX)
        size_us = JITTER_US_MAX;
    d->jitter_us = (uint32_t)((d->jitter_us * (JITTER_WEIGHT - 1) + size_us) / JITTER_WEIGHT);
}

void delay_packet(struct delay *d, uint64_t sent_us, uint64_t arrival_us, bool is_probe, uint64_t now_us)
{
    int64_t delay_us = (int64_t)(arrival_us - sent_us);
    if (d->packets++ == 0 || delay_us < d->least_us)
        d->least_us = delay_us;
    if (sent_us > d->arrived_us)
        d->arrived_us = sent_us;
    struct inter_arrival_delta apart;
    if (!inter_arrival_packet(&d->inter_arrival, sent_us, arrival_us, now_us, &apart))
        return;
    trendline_delta(&d->trendline, &apart);
    if (!is_probe)
        note_jitter(d, &apart);
}

void delay_feedback(struct delay *d, size_t lost, uint64_t now_us)
{
    standing_queue_feedback(&d->queue, d->least_us, d->packets + lost, lost, now_us);
    d->packets = 0;
}

uint32_t delay_foreign_jitter_us(const struct delay *d, uint32_t bps)
{
    uint32_t own_us = (uint32_t)(JITTER_OWN_BITS * UINT64_C(1000000) / bps);
    return d->jitter_us > own_us ? d->jitter_us - own_us : 0;
}

bool delay_waits(const struct delay *d, int64_t least_us, uint32_t bps)
{
    return d->queue.wait_us >= least_us + (int64_t)delay_foreign_jitter_us(d, bps);
}

/* --- What it means ------------------------------------------------------------------------ */

/* The queue has become shorter since the last decrease: it drains. */
static bool sinks(const struct delay *d, uint64_t lowered_us, uint64_t now_us)
{
    bool decreased = lowered_us && now_us - lowered_us < SINKING_US;
    return decreased && d->queue.wait_us < d->overuse_wait_us;
}

/* Frames come in bursts, a key frame above all, and so do probes: the trend rises while one arrives and sees
 * a queue that is gone soon after. Overuse is what leaves a queue behind, and one that does not sink already
 * after the last decrease. */
static bool leaves_queue(const struct delay *d, uint32_t bps, uint64_t lowered_us, uint64_t now_us)
{
    return delay_waits(d, DELAY_OVERUSE_WAIT_US, bps) && !sinks(d, lowered_us, now_us);
}

/* The rate was lowered for a queue that stands. Whether it is low enough is seen by what was sent since,
 * which has to come out of that queue first. */
static bool is_answered(const struct delay *d)
{
    return !d->queue.stands || !d->stood_us || delay_arrived(d, d->stood_us + STANDING_QUEUE_SPAN_US / 2);
}

/* A queue that has come to stand is overuse, whatever the trend has seen of it so far, and so is one that
 * stands full, although its delay does not grow any more. One that was made is given time to drain before the
 * rate rises; if it does not, it is somebody else's. */
static enum trend judge(const struct delay *d, uint32_t bps, uint64_t lowered_us, uint64_t now_us)
{
    if (!is_answered(d))
        return TREND_UNDERUSE;
    if (d->queue.rose || (d->queue.full && !sinks(d, lowered_us, now_us)))
        return TREND_OVERUSE;
    if (d->trendline.trend == TREND_OVERUSE && !leaves_queue(d, bps, lowered_us, now_us))
        return TREND_UNDERUSE;
    if (d->queue.stands && d->trendline.trend == TREND_NORMAL && lowered_us && now_us - lowered_us < DRAIN_US)
        return TREND_UNDERUSE;
    return d->trendline.trend;
}

void delay_overuse(struct delay *d)
{
    d->overuse_wait_us = d->queue.wait_us;
}

enum trend delay_verdict(struct delay *d, uint32_t bps, uint64_t lowered_us, uint64_t now_us)
{
    enum trend trend = judge(d, bps, lowered_us, now_us);
    if (trend == TREND_OVERUSE || !is_answered(d))
        delay_overuse(d);
    return trend;
}

void delay_lowered(struct delay *d, uint64_t now_us)
{
    if (d->queue.stands)
        d->stood_us = now_us;
}
