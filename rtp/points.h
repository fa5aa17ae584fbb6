/* Operating points of a stream with layers, and sets of them: the point (sid, tid)
 * is a receiver that wants spatial layers up to sid and temporal layers up to tid.
 * A set is a mask of 32 bits. What a codec's header says of a frame is said as
 * sets, so that nothing behind it has to know the codec. */
#pragma once

#include <stdint.h>

enum {
    POINTS_SPATIAL = 4,
    POINTS_TEMPORAL = 8,
    POINTS_MAX = POINTS_SPATIAL * POINTS_TEMPORAL,
    POINTS_NONE = 0xff, /* no point */
};

#define POINTS_ALL       UINT32_MAX
#define POINTS_ALL_TID_0 0x01010101u /* of each spatial layer that with tid 0 */

static inline uint8_t point_of(unsigned sid, unsigned tid)
{
    return (uint8_t)(sid * POINTS_TEMPORAL + tid);
}

static inline uint8_t point_sid(uint8_t point)
{
    return point / POINTS_TEMPORAL;
}

static inline uint8_t point_tid(uint8_t point)
{
    return point % POINTS_TEMPORAL;
}

/* That point alone; nothing for POINTS_NONE. */
static inline uint32_t points_one(uint8_t point)
{
    return point < POINTS_MAX ? 1u << point : 0;
}

/* Those of spatial layer sid with this tid or a higher one. */
static inline uint32_t points_row(unsigned sid, unsigned tid)
{
    return (0xffu << tid & 0xffu) << (sid * POINTS_TEMPORAL);
}

/* Those with this sid or a higher one, and this tid or a higher one. */
static inline uint32_t points_above(unsigned sid, unsigned tid)
{
    return (0xffu << tid & 0xffu) * POINTS_ALL_TID_0 & UINT32_MAX << (sid * POINTS_TEMPORAL);
}

/* Those with neither a higher sid nor a higher tid. */
static inline uint32_t points_below(unsigned sid, unsigned tid)
{
    return (0xffu >> (POINTS_TEMPORAL - 1 - tid)) * POINTS_ALL_TID_0 &
           UINT32_MAX >> (POINTS_MAX - (sid + 1) * POINTS_TEMPORAL);
}

/* That point and those with neither a higher sid nor a higher tid; nothing for POINTS_NONE. */
static inline uint32_t points_up_to(uint8_t point)
{
    return point < POINTS_MAX ? points_below(point_sid(point), point_tid(point)) : 0;
}

/* The one with the highest sid, and of those with the highest tid. */
static inline uint8_t points_highest(uint32_t points)
{
    return points ? (uint8_t)(POINTS_MAX - 1 - __builtin_clz(points)) : (uint8_t)POINTS_NONE;
}

/* The lowest spatial layer's point with the highest tid up to that one, else its lowest. */
static inline uint8_t points_lowest_sid(uint32_t points, unsigned tid)
{
    if (!points)
        return POINTS_NONE;
    uint8_t low = (uint8_t)__builtin_ctz(points);
    uint8_t best =
        points_highest(points & points_row(point_sid(low), 0) & points_below(POINTS_SPATIAL - 1, tid));
    return best == POINTS_NONE ? low : best;
}
