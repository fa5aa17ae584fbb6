#include "impair.h"

#include <stdlib.h>

struct impair_item {
    uint64_t due_us;
    size_t len;
    uint8_t bytes[IMPAIR_DATAGRAM_MAX];
};

bool impair_active(const struct impair_conf *conf)
{
    return conf->loss > 0 || conf->delay_us || conf->jitter_us || conf->rate > 0;
}

void impair_init(struct impair *n, const struct impair_conf *conf, uint64_t seed)
{
    *n = (struct impair){.conf = *conf, .random = seed};
}

void impair_finish(struct impair *n)
{
    free(n->queue);
    *n = (struct impair){0};
}

/* 0 up to 1 (splitmix64). */
static double chance(struct impair *n)
{
    uint64_t z = n->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

/* Twice the room, what is there moved to its beginning. false = there is no room for more. */
static bool grow(struct impair *n)
{
    size_t cap = n->cap ? 2 * n->cap : 16;
    struct impair_item *queue = cap <= IMPAIR_QUEUE_MAX ? malloc(cap * sizeof(*queue)) : NULL;
    if (!queue)
        return false;
    for (size_t i = 0; i < n->count; i++)
        queue[i] = n->queue[(n->first + i) % n->cap];
    free(n->queue);
    n->queue = queue;
    n->first = 0;
    n->cap = cap;
    return true;
}

/* When it leaves the narrow link; false = its queue is full. */
static bool pass_link(struct impair *n, size_t len, uint64_t now_us, uint64_t *out_us)
{
    *out_us = now_us;
    if (n->conf.rate <= 0)
        return true;
    uint64_t from_us = n->free_us > now_us ? n->free_us : now_us;
    if (from_us - now_us > IMPAIR_BUFFER_US)
        return false;
    n->free_us = *out_us = from_us + (uint64_t)((double)len * 8e6 / n->conf.rate);
    return true;
}

void impair_push(struct impair *n, const uint8_t *datagram, size_t len, uint64_t now_us)
{
    uint64_t due_us;
    if (len > IMPAIR_DATAGRAM_MAX || chance(n) < n->conf.loss || !pass_link(n, len, now_us, &due_us) ||
        (n->count == n->cap && !grow(n))) {
        n->dropped++;
        return;
    }
    due_us += n->conf.delay_us + (uint64_t)((double)n->conf.jitter_us * chance(n));
    n->last_us = due_us > n->last_us ? due_us : n->last_us;
    struct impair_item *item = &n->queue[(n->first + n->count++) % n->cap];
    item->due_us = n->last_us;
    item->len = len;
    memcpy(item->bytes, datagram, len);
}

uint64_t impair_next_us(const struct impair *n)
{
    return n->count ? n->queue[n->first].due_us : UINT64_MAX;
}

uint8_t *impair_pop(struct impair *n, uint64_t now_us, size_t *len)
{
    if (impair_next_us(n) > now_us)
        return NULL;
    struct impair_item *item = &n->queue[n->first];
    n->first = (n->first + 1) % n->cap;
    n->count--;
    *len = item->len;
    return item->bytes;
}
