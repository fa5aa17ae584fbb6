#include "timer.h"

#include <glib.h>

/* The heap is at[1..count]: the parent of i is i / 2. */

static void put(struct timer_heap *heap, size_t i, struct timer_entry e)
{
    heap->at[i] = e;
    e.timer->index = i;
}

static void sift_up(struct timer_heap *heap, size_t i)
{
    struct timer_entry e = heap->at[i];
    for (; i > 1 && e.when_us < heap->at[i / 2].when_us; i /= 2)
        put(heap, i, heap->at[i / 2]);
    put(heap, i, e);
}

static void sift_down(struct timer_heap *heap, size_t i)
{
    struct timer_entry e = heap->at[i];
    for (size_t child = 2 * i; child <= heap->count; child = 2 * i) {
        if (child < heap->count && heap->at[child + 1].when_us < heap->at[child].when_us)
            child++;
        if (heap->at[child].when_us >= e.when_us)
            break;
        put(heap, i, heap->at[child]);
        i = child;
    }
    put(heap, i, e);
}

void timer_heap_finish(struct timer_heap *heap)
{
    for (size_t i = 1; i <= heap->count; i++)
        heap->at[i].timer->index = 0;
    g_free(heap->at);
    *heap = (struct timer_heap){0};
}

void timer_set(struct timer_heap *heap, struct timer *t, uint64_t when_us)
{
    if (t->index == 0) {
        if (heap->count + 1 >= heap->cap) {
            heap->cap = heap->cap ? 2 * heap->cap : 64;
            heap->at = g_renew(struct timer_entry, heap->at, heap->cap);
        }
        t->index = ++heap->count;
    }
    t->when_us = when_us;
    heap->at[t->index] = (struct timer_entry){when_us, t};
    sift_up(heap, t->index);
    sift_down(heap, t->index);
}

void timer_set_about(struct timer_heap *heap, struct timer *t, uint64_t when_us)
{
    timer_set(heap, t, when_us - when_us % TIMER_GRID_US);
}

void timer_cancel(struct timer_heap *heap, struct timer *t)
{
    if (t->index == 0)
        return;
    struct timer_entry last = heap->at[heap->count--];
    if (last.timer != t) {
        put(heap, t->index, last);
        sift_up(heap, last.timer->index);
        sift_down(heap, last.timer->index);
    }
    t->index = 0;
}

uint64_t timer_next_us(const struct timer_heap *heap)
{
    return heap->count ? heap->at[1].when_us : TIMER_NEVER;
}

size_t timer_run(struct timer_heap *heap, uint64_t now_us)
{
    size_t fired = 0;
    for (size_t most = heap->count; fired < most && timer_next_us(heap) <= now_us; fired++) {
        struct timer *t = heap->at[1].timer;
        timer_cancel(heap, t);
        t->fire(t->arg, now_us);
    }
    return fired;
}
