/* On which workers a room lies, as the control plane keeps it: how many of its
 * transports each worker has, and where the next one goes. Control thread only. */
#pragma once

#include "conf.h"

#include <stdbool.h>

struct place {
    uint64_t room;                    /* its id */
    unsigned home;                    /* the worker that decides who speaks; always has the room */
    uint64_t asked;                   /* bit i: worker i was told to open the room */
    uint64_t open;                    /* and has done so */
    uint32_t count[CONF_WORKERS_MAX]; /* transports on each worker */
};
_Static_assert(CONF_WORKERS_MAX <= 64, "a bit for each worker");

/* The worker for the next transport: one that has the room and less than `spread`
 * transports of it, the home before others; where there is none, the one with the
 * least to do, and of equals one that has the room. busy: transports of all rooms
 * on each of the `workers`. spread 0 = always the home. */
unsigned place_next(const struct place *p, uint32_t spread, const uint32_t *busy, unsigned workers);
