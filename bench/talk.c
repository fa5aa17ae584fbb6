#include "talk.h"

/* Time is cut into steps of a turn / at_once. In each one speaker begins, the next in the round, and so one
 * ends. */
static uint64_t step_us(const struct talk *t)
{
    uint64_t step = t->turn_us / t->at_once;
    return step ? step : 1;
}

bool talk_speaks(const struct talk *t, uint32_t person, uint64_t now_us)
{
    if (t->at_once >= t->people)
        return true;
    if (!t->at_once)
        return false;
    uint64_t newest = (now_us / step_us(t) + t->seed) % t->people;
    return (newest + t->people - person) % t->people < t->at_once;
}

uint64_t talk_next_us(const struct talk *t, uint64_t now_us)
{
    if (!t->at_once || t->at_once >= t->people)
        return UINT64_MAX;
    return (now_us / step_us(t) + 1) * step_us(t);
}
