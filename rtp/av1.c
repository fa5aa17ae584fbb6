#include "av1.h"

#include <errno.h>

#include "av1_sequence.h"

/* Of the aggregation header. */
enum {
    CONTINUED = 0x80,
    UNFINISHED = 0x40,
    NEW_SEQUENCE = 0x08,
};

/* Of an OBU's. */
enum { HAS_LAYERS = 0x04, HAS_SIZE = 0x02 };

enum { LEB128_BYTES_MAX = 8 };

/* AV1 bitstream specification, section 6.2.2. */
enum obu_type {
    OBU_SEQUENCE_HEADER = 1,
    OBU_TILE_GROUP = 4,
    OBU_REDUNDANT_FRAME_HEADER = 7,
    OBU_TILE_LIST = 8,
    OBU_PADDING = 15,
};

/* leb128(): longer than any packet is as good as any larger number. */
static size_t read_leb128(struct rd *r)
{
    uint64_t v = 0;
    for (size_t i = 0; i < LEB128_BYTES_MAX; i++) {
        uint8_t b = rd_u8(r);
        v |= (uint64_t)(b & 0x7f) << (7 * i);
        if (!(b & 0x80))
            return (size_t)v;
    }
    r->bad = true;
    return 0;
}

static bool begins_frame(uint8_t type)
{
    return type != OBU_TILE_GROUP && type != OBU_REDUNDANT_FRAME_HEADER && type != OBU_TILE_LIST &&
           type != OBU_PADDING;
}

/* One that is cut or odd has no size. */
static void read_sequence(struct av1_payload *a, struct rd obu, uint8_t header)
{
    a->key = true;
    if (header & HAS_SIZE)
        obu = rd_sub(&obu, read_leb128(&obu));
    if (!obu.bad)
        (void)!av1_sequence_size(obu.p, rd_left(&obu), &a->width, &a->height);
}

/* The header of an OBU that begins in this packet (section 5.3.2). */
static bool read_obu(struct av1_payload *a, struct rd obu, bool first)
{
    uint8_t header = rd_u8(&obu), layers = header & HAS_LAYERS ? rd_u8(&obu) : 0;
    uint8_t type = header >> 3 & 15;
    if (header & 0x80)
        return false;
    if (first)
        a->start = begins_frame(type);
    if ((header & HAS_LAYERS) && !a->has_layers) {
        a->has_layers = true;
        a->tid = layers >> 5;
        a->sid = layers >> 3 & 3;
        if (obu.bad)
            return false;
    }
    if (type == OBU_SEQUENCE_HEADER)
        read_sequence(a, obu, header);
    return true;
}

int av1_read(struct av1_payload *a, const uint8_t *payload, size_t len)
{
    struct rd r = rd_init(payload, len);
    uint8_t head = rd_u8(&r);
    size_t last = head >> 4 & 3; /* W: which element has no length; 0 = all have one */
    *a = (struct av1_payload){.key = head & NEW_SEQUENCE, .unfinished = head & UNFINISHED};
    if (r.bad || !rd_left(&r) || ((head & NEW_SEQUENCE) && (head & CONTINUED)))
        return -EBADMSG;
    size_t i = 1;
    for (; rd_left(&r); i++) {
        size_t obu_len = i == last ? rd_left(&r) : read_leb128(&r);
        struct rd obu = rd_sub(&r, obu_len);
        if (r.bad)
            return -EBADMSG;
        bool begins = i > 1 || !(head & CONTINUED);
        if (begins && obu_len > 0 && !read_obu(a, obu, i == 1))
            return -EBADMSG;
    }
    return last && i <= last ? -EBADMSG : 0;
}
