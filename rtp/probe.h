/* When to find out whether the way carries more, and how much more: short
 * clusters of packets at a rate above the estimate. Without them the estimate
 * stays where the media's own rate is, and no higher layer is ever tried.
 *
 * A cluster's rate is that of all packets sent while it lasts: live media counts,
 * and the rest is filled with retransmissions of cached packets, then padding.
 * What came of a cluster is found by probe_measure.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PROBE_LENGTH_US = 15000,      /* at the least ... */
    PROBE_LENGTH_US_MAX = 100000, /* ... and the most, where arrivals jitter */
    PROBE_PACKETS_MIN = 5,
    PROBE_TICK_US = 5000,        /* how often probe_due() wants to be asked while a cluster lasts */
    PROBE_STALL_US = 200000,     /* a cluster that cannot be sent in that time is given up */
    PROBE_ANSWER_US = 1000000,   /* a result that has not come by then is not waited for */
    PROBE_INTERVAL_US = 5000000, /* from one try to the next while more is wanted */
    PROBE_SOON_US = 1000000,     /* the same after probe_soon() */
    PROBE_QUEUE = 2,
};

/* Zeroed memory is valid. */
struct probe {
    bool sending;
    bool waiting;    /* for the result of the last cluster */
    uint8_t cluster; /* number of the one being sent, or sent last: 1 .. 255 and round again; 0 = none yet */
    uint8_t queued;  /* clusters still to be sent, of queue */
    uint8_t packets; /* sent in this cluster */
    uint32_t bytes;  /* the same */
    uint32_t bps;    /* of this cluster */
    uint32_t queue[PROBE_QUEUE];
    uint32_t wanted_bps; /* 0 = nobody wants more than there is */
    uint32_t length_us;  /* of a cluster; 0 = PROBE_LENGTH_US */
    uint64_t started_us; /* when this cluster began */
    uint64_t tried_us;   /* when one was queued last; 0 = never */
};

/* What the viewer's slots would take if the network let them. Probes go on until the estimate has
 * reached it, and never beyond one and a half times of it. */
void probe_want(struct probe *p, uint32_t bps);

/* Arrivals vary by so much, on the mean: clusters have to be several times longer, or that is all they show.
 */
void probe_jitter(struct probe *p, uint32_t jitter_us);

/* Two clusters at once, at these rates: at the start, and when traffic returns after the estimate
 * has grown stale. */
void probe_open(struct probe *p, uint32_t first_bps, uint32_t second_bps, uint64_t now_us);

/* Ask at each feedback and now and then: starts a cluster at twice the estimate where one is due.
 * calm: no queue stands on the way, and none did a moment ago. */
void probe_update(struct probe *p, uint32_t estimate_bps, bool calm, uint64_t now_us);

/* A cluster was measured at that rate, 0 = it failed: go on doubling while at least 0.7 of the last
 * one arrived. */
void probe_result(struct probe *p, uint8_t cluster, uint32_t bps, uint64_t now_us);

/* The next one is due in PROBE_SOON_US already: the last found more than was believed. */
void probe_soon(struct probe *p, uint64_t now_us);

/* Bytes that have to leave now so that the cluster keeps its rate, 0 = none. Send at least one packet
 * where it is not 0, and ask again after PROBE_TICK_US. */
size_t probe_due(struct probe *p, uint64_t now_us);

/* A packet leaves: the number of the cluster that it belongs to, 0 = none. */
uint8_t probe_sent(struct probe *p, size_t size, uint64_t now_us);

/* Whether a cluster is being sent or waits to be, so that probe_due() has to be asked. */
static inline bool probe_active(const struct probe *p)
{
    return p->sending || p->queued > 0;
}
