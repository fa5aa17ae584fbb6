/* The steps that one slot may have of what its source has to offer, lowest first:
 * what allocate.h climbs. Rungs are counted from 0; -1 is the ground. */
#pragma once

#include "allocate.h"

struct ladder {
    const struct allocate_slot *slot;
    uint8_t rungs[ALLOCATE_STEPS_MAX]; /* indexes of its steps */
    int count;
};

/* Of all that the slot may come to have, whether it is alive or not. */
void ladder_wished(struct ladder *l, const struct allocate_slot *slot);

/* Of what is alive: a layer that is too large only where there is no other, and one that has not settled
 * (ALLOCATE_SETTLE_US) only where no lower one has, or the slot had it: up to the layer `had`, -1 = none. */
void ladder_living(struct ladder *l, const struct allocate_slot *slot, int had, uint64_t now_us);

static inline const struct allocate_step *ladder_rung(const struct ladder *l, int i)
{
    return &l->slot->steps[l->rungs[i]];
}

/* The steps of a source that are looked at. */
static inline size_t ladder_steps(const struct allocate_slot *slot)
{
    return slot->step_count < ALLOCATE_STEPS_MAX ? slot->step_count : ALLOCATE_STEPS_MAX;
}

/* That rung is alive, or may come to be. */
bool ladder_expects(const struct ladder *l, int rung);

/* What that rung is given: bits a second, those that are usual where they are not known. */
uint32_t ladder_bps(const struct ladder *l, int rung);

/* What it takes of a budget: 0 on the ground, and one that will hardly come no more than those below. */
uint32_t ladder_cost(const struct ladder *l, int rung);

/* The rung that is enough for the next rank to be let in: ALLOCATE_FILL_HEIGHT at its full frame rate; else
 * the last. */
int ladder_filled(const struct ladder *l);
