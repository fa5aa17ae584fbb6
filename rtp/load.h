/* How much a thread that forwards media has to do, and what its viewers have to
 * do without where that is too much. Pure: time is passed in.
 *
 * The load is the share of its time that the thread works, over the last few
 * hundred ms. Above a limit the level rises, and faster where datagrams were
 * dropped already; LOAD_MARGIN below it falls again, slowly, the nearer to the
 * limit the slower; in between it stays. Stage by stage of it
 *
 * - each viewer's budget for video (allocate.h) shrinks to what the lowest layers
 *   of its slots take,
 * - then to nothing, slot by slot,
 * - and then its voices go, the quietest first, but for one.
 *
 * Viewers follow the level one after the other, each at its place, so that a
 * small step of it is a small step of the load, however alike they are. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LOAD_LOOK_US = 100000, /* between two looks */
    LOAD_FULL = 1000,      /* of a load: it never waits */
    LOAD_MARGIN = 100,

    /* Levels and shares: nothing is held back at 0, and all that a stage may take is taken at its end. */
    LOAD_STAGE = 1000,
    LOAD_LAYERS_END = LOAD_STAGE,
    LOAD_SLOTS_END = 2 * LOAD_STAGE,
    LOAD_VOICES_END = 3 * LOAD_STAGE,
};

/* One thread's. Zeroed memory with a limit is a new one. */
struct load {
    unsigned limit;            /* of 1,000; LOAD_FULL = nothing is ever held back */
    uint64_t busy_us, span_us; /* what was seen, fading */
    unsigned busy;             /* of 1,000: the load */
    unsigned level;
};

/* What was seen since the last look. */
struct load_sample {
    uint64_t busy_us, span_us; /* worked for so long, of so long */
    uint64_t drops;            /* datagrams lost as it was too slow, or the way out was */
};

void load_look(struct load *l, const struct load_sample *seen);

/* What the viewer of that number (any; of consecutive ones the places are spread evenly) does without: a
 * level of its own. */
unsigned load_share(unsigned level, uint32_t viewer);

/* The budget that is left to it of `all`, where the lowest layers of its slots and its voices want `least`,
 * and its voices alone `voices`. */
uint64_t load_budget_bps(unsigned share, uint64_t all, uint64_t least, uint64_t voices);

/* How many of its voices it keeps. */
size_t load_voices(unsigned share, size_t count);
