#include "gallery.h"

#include <errno.h>
#include <stdlib.h>

/* That of the source's height, or the nearest. */
static const struct pictures *find(const struct gallery *g, uint16_t height)
{
    size_t best = 0;
    for (size_t i = 1; i < g->count; i++) {
        if (abs(g->heights[i] - height) < abs(g->heights[best] - height))
            best = i;
    }
    return g->pictures[best];
}

static struct source_frame next(const struct source_frames *frames, const struct source_conf *conf, bool key,
                                uint64_t *at)
{
    const struct gallery *g = (const struct gallery *)frames; /* its first member */
    if (key)
        *at = 0;
    const struct picture *p = pictures_at(find(g, conf->height), (*at)++);
    return (struct source_frame){
        .data = p->data, .len = p->len, .tid = p->tid, .sync = p->sync, .key = p->key};
}

int gallery_init(struct gallery *g, const struct pictures_conf *confs, size_t count)
{
    *g = (struct gallery){.frames = {next}};
    if (count < 1 || count > GALLERY_MAX)
        return -EINVAL;
    for (; g->count < count; g->count++) {
        g->heights[g->count] = confs[g->count].height;
        g->pictures[g->count] = pictures_new(&confs[g->count]);
        if (!g->pictures[g->count]) {
            gallery_finish(g);
            return -EINVAL;
        }
    }
    return 0;
}

void gallery_finish(struct gallery *g)
{
    for (size_t i = 0; i < g->count; i++)
        pictures_free(g->pictures[i]);
    g->count = 0;
}
