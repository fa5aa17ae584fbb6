#include "receive_estimate.h"

enum {
    RISE_PERCENT = 150,    /* of what arrives, until a queue is seen for the first time */
    RISE_STEP_PERCENT = 1, /* each look, later */
    CALM_US = 5000000,     /* after a decrease */
    OVERFLOW_US = 1000000, /* after a decrease: until then it may not have shown */
    OVERFLOW_WAIT_US = 60000,
};

void receive_estimate_init(struct receive_estimate *e, uint64_t now_us)
{
    *e = (struct receive_estimate){.looked_us = now_us};
    delay_init(&e->delay);
    aimd_init(&e->aimd, RECEIVE_ESTIMATE_START_BPS, RECEIVE_ESTIMATE_FLOOR_BPS, RECEIVE_ESTIMATE_MAX_BPS,
              now_us);
}

/* --- What the delays say ---------------------------------------------------------------- */

static bool decreased_within(const struct receive_estimate *e, uint64_t time_us, uint64_t now_us)
{
    return e->aimd.decreased_us && now_us - e->aimd.decreased_us < time_us;
}

static bool waits(const struct receive_estimate *e, int64_t least_us)
{
    return delay_waits(&e->delay, least_us, e->aimd.bps);
}

/* A queue that stands and does not grow makes no trend. It is this publisher's as far as it may send more
 * than arrives. */
static bool overflows(const struct receive_estimate *e, uint64_t now_us)
{
    return waits(e, OVERFLOW_WAIT_US) && !decreased_within(e, OVERFLOW_US, now_us) &&
           e->aimd.bps > acked_rate_bps(&e->arrived);
}

static enum trend verdict(struct receive_estimate *e, uint64_t now_us)
{
    enum trend trend = delay_verdict(&e->delay, e->aimd.bps, e->aimd.decreased_us, now_us);
    if (trend == TREND_OVERUSE || !overflows(e, now_us))
        return trend;
    delay_overuse(&e->delay);
    return TREND_OVERUSE;
}

/* What the way carries, where there is too much; else what is used of it, where little is allowed: all. */
static uint32_t carried(const struct receive_estimate *e, enum trend trend)
{
    uint32_t mean = acked_rate_bps(&e->arrived), burst = acked_rate_burst_bps(&e->arrived);
    if (trend == TREND_OVERUSE)
        return burst && (e->delay.queue.stands || burst > mean) ? burst : mean;
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
    delay_feedback(&e->delay, 0, now_us);
    enum trend trend = verdict(e, now_us);
    aimd_update(&e->aimd, trend, carried(e, trend), false, now_us);
    if (trend == TREND_NORMAL && !waits(e, DELAY_OVERUSE_WAIT_US))
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
        delay_begin_line(&e->delay);
    if (sent != SEND_CLOCK_NOTHING)
        delay_packet(&e->delay, sent_us, now_us, false, now_us);
    if (now_us - e->looked_us < RECEIVE_ESTIMATE_LOOK_US)
        return;
    if (e->delay.packets)
        look(e, now_us);
    e->looked_us = now_us;
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
