#include "inter_arrival.h"

static void begin(struct inter_arrival *a, uint64_t sent_us, uint64_t arrival_us, uint64_t feedback_us)
{
    a->has_current = true;
    a->current = (struct inter_arrival_group){.first_sent_us = sent_us,
                                              .sent_us = sent_us,
                                              .first_arrival_us = arrival_us,
                                              .arrival_us = arrival_us,
                                              .feedback_us = feedback_us};
}

/* Arrived on the heels of the group, although it was sent apart: they waited together. */
static bool in_burst(const struct inter_arrival_group *g, uint64_t sent_us, uint64_t arrival_us)
{
    int64_t arrival = (int64_t)(arrival_us - g->arrival_us);
    int64_t sent = (int64_t)(sent_us - g->sent_us);
    return sent == 0 || (arrival < sent && arrival <= INTER_ARRIVAL_BURST_US &&
                         (int64_t)(arrival_us - g->first_arrival_us) < INTER_ARRIVAL_BURST_MAX_US);
}

static void extend(struct inter_arrival_group *g, uint64_t sent_us, uint64_t arrival_us, uint64_t feedback_us)
{
    if (sent_us > g->sent_us)
        g->sent_us = sent_us;
    if ((int64_t)(arrival_us - g->arrival_us) > 0)
        g->arrival_us = arrival_us;
    g->feedback_us = feedback_us;
}

/* The step between the two groups; false where the receiver's clock or the order was disturbed, and all
 * begins anew. */
static bool step(struct inter_arrival *a, struct inter_arrival_delta *out)
{
    const struct inter_arrival_group *now = &a->current, *before = &a->previous;
    out->sent_us = (int64_t)(now->sent_us - before->sent_us);
    out->arrival_us = (int64_t)(now->arrival_us - before->arrival_us);
    out->at_us = now->arrival_us;
    int64_t feedback = (int64_t)(now->feedback_us - before->feedback_us);
    if (out->arrival_us - feedback >= INTER_ARRIVAL_JUMP_US) {
        *a = (struct inter_arrival){.has_current = false};
        return false;
    }
    if (out->arrival_us >= 0) {
        a->reordered = 0;
        return true;
    }
    if (++a->reordered >= INTER_ARRIVAL_REORDERED_MAX)
        *a = (struct inter_arrival){.has_current = false};
    return false;
}

bool inter_arrival_packet(struct inter_arrival *a, uint64_t sent_us, uint64_t arrival_us,
                          uint64_t feedback_us, struct inter_arrival_delta *out)
{
    struct inter_arrival_group *g = &a->current;
    if (!a->has_current) {
        begin(a, sent_us, arrival_us, feedback_us);
        return false;
    }
    if (sent_us < g->first_sent_us)
        return false;
    if (in_burst(g, sent_us, arrival_us) || sent_us - g->first_sent_us <= INTER_ARRIVAL_GROUP_US) {
        extend(g, sent_us, arrival_us, feedback_us);
        return false;
    }
    bool stepped = a->has_previous && step(a, out);
    if (a->has_current) {
        a->previous = a->current;
        a->has_previous = true;
    }
    begin(a, sent_us, arrival_us, feedback_us);
    return stepped;
}
