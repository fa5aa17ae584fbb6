#include "packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct packet_slab {
    struct packet_slab *next;
    alignas(64) struct packet packets[PACKET_SLAB_PACKETS];
};

void packet_pool_init(struct packet_pool *pool, size_t max_packets)
{
    *pool = (struct packet_pool){.max = max_packets};
}

size_t packet_pool_finish(struct packet_pool *pool)
{
    size_t leaked = pool->used;
#ifndef NDEBUG
    if (leaked)
        (void)fprintf(stderr, "packet pool: %zu of %zu packets are still referenced\n", leaked, pool->made);
#endif
    while (pool->slabs) {
        struct packet_slab *slab = pool->slabs;
        pool->slabs = slab->next;
        free(slab);
    }
    *pool = (struct packet_pool){0};
    return leaked;
}

static void grow(struct packet_pool *pool)
{
    struct packet_slab *slab = aligned_alloc(alignof(struct packet_slab), sizeof(*slab));
    if (!slab)
        return;
    slab->next = pool->slabs;
    pool->slabs = slab;
    pool->made += PACKET_SLAB_PACKETS;
    for (size_t i = PACKET_SLAB_PACKETS; i-- > 0;) {
        slab->packets[i].refs = 0;
        slab->packets[i].next_free = pool->free;
        pool->free = &slab->packets[i];
    }
}

struct packet *packet_get(struct packet_pool *pool)
{
    if (!pool->free && pool->made < pool->max)
        grow(pool);
    struct packet *p = pool->free;
    if (!p)
        return NULL;
    pool->free = p->next_free;
    pool->used++;
    memset(p, 0, offsetof(struct packet, data));
    p->refs = 1;
    p->pool = pool;
    return p;
}
