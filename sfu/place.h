/* On which workers each room lies, as the control plane keeps it: how many of its
 * transports each worker has, and where the next one goes. Control thread only. */
#pragma once

#include "conf.h"

#include <glib.h>

/* Of one room. */
struct place {
    uint64_t room;                    /* its id */
    unsigned home;                    /* the worker that decides who speaks; always has the room */
    uint64_t asked;                   /* bit i: worker i was told to open the room */
    uint64_t open;                    /* and has done so */
    uint32_t count[CONF_WORKERS_MAX]; /* transports on each worker */
};
_Static_assert(CONF_WORKERS_MAX <= 64, "a bit for each worker");

struct places {
    unsigned workers;
    uint32_t spread;                  /* rtc.spread */
    GHashTable *rooms;                /* id -> struct place */
    uint32_t homes[CONF_WORKERS_MAX]; /* rooms of which each worker is the home */
    uint32_t busy[CONF_WORKERS_MAX];  /* transports of all rooms on each worker */
};

void places_init(struct places *p, unsigned workers, uint32_t spread);
void places_finish(struct places *p);

/* The home for a new room: the worker with the fewest rooms and transports. */
unsigned places_home(const struct places *p);

/* There is a room. */
struct place *places_add(struct places *p, uint64_t room, unsigned home);
/* It, or NULL. */
struct place *places_find(const struct places *p, uint64_t room);
void places_remove(struct places *p, struct place *place);

/* The worker for its next transport: one that has the room and less than `spread`
 * transports of it, the home before others; where there is none, the one with the
 * least to do, and of equals one that has the room. With spread 0 always the home. */
unsigned places_next(const struct places *p, const struct place *place);

/* A transport joins, or has gone, on that worker. place: of its room, NULL where that has been closed. */
void places_joined(struct places *p, struct place *place, unsigned worker);
void places_gone(struct places *p, struct place *place, unsigned worker);

/* That worker is to be told to open the room: true the first time. */
bool place_asks(struct place *place, unsigned worker);

/* It has: returns the others that have, too. */
uint64_t place_opened(struct place *place, unsigned worker);
