/* Sequence numbers and timestamps that wrap (RFC 3550, appendix A.1). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* a - b on the circle of 2^16: positive where a is newer. */
static inline int16_t seq_diff(uint16_t a, uint16_t b)
{
    return (int16_t)(uint16_t)(a - b);
}

static inline bool seq_newer(uint16_t a, uint16_t b)
{
    return seq_diff(a, b) > 0;
}

/* a - b on the circle of 2^32: positive where a is newer. */
static inline int32_t ts_diff(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

/* The 64-bit number nearest to `near` whose low 16 bits are seq: unwraps a
 * sequence number against the newest one seen. Start `near` at 2^16 or more so
 * that an older first neighbour does not go below zero. */
static inline uint64_t seq_extend(uint64_t near, uint16_t seq)
{
    return near + (uint64_t)(int64_t)seq_diff(seq, (uint16_t)near);
}
