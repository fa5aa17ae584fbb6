/* Timers of one thread: a binary heap of timers that live inside what they
 * belong to. It reads no clock. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMER_NEVER   UINT64_MAX
#define TIMER_GRID_US 20000

static inline uint64_t timer_earlier(uint64_t a_us, uint64_t b_us)
{
    return a_us < b_us ? a_us : b_us;
}

/* Set fire and arg once; the rest belongs to timer.c. Zeroed = not set. A timer
 * must not move in memory or be freed while it is set. */
struct timer {
    uint64_t when_us;
    size_t index; /* place in the heap, from 1; 0 = not set */
    void (*fire)(void *arg, uint64_t now_us);
    void *arg;
};

/* The time beside the pointer: moving through the heap touches no timer but those that move. */
struct timer_entry {
    uint64_t when_us;
    struct timer *timer;
};

/* Zeroed = empty. at[0] is not used. */
struct timer_heap {
    struct timer_entry *at;
    size_t count, cap;
};

/* Frees the heap, not the timers; those still set become not set. */
void timer_heap_finish(struct timer_heap *heap);

static inline bool timer_is_set(const struct timer *t)
{
    return t->index != 0;
}

/* Set it, or move it where it is set already. The heap's array grows by
 * doubling, to the most timers that were ever set at once; that is the only
 * allocation (and, like GLib's, it ends the process where there is no memory). */
void timer_set(struct timer_heap *heap, struct timer *t, uint64_t when_us);

/* For the last multiple of TIMER_GRID_US up to then: for what a crowd has to do again and again, though not
 * to the millisecond, as to be woken for each of them would cost more than to do it. */
void timer_set_about(struct timer_heap *heap, struct timer *t, uint64_t when_us);

/* Not set = nothing happens. */
void timer_cancel(struct timer_heap *heap, struct timer *t);

/* When the next one is due, or TIMER_NEVER. */
uint64_t timer_next_us(const struct timer_heap *heap);

/* Fire what is due at now_us, in order of time. A timer is no longer set when it
 * fires, so it may set itself again or free what holds it; it may set and cancel
 * any other. At most as many fire as were set at the call, so that one which
 * sets itself for the past cannot hold the loop. Returns how many fired. */
size_t timer_run(struct timer_heap *heap, uint64_t now_us);
