/* The server's clock: microseconds that never go back or jump, whatever is done
 * to the time of day. Only the shell reads it; everything below is given now_us. */
#pragma once

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* What to add to the server's clock to get microseconds since 1970. Read once:
 * sender reports need a clock that runs evenly, not one that is right. */
static inline uint64_t clock_since_1970_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000 - clock_now_us();
}
