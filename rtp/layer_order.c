#include "layer_order.h"

#include <string.h>

static size_t known(const uint32_t *pixels, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += pixels[i] != 0;
    return n;
}

/* Among those that are known there are some behind a larger one, and none behind a smaller one. */
static bool falls(const uint32_t *pixels, size_t count)
{
    uint32_t before = 0;
    bool fell = false;
    for (size_t i = 0; i < count; i++) {
        if (!pixels[i])
            continue;
        if (before && pixels[i] > before)
            return false;
        fell |= pixels[i] < before;
        before = pixels[i];
    }
    return fell;
}

/* The one at `from` goes down past larger ones; those that are not known stay where they are. */
static void sink(const uint32_t *pixels, uint8_t *order, size_t from)
{
    uint8_t moved = order[from];
    size_t to = from;
    for (size_t i = from; pixels[moved] && i-- > 0;) {
        if (pixels[order[i]] > pixels[moved]) {
            order[to] = order[i];
            to = i;
        }
    }
    order[to] = moved;
}

bool layer_order(const uint32_t *pixels, size_t count, uint8_t *order)
{
    uint8_t before[LAYER_ORDER_MAX];
    if (known(pixels, count) < 2)
        return false;
    bool reversed = falls(pixels, count);
    memcpy(before, order, count);
    for (size_t i = 0; i < count; i++)
        order[i] = (uint8_t)(reversed ? count - 1 - i : i);
    for (size_t i = 1; i < count; i++)
        sink(pixels, order, i);
    return memcmp(before, order, count) != 0;
}
