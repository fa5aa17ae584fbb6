/* What the delays of a viewer's packets say of the way to it: whether it carries
 * more than is sent, or less. The trend tells (trendline.h), and the queue on the
 * way does (standing_queue.h) where the trend is late or sees what is gone soon. */
#pragma once

#include "inter_arrival.h"
#include "standing_queue.h"
#include "trendline.h"

struct delay {
    struct inter_arrival inter_arrival;
    struct trendline trendline;
    struct standing_queue queue;
    int64_t overuse_wait_us; /* in the queue, when the rate was lowered for it last */
    uint64_t stood_us;       /* when the rate was lowered last while a queue stood; 0 = never */
    uint64_t arrived_us;     /* when the newest packet that arrived was sent */
    uint32_t jitter_us;      /* mean difference of the delays of neighbours, probes aside */
};

void delay_init(struct delay *d);

/* What was seen of neighbours and of the trend until now is of no use. */
void delay_forget(struct delay *d);

/* A packet has arrived; is_probe: it was one of a probe. */
void delay_packet(struct delay *d, uint64_t sent_us, uint64_t arrival_us, bool is_probe, uint64_t now_us);

/* All packets of a feedback were told: the newest that arrived was sent at newest_us (0 = none arrived); the
 * rest as standing_queue_feedback() takes it. */
void delay_feedback(struct delay *d, uint64_t newest_us, int64_t least_us, size_t packets, size_t lost,
                    uint64_t now_us);

/* What follows for the rate, which is bps and was lowered last at lowered_us (0 = never). Once for each
 * feedback. */
enum trend delay_verdict(struct delay *d, uint32_t bps, uint64_t lowered_us, uint64_t now_us);

/* The rate was lowered now. */
void delay_lowered(struct delay *d, uint64_t now_us);

/* Something that was sent at that time or later has arrived. */
static inline bool delay_arrived(const struct delay *d, uint64_t since_us)
{
    return d->arrived_us >= since_us;
}

/* Of the jitter, what packets of different sizes do not make by themselves in a bottleneck of that rate. */
uint32_t delay_foreign_jitter_us(const struct delay *d, uint32_t bps);
