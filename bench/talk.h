/* Who speaks when: a pure function of time, the same for everyone who asks. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Of one room. */
struct talk {
    uint32_t people;  /* who can speak at all */
    uint32_t at_once; /* speakers at a time; people or more: all of them, always */
    uint64_t turn_us; /* that each speaks in one go */
    uint32_t seed;    /* rooms differ by it */
    double pauses;    /* share of its turn in which a speaker says nothing; 1: never a word */
};

enum { TALK_CYCLE_US = 2600000 /* a spurt of speech and the pause behind it, as ITU-T P.59 has them */ };

/* Whether that one of the people (0 .. people - 1) speaks. Turns overlap: where several speak at a time they
 * do not begin together, and everyone has as many turns as the others. */
bool talk_speaks(const struct talk *t, uint32_t person, uint64_t now_us);

/* When that may change next for that one; UINT64_MAX = never. */
uint64_t talk_next_us(const struct talk *t, uint32_t person, uint64_t now_us);
