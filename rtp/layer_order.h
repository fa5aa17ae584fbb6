/* The order of a track's simulcast layers, which its offer does not tell: a=simulcast lists them as they are
 * preferred (RFC 8853, section 5.2). Browsers list the smallest first, other clients the largest; how large
 * their pictures are shows which it is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LAYER_ORDER_MAX = 4 };

/* Sort `count` layers (LAYER_ORDER_MAX at the most): order[0] is which of them has the smallest pictures, and
 * so on up. pixels: of a picture of each, 0 = not known. Equal ones stay in the order of the list; so do
 * those that are not known, unless the others are listed the largest first. Fewer than two sizes say nothing:
 * then it stays as it was. True where it has become another. */
bool layer_order(const uint32_t *pixels, size_t count, uint8_t *order);
