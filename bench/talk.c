#include "talk.h"

/* Time is cut into steps of a turn / at_once. In each one speaker begins, the next in the round, and so one
 * ends. */
static uint64_t step_us(const struct talk *t)
{
    uint64_t step = t->turn_us / t->at_once;
    return step ? step : 1;
}

static bool has_turn(const struct talk *t, uint32_t person, uint64_t now_us)
{
    if (t->at_once >= t->people)
        return true;
    if (!t->at_once)
        return false;
    uint64_t newest = (now_us / step_us(t) + t->seed) % t->people;
    return (newest + t->people - person) % t->people < t->at_once;
}

static uint64_t next_turn_us(const struct talk *t, uint64_t now_us)
{
    if (!t->at_once || t->at_once >= t->people)
        return UINT64_MAX;
    return (now_us / step_us(t) + 1) * step_us(t);
}

static uint64_t pause_us(const struct talk *t)
{
    return (uint64_t)(t->pauses * TALK_CYCLE_US);
}

/* Where that one is in its cycle, which begins with the pause; no two keep time with each other. */
static uint64_t cycle_us(const struct talk *t, uint32_t person, uint64_t now_us)
{
    return (now_us + (uint64_t)(person + t->seed) * 1618033) % TALK_CYCLE_US;
}

bool talk_speaks(const struct talk *t, uint32_t person, uint64_t now_us)
{
    return has_turn(t, person, now_us) && cycle_us(t, person, now_us) >= pause_us(t);
}

uint64_t talk_next_us(const struct talk *t, uint32_t person, uint64_t now_us)
{
    uint64_t next_us = next_turn_us(t, now_us), at_us = cycle_us(t, person, now_us), pause = pause_us(t);
    if (!pause || !has_turn(t, person, now_us))
        return next_us;
    uint64_t cycle_next_us = now_us + (at_us < pause ? pause : TALK_CYCLE_US) - at_us;
    return cycle_next_us < next_us ? cycle_next_us : next_us;
}
