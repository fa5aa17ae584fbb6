/* A room on its worker: who is in it, which tracks there are, and who is in whose
 * slots. Worker thread only. */
#pragma once

#include "candidates.h"
#include "speech.h"
#include "spread.h"

#include <glib.h>

struct layer;
struct track;
struct transport;
struct worker;

struct room {
    uint64_t id;
    struct worker *worker;
    GPtrArray *transports; /* in order of joining */
    GPtrArray *tracks;     /* struct track of those and of other workers' (remote.h), in order of joining */
    GHashTable *tracks_by_id;
    struct speech speech;
    struct spread spread;

    /* Filling: what has happened since the last time, and what that went by. */
    struct room *next_dirty;
    bool dirty;
    bool all_due;                   /* the slots of all viewers are to be filled anew */
    GPtrArray *due;                 /* else of these */
    uint64_t all_us;                /* not those of all before */
    struct timer all_timer;         /* ... but then */
    struct candidate_list lists[2]; /* by enum rtp_kind */
    uint32_t dominant;              /* participant */
    size_t ears;                    /* audio slots to rank for */
};

/* home: the worker that decides for it who speaks, this one or another that has it too. */
struct room *room_new(struct worker *w, uint64_t id, unsigned home);

/* Everybody goes, for that reason. */
void room_end_transports(struct room *room, enum sfu_gone why);

/* Its transports have gone before, and it is not in the worker's table any more. NULL is fine. */
void room_free(struct room *room);

void room_add(struct room *room, struct transport *t);
void room_remove(struct room *room, struct transport *t);
void room_add_track(struct room *room, struct track *track);
void room_remove_track(struct room *room, struct track *track);

/* Slots may have to change: the worker calls room_fill() at the end of its turn, once for whatever happened
 * in it. What that costs has to follow from what happened: a room of a thousand is touched many times a
 * second. */

/* What there is to show has changed, so that everybody's may. In a large room it waits for more of the like.
 */
void room_touch(struct room *room);

/* That viewer's alone: it came, or wants something else. */
void room_touch_viewer(struct transport *t);

/* Others speak; everybody's, where that makes others the most wanted. */
void room_touch_order(struct room *room);

/* Decide who is in which slot of each viewer that was touched. */
void room_fill(struct room *room, uint64_t now_us);

/* A layer of that track came: who holds the track may want it, now and not at the end of the turn. */
void room_retarget(struct room *room, const struct track *track, uint64_t now_us);

/* The track with that id, or NULL. */
struct track *room_track(const struct room *room, uint32_t id);
