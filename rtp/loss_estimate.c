#include "loss_estimate.h"

#include <math.h>

enum { NEWTON_STEPS = 3, FACTORS = 3 };

static const double FACTOR[FACTORS] = {1.02, 1.0, 0.95};    /* of the rate so far: the candidates */
static const double QUIET_SHARE = 0.01, QUIET_FACTOR = 1.3; /* one more, while next to nothing is lost */
static const double AGE_WEIGHT = 0.9;                       /* of an observation against the next newer one */
static const double INHERENT_START = 0.01, INHERENT_MIN = 0.001;
/* A way loses at most that share at any rate, and a little more at low rates, where a lost packet
 * is a larger part of what is seen. Losses above it are taken as made by the rate. */
static const double INHERENT_MAX = 0.12, INHERENT_MORE_BPS = 20000;
static const double INSTANT_SHARE = 0.15, INSTANT_BPS = 20000;
static const double BIAS_KBPS = 0.0001, BIAS_LOG_KBPS = 0.02; /* in favour of more, for each packet */
static const double ACKED_LIMIT = 1.5;

void loss_estimate_init(struct loss_estimate *l, uint32_t floor_bps)
{
    *l = (struct loss_estimate){.floor_bps = floor_bps, .inherent = INHERENT_START};
}

/* --- Observations -------------------------------------------------------------------- */

static void close_partial(struct loss_estimate *l)
{
    uint64_t span = l->partial_last_us - l->partial_first_us;
    if (span < LOSS_ESTIMATE_INTERVAL_US || l->partial.packets < LOSS_ESTIMATE_PACKETS_MIN)
        return;
    l->partial.sent_bps = (uint32_t)fmin((double)l->partial_bytes * 8e6 / (double)span, UINT32_MAX);
    l->window[l->at] = l->partial;
    l->at = (uint8_t)((l->at + 1) % LOSS_ESTIMATE_WINDOW);
    if (l->count < LOSS_ESTIMATE_WINDOW)
        l->count++;
    l->fresh = true;
    l->partial = (struct loss_observation){.packets = 0};
    l->partial_bytes = 0;
}

/* Where the i-th newest is. */
static int place(const struct loss_estimate *l, int i)
{
    return (l->at + LOSS_ESTIMATE_WINDOW - 1 - i) % LOSS_ESTIMATE_WINDOW;
}

static const struct loss_observation *observation(const struct loss_estimate *l, int i)
{
    return &l->window[place(l, i)];
}

void loss_estimate_packet(struct loss_estimate *l, uint64_t sent_us, size_t size, bool lost, bool late)
{
    if (late) { /* where it was told as lost, most likely */
        struct loss_observation *o =
            l->partial.lost > 0 || l->count == 0 ? &l->partial : &l->window[place(l, 0)];
        o->lost -= o->lost > 0;
        return;
    }
    if (sent_us > l->partial_last_us)
        l->partial_last_us = sent_us;
    close_partial(l);
    if (l->partial.packets == 0)
        l->partial_first_us = l->partial_last_us = sent_us;
    l->partial.packets++;
    l->partial.lost += lost;
    l->partial_bytes += size;
}

double loss_estimate_share(const struct loss_estimate *l)
{
    double packets = 0, lost = 0, weight = 1;
    for (int i = 0; i < l->count; i++) {
        const struct loss_observation *o = observation(l, i);
        packets += weight * o->packets;
        lost += weight * o->lost;
        weight *= AGE_WEIGHT;
    }
    return packets > 0 ? lost / packets : 0;
}

/* --- How likely what was seen is ------------------------------------------------------ */

struct candidate {
    double bps, inherent, likelihood;
};

static double inherent_max(double bps)
{
    return fmin(INHERENT_MAX + INHERENT_MORE_BPS / fmax(bps, 1), 0.5);
}

/* Share of what was sent that the way could not take. */
static double excess(const struct candidate *c, const struct loss_observation *o)
{
    return o->sent_bps > c->bps ? (o->sent_bps - c->bps) / o->sent_bps : 0;
}

static double loss_probability(const struct candidate *c, const struct loss_observation *o)
{
    double p = c->inherent + (1 - c->inherent) * excess(c, o);
    return fmin(fmax(p, 1e-6), 1 - 1e-6);
}

