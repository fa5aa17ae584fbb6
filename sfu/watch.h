/* Which slots get a layer's packets: a list at the layer, and each slot's place in
 * it. A slot listens to at most two layers: the one it shows and the one it waits
 * for. Worker thread only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct layer;
struct slot;
struct watch;

struct watcher {
    struct slot *slot;
    struct watch *watch; /* the slot's: told when its place changes */
};

struct watchers {
    struct watcher *list;
    size_t count, capacity;
};

/* A slot's place in a layer's list; zeroed = none. It must not move in memory
 * while it is in one, except by watch_move(). */
struct watch {
    struct layer *layer;
    size_t at;
};

/* Listen to that layer. 0 or -ENOMEM. */
int watch_begin(struct watch *w, struct slot *slot, struct layer *layer) __attribute__((warn_unused_result));

/* Stop; none = nothing happens. */
void watch_end(struct watch *w);

/* What `from` listened to, `to` does from now on; `to` listened to nothing. */
void watch_move(struct watch *to, struct watch *from);
