/* Spends what a viewer's network allows on its slots (rtp/allocate.h): points
 * each at a layer, or pauses it and says why. Worker thread only. */
#pragma once

#include <stdint.h>

struct transport;

/* A wish, a holder or a living layer of its slots changed: spend anew at the next allot(). */
void allot_touch(struct transport *t);

/* Spend, if it is due. */
void allot(struct transport *t, uint64_t now_us);
