/* A room on its worker: who is in it, which tracks there are, and who is in whose
 * slots. Worker thread only. */
#pragma once

#include "speech.h"

#include <glib.h>

struct layer;
struct track;
struct transport;
struct worker;

struct room {
    uint64_t id;
    struct worker *worker;
    GPtrArray *transports; /* in order of joining */
    GPtrArray *tracks;     /* struct track of those, in order of joining */
    GHashTable *tracks_by_id;
    struct room *next_dirty;
    bool dirty;
    struct speech speech;
};

struct room *room_new(struct worker *w, uint64_t id);

/* Its transports have gone before. NULL is fine. */
void room_free(struct room *room);

void room_add(struct room *room, struct transport *t);
void room_remove(struct room *room, struct transport *t);
void room_add_track(struct room *room, struct track *track);
void room_remove_track(struct room *room, struct track *track);

/* Someone's slots may have to change: the worker calls room_fill() at the end of
 * its turn, once for whatever happened in it. */
void room_touch(struct room *room);

/* Decide who is in which slot of each viewer. */
void room_fill(struct room *room, uint64_t now_us);

/* A layer of that track came: who holds the track may want it, now and not at the end of the turn. */
void room_retarget(struct room *room, const struct track *track, uint64_t now_us);

/* The track with that id, or NULL. */
struct track *room_track(const struct room *room, uint32_t id);
