/* A reader of transport-wide feedback for the tests alone, written from the
 * draft without a look at the builder: section 3.1 of
 * draft-holmer-rmcat-transport-wide-cc-extensions-01. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cc_report {
    uint32_t sender_ssrc, media_ssrc;
    uint16_t base, count;
    uint32_t reference; /* 64 ms */
    uint8_t feedback_count;
    size_t deltas; /* received ones */
    size_t chunks;
    uint8_t symbol[65536]; /* 0 not received, 1 small, 2 large */
    int64_t tick[65536];   /* arrival in 250 us, from the reference time on */
};

/* false = not exactly one well-formed packet of that length. */
static inline bool cc_read(struct cc_report *r, const uint8_t *p, size_t len)
{
    if (len < 20 || len % 4 || p[0] != 0x8f || p[1] != 205 || (size_t)(p[2] << 8 | p[3]) != len / 4 - 1)
        return false;
    r->sender_ssrc = (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | p[7];
    r->media_ssrc = (uint32_t)p[8] << 24 | (uint32_t)p[9] << 16 | (uint32_t)p[10] << 8 | p[11];
    r->base = (uint16_t)(p[12] << 8 | p[13]);
    r->count = (uint16_t)(p[14] << 8 | p[15]);
    r->reference = (uint32_t)(p[16] << 16 | p[17] << 8 | p[18]);
    r->feedback_count = p[19];
    r->chunks = 0;
    size_t at = 20, n = 0;
    while (n < r->count) {
        if (at + 2 > len)
            return false;
        unsigned chunk = (unsigned)(p[at] << 8 | p[at + 1]);
        at += 2;
        r->chunks++;
        if (!(chunk & 0x8000)) {
            unsigned run = chunk & 0x1fff, symbol = chunk >> 13;
            if (run == 0 || n + run > r->count || symbol > 2)
                return false;
            memset(r->symbol + n, (int)symbol, run);
            n += run;
            continue;
        }
        bool two = chunk & 0x4000;
        for (int shift = two ? 12 : 13; shift >= 0; shift -= two ? 2 : 1) {
            unsigned symbol = chunk >> shift & (two ? 3 : 1);
            if (symbol == 3 || (n >= r->count && symbol != 0))
                return false;
            if (n < r->count)
                r->symbol[n++] = (uint8_t)symbol;
        }
    }
    int64_t tick = 0;
    r->deltas = 0;
    for (size_t i = 0; i < r->count; i++) {
        size_t bytes = r->symbol[i];
        if (at + bytes > len)
            return false;
        if (bytes == 1)
            tick += p[at];
        else if (bytes == 2)
            tick += (int16_t)(uint16_t)(p[at] << 8 | p[at + 1]);
        r->deltas += bytes != 0;
        r->tick[i] = tick;
        at += bytes;
    }
    for (size_t end = at; end < len; end++)
        if (p[end] != 0)
            return false;
    return len - at < 4;
}
