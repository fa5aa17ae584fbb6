#include "layer_rate.h"

enum { WINDOW_US = RATE_BUCKETS * RATE_BUCKET_US };

static unsigned id(unsigned n)
{
    return n < LAYER_RATE_IDS ? n : LAYER_RATE_IDS - 1;
}

void layer_rate_add(struct layer_rate *r, unsigned sid, unsigned tid, uint32_t bytes, uint64_t now_us)
{
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
    uint64_t bps = 0;
    if (!r->since_us || since_us < LAYER_RATE_LEAST_US)
        return 0;
    for (unsigned s = 0; s <= id(sid); s++)
        for (unsigned t = 0; t <= id(tid); t++)
            bps += rate_bps(&r->of[s][t], now_us);
    if (since_us < WINDOW_US) /* rate_bps() divides by a second nearly */
        bps = bps * WINDOW_US / since_us;
    return bps < UINT32_MAX ? (uint32_t)bps : UINT32_MAX;
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
