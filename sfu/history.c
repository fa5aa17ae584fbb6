#include "history.h"

#include <errno.h>
#include <stdlib.h>

int history_init(struct history *h, size_t capacity, size_t limit)
{
    *h = (struct history){
        .ring = calloc(capacity, sizeof(*h->ring)),
        .numbers = calloc(capacity, sizeof(*h->numbers)),
        .mask = capacity - 1,
        .limit = limit,
    };
    if (h->ring && h->numbers)
        return 0;
    free(h->ring);
    free(h->numbers);
    *h = (struct history){0};
    return -ENOMEM;
}

static void let_go(struct history *h, size_t at)
{
    if (h->ring[at])
        packet_unref(h->ring[at]);
    h->ring[at] = NULL;
}

void history_finish(struct history *h)
{
    for (size_t i = 0; h->ring && i <= h->mask; i++)
        let_go(h, i);
    free(h->ring);
    free(h->numbers);
    *h = (struct history){0};
}

/* Twice the room, when what would be pushed out is still young: once or twice in
 * a stream's life. Without memory it stays as it is. */
static void grow(struct history *h)
{
    struct history to;
    if (history_init(&to, (h->mask + 1) * 2, h->limit) != 0)
        return;
    for (size_t i = 0; i <= h->mask; i++) {
        if (!h->ring[i])
            continue;
        to.ring[h->numbers[i] & to.mask] = h->ring[i];
        to.numbers[h->numbers[i] & to.mask] = h->numbers[i];
    }
    to.newest = h->newest;
    to.oldest = h->newest > h->mask && h->newest - h->mask > h->oldest ? h->newest - h->mask : h->oldest;
    free(h->ring);
    free(h->numbers);
    *h = to;
}

static bool too_old(const struct history *h, uint64_t number)
{
    return number < h->oldest || number + h->mask < h->newest;
}

bool history_has(const struct history *h, uint64_t number)
{
    return too_old(h, number) || history_get(h, number);
}

bool history_put(struct history *h, uint64_t number, struct packet *p)
{
    if (history_has(h, number))
        return false;
    struct packet *in_place = h->ring[number & h->mask];
    if (in_place && h->mask + 1 < h->limit && p->arrival_us - in_place->arrival_us < HISTORY_AGE_US)
        grow(h);
    size_t at = number & h->mask;
    let_go(h, at);
    h->ring[at] = packet_ref(p);
    h->numbers[at] = number;
    if (number > h->newest)
        h->newest = number;
    return true;
}

struct packet *history_get(const struct history *h, uint64_t number)
{
    size_t at = number & h->mask;
    return h->ring[at] && h->numbers[at] == number ? h->ring[at] : NULL;
}

void history_expire(struct history *h, uint64_t now_us)
{
    uint64_t from = h->newest > h->mask ? h->newest - h->mask : 0;
    if (from < h->oldest)
        from = h->oldest;
    for (; from <= h->newest; from++) {
        struct packet *p = history_get(h, from);
        if (p && now_us - p->arrival_us < HISTORY_AGE_US)
            break;
        if (p)
            let_go(h, from & h->mask);
    }
    h->oldest = from;
}
