/* Whether a queue on the way stands full: the delay is far above its least, and
 * more is lost than when it was not. Delay that does not grow any more says
 * nothing to the trendline, and loss alone might be the way's own. */
#pragma once

#include "min_filter.h"

#include <stddef.h>

enum {
    STANDING_QUEUE_US = 100000,      /* above the least delay */
    STANDING_QUEUE_SPAN_US = 120000, /* some frames: after each a queue that does not stand is empty */
    STANDING_QUEUE_PACKETS_MIN = 20, /* that make a share of losses worth comparing */
};

/* Zeroed memory is valid. */
struct standing_queue {
    struct min_filter delay; /* arrival minus sending: only differences mean something */
    int64_t wait_us;    /* what stands in the queue: the least waiting in the last STANDING_QUEUE_SPAN_US */
    int64_t half_us[2]; /* of this half of that time, and of the one before */
    uint64_t half_since_us; /* when this half began */
    bool stands;            /* the delay is high */
    bool rose;              /* as of this feedback `wait_us` is, too */
    bool full;              /* and packets are lost for it */
    uint32_t packets, lost; /* gathered until there are enough */
    double calm_share;      /* of packets lost while no queue stood, 0 .. 1 */
};

/* One feedback: the least delay among its packets, and how many of them were lost. none arrived: pass
 * packets == lost, and the delay is not looked at. */
void standing_queue_feedback(struct standing_queue *q, int64_t delay_us, size_t packets, size_t lost,
                             uint64_t now_us);
