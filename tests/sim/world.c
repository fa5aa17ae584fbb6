#include "world.h"

#include <math.h>
#include <stdlib.h>

void world_init(struct world *w, uint64_t seed)
{
    *w = (struct world){.now_us = UINT64_C(1000000000), .random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
}

void world_finish(struct world *w)
{
    free(w->heap);
    *w = (struct world){.now_us = 0};
}

static bool before(const struct event *a, const struct event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void swap(struct event *a, struct event *b)
{
    struct event t = *a;
    *a = *b;
    *b = t;
}

void world_at(struct world *w, uint64_t at_us, event_fn fn, void *arg)
{
    if (w->count == w->capacity) {
        w->capacity = w->capacity ? w->capacity * 2 : 256;
        w->heap = realloc(w->heap, w->capacity * sizeof *w->heap);
        if (!w->heap)
            abort();
    }
    size_t i = w->count++;
    w->heap[i] = (struct event){at_us, w->order++, fn, arg};
    for (; i > 0 && before(&w->heap[i], &w->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&w->heap[i], &w->heap[(i - 1) / 2]);
}

static struct event pop(struct world *w)
{
    struct event top = w->heap[0];
    w->heap[0] = w->heap[--w->count];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < w->count; child++)
            if (before(&w->heap[child], &w->heap[least]))
                least = child;
        if (least == i)
            return top;
        swap(&w->heap[i], &w->heap[least]);
        i = least;
    }
}

void world_run(struct world *w, uint64_t until_us)
{
    while (w->count > 0 && w->heap[0].at_us <= until_us) {
        struct event e = pop(w);
        w->now_us = e.at_us;
        e.fn(w, e.arg);
    }
    w->now_us = until_us;
}

/* xorshift64* */
double world_random(struct world *w)
{
    w->random ^= w->random >> 12;
    w->random ^= w->random << 25;
    w->random ^= w->random >> 27;
    return (double)(w->random * UINT64_C(0x2545f4914f6cdd1d) >> 11) / (double)(UINT64_C(1) << 53);
}

double world_normal(struct world *w)
{
    double u = 1 - world_random(w);
    return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * world_random(w));
}

struct packet *packet_new(size_t len)
{
    struct packet *p = calloc(1, sizeof *p + len);
    if (!p)
        abort();
    p->len = len;
    return p;
}

/* --- Links ------------------------------------------------------------------------------- */

void link_init(struct link *l)
{
    *l = (struct link){.queue_us = 300000, .delay_us = 25000};
    l->tail = &l->head;
}

void link_finish(struct link *l)
{
    while (l->head) {
        struct packet *p = l->head;
        l->head = p->next;
        free(p);
    }
}

static void arrive(struct world *w, void *arg)
{
    struct packet *p = arg;
    p->arrive(w, p);
}

/* Out of the bottleneck, onto the long way. */
static void carry(struct world *w, struct link *l, struct packet *p)
{
    if (world_random(w) < l->loss) {
        l->lost++;
        free(p);
        return;
    }
    double jitter = l->jitter_us ? fabs(world_normal(w)) * l->jitter_us : 0;
    uint64_t at = w->now_us + l->delay_us + (uint64_t)jitter;
    if (!l->reorder && at < l->last_us)
        at = l->last_us;
    l->last_us = at;
    world_at(w, at, arrive, p);
}

static void serve(struct world *w, struct link *l);

static void served(struct world *w, void *arg)
{
    struct link *l = arg;
    struct packet *p = l->head;
    l->head = p->next;
    if (!l->head)
        l->tail = &l->head;
    l->queued -= p->size;
    p->waited_us = w->now_us - p->queued_us;
    carry(w, l, p);
    serve(w, l);
}

static void serve(struct world *w, struct link *l)
{
    if (l->head)
        world_at(w, w->now_us + (l->bps ? l->head->size * UINT64_C(8000000) / l->bps : 0), served, l);
}

void link_send(struct world *w, struct link *l, struct packet *p)
{
    p->queued_us = w->now_us;
    if (!l->bps && !l->head) {
        carry(w, l, p);
        return;
    }
    if (l->head && (l->queued + p->size) * UINT64_C(8000000) / (l->bps ? l->bps : 1) > l->queue_us) {
        l->dropped++;
        free(p);
        return;
    }
    bool idle = !l->head;
    p->next = NULL;
    *l->tail = p;
    l->tail = &p->next;
    l->queued += p->size;
    if (idle)
        serve(w, l);
}
