/* Somebody else's packets on a link, who takes a share of its bottleneck and does not yield. */
#pragma once

#include "world.h"

struct cross {
    /* set before cross_start() */
    struct link *link;
    uint64_t end_us;
    double share; /* of the bottleneck's rate; 0 = nothing; may be changed while it runs */
};

/* From now on. It stays where it is in memory until the world is finished. */
void cross_start(struct cross *c, struct world *w);
