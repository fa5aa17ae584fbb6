#include "bandwidth.h"

#include "allot.h"
#include "media.h"
#include "rtcp_cc.h"
#include "slot.h"
#include "transport.h"
#include "worker.h"

#include <stdlib.h>

static void on_timer(void *arg, uint64_t now_us);

struct bandwidth *bandwidth_new(struct transport *viewer, uint64_t now_us)
{
    struct bandwidth *b = calloc(1, sizeof(*b));
    struct flight_packet *ring = calloc(FLIGHT_CAPACITY_MIN, sizeof(*ring));
    if (!b || !ring) {
        free(b);
        free(ring);
        return NULL;
    }
    b->viewer = viewer;
    b->timer = (struct timer){.fire = on_timer, .arg = b};
    estimator_init(&b->estimator, ring, FLIGHT_CAPACITY_MIN, now_us);
    pacer_init(&b->pacer, PACER_PERCENT, PACER_DEPTH_US, now_us);
    pacer_init(&b->resends, BANDWIDTH_RESEND_PERCENT, TRANSPORT_SECOND_US, now_us);
    return b;
}

void bandwidth_free(struct bandwidth *b)
{
    if (!b)
        return;
    timer_cancel(&b->viewer->worker->timers, &b->timer);
    free(b->estimator.flight.ring);
    free(b);
}

/* Estimates of transport-cc rise by probes, which go out as RTX. A viewer without it goes by what else it
 * tells, or an estimate that fell would never rise again. */
static bool can_probe(const struct transport *t)
{
    bool rtx = false;
    for (size_t i = 0; i < t->media.format_count; i++) {
        const struct sfu_format *f = &t->media.formats[i];
        rtx |= f->rtx_pt && rtp_codecs[f->codec].kind == RTP_VIDEO;
    }
    return rtx && media_has_transport_cc(&t->media);
}

void bandwidth_negotiated(struct bandwidth *b)
{
    b->can_probe = can_probe(b->viewer);
    estimator_expect(&b->estimator, b->can_probe);
}

static bool is_open(const struct bandwidth *b, uint64_t now_us)
{
    return !b->can_probe || b->estimator.heard_us || now_us - b->wanted_us >= BANDWIDTH_OPEN_US;
}

static void let_go(struct bandwidth *b, uint64_t now_us)
{
    if (b->held_bps)
        bandwidth_want(b, b->held_bps, now_us);
}

void bandwidth_want(struct bandwidth *b, uint32_t bps, uint64_t now_us)
{
    if (bps && !b->wanted_us)
        b->wanted_us = now_us;
    b->held_bps = is_open(b, now_us) ? 0 : bps;
    if (!b->held_bps)
        estimator_want(&b->estimator, bps, now_us);
}

/* Soon while something waits to leave, now and then while anything is sent or more is wanted, else when the
 * budget is to be spent again. */
static void set_timer(struct bandwidth *b, uint64_t now_us)
{
    bool busy = b->count || probe_active(&b->estimator.probe);
    bool idle =
        now_us - b->sent_us >= TRANSPORT_SECOND_US && !b->held_bps && !estimator_hungry(&b->estimator);
    uint64_t when = now_us + (busy ? PACER_TICK_US : BANDWIDTH_LOOK_US);
    if (idle && !busy && b->allocate.next_us > when)
        when = b->allocate.next_us;
    if (timer_is_set(&b->timer) && b->timer.when_us <= when)
        return;
    if (busy)
        timer_set(&b->viewer->worker->timers, &b->timer, when);
    else
        timer_set_about(&b->viewer->worker->timers, &b->timer, when);
}

void bandwidth_wake(struct bandwidth *b, uint64_t now_us)
{
    set_timer(b, now_us);
}

void bandwidth_sent(struct bandwidth *b, size_t len, bool numbered, uint64_t now_us)
{
    size_t overhead =
        b->viewer->connection.dest.addr.family == AF_INET ? BANDWIDTH_OVERHEAD_IPV4 : BANDWIDTH_OVERHEAD_IPV6;
    estimator_sent(&b->estimator, len + overhead, numbered, now_us);
    b->sent_us = now_us;
    if (!timer_is_set(&b->timer))
        set_timer(b, now_us);
}

/* The ring of what is in flight grows with the rate: a few times in a call's life. */
static void make_room(struct estimator *e)
{
    size_t capacity = (e->flight.mask + 1) * 2;
    if (!flight_crowded(&e->flight) || capacity > FLIGHT_CAPACITY_MAX)
        return;
    struct flight_packet *ring = calloc(capacity, sizeof(*ring));
    if (ring)
        free(flight_grow(&e->flight, ring, capacity));
}

bool bandwidth_feedback(struct bandwidth *b, const struct rtcp_view *v, uint64_t now_us)
{
    struct rtcp_cc cc;
    if (rtcp_cc_read(v, &cc) != 0)
        return false;
    if (!b->can_probe)
        return true;
    estimator_feedback(&b->estimator, &cc, now_us);
    make_room(&b->estimator);
    let_go(b, now_us);
    allot(b->viewer, now_us);
    set_timer(b, now_us);
    return true;
}

/* --- Pacing ------------------------------------------------------------------------- */

static void resend_first(struct bandwidth *b, uint64_t now_us)
{
    struct bandwidth_resend *r = &b->waiting[b->first];
    b->first = (b->first + 1) % BANDWIDTH_WAITING_MAX;
    b->count--;
    size_t len = slot_resend(b->viewer->slots[r->slot], r->seq, now_us);
    pacer_take(&b->pacer, len);
    pacer_take(&b->resends, len);
}

static void resend_waiting(struct bandwidth *b, uint64_t now_us)
{
    pacer_fill(&b->pacer, estimator_target_bps(&b->estimator), now_us);
    while (b->count && !pacer_in_debt(&b->pacer))
        resend_first(b, now_us);
}

void bandwidth_resend(struct bandwidth *b, uint16_t slot, uint16_t seq, uint64_t now_us)
{
    pacer_fill(&b->resends, estimator_target_bps(&b->estimator), now_us);
    if (b->count == BANDWIDTH_WAITING_MAX || pacer_in_debt(&b->resends)) {
        counter_add(&b->viewer->worker->counters, COUNT_drop_resend_full, 1);
        return;
    }
    b->waiting[(b->first + b->count++) % BANDWIDTH_WAITING_MAX] = (struct bandwidth_resend){slot, seq};
    resend_waiting(b, now_us);
    set_timer(b, now_us);
}

/* --- Probing -------------------------------------------------------------------------- */

/* The slot with the most to repeat: probes go where the pictures are. One without any has padding. */
static struct slot *probe_slot(const struct transport *t, uint64_t now_us)
{
    struct slot *best = NULL;
    for (size_t i = 0; i < t->slot_count; i++) {
        struct slot *s = t->slots[i];
        if (slot_can_probe(s) && (!best || rate_bps(&s->rate, now_us) > rate_bps(&best->rate, now_us)))
            best = s;
    }
    return best;
}

static void send_probe(struct bandwidth *b, uint64_t now_us)
{
    size_t due = estimator_probe_due(&b->estimator, now_us);
    struct slot *s = due ? probe_slot(b->viewer, now_us) : NULL;
    if (s)
        slot_probe(s, due, now_us);
}

static void on_timer(void *arg, uint64_t now_us)
{
    struct bandwidth *b = arg;
    resend_waiting(b, now_us);
    let_go(b, now_us);
    estimator_tick(&b->estimator, now_us);
    allot(b->viewer, now_us);
    send_probe(b, now_us);
    set_timer(b, now_us);
}
