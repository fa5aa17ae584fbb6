/* Which slots of a viewer have a voice, and which of them go without where the
 * server cannot give all: allocate.h's part for audio. */
#pragma once

#include "allocate.h"

/* The step that the source's sound is given; NULL = nothing comes. */
const struct allocate_step *voices_step(const struct allocate_slot *slot);

/* What it takes: what is usual where that is not known; 0 = nothing comes. */
uint32_t voices_bps(const struct allocate_slot *slot);

/* The slot is one for audio, and is to have what comes. */
bool voices_has(const struct allocate_slot *slot);

/* How many do. */
size_t voices_count(const struct allocate_slot *slots, size_t count);

/* How many of them go before the one at that index: by priority, then by index. */
size_t voices_before(const struct allocate_slot *slots, size_t count, size_t at);
