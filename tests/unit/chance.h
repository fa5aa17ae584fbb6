/* Packets and keys by chance, the same in each run so that a failure comes back. For one test program. */
#pragma once

#include "keys.h"

#include <stddef.h>
#include <stdint.h>

/* xorshift */
static uint64_t seed = 88172645463325252ULL;

static inline uint64_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static inline size_t below(size_t n)
{
    return (size_t)(rnd() >> 8) % n;
}

static inline void fill(uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)(rnd() >> 16);
}

static inline struct keys random_keys(enum keys_profile profile)
{
    struct keys keys = {.profile = profile};
    fill((uint8_t *)&keys.local, sizeof(keys.local));
    fill((uint8_t *)&keys.remote, sizeof(keys.remote));
    return keys;
}
