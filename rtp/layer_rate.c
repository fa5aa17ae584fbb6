#include "layer_rate.h"

#include "points.h"

#include <string.h>

enum { WINDOW_US = RATE_BUCKETS * RATE_BUCKET_US };

static unsigned id(unsigned n)
{
    return n < LAYER_RATE_IDS ? n : LAYER_RATE_IDS - 1;
}

/* What came of them in the second before now_us, as bits per second; where they have come for less, for_us,
 * what a whole one would bring. */
static uint64_t part_bps(const struct layer_rate *r, unsigned share, unsigned sid, unsigned tid,
                         uint64_t now_us, uint64_t for_us)
{
    uint64_t bps = rate_bps(&r->of[share][sid][tid], now_us);
    uint64_t keys = (uint64_t)r->key_bytes[share][sid][tid] * 8;
    if (for_us >= WINDOW_US)
        return bps;
    return bps < keys ? bps : keys + (bps - keys) * WINDOW_US / for_us;
}

/* What is sent to a viewer of that layer. */
static uint64_t cost_bps(const struct layer_rate *r, unsigned sid, unsigned tid, uint64_t now_us,
                         uint64_t for_us)
{
    uint64_t bps = 0;
    for (unsigned t = 0; t <= tid; t++) {
        bps += part_bps(r, LAYER_RATE_ALONE, sid, t, now_us, for_us);
        for (unsigned s = 0; s <= sid; s++)
            bps += part_bps(r, LAYER_RATE_UPWARDS, s, t, now_us, for_us);
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
            uint64_t bps = for_us < LAYER_RATE_LEAST_US ? cost_bps(r, s, t, r->packet_us, WINDOW_US) *
                                                              WINDOW_US / (now_us - r->since_us)
                                                        : cost_bps(r, s, t, r->packet_us, for_us);
            r->before_bps[s][t] = bps < UINT32_MAX ? (uint32_t)bps : UINT32_MAX;
        }
}

static void begin(struct layer_rate *r, uint64_t now_us)
{
    if (r->since_us)
        keep(r, now_us);
    r->since_us = now_us;
    memset(r->key_bytes, 0, sizeof(r->key_bytes));
}

/* Only its first packet is sure to tell that it is one. */
static bool is_of_key_frame(struct layer_rate *r, uint32_t timestamp, const struct frame_info *f)
{
    if (f->start && f->key) {
        r->has_key = true;
        r->key_timestamp = timestamp;
    }
    return r->has_key && timestamp == r->key_timestamp;
}

void layer_rate_add(struct layer_rate *r, uint32_t timestamp, const struct frame_info *f, uint32_t bytes,
                    uint64_t now_us)
{
    unsigned sid = id(f->sid), tid = id(f->tid);
    bool alone = f->needed_by && !(f->needed_by & ~points_row(sid, 0));
    unsigned share = alone ? LAYER_RATE_ALONE : LAYER_RATE_UPWARDS;
    if (!r->since_us || now_us >= r->packet_us + WINDOW_US)
        begin(r, now_us);
    if (now_us > r->packet_us)
        r->packet_us = now_us;
    rate_add(&r->of[share][sid][tid], bytes, now_us);
    uint32_t *keys = &r->key_bytes[share][sid][tid];
    if (is_of_key_frame(r, timestamp, f) && now_us < r->since_us + WINDOW_US)
        *keys = *keys > UINT32_MAX - bytes ? UINT32_MAX : *keys + bytes;
}

uint32_t layer_rate_bps(const struct layer_rate *r, unsigned sid, unsigned tid, uint64_t now_us)
{
    if (now_us > r->packet_us) /* a stream that has stopped is not a cheaper one */
        now_us = r->packet_us;
    uint64_t since_us = now_us > r->since_us ? now_us - r->since_us : 0;
    if (since_us < LAYER_RATE_LEAST_US)
        return r->before_bps[id(sid)][id(tid)];
    uint64_t bps = cost_bps(r, id(sid), id(tid), now_us, since_us);
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
