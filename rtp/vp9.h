/* The VP9 payload descriptor (RFC 9628, section 4.2), flexible mode (F) or not.
 *
 *       0 1 2 3 4 5 6 7
 *      +-+-+-+-+-+-+-+-+
 *      |I|P|L|F|B|E|V|Z| (required)
 *      +-+-+-+-+-+-+-+-+
 * I:   |M| PICTURE ID  | (16 bits with M)
 *      +-+-+-+-+-+-+-+-+
 * L:   | TID |U| SID |D|
 *      +-+-+-+-+-+-+-+-+
 *      |   TL0PICIDX   | (L without F)
 *      +-+-+-+-+-+-+-+-+
 * P,F: |   P_DIFF    |N| (up to 3 times)
 *      +-+-+-+-+-+-+-+-+
 * V:   | SS ...        |
 *      +-+-+-+-+-+-+-+-+
 */
#pragma once

#include "bytes.h"

enum { VP9_SPATIAL_MAX = 8, VP9_DIFFS_MAX = 3 };

struct vp9_descriptor {
    uint16_t len;       /* of the descriptor: where the VP9 payload begins */
    bool start, end;    /* of the layer frame */
    bool inter_picture; /* P: refers to earlier pictures */
    bool flexible;      /* F */
    bool has_layers;    /* L */
    uint8_t tid, sid;
    bool switching_up;        /* U: a decoder may go up in temporal layers from here */
    bool inter_layer;         /* D: refers to the lower spatial layer of its picture */
    bool not_upper_reference; /* Z: no upper spatial layer refers to it */
    int32_t picture_id;       /* -1 = none */
    bool picture_id_15;       /* the wide form */
    uint8_t picture_id_at;    /* offset in the payload; 0 = none */
    int16_t tl0_pic_idx;      /* -1 = none */
    uint8_t tl0_at;           /* offset in the payload; 0 = none */
    uint8_t diff_count;
    uint8_t diffs[VP9_DIFFS_MAX]; /* flexible mode: picture ids back */

    /* of the scalability structure, 0 where it is not there or gives no sizes */
    uint8_t spatial_count;
    uint16_t width[VP9_SPATIAL_MAX], height[VP9_SPATIAL_MAX];
};

/* Whether what a frame refers to is told by itself (F) rather than by the structure of its key frame. */
bool vp9_is_flexible(const uint8_t *payload, size_t len);

/* 0, or -EBADMSG where bytes are missing, nothing follows the descriptor, or it
 * has more than three references. */
int vp9_read(struct vp9_descriptor *d, const uint8_t *payload, size_t len) RTP_MUST_USE;
