#include "estimator.h"

enum {
    PROBE_FIRST = 3, /* of the rate at the start, and when traffic returns */
    PROBE_SECOND = 6,
    JITTERS_HELD = 3,           /* a probe that was held up for less than so many tells nothing bad */
    LIMITED_STEP_PERCENT = 80,  /* of the target, times what overuse leaves of it */
    CONTENDED_US = 7000000,     /* after a decrease: somebody else may want the same room ... */
    CONTENDED_PERCENT = 125,    /* ... and a probe raises the estimate to that much of it, at most */
    CALM_US = 1500000,          /* after a decrease no probe */
    SIGNS_US = 2000000,         /* without feedback, after which its signs of a queue do not count any more */
    PROBE_ACKED_PERCENT = 85,   /* a probe does not put the estimate below this share of what arrives */
    EXERCISED_PERCENT = 90,     /* a probe that found this share of the target confirms it */
    HAD_MARGIN = 8,             /* what is given may take an eighth more than it was thought to */
    REPORT_SENT = 4,            /* no probes help where only reports come: grow to that many times the use */
    REPORT_GROUND_BPS = 150000, /* or at least to that */
};

void estimator_init(struct estimator *e, struct flight_packet *ring, size_t capacity, uint64_t now_us)
{
    *e = (struct estimator){.target_bps = ESTIMATOR_START_BPS, .exercised_us = now_us};
    flight_init(&e->flight, ring, capacity);
    delay_init(&e->delay);
    aimd_init(&e->aimd, ESTIMATOR_START_BPS, ESTIMATOR_FLOOR_BPS, ESTIMATOR_MAX_BPS, now_us);
    loss_estimate_init(&e->loss, ESTIMATOR_FLOOR_BPS);
    fallback_init(&e->fallback, ESTIMATOR_START_BPS, ESTIMATOR_FLOOR_BPS, now_us);
}

/* --- The target ---------------------------------------------------------------------- */

static uint32_t within(uint64_t bps)
{
    return bps < ESTIMATOR_FLOOR_BPS ? ESTIMATOR_FLOOR_BPS
           : bps > ESTIMATOR_MAX_BPS ? ESTIMATOR_MAX_BPS
                                     : (uint32_t)bps;
}

static void retarget(struct estimator *e, uint64_t now_us)
{
    uint64_t bps = e->has_feedback ? loss_estimate_update(&e->loss, e->aimd.bps, acked_rate_bps(&e->acked))
                                   : fallback_bps(&e->fallback, now_us);
    e->target_bps = within(bps);
}

uint32_t estimator_target_bps(const struct estimator *e)
{
    return e->target_bps;
}

bool estimator_hungry(const struct estimator *e)
{
    return e->probe.wanted_bps > e->target_bps;
}

void estimator_expect(struct estimator *e, bool transport_cc)
{
    e->fallback.deaf = !transport_cc;
}

bool estimator_swamped(const struct estimator *e, uint64_t now_us)
{
    return e->delay.queue.stands &&
           (uint64_t)rate_bps(&e->sent, now_us) * 100 > (uint64_t)e->target_bps * ESTIMATOR_SWAMPED_PERCENT;
}

bool estimator_arrived(const struct estimator *e, uint64_t since_us)
{
    return delay_arrived(&e->delay, since_us);
}

/* So little is sent that nothing is learned about more. */
static bool limited(const struct estimator *e, uint64_t now_us)
{
    return (uint64_t)rate_bps(&e->sent, now_us) * 100 < (uint64_t)e->target_bps * ESTIMATOR_LIMITED_PERCENT;
}

/* --- Sending ----------------------------------------------------------------------------- */

uint16_t estimator_number(const struct estimator *e)
{
    return flight_next(&e->flight);
}

void estimator_sent(struct estimator *e, size_t size, bool numbered, uint64_t now_us)
{
    rate_add(&e->sent, size > UINT16_MAX ? UINT16_MAX : (uint32_t)size, now_us);
    if (!numbered)
        return;
    uint8_t cluster = probe_sent(&e->probe, size, now_us);
    if (cluster) {
        probe_measure_sent(&e->measure, cluster, e->probe.bps, size, now_us);
        if (!e->probe.sending)
            probe_measure_complete(&e->measure, cluster);
    }
    flight_sent(&e->flight, size, cluster, now_us);
    silence_sent(&e->silence, now_us);
}

