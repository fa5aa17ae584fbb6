/* The holders of a ranking (rank.h) in the order in which a viewer wants them who
 * has fewer slots than it, or is among them itself: who speaks before who does
 * not, and of two who speak the clearly louder one first. The order changes only
 * when someone starts or stops to speak, or has been clearly quieter (RANK_MARGIN)
 * than one behind for RANK_HOLD_US: whoever is heard stays so while it can. */
#pragma once

#include "rank.h"

/* Zeroed = empty. */
struct rank_order {
    size_t count;
    struct rank_holder at[RANK_SLOTS_MAX]; /* quieter_us: since when one behind is clearly louder */
};

/* Order the holders of r anew, after each rank_update() and with its candidates.
 * true = the order changed. */
bool rank_order_update(struct rank_order *o, const struct rank *r, const struct rank_candidate *candidates,
                       size_t count, uint64_t now_us);
