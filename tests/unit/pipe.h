/* A narrow way to a synthetic participant: datagrams that come in at once leave
 * it at its rate, one behind the other, or find its queue full. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    PIPE_DATAGRAM_MAX = 2048,
    PIPE_DATAGRAMS = 512,
    PIPE_OVERHEAD = 28, /* IP and UDP headers, which take their time as well */
};

struct pipe_datagram {
    uint64_t leaves_us;
    size_t len;
    uint8_t bytes[PIPE_DATAGRAM_MAX];
};

struct pipe {
    uint32_t bps;       /* 0 = as wide as can be */
    uint32_t queue_us;  /* what would wait for longer is dropped */
    uint64_t leaves_us; /* the last one in it */
    size_t first, count;
    uint32_t dropped;
    struct pipe_datagram ring[PIPE_DATAGRAMS];
};

static inline void pipe_put(struct pipe *p, const uint8_t *bytes, size_t len, uint64_t now_us)
{
    uint64_t leaves_us = p->leaves_us > now_us ? p->leaves_us : now_us;
    if (p->bps)
        leaves_us += (len + PIPE_OVERHEAD) * UINT64_C(8000000) / p->bps;
    if (p->count == PIPE_DATAGRAMS || leaves_us > now_us + p->queue_us || len > PIPE_DATAGRAM_MAX) {
        p->dropped++;
        return;
    }
    struct pipe_datagram *d = &p->ring[(p->first + p->count++) % PIPE_DATAGRAMS];
    d->leaves_us = p->leaves_us = leaves_us;
    d->len = len;
    memcpy(d->bytes, bytes, len);
}

/* The next one that has left it by now, or NULL; it is good until the next pipe_put(). */
static inline struct pipe_datagram *pipe_take(struct pipe *p, uint64_t now_us)
{
    struct pipe_datagram *d = &p->ring[p->first];
    if (!p->count || d->leaves_us > now_us)
        return NULL;
    p->first = (p->first + 1) % PIPE_DATAGRAMS;
    p->count--;
    return d;
}

/* When there is one to take; UINT64_MAX = never. */
static inline uint64_t pipe_due_us(const struct pipe *p)
{
    return p->count ? p->ring[p->first].leaves_us : UINT64_MAX;
}