void estimator_dropped(struct estimator *e, uint16_t number)
{
    (void)flight_dropped(&e->flight, number);
}

size_t estimator_probe_due(struct estimator *e, uint64_t now_us)
{
    return probe_due(&e->probe, now_us);
}

/* --- Feedback ---------------------------------------------------------------------------- */

static void set_rtt(struct estimator *e, uint32_t rtt_us)
{
    e->rtt_us = rtt_us;
    e->aimd.rtt_us = rtt_us;
}

void estimator_rtt(struct estimator *e, uint32_t rtt_us)
{
    e->rtt_reported = true;
    set_rtt(e, rtt_us);
}

/* What the packets of one feedback say. */
struct findings {
    uint8_t cluster; /* of a probe that was measured, 0 = none */
    struct probe_outcome probe;
    uint64_t newest_us; /* sent latest of those that arrived; 0 = none did */
    size_t lost;
    uint64_t skipped_bytes; /* to be counted as acknowledged with the first that arrived */
};

static void packet(struct estimator *e, const struct flight_result *r, bool is_limited, uint64_t now_us,
                   struct findings *f)
{
    loss_estimate_packet(&e->loss, r->sent_us, r->size, r->lost, r->late);
    if (probe_measure_packet(&e->measure, r, &f->probe))
        f->cluster = r->cluster;
    if (r->lost) {
        f->lost++;
        return;
    }
    acked_rate_packet(&e->acked, (r->counted ? 0u : r->size) + f->skipped_bytes, r->arrival_us, is_limited);
    f->skipped_bytes = 0;
    delay_packet(&e->delay, r->sent_us, r->arrival_us, r->cluster != 0, now_us);
    if (r->sent_us > f->newest_us)
        f->newest_us = r->sent_us;
}

/* Frames leave gaps in which a short cluster finds room that there is not in the long run. So, while a
 * decrease is recent, one that filled the way says nothing new, and one that did not is followed but a
 * step. */
static uint32_t believed(const struct estimator *e, const struct probe_outcome *p, uint64_t now_us)
{
    uint32_t bps = e->aimd.bps;
    if (e->aimd.decreased_us == 0 || now_us - e->aimd.decreased_us > CONTENDED_US)
        return p->bps;
    uint64_t step = (uint64_t)bps * CONTENDED_PERCENT / 100;
    return p->saturated || p->bps < bps ? bps : p->bps < step ? p->bps : (uint32_t)step;
}

/* The result replaces the estimate; a low one only as far as what arrives at the moment allows. Returns
 * the rate from which to go on, 0 = not. */
static uint32_t take_probe(struct estimator *e, const struct probe_outcome *p, uint64_t now_us)
{
    if (p->bps < e->aimd.bps && p->held_us < delay_foreign_jitter_us(&e->delay, e->target_bps) * JITTERS_HELD)
        return 0; /* any packets might have arrived like that */
    uint64_t ground = (uint64_t)acked_rate_bps(&e->acked) * PROBE_ACKED_PERCENT / 100;
    if (ground > e->aimd.bps)
        ground = e->aimd.bps;
    if ((uint64_t)p->bps * 100 >= (uint64_t)e->target_bps * EXERCISED_PERCENT)
        e->exercised_us = now_us;
    uint32_t bps = believed(e, p, now_us);
    bool followed = bps == p->bps;
    if (!followed && bps > e->aimd.bps)
        probe_soon(&e->probe, now_us);
    aimd_set(&e->aimd, bps < ground ? (uint32_t)ground : bps, now_us);
    loss_estimate_probed(&e->loss, bps);
    acked_rate_expect_change(&e->acked);
    return followed ? bps : 0;
}

/* What the way carries. Where a queue builds, that may be far more than was sent a moment ago: a key frame of
 * a larger layer makes one on a way that has room for the layer. Where one stands it is what arrives now, and
 * may be far less than a moment ago: the mean comes down too slowly for that. Where little is sent a short
 * queue tells that the target is too high, not how much: go down in steps, of which there are more if that
 * was not enough. */
