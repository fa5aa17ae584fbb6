#include "vp8.h"

#include <errno.h>

/* Of the first byte, then of the X byte. */
enum {
    EXTENDED = 0x80,
    NON_REFERENCE = 0x20,
    START = 0x10,
    PARTITION_MASK = 0x07,
    HAS_PICTURE_ID = 0x80,
    HAS_TL0 = 0x40,
    HAS_TID = 0x20,
    HAS_KEYIDX = 0x10,
    DIMENSION_MASK = 0x3fff, /* the two bits above are a scaling wish */
};

static void read_extension(struct vp8_descriptor *d, const uint8_t *payload, struct rd *r)
{
    uint8_t x = rd_u8(r);
    if (x & HAS_PICTURE_ID) {
        d->picture_id_at = (uint8_t)(r->p - payload);
        d->picture_id = rd_u8(r);
        d->picture_id_15 = d->picture_id & 0x80;
        if (d->picture_id_15)
            d->picture_id = (d->picture_id & 0x7f) << 8 | rd_u8(r);
    }
    if (x & HAS_TL0) {
        d->tl0_at = (uint8_t)(r->p - payload);
        d->tl0_pic_idx = rd_u8(r);
    }
    if (x & (HAS_TID | HAS_KEYIDX)) {
        uint8_t b = rd_u8(r);
        d->has_tid = x & HAS_TID;
        d->tid = d->has_tid ? b >> 6 : 0;
        d->layer_sync = d->has_tid && (b & 0x20);
    }
}

/* A key frame's 10 byte header: frame tag, start code, width, height. */
static void read_frame_header(struct vp8_descriptor *d, struct rd r)
{
    d->key = !(rd_u8(&r) & 1);
    rd_bytes(&r, 2);
    bool start_code = rd_u24(&r) == 0x9d012a;
    const uint8_t *size = rd_bytes(&r, 4);
    if (d->key && start_code && size) {
        d->width = (uint16_t)((size[0] | size[1] << 8) & DIMENSION_MASK);
        d->height = (uint16_t)((size[2] | size[3] << 8) & DIMENSION_MASK);
    }
}

int vp8_read(struct vp8_descriptor *d, const uint8_t *payload, size_t len)
{
    struct rd r = rd_init(payload, len);
    uint8_t first = rd_u8(&r);
    *d = (struct vp8_descriptor){
        .start = (first & START) && !(first & PARTITION_MASK),
        .non_reference = first & NON_REFERENCE,
        .picture_id = -1,
        .tl0_pic_idx = -1,
    };
    if (first & EXTENDED)
        read_extension(d, payload, &r);
    if (r.bad || !rd_left(&r))
        return -EBADMSG;
    d->len = (uint8_t)(r.p - payload);
    if (d->start)
        read_frame_header(d, r);
    return 0;
}
