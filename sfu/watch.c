#include "watch.h"

#include "remote.h"

#include <errno.h>
#include <stdlib.h>

int watch_begin(struct watch *w, struct slot *slot, struct layer *layer)
{
    struct watchers *all = &layer->watchers;
    if (all->count == all->capacity) {
        size_t capacity = all->capacity ? all->capacity * 2 : 4;
        struct watcher *list = realloc(all->list, capacity * sizeof(*list));
        if (!list)
            return -ENOMEM;
        all->list = list;
        all->capacity = capacity;
    }
    *w = (struct watch){layer, all->count};
    all->list[all->count++] = (struct watcher){slot, w};
    if (all->count == 1 && layer->track->remote)
        remote_watchers_changed(layer->track);
    return 0;
}

void watch_end(struct watch *w)
{
    if (!w->layer)
        return;
    struct watchers *all = &w->layer->watchers;
    struct watcher last = all->list[--all->count];
    all->list[w->at] = last;
    last.watch->at = w->at;
    if (all->count == 0 && w->layer->track->remote)
        remote_watchers_changed(w->layer->track);
    w->layer = NULL;
}

void watch_move(struct watch *to, struct watch *from)
{
    *to = *from;
    from->layer = NULL;
    if (to->layer)
        to->layer->watchers.list[to->at].watch = to;
}