/* The inherent loss under which the rate explains the window best. */
static void fit_inherent(const struct loss_estimate *l, struct candidate *c)
{
    for (int step = 0; step < NEWTON_STEPS; step++) {
        double first = 0, second = 0, weight = 1;
        for (int i = 0; i < l->count; i++) {
            const struct loss_observation *o = observation(l, i);
            double q = (1 - excess(c, o)) / loss_probability(c, o), r = 1 / (1 - c->inherent);
            first += weight * (o->lost * q - (o->packets - o->lost) * r);
            second -= weight * (o->lost * q * q + (o->packets - o->lost) * r * r);
            weight *= AGE_WEIGHT;
        }
        if (second < 0)
            c->inherent -= first / second;
        c->inherent = fmin(fmax(c->inherent, INHERENT_MIN), inherent_max(c->bps));
    }
}

static void weigh(const struct loss_estimate *l, struct candidate *c)
{
    double weight = 1, kbps = c->bps / 1000;
    double bias = BIAS_KBPS * kbps + BIAS_LOG_KBPS * log(1 + kbps);
    c->inherent = l->inherent;
    c->likelihood = 0;
    fit_inherent(l, c);
    for (int i = 0; i < l->count; i++) {
        const struct loss_observation *o = observation(l, i);
        double p = loss_probability(c, o);
        c->likelihood +=
            weight * (o->lost * log(p) + (o->packets - o->lost) * log(1 - p) + bias * o->packets);
        weight *= AGE_WEIGHT;
    }
}

static void consider(const struct loss_estimate *l, double bps, struct candidate *best)
{
    struct candidate c = {.bps = bps};
    weigh(l, &c);
    if (best->bps <= 0 || c.likelihood > best->likelihood)
        *best = c;
}

/* --- The estimate ------------------------------------------------------------------------ */

/* Losses that no way has by itself bound the rate at once, but not below what arrives. */
static double instant_bound(double share, double acked_bps)
{
    return share <= INSTANT_SHARE ? INFINITY : fmax(INSTANT_BPS / (share - INSTANT_SHARE), acked_bps);
}

static double choose(struct loss_estimate *l, double delay_bps, double acked_bps)
{
    double from = l->limited ? fmin(l->bps, delay_bps) : delay_bps;
    struct candidate best = {.bps = 0};
    for (int i = 0; i < FACTORS; i++)
        consider(l, fmin(from * FACTOR[i], delay_bps), &best);
    if (l->limited && loss_estimate_share(l) < QUIET_SHARE)
        consider(l, fmin(from * QUIET_FACTOR, delay_bps), &best);
    if (acked_bps > 0 && acked_bps < from)
        consider(l, acked_bps, &best);
    l->inherent = best.inherent;
    if (acked_bps > 0 && best.bps > from)
        best.bps = fmax(fmin(best.bps, acked_bps * ACKED_LIMIT), from);
    return fmin(best.bps, instant_bound(loss_estimate_share(l), acked_bps));
}

static bool nothing_lost(const struct loss_estimate *l)
{
    for (int i = 0; i < l->count; i++) {
        if (observation(l, i)->lost)
            return false;
    }
    return true;
}

/* Where nothing was lost each candidate is likelier than any lower one, so that the delay alone decides: of
 * most viewers that is known without weighing them. */
static void take_observation(struct loss_estimate *l, double delay_bps, double acked_bps)
{
    if (!l->limited && nothing_lost(l)) {
        l->inherent = INHERENT_MIN;
        return;
    }
    l->bps = fmax(choose(l, delay_bps, acked_bps), l->floor_bps);
    l->limited = l->bps < delay_bps;
}

uint32_t loss_estimate_update(struct loss_estimate *l, uint32_t delay_bps, uint32_t acked_bps)
{
    if (l->fresh) {
        l->fresh = false;
        take_observation(l, delay_bps, acked_bps);
    }
    return l->limited && l->bps < delay_bps ? (uint32_t)l->bps : delay_bps;
}

void loss_estimate_probed(struct loss_estimate *l, uint32_t bps)
{
    if (!l->limited || l->bps >= bps)
        return;
    l->bps = bps;
    l->count = 0;
}

bool loss_estimate_heavy(const struct loss_estimate *l)
{
    return loss_estimate_share(l) > INHERENT_MAX;
}
