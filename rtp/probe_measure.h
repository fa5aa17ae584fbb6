/* How fast a probe's cluster arrived. Packets leave in bursts of a tick, so that
 * the rate over a few of them looks higher than it was meant: the result is never
 * above that, and a bottleneck spreads the bursts. */
#pragma once

#include "flight.h"

enum {
    PROBE_MEASURE_CLUSTERS = 4, /* the newest; an older one is forgotten */
};

struct probe_cluster {
    uint8_t cluster; /* 0 = unused */
    bool complete;   /* all has been sent */
    uint16_t sent, arrived, lost;
    uint32_t bps; /* as asked for */
    uint32_t bytes, arrived_bytes;
    uint32_t opening_bytes, last_bytes; /* of the packets sent first and last ... */
    uint32_t first_bytes;               /* ... and arrived first */
    uint64_t first_us, last_us;         /* sent */
    uint64_t first_arrival_us, last_arrival_us;
};

/* Zeroed memory is valid. */
struct probe_measure {
    struct probe_cluster of[PROBE_MEASURE_CLUSTERS];
};

/* A packet left as part of that cluster, which was to be sent at bps. */
void probe_measure_sent(struct probe_measure *m, uint8_t cluster, uint32_t bps, size_t size, uint64_t now_us);

/* That was its last packet: from here on its result can come. */
void probe_measure_complete(struct probe_measure *m, uint8_t cluster);

/* How fast a cluster arrived. */
struct probe_outcome {
    uint32_t bps;     /* never above what was asked for; 0 where too much was lost or the times say nothing */
    uint32_t held_us; /* it took so much longer to arrive than to send */
    bool saturated;   /* slower than it was sent: the way was full, of this cluster and of what others sent */
};

/* The fate of one packet is known. True where that of all its cluster is. */
bool probe_measure_packet(struct probe_measure *m, const struct flight_result *r, struct probe_outcome *out);
