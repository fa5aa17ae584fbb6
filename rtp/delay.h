/* What the delays of packets say of their way, to a viewer (estimator.h) or from a
 * publisher (receive_estimate.h): whether it carries more than is sent, or less.
 * The trend tells (trendline.h), and the queue on the way does (standing_queue.h)
 * where the trend is late or sees what is gone soon.
 *
 * Times of sending are on one line, times of arrival on another: only differences
 * mean something. bps, throughout: the rate that may be sent. */
#pragma once

#include "inter_arrival.h"
#include "standing_queue.h"
#include "trendline.h"

enum { DELAY_OVERUSE_WAIT_US = 10000 }; /* overuse leaves a queue in which all packets wait that long */

struct delay {
    struct inter_arrival inter_arrival;
    struct trendline trendline;
    struct standing_queue queue;
    int64_t overuse_wait_us; /* in the queue, when the rate was lowered for it last */
    uint64_t stood_us;       /* when the rate was lowered last while a queue stood; 0 = never */
    uint64_t arrived_us;     /* when the newest packet that arrived was sent */
    uint32_t jitter_us;      /* mean difference of the delays of neighbours, probes aside */
    uint32_t packets;        /* that arrived since the last delay_feedback(), ... */
    int64_t least_us;        /* ... and the least of their delays: arrival minus sending */
};

void delay_init(struct delay *d);

/* What was seen of neighbours and of the trend until now is of no use. */
void delay_forget(struct delay *d);

/* A line of times begins: nothing that was seen is to be compared with what comes. The jitter stays. */
void delay_begin_line(struct delay *d);

/* A packet has arrived; is_probe: it was one of a probe. now_us: when that was told. */
void delay_packet(struct delay *d, uint64_t sent_us, uint64_t arrival_us, bool is_probe, uint64_t now_us);

/* All packets of a feedback were told; so many others were lost. */
void delay_feedback(struct delay *d, size_t lost, uint64_t now_us);

/* What follows for the rate, which was lowered last at lowered_us (0 = never). Once for each feedback. */
enum trend delay_verdict(struct delay *d, uint32_t bps, uint64_t lowered_us, uint64_t now_us);

/* It is overuse whatever the verdict was, as the caller knows better. */
void delay_overuse(struct delay *d);

/* The rate was lowered now. While a queue stands, verdicts then wait for what is sent from now on: tell it
 * only where times of sending are the caller's own. */
void delay_lowered(struct delay *d, uint64_t now_us);

/* Something that was sent at that time or later has arrived. */
static inline bool delay_arrived(const struct delay *d, uint64_t since_us)
{
    return d->arrived_us >= since_us;
}

/* All packets of some frames have waited for so long, jitter aside. */
bool delay_waits(const struct delay *d, int64_t least_us, uint32_t bps);

/* Of the jitter, what packets of different sizes do not make by themselves in a bottleneck of that rate. */
uint32_t delay_foreign_jitter_us(const struct delay *d, uint32_t bps);
