#include "standing_queue.h"

static const double MORE = 0.05;   /* loss above that of calm times */
static const double WEIGHT = 0.25; /* of the newest share in that of calm times */

static bool high(struct standing_queue *q, int64_t delay_us, uint64_t now_us)
{
    if (q->delay.started && delay_us > q->delay.value + MIN_FILTER_STEP_US)
        delay_us = q->delay.value + MIN_FILTER_STEP_US; /* a long queue, not a step of the clock */
    min_filter_add(&q->delay, delay_us, now_us);
    return delay_us - q->delay.value > STANDING_QUEUE_US;
}

void standing_queue_feedback(struct standing_queue *q, int64_t delay_us, size_t packets, size_t lost,
                             uint64_t now_us)
{
    if (packets > lost)
        q->stands = high(q, delay_us, now_us);
    if (!q->stands)
        q->full = false;
    q->packets += (uint32_t)packets;
    q->lost += (uint32_t)lost;
    if (q->packets < STANDING_QUEUE_PACKETS_MIN)
        return;
    double share = (double)q->lost / q->packets;
    q->packets = q->lost = 0;
    if (q->stands)
        q->full = share > q->calm_share + MORE;
    else
        q->calm_share += WEIGHT * (share - q->calm_share);
}
