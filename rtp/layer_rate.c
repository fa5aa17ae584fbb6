#include "layer_rate.h"

#include "points.h"

enum { WINDOW_US = RATE_BUCKETS * RATE_BUCKET_US };

static unsigned id(unsigned n)
{
    return n < LAYER_RATE_IDS ? n : LAYER_RATE_IDS - 1;
}

/* Of what came in for_us, of which a second at the most is looked at. */
static uint64_t spread(uint64_t bps, uint64_t for_us)
{
    return for_us < WINDOW_US ? bps * WINDOW_US / for_us : bps; /* rate_bps() divides by a second nearly */
}

/* What was sent to a viewer of that layer in the second before now_us, as bits per second. */
static uint64_t cost_bps(const struct layer_rate *r, unsigned sid, unsigned tid, uint64_t now_us)
{
    uint64_t bps = 0;
    for (unsigned t = 0; t <= tid; t++) {
        bps += rate_bps(&r->of[LAYER_RATE_ALONE][sid][t], now_us);
        for (unsigned s = 0; s <= sid; s++)
            bps += rate_bps(&r->of[LAYER_RATE_UPWARDS][s][t], now_us);
    }
    return bps;
}

/* A pause is over. What came before it, if that was too little to be measured, took as long as it and the
 * pause. */
static void keep(struct layer_rate *r, uint64_t now_us)
{
    uint64_t for_us = r->packet_us - r->since_us;
    for (unsigned s = 0; s < LAYER_RATE_IDS; s++)
        for (unsigned t = 0; t < LAYER_RATE_IDS; t++) {
            uint64_t bps = cost_bps(r, s, t, r->packet_us);
            bps =
                for_us < LAYER_RATE_LEAST_US ? bps * WINDOW_US / (now_us - r->since_us) : spread(bps, for_us);
            r->before_bps[s][t] = bps < UINT32_MAX ? (uint32_t)bps : UINT32_MAX;
        }
}

void layer_rate_add(struct layer_rate *r, unsigned sid, unsigned tid, uint32_t needed_by, uint32_t bytes,
                    uint64_t now_us)
{
    bool alone = needed_by && !(needed_by & ~points_row(id(sid), 0));
    if (r->since_us && now_us >= r->packet_us + WINDOW_US)
        keep(r, now_us);
    if (!r->since_us || now_us >= r->packet_us + WINDOW_US)
        r->since_us = now_us;
    if (now_us > r->packet_us)
        r->packet_us = now_us;
    rate_add(&r->of[alone ? LAYER_RATE_ALONE : LAYER_RATE_UPWARDS][id(sid)][id(tid)], bytes, now_us);
}

uint32_t layer_rate_bps(const struct layer_rate *r, unsigned sid, unsigned tid, uint64_t now_us)
{
    if (now_us > r->packet_us) /* a stream that has stopped is not a cheaper one */
        now_us = r->packet_us;
    uint64_t since_us = now_us > r->since_us ? now_us - r->since_us : 0;
    if (since_us < LAYER_RATE_LEAST_US)
        return r->before_bps[id(sid)][id(tid)];
    uint64_t bps = spread(cost_bps(r, id(sid), id(tid), now_us), since_us);
    return bps < UINT32_MAX ? (uint32_t)bps : UINT32_MAX;
}

static bool sent(const struct layer_rate *r, unsigned sid, unsigned tid)
{
    return rate_bps(&r->of[LAYER_RATE_UPWARDS][id(sid)][tid], r->packet_us) ||
           rate_bps(&r->of[LAYER_RATE_ALONE][id(sid)][tid], r->packet_us);
}

bool layer_rate_has(const struct layer_rate *r, unsigned sid)
{
    return sent(r, sid, 0);
}

uint8_t layer_rate_temporal(const struct layer_rate *r, unsigned sid)
{
    uint8_t count = 1;
    for (uint8_t tid = 1; tid < LAYER_RATE_IDS; tid++) {
        if (sent(r, sid, tid))
            count = (uint8_t)(tid + 1);
    }
    return count;
}
