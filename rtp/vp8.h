/* The VP8 payload descriptor (RFC 7741, section 4.2) and, of a key frame's first
 * packet, the frame header (section 4.3 and RFC 6386, section 9.1).
 *
 *       0 1 2 3 4 5 6 7
 *      +-+-+-+-+-+-+-+-+
 *      |X|R|N|S|R| PID | (required)
 *      +-+-+-+-+-+-+-+-+
 * X:   |I|L|T|K|  RSV  |
 *      +-+-+-+-+-+-+-+-+
 * I:   |M| PictureID   | (16 bits with M)
 *      +-+-+-+-+-+-+-+-+
 * L:   |   TL0PICIDX   |
 *      +-+-+-+-+-+-+-+-+
 * T/K: |TID|Y| KEYIDX  |
 *      +-+-+-+-+-+-+-+-+
 */
#pragma once

#include "bytes.h"

struct vp8_descriptor {
    uint8_t len;        /* of the descriptor: where the VP8 payload begins */
    bool start;         /* of a frame: first packet of its first partition */
    bool non_reference; /* the frame can be dropped without harm to others */
    bool has_tid;
    uint8_t tid;
    bool layer_sync;       /* Y: depends on nothing but the base layer */
    int32_t picture_id;    /* -1 = none */
    bool picture_id_15;    /* the wide form */
    uint8_t picture_id_at; /* offset in the payload; 0 = none */
    int16_t tl0_pic_idx;   /* -1 = none */
    uint8_t tl0_at;        /* offset in the payload; 0 = none */

    /* told only where start is set */
    bool key;
    uint16_t width, height; /* of a key frame whose header is there and in clear, else 0 */
};

/* 0, or -EBADMSG where bytes are missing or nothing follows the descriptor. */
int vp8_read(struct vp8_descriptor *d, const uint8_t *payload, size_t len) RTP_MUST_USE;
