#include "probe_measure.h"

enum {
    ARRIVED_PERCENT = 60,   /* of the cluster's packets and bytes, else it says nothing */
    SATURATED_PERCENT = 90, /* arriving below this share of the rate sent, the way was full ... */
    DRAIN_PERCENT = 95,     /* ... and this share of what arrived lets its queue drain */
    INTERVAL_US_MAX = 1000000,
    AGREEMENT = 2, /* arriving faster than this times the rate sent: something held packets back */
};

static struct probe_cluster *slot(struct probe_measure *m, uint8_t cluster)
{
    return &m->of[cluster % PROBE_MEASURE_CLUSTERS];
}

void probe_measure_sent(struct probe_measure *m, uint8_t cluster, uint32_t bps, size_t size, uint64_t now_us)
{
    struct probe_cluster *c = slot(m, cluster);
    if (c->cluster != cluster)
        *c = (struct probe_cluster){
            .cluster = cluster, .bps = bps, .opening_bytes = (uint32_t)size, .first_us = now_us};
    c->last_us = now_us;
    c->last_bytes = (uint32_t)size;
    c->bytes += (uint32_t)size;
    c->sent++;
}

void probe_measure_complete(struct probe_measure *m, uint8_t cluster)
{
    struct probe_cluster *c = slot(m, cluster);
    c->complete = c->cluster == cluster;
}

static void arrived(struct probe_cluster *c, const struct flight_result *r)
{
    if (c->arrived == 0 || (int64_t)(r->arrival_us - c->first_arrival_us) < 0) {
        c->first_bytes = r->size;
        c->first_arrival_us = r->arrival_us;
    }
    if (c->arrived == 0 || (int64_t)(r->arrival_us - c->last_arrival_us) > 0)
        c->last_arrival_us = r->arrival_us;
    c->arrived++;
    c->arrived_bytes += r->size;
}

static struct probe_outcome outcome(const struct probe_cluster *c)
{
    int64_t sent_us = (int64_t)(c->last_us - c->first_us);
    int64_t arrival_us = (int64_t)(c->last_arrival_us - c->first_arrival_us);
    if (c->arrived * 100u < c->sent * (unsigned)ARRIVED_PERCENT ||
        (uint64_t)c->arrived_bytes * 100 < (uint64_t)c->bytes * ARRIVED_PERCENT || sent_us <= 0 ||
        arrival_us <= 0 || sent_us > INTERVAL_US_MAX || arrival_us > INTERVAL_US_MAX)
        return (struct probe_outcome){.bps = 0};
    double sent = (double)(c->bytes - c->last_bytes) * 8e6 / (double)sent_us;
    double arrival = (double)(c->arrived_bytes - c->first_bytes) * 8e6 / (double)arrival_us;
    if (arrival > sent * AGREEMENT)
        return (struct probe_outcome){.bps = 0};
    double asked = sent < c->bps ? sent : c->bps;
    /* What arrived leaves the first packet out, which may be a large one: compare with as much. */
    double sent_after = (double)(c->bytes - c->opening_bytes) * 8e6 / (double)sent_us;
    bool saturated = arrival * 100 < (sent_after < asked ? sent_after : asked) * SATURATED_PERCENT;
    if (saturated)
        arrival = arrival * DRAIN_PERCENT / 100;
    else if (sent_after > 0 && sent_after < sent)
        arrival *= sent / sent_after;
    return (struct probe_outcome){.bps = (uint32_t)(asked < arrival ? asked : arrival),
                                  .held_us = (uint32_t)(arrival_us > sent_us ? arrival_us - sent_us : 0),
                                  .saturated = saturated};
}

bool probe_measure_packet(struct probe_measure *m, const struct flight_result *r, struct probe_outcome *out)
{
    struct probe_cluster *c = slot(m, r->cluster);
    if (r->cluster == 0 || c->cluster != r->cluster)
        return false;
    if (r->lost)
        c->lost++;
    else if (!r->late)
        arrived(c, r);
    if (!c->complete || c->arrived + c->lost < c->sent)
        return false;
    *out = outcome(c);
    c->cluster = 0;
    return true;
}
