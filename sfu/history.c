#include "history.h"

#include <errno.h>
#include <stdlib.h>

int history_init(struct history *h, size_t capacity, size_t limit)
{
    *h = (struct history){
        .ring = calloc(capacity, sizeof(struct packet *)),
        .mask = capacity - 1,
        .limit = limit,
    };
    return h->ring ? 0 : -ENOMEM;
}

static void let_go(struct history *h, uint64_t number)
{
    packet_unref(h->ring[number & h->mask]);
    h->ring[number & h->mask] = NULL;
}

void history_finish(struct history *h)
{
    for (size_t i = 0; h->ring && i <= h->mask; i++)
        let_go(h, i);
    free(h->ring);
    *h = (struct history){0};
}

/* The lowest number that may be held. */
static uint64_t lowest(const struct history *h)
{
    uint64_t in_ring = h->newest > h->mask ? h->newest - h->mask : 0;
    return in_ring > h->oldest ? in_ring : h->oldest;
}

/* Twice the room, when what would be pushed out is still young: once or twice in
 * a stream's life. Without memory it stays as it is. */
static void grow(struct history *h)
{
    struct history to;
    if (history_init(&to, (h->mask + 1) * 2, h->limit) != 0)
        return;
    to.newest = h->newest;
    to.oldest = lowest(h);
    for (uint64_t i = to.oldest; i <= h->newest; i++)
        to.ring[i & to.mask] = h->ring[i & h->mask];
    free(h->ring);
    *h = to;
}

/* Move on to a number above the newest: what falls out of the ring goes, so that
 * each place holds its own number or nothing. */
static void advance(struct history *h, uint64_t number)
{
    uint64_t from = number - h->newest > h->mask ? number - h->mask : h->newest + 1;
    for (uint64_t i = from; i <= number; i++)
        let_go(h, i);
    h->newest = number;
}

bool history_has(const struct history *h, uint64_t number)
{
    return number < lowest(h) || history_get(h, number);
}

bool history_put(struct history *h, uint64_t number, struct packet *p)
{
    if (history_has(h, number))
        return false;
    const struct packet *in_place = h->ring[number & h->mask];
    if (in_place && h->mask + 1 < h->limit && p->arrival_us - in_place->arrival_us < HISTORY_AGE_US)
        grow(h);
    if (number > h->newest)
        advance(h, number);
    h->ring[number & h->mask] = packet_ref(p);
    return true;
}

struct packet *history_get(const struct history *h, uint64_t number)
{
    return number >= lowest(h) && number <= h->newest ? h->ring[number & h->mask] : NULL;
}

void history_expire(struct history *h, uint64_t now_us)
{
    for (uint64_t i = lowest(h); i <= h->newest; i++) {
        const struct packet *p = h->ring[i & h->mask];
        if (!p)
            continue; /* it may still come */
        if (now_us - p->arrival_us < HISTORY_AGE_US)
            return;
        let_go(h, i);
        h->oldest = i + 1;
    }
}
