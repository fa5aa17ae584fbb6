#include "layer_rate.h"

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

/* A pause is over. What came before it, if that was too little to be measured, took as long as it and the
 * pause. */
static void keep(struct layer_rate *r, uint64_t now_us)
{
    uint64_t for_us = r->packet_us - r->since_us;
    for (unsigned s = 0; s < LAYER_RATE_IDS; s++)
        for (unsigned t = 0; t < LAYER_RATE_IDS; t++) {
            uint64_t bps = rate_bps(&r->of[s][t], r->packet_us);
            bps =
                for_us < LAYER_RATE_LEAST_US ? bps * WINDOW_US / (now_us - r->since_us) : spread(bps, for_us);
            r->before_bps[s][t] = bps < UINT32_MAX ? (uint32_t)bps : UINT32_MAX;
        }
}

void layer_rate_add(struct layer_rate *r, unsigned sid, unsigned tid, uint32_t bytes, uint64_t now_us)
{
    if (r->since_us && now_us >= r->packet_us + WINDOW_US)
        keep(r, now_us);
    if (!r->since_us || now_us >= r->packet_us + WINDOW_US)
        r->since_us = now_us;
    if (now_us > r->packet_us)
        r->packet_us = now_us;
    rate_add(&r->of[id(sid)][id(tid)], bytes, now_us);
}

uint32_t layer_rate_bps(const struct layer_rate *r, unsigned sid, unsigned tid, uint64_t now_us)
{
    if (now_us > r->packet_us) /* a stream that has stopped is not a cheaper one */
        now_us = r->packet_us;
    uint64_t since_us = now_us > r->since_us ? now_us - r->since_us : 0;
    uint64_t bps = 0, before_bps = 0;
    for (unsigned s = 0; s <= id(sid); s++)
        for (unsigned t = 0; t <= id(tid); t++) {
            bps += rate_bps(&r->of[s][t], now_us);
            before_bps += r->before_bps[s][t];
        }
    bps = since_us < LAYER_RATE_LEAST_US ? before_bps : spread(bps, since_us);
    return bps < UINT32_MAX ? (uint32_t)bps : UINT32_MAX;
}

bool layer_rate_has(const struct layer_rate *r, unsigned sid)
{
    return rate_bps(&r->of[id(sid)][0], r->packet_us) != 0;
}

uint8_t layer_rate_temporal(const struct layer_rate *r, unsigned sid)
{
    uint8_t count = 1;
    for (uint8_t tid = 1; tid < LAYER_RATE_IDS; tid++) {
        if (rate_bps(&r->of[id(sid)][tid], r->packet_us))
            count = (uint8_t)(tid + 1);
    }
    return count;
}
