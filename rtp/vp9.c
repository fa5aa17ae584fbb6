#include "vp9.h"

#include <errno.h>

/* Of the first byte. */
enum {
    HAS_PICTURE_ID = 0x80,
    INTER_PICTURE = 0x40,
    HAS_LAYERS = 0x20,
    FLEXIBLE = 0x10,
    START = 0x08,
    END = 0x04,
    HAS_STRUCTURE = 0x02,
    NOT_UPPER_REFERENCE = 0x01,
};

static void read_picture_id(struct vp9_descriptor *d, const uint8_t *payload, struct rd *r)
{
    d->picture_id_at = (uint8_t)(r->p - payload);
    d->picture_id = rd_u8(r);
    d->picture_id_15 = d->picture_id & 0x80;
    if (d->picture_id_15)
        d->picture_id = (d->picture_id & 0x7f) << 8 | rd_u8(r);
}

static void read_layers(struct vp9_descriptor *d, const uint8_t *payload, struct rd *r)
{
    uint8_t b = rd_u8(r);
    d->has_layers = true;
    d->tid = b >> 5;
    d->switching_up = b & 0x10;
    d->sid = b >> 1 & 7;
    d->inter_layer = b & 1;
    if (!d->flexible) {
        d->tl0_at = (uint8_t)(r->p - payload);
        d->tl0_pic_idx = rd_u8(r);
    }
}

static void read_diffs(struct vp9_descriptor *d, struct rd *r)
{
    bool more = true;
    while (more && !r->bad) {
        if (d->diff_count == VP9_DIFFS_MAX) {
            r->bad = true;
            return;
        }
        uint8_t b = rd_u8(r);
        d->diffs[d->diff_count++] = b >> 1;
        more = b & 1;
    }
}

/* The scalability structure: sizes are kept, the picture group is passed over
 * (each packet tells its own layers). */
static void read_structure(struct vp9_descriptor *d, struct rd *r)
{
    uint8_t b = rd_u8(r);
    d->spatial_count = (uint8_t)((b >> 5) + 1);
    for (size_t i = 0; (b & 0x10) && i < d->spatial_count; i++) {
        d->width[i] = rd_u16(r);
        d->height[i] = rd_u16(r);
    }
    size_t pictures = b & 0x08 ? rd_u8(r) : 0;
    for (size_t i = 0; i < pictures && !r->bad; i++)
        rd_bytes(r, rd_u8(r) >> 2 & 3);
}

bool vp9_is_flexible(const uint8_t *payload, size_t len)
{
    return len && payload[0] & FLEXIBLE;
}

int vp9_read(struct vp9_descriptor *d, const uint8_t *payload, size_t len)
{
    struct rd r = rd_init(payload, len);
    uint8_t first = rd_u8(&r);
    *d = (struct vp9_descriptor){
        .start = first & START,
        .end = first & END,
        .inter_picture = first & INTER_PICTURE,
        .flexible = first & FLEXIBLE,
        .not_upper_reference = first & NOT_UPPER_REFERENCE,
        .picture_id = -1,
        .tl0_pic_idx = -1,
    };
    if (first & HAS_PICTURE_ID)
        read_picture_id(d, payload, &r);
    if (first & HAS_LAYERS)
        read_layers(d, payload, &r);
    if (d->flexible && d->inter_picture)
        read_diffs(d, &r);
    if (first & HAS_STRUCTURE)
        read_structure(d, &r);
    if (r.bad || !rd_left(&r))
        return -EBADMSG;
    d->len = (uint16_t)(r.p - payload);
    return 0;
}
