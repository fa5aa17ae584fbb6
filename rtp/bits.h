/* A reader of bits, most significant first, with an error that sticks as in bytes.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bits {
    const uint8_t *p;
    size_t at, end; /* in bits */
    bool bad;
};

static inline struct bits bits_init(const uint8_t *p, size_t len)
{
    return (struct bits){.p = p, .end = len * 8};
}

/* n of them, up to 32, as a number; past the end 0, and bad. */
static inline uint32_t bits_take(struct bits *b, size_t n)
{
    if (b->bad || b->end - b->at < n) {
        b->bad = true;
        return 0;
    }
    uint32_t v = 0;
    for (; n > 0; n--, b->at++)
        v = v << 1 | ((uint32_t)b->p[b->at / 8] >> (7 - b->at % 8) & 1);
    return v;
}