static uint32_t carried(const struct estimator *e, enum trend trend, bool is_limited)
{
    uint32_t mean = acked_rate_bps(&e->acked);
    if (trend != TREND_OVERUSE || !mean)
        return mean;
    uint32_t burst = acked_rate_burst_bps(&e->acked), most = burst > mean ? burst : mean;
    if (e->delay.queue.stands && burst)
        return burst;
    uint32_t step = (uint32_t)((uint64_t)e->aimd.bps * LIMITED_STEP_PERCENT / 100);
    return is_limited && step > most ? step : most;
}

static void judge(struct estimator *e, const struct findings *f, bool is_limited, uint64_t now_us)
{
    enum trend trend = delay_verdict(&e->delay, e->target_bps, e->aimd.decreased_us, now_us);
    uint32_t go_on_bps = 0;
    if (f->cluster && f->probe.bps && trend != TREND_OVERUSE)
        go_on_bps = take_probe(e, &f->probe, now_us);
    else
        aimd_update(&e->aimd, trend, carried(e, trend, is_limited), is_limited, now_us);
    if (e->aimd.decreased_us == now_us)
        delay_lowered(&e->delay, now_us);
    if (f->cluster)
        probe_result(&e->probe, f->cluster, go_on_bps, now_us);
}

/* Something arrives again after a silence: what was seen until then is of no use. Begin like a new
 * viewer, but try the rate that there was where it is wanted. */
static void revive(struct estimator *e, uint64_t now_us)
{
    uint32_t before = silence_end(&e->silence);
    delay_forget(&e->delay);
    e->acked = (struct acked_rate){.started = false};
    loss_estimate_init(&e->loss, ESTIMATOR_FLOOR_BPS);
    aimd_set(&e->aimd, before / 2 < ESTIMATOR_START_BPS ? before / 2 : ESTIMATOR_START_BPS, now_us);
    if (e->probe.wanted_bps > e->aimd.bps)
        probe_open(&e->probe, before / 2, before, now_us);
}

void estimator_feedback(struct estimator *e, const struct rtcp_cc *cc, uint64_t now_us)
{
    struct flight_batch batch;
    flight_feedback(&e->flight, cc, now_us, &batch);
    if (batch.count == 0)
        return;
    bool is_limited = limited(e, now_us);
    struct findings f = {.skipped_bytes = batch.skipped_bytes};
    for (size_t i = 0; i < batch.count; i++)
        packet(e, &batch.of[i], is_limited, now_us, &f);
    e->has_feedback = true;
    e->heard_us = now_us;
    silence_heard(&e->silence);
    if (f.newest_us && !e->rtt_reported)
        set_rtt(e, (uint32_t)(now_us - f.newest_us < UINT32_MAX ? now_us - f.newest_us : UINT32_MAX));
    delay_feedback(&e->delay, f.lost, now_us);
    if (e->silence.before_bps && f.newest_us)
        revive(e, now_us);
    else
        judge(e, &f, is_limited, now_us);
    retarget(e, now_us);
    estimator_tick(e, now_us);
}

void estimator_remb(struct estimator *e, uint64_t bps, uint64_t now_us)
{
    if (e->has_feedback)
        return;
    fallback_remb(&e->fallback, within(bps), now_us);
    retarget(e, now_us);
}

/* How far it may rise with reports alone: where what is wanted comes in large steps, it has to come to those.
 */
static uint32_t report_most(const struct estimator *e, uint64_t now_us)
{
    uint64_t most = (uint64_t)rate_bps(&e->sent, now_us) * REPORT_SENT;
    if (most < REPORT_GROUND_BPS)
        most = REPORT_GROUND_BPS;
    return within(most > e->probe.wanted_bps ? most : e->probe.wanted_bps);
}

void estimator_report(struct estimator *e, uint32_t expected, int32_t lost, uint64_t now_us)
{
    if (e->has_feedback)
        return;
    fallback_report(&e->fallback, expected, lost, report_most(e, now_us), e->rtt_us, now_us);
    retarget(e, now_us);
}

/* --- Time -------------------------------------------------------------------------------- */

static void notice_silence(struct estimator *e, uint64_t now_us)
{
    uint32_t bps = silence_lower(&e->silence, e->aimd.bps, e->rtt_us, now_us);
    if (!bps)
        return;
    aimd_set(&e->aimd, bps, now_us);
    retarget(e, now_us);
}

static void grant(struct estimator *e, uint32_t bps, uint64_t now_us)
{
    if (!e->has_feedback && fallback_grant(&e->fallback, within(bps)))
        retarget(e, now_us);
}

