/* What a worker does about having too much to do. Ten times a second it looks at
 * how much of its time it worked and what was dropped meanwhile; the level that
 * follows (load.h) is what every viewer's allotment goes by (allot.h). Until that
 * shows, a turn that lasts too long stops to forward pictures, so that what waits
 * in the sockets is fetched: voices, checks, reports. Worker thread only, unless
 * it says otherwise. */
#pragma once

#include "load.h"
#include "sfu.h"
#include "timer.h"

#include <stdatomic.h>

struct worker;

enum {
    SHED_TURN_US = 250000,  /* into a turn of the loop pictures are forwarded for that long: a key frame to as
                               many viewers as one worker can have takes longer than usual, and must pass */
    SHED_TELL_US = 5000000, /* between two events about it */
    SHED_IDLE_US = 1000000, /* between two looks while nobody is there */
};

struct shed {
    struct load load;
    struct timer timer;
    uint64_t looked_us; /* last look */
    uint64_t waited_us; /* since then */
    uint64_t turn_us;   /* when this turn of the loop began; 0 = there is no loop */
    uint64_t drops;     /* counted until the last look */
    uint64_t told_us;
    enum sfu_shed told;

    /* any thread may read */
    _Atomic unsigned busy, level; /* as in load */
};

/* At a load above that, of LOAD_FULL, things are shed. */
void shed_init(struct shed *s, unsigned limit);

/* The loop begins: look from now on. */
void shed_begin(struct worker *w, uint64_t now_us);
void shed_end(struct worker *w);

/* It slept for so long. */
static inline void shed_waited(struct shed *s, uint64_t us)
{
    s->waited_us += us;
}

/* A turn of the loop begins. */
static inline void shed_turn(struct shed *s, uint64_t now_us)
{
    s->turn_us = now_us;
}

/* This turn has lasted too long to forward any more pictures. */
bool shed_late(const struct shed *s);

/* What one look has seen. For the timer, and for tests. */
void shed_look(struct worker *w, const struct load_sample *seen, uint64_t now_us);

/* What is left out at that level of load.h. */
enum sfu_shed shed_stage(unsigned level);

static inline unsigned shed_percent(unsigned busy)
{
    return busy * 100 / LOAD_FULL;
}

/* Any thread. */
static inline unsigned shed_busy(const struct shed *s)
{
    return atomic_load_explicit(&s->busy, memory_order_relaxed);
}

static inline unsigned shed_level(const struct shed *s)
{
    return atomic_load_explicit(&s->level, memory_order_relaxed);
}

/* Any thread: nobody new is to come: there is nothing left to thin out but what would be missed. */
static inline bool shed_refuses(const struct shed *s)
{
    return shed_level(s) > LOAD_LAYERS_END;
}
