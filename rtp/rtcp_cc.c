#include "rtcp_cc.h"

#include <errno.h>

enum symbol { NOT_RECEIVED, SMALL_DELTA, LARGE_DELTA, UNDEFINED }; /* section 3.1.1 */

enum {
    RUN_LENGTH_MASK = 0x1fff,
    ONE_BIT_SYMBOLS = 14, /* in a status vector chunk */
    TWO_BIT_SYMBOLS = 7,
};

struct symbols {
    uint8_t of[RTCP_CC_STATUSES_MAX];
    size_t count, want;
};

/* What a chunk says beyond the packet status count is nothing. */
static void add_symbol(struct symbols *s, uint32_t symbol)
{
    if (s->count < s->want)
        s->of[s->count++] = (uint8_t)symbol;
}

static void add_run(struct symbols *s, uint16_t chunk)
{
    for (size_t i = 0; i < (chunk & RUN_LENGTH_MASK) && s->count < s->want; i++)
        add_symbol(s, chunk >> 13 & 3);
}

static void add_vector(struct symbols *s, uint16_t chunk)
{
    if (chunk & 0x4000) {
        for (int shift = 2 * (TWO_BIT_SYMBOLS - 1); shift >= 0; shift -= 2)
            add_symbol(s, chunk >> shift & 3);
    } else {
        for (int shift = ONE_BIT_SYMBOLS - 1; shift >= 0; shift--)
            add_symbol(s, chunk >> shift & 1);
    }
}

static int16_t read_delta(struct rd *r, uint8_t symbol)
{
    if (symbol == SMALL_DELTA)
        return rd_u8(r);
    return symbol == LARGE_DELTA ? (int16_t)rd_u16(r) : 0;
}

int rtcp_cc_read(const struct rtcp_view *v, struct rtcp_cc *out)
{
    if (v->kind != RTCP_TRANSPORT_CC)
        return -EBADMSG;
    struct rd r = rd_init(v->list, v->len);
    uint16_t base = rd_u16(&r);
    struct symbols s = {.count = 0, .want = rd_u16(&r)};
    uint32_t reference = rd_u24(&r);
    out->reference = (int32_t)(reference << 8) / 256;
    out->feedback_count = rd_u8(&r);
    out->count = s.want;
    if (r.bad)
        return -EBADMSG;
    if (s.want > RTCP_CC_STATUSES_MAX)
        return -E2BIG;
    while (s.count < s.want && !r.bad) {
        uint16_t chunk = rd_u16(&r);
        if (chunk & 0x8000)
            add_vector(&s, chunk);
        else
            add_run(&s, chunk);
    }
    for (size_t i = 0; i < s.count; i++) {
        if (s.of[i] == UNDEFINED)
            return -EBADMSG;
        out->status[i] = (struct rtcp_cc_status){.seq = (uint16_t)(base + i),
                                                 .received = s.of[i] != NOT_RECEIVED,
                                                 .delta = read_delta(&r, s.of[i])};
    }
    return r.bad ? -EBADMSG : 0;
}
