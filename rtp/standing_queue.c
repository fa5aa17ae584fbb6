#include "standing_queue.h"

static const double MORE = 0.05;   /* loss above that of calm times */
static const double WEIGHT = 0.25; /* of the newest share in that of calm times */

static void note_wait(struct standing_queue *q, int64_t wait_us, uint64_t now_us)
{
    if (now_us - q->half_since_us >= STANDING_QUEUE_SPAN_US / 2) {
        q->half_since_us = now_us;
        q->half_us[1] = q->half_us[0];
        q->half_us[0] = wait_us;
    }
    if (wait_us < q->half_us[0])
        q->half_us[0] = wait_us;
    q->wait_us = q->half_us[0] < q->half_us[1] ? q->half_us[0] : q->half_us[1];
}

static void note_delay(struct standing_queue *q, int64_t delay_us, uint64_t now_us)
{
    if (q->delay.started && delay_us > q->delay.value + MIN_FILTER_STEP_US)
        delay_us = q->delay.value + MIN_FILTER_STEP_US; /* a long queue, not a step of the clock */
    min_filter_add(&q->delay, delay_us, now_us);
    int64_t before_us = q->wait_us;
    q->stands = delay_us - q->delay.value > STANDING_QUEUE_US;
    note_wait(q, delay_us - q->delay.value, now_us);
    q->rose = before_us <= STANDING_QUEUE_US && q->wait_us > STANDING_QUEUE_US;
}

void standing_queue_feedback(struct standing_queue *q, int64_t delay_us, size_t packets, size_t lost,
                             uint64_t now_us)
{
    q->rose = false;
    if (packets > lost)
        note_delay(q, delay_us, now_us);
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