/* It has sent no feedback yet. */
static void do_without(struct estimator *e, uint64_t now_us)
{
    if (silence_is_deaf(&e->silence, now_us))
        e->fallback.deaf = true;
    grant(e, e->probe.wanted_bps, now_us);
    if (fallback_quiet(&e->fallback, report_most(e, now_us), limited(e, now_us), now_us))
        retarget(e, now_us);
}

static bool stale(const struct estimator *e, uint64_t now_us)
{
    return now_us - e->exercised_us >= ESTIMATOR_STALE_US;
}

/* What a stale estimate is still good for. */
static uint32_t stale_cap(const struct estimator *e)
{
    uint64_t cap = (uint64_t)acked_rate_bps(&e->acked) * 2, had = e->had_bps + e->had_bps / HAD_MARGIN;
    cap = cap > had ? cap : had;
    return within(cap > ESTIMATOR_START_BPS ? cap : ESTIMATOR_START_BPS);
}

/* More is wanted all the time but not sent (a source that stands still): see that the estimate holds. */
static void refresh(struct estimator *e, uint64_t now_us)
{
    if (!limited(e, now_us))
        e->exercised_us = now_us;
    if (stale(e, now_us) && e->probe.wanted_bps > stale_cap(e) && e->aimd.bps > stale_cap(e) &&
        now_us - e->probe.tried_us >= PROBE_INTERVAL_US)
        probe_open(&e->probe, e->target_bps, 0, now_us);
}

/* Traffic returns, so much: neither the old estimate nor the trickle that arrived until now is to go by. */
static void distrust(struct estimator *e, uint32_t bps, uint64_t now_us)
{
    uint32_t before = e->aimd.bps, cap = stale_cap(e);
    if (before <= cap)
        return;
    aimd_set(&e->aimd, cap, now_us);
    e->acked = (struct acked_rate){.started = false};
    e->exercised_us = now_us;
    retarget(e, now_us);
    if (bps > e->probe.wanted_bps) /* it is about to be told */
        probe_want(&e->probe, bps);
    probe_open(&e->probe, within((uint64_t)cap * PROBE_FIRST),
               within(before > (uint64_t)cap * PROBE_SECOND ? before : (uint64_t)cap * PROBE_SECOND), now_us);
}

/* No sign of a queue or of heavy losses. Signs are good for a while only: where nothing is sent any more no
 * feedback takes them back. */
static bool calm(const struct estimator *e, uint64_t now_us)
{
    bool signs = e->delay.trendline.trend == TREND_OVERUSE || e->delay.queue.stands ||
                 (e->loss.limited && loss_estimate_heavy(&e->loss));
    return (!signs || now_us - e->heard_us > SIGNS_US) &&
           (e->aimd.decreased_us == 0 || now_us - e->aimd.decreased_us > CALM_US);
}

void estimator_tick(struct estimator *e, uint64_t now_us)
{
    if (e->has_feedback) {
        notice_silence(e, now_us);
        refresh(e, now_us);
    } else {
        do_without(e, now_us);
    }
    if (e->probe.tried_us == 0 && !e->fallback.deaf && estimator_hungry(e))
        probe_open(&e->probe, within((uint64_t)e->target_bps * PROBE_FIRST),
                   within((uint64_t)e->target_bps * PROBE_SECOND), now_us);
    probe_jitter(&e->probe, delay_foreign_jitter_us(&e->delay, e->target_bps));
    if (e->has_feedback)
        probe_update(&e->probe, e->target_bps, calm(e, now_us), now_us);
}

static void doubt(struct estimator *e, uint32_t bps, uint64_t now_us)
{
    if (e->has_feedback && stale(e, now_us) && bps > stale_cap(e))
        distrust(e, bps, now_us);
}

void estimator_want(struct estimator *e, uint32_t bps, uint64_t now_us)
{
    bool more = bps > e->probe.wanted_bps;
    probe_want(&e->probe, bps);
    if (more)
        doubt(e, bps, now_us);
    estimator_tick(e, now_us);
}

void estimator_wish(struct estimator *e, uint32_t bps, uint64_t now_us)
{
    bool more = bps > e->wished_bps;
    e->wished_bps = bps;
    if (more)
        doubt(e, bps, now_us);
    grant(e, bps, now_us);
}

void estimator_have(struct estimator *e, uint32_t bps)
{
    e->had_bps = bps;
}
