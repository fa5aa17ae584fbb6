#include "h264.h"

#include <errno.h>

#include "h264_sps.h"

/* H.264, table 7-1, and RFC 6184, table 1. */
enum nal_type {
    NAL_SLICE = 1,
    NAL_IDR = 5,
    NAL_SPS = 7,
    NAL_DELIMITER = 9,
    NAL_SINGLE_MAX = 23,
    NAL_STAP_A = 24,
    NAL_FU_A = 28,
};

enum { TYPE_MASK = 0x1f, REF_IDC_MASK = 0x60, FU_START = 0x80, FU_END = 0x40 };

struct slices {
    bool any, referred;
};

/* What one NAL unit adds; next is the byte behind its header, of which the first
 * bit is 1 where a slice begins with macroblock 0 (ue(v) coded), -1 = none. */
static void note_nal(struct h264_payload *h, struct slices *s, uint8_t type, uint8_t ref_idc, int next)
{
    h->key |= type == NAL_IDR || type == NAL_SPS;
    h->start |= type == NAL_SPS || type == NAL_DELIMITER;
    if (type == NAL_SLICE || type == NAL_IDR) {
        h->start |= next >= 0x80;
        s->any = true;
        s->referred |= ref_idc != 0;
    }
}

static void read_nal(struct h264_payload *h, struct slices *s, struct rd r)
{
    uint8_t header = rd_u8(&r);
    if ((header & TYPE_MASK) == NAL_SPS)
        (void)!h264_sps_size(r.p, rd_left(&r), &h->width, &h->height); /* one that is odd has no size */
    note_nal(h, s, header & TYPE_MASK, header & REF_IDC_MASK, rd_left(&r) ? *r.p : -1);
}

static int read_aggregate(struct h264_payload *h, struct slices *s, struct rd r)
{
    do {
        size_t len = rd_u16(&r);
        struct rd nal = rd_sub(&r, len);
        if (r.bad || len == 0)
            return -EBADMSG;
        read_nal(h, s, nal);
    } while (rd_left(&r));
    return 0;
}

static int read_fragment(struct h264_payload *h, struct slices *s, uint8_t indicator, struct rd r)
{
    uint8_t fu = rd_u8(&r);
    if (r.bad || (fu & (FU_START | FU_END)) == (FU_START | FU_END))
        return -EBADMSG;
    bool start = h->start;
    note_nal(h, s, fu & TYPE_MASK, indicator & REF_IDC_MASK, rd_left(&r) ? *r.p : -1);
    if (!(fu & FU_START))
        h->start = start; /* the bytes are from the middle of the NAL unit */
    return 0;
}

int h264_read(struct h264_payload *h, const uint8_t *payload, size_t len)
{
    *h = (struct h264_payload){.key = false};
    if (len == 0)
        return -EBADMSG;
    struct slices s = {.any = false};
    struct rd whole = rd_init(payload, len), rest = rd_init(payload + 1, len - 1);
    uint8_t type = payload[0] & TYPE_MASK;
    int rc = 0;
    if (type == NAL_STAP_A)
        rc = read_aggregate(h, &s, rest);
    else if (type == NAL_FU_A)
        rc = read_fragment(h, &s, payload[0], rest);
    else if (type >= NAL_SLICE && type <= NAL_SINGLE_MAX)
        read_nal(h, &s, whole);
    else
        rc = -EBADMSG;
    h->discardable = s.any && !s.referred;
    return rc;
}
