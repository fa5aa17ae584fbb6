/* How fast a probe's cluster arrived. The bytes of its first burst are left out
 * at the receiving end and those of its last at the sending end, since packets
 * leave in bursts of a tick: what is measured is the time between bursts. */
#pragma once

#include "flight.h"

enum {
    PROBE_MEASURE_CLUSTERS = 4, /* the newest; an older one is forgotten */
    PROBE_MEASURE_BURST_US = 1000,
};

struct probe_cluster {
    uint8_t cluster; /* 0 = unused */
    bool complete;   /* all has been sent */
    uint16_t sent, arrived, lost;
    uint32_t bps; /* as asked for */
    uint32_t bytes, arrived_bytes;
    uint32_t first_bytes, last_bytes; /* of the first burst arrived, and of the last one sent */
    uint64_t first_us, last_us;       /* sent */
    uint64_t first_arrival_us, last_arrival_us;
};

/* Zeroed memory is valid. */
struct probe_measure {
    struct probe_cluster of[PROBE_MEASURE_CLUSTERS];
};

/* A packet left as part of that cluster, which was to be sent at bps. */
void probe_measure_sent(struct probe_measure *m, uint8_t cluster, uint32_t bps, size_t size, uint64_t now_us);

/* Its fate is known. True where all of its cluster is: *bps is the rate at which it arrived, never above the
 * one asked for, or 0 where too much was lost or the times say nothing. */
bool probe_measure_packet(struct probe_measure *m, const struct flight_result *r, uint32_t *bps);
