#include "cross.h"

#include <stdlib.h>

enum {
    CROSS_BYTES = 1000,
    CROSS_LOOK_US = 100000, /* from one look to the next at whether anything is to be sent again */
};

static void swallow(struct world *w, struct packet *p)
{
    (void)w;
    free(p);
}

static void go_on(struct world *w, void *arg)
{
    struct cross *c = arg;
    double bps = c->share * c->link->bps;
    if (w->now_us >= c->end_us)
        return;
    if (bps > 0) {
        struct packet *p = packet_new(0);
        p->size = CROSS_BYTES;
        p->arrive = swallow;
        link_send(w, c->link, p);
    }
    world_at(w, w->now_us + (bps > 0 ? (uint64_t)(CROSS_BYTES * 8e6 / bps) : CROSS_LOOK_US), go_on, c);
}

void cross_start(struct cross *c, struct world *w)
{
    world_at(w, w->now_us, go_on, c);
}
