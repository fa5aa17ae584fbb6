/* Redundant audio (RFC 2198): earlier frames, then the one that the packet is
 * about, its primary block.
 *
 *  0                   1                    2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3  4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |1|  block PT   |     timestamp offset      |   block length    |  earlier frames
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |0|  block PT   |                                                  the primary block
 * +-+-+-+-+-+-+-+-+    then the blocks' data in the same order
 */
#pragma once

#include "bytes.h"

enum {
    RED_FOLLOWED = 0x80, /* in an earlier frame's first byte: another block comes */
    RED_BLOCK_LEN = 4,   /* bytes of an earlier frame's head */
    RED_BLOCKS_MAX = 16, /* earlier frames in one packet; browsers send one or two */
    RED_OFFSET_MAX = 0x3fff,
    RED_OFFSET_SHIFT = 10, /* of the offset, above the length */
};

struct red {
    uint8_t block_count; /* earlier frames */
    uint16_t
        reach; /* the largest timestamp offset: how far back the earlier frames lie, in the clock's ticks */
    uint16_t
        primary_at; /* offset of the primary block's data, which fills the rest of the payload; never 0 */
};

/* 0, or -EBADMSG where blocks are cut or more than RED_BLOCKS_MAX, where they are
 * not all of one payload type, and where the primary block is empty. */
int red_read(struct red *red, const uint8_t *payload, size_t len) RTP_MUST_USE;
