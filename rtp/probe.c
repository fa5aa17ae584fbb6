#include "probe.h"

enum {
    GO_ON_PERCENT = 70,  /* of a cluster's rate that has to arrive for the next, at twice the result */
    WANT_PERCENT = 150,  /* of what is wanted: the most that is probed for */
    WORTH_PERCENT = 105, /* of the estimate: a probe for less tells nothing */
    JITTERS = 8,         /* in the length of a cluster */
};

void probe_want(struct probe *p, uint32_t bps)
{
    p->wanted_bps = bps;
}

void probe_jitter(struct probe *p, uint32_t jitter_us)
{
    if (p->sending)
        return;
    uint64_t length = (uint64_t)jitter_us * JITTERS;
    p->length_us = length < PROBE_LENGTH_US       ? PROBE_LENGTH_US
                   : length > PROBE_LENGTH_US_MAX ? PROBE_LENGTH_US_MAX
                                                  : (uint32_t)length;
}

static uint32_t length_us(const struct probe *p)
{
    return p->length_us ? p->length_us : PROBE_LENGTH_US;
}

/* No use in knowing of more than that. */
static uint32_t limit(const struct probe *p, uint64_t bps)
{
    uint64_t most = (uint64_t)p->wanted_bps * WANT_PERCENT / 100;
    if (bps > most)
        bps = most;
    return bps > UINT32_MAX ? UINT32_MAX : (uint32_t)bps;
}

static void queue(struct probe *p, uint64_t bps, uint64_t now_us)
{
    if (p->queued == PROBE_QUEUE)
        return;
    p->queue[p->queued++] = limit(p, bps);
    p->tried_us = now_us;
    p->waiting = false;
}

void probe_open(struct probe *p, uint32_t first_bps, uint32_t second_bps, uint64_t now_us)
{
    p->queued = 0;
    queue(p, first_bps, now_us);
    if (limit(p, second_bps) > limit(p, first_bps))
        queue(p, second_bps, now_us);
}

static void try(struct probe *p, uint64_t bps, uint32_t over_bps, uint64_t now_us)
{
    if (limit(p, bps) > (uint64_t)over_bps * WORTH_PERCENT / 100)
        queue(p, bps, now_us);
}

static void end_stalled(struct probe *p, uint64_t now_us)
{
    if (p->sending && now_us - p->started_us > PROBE_STALL_US)
        p->sending = false;
}

void probe_update(struct probe *p, uint32_t estimate_bps, bool calm, uint64_t now_us)
{
    end_stalled(p, now_us);
    if (p->waiting && now_us - p->tried_us > PROBE_ANSWER_US)
        p->waiting = false;
    if (probe_active(p) || p->waiting || !calm || p->wanted_bps <= estimate_bps)
        return;
    if (p->tried_us == 0 || now_us - p->tried_us >= PROBE_INTERVAL_US)
        try(p, (uint64_t)estimate_bps * 2, estimate_bps, now_us);
}

void probe_result(struct probe *p, uint8_t cluster, uint32_t bps, uint64_t now_us)
{
    if (cluster != p->cluster || !p->waiting)
        return;
    p->waiting = false;
    if (bps >= (uint64_t)p->bps * GO_ON_PERCENT / 100)
        try(p, (uint64_t)bps * 2, bps, now_us);
}

void probe_soon(struct probe *p, uint64_t now_us)
{
    p->tried_us = now_us + PROBE_SOON_US - PROBE_INTERVAL_US;
}

static void start(struct probe *p, uint64_t now_us)
{
    p->sending = true;
    p->waiting = false;
    p->cluster = p->cluster == UINT8_MAX ? 1 : (uint8_t)(p->cluster + 1);
    p->bps = p->queue[0];
    p->queue[0] = p->queue[1];
    p->queued--;
    p->packets = 0;
    p->bytes = 0;
    p->started_us = now_us;
}

/* Enough has left, and not all in one burst. */
static bool complete(const struct probe *p, uint64_t now_us)
{
    return p->packets >= PROBE_PACKETS_MIN &&
           (uint64_t)p->bytes * 8000000 >= (uint64_t)p->bps * length_us(p) &&
           now_us - p->started_us >= length_us(p) - PROBE_TICK_US;
}

size_t probe_due(struct probe *p, uint64_t now_us)
{
    if (!p->sending && p->queued > 0)
        start(p, now_us);
    end_stalled(p, now_us);
    if (!p->sending)
        return 0;
    uint64_t passed = now_us - p->started_us;
    uint64_t bytes = (uint64_t)p->bps * (passed + PROBE_TICK_US) / 8000000;
    if (bytes > p->bytes)
        return (size_t)(bytes - p->bytes);
    return passed >= length_us(p) - PROBE_TICK_US; /* live media took the budget: one packet to end it */
}

uint8_t probe_sent(struct probe *p, size_t size, uint64_t now_us)
{
    if (!p->sending)
        return 0;
    if (p->packets < UINT8_MAX)
        p->packets++;
    p->bytes += (uint32_t)size;
    if (complete(p, now_us)) {
        p->sending = false;
        p->waiting = p->queued == 0;
    }
    return p->cluster;
}
