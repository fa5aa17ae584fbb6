#include "rtcp.h"

#include <errno.h>

enum {
    BLOCK_LEN = 24,
    FIR_ENTRY_LEN = 8,
    ANY_FORMAT = -1,
    REMB_MANTISSA_BITS = 18,
    SDES_END = 0,
    SDES_CNAME = 1,
};

/* Each reads what follows the 4 byte header; r.bad tells the caller that it was too short. */

static void read_blocks(struct rtcp_view *v, struct rd *r)
{
    v->len = v->count * BLOCK_LEN;
    v->list = rd_bytes(r, v->len);
}

static void read_sr(struct rtcp_view *v, struct rd *r)
{
    v->sender = rd_u32(r);
    v->sr.ntp = (uint64_t)rd_u32(r) << 32;
    v->sr.ntp |= rd_u32(r);
    v->sr.rtp_timestamp = rd_u32(r);
    v->sr.packets = rd_u32(r);
    v->sr.octets = rd_u32(r);
    read_blocks(v, r);
}

static void read_rr(struct rtcp_view *v, struct rd *r)
{
    v->sender = rd_u32(r);
    read_blocks(v, r);
}

static void read_sdes_chunk(struct rtcp_view *v, struct rd *r)
{
    const uint8_t *start = r->p;
    uint32_t ssrc = rd_u32(r);
    for (uint8_t type; (type = rd_u8(r)) != SDES_END;) {
        uint8_t len = rd_u8(r);
        const uint8_t *text = rd_bytes(r, len);
        if (type == SDES_CNAME && text && !v->cname) {
            v->sender = ssrc;
            v->cname = text;
            v->cname_len = len;
        }
    }
    while (!r->bad && (r->p - start) % 4)
        rd_u8(r);
}

/* Bytes behind the last chunk are left alone. */
static void read_sdes(struct rtcp_view *v, struct rd *r)
{
    for (size_t i = 0; i < v->count && !r->bad; i++)
        read_sdes_chunk(v, r);
}

static void read_bye(struct rtcp_view *v, struct rd *r)
{
    v->len = v->count * 4;
    v->list = rd_bytes(r, v->len);
    if (v->list && v->count)
        v->sender = get_u32(v->list);
    if (rd_left(r))
        rd_bytes(r, rd_u8(r)); /* the reason */
}

static void read_feedback(struct rtcp_view *v, struct rd *r)
{
    v->sender = rd_u32(r);
    v->media = rd_u32(r);
    v->count = 0;
    v->len = rd_left(r);
    v->list = rd_bytes(r, v->len);
}

static void read_fir(struct rtcp_view *v, struct rd *r)
{
    read_feedback(v, r);
    v->count = v->len / FIR_ENTRY_LEN;
}

/* Other application layer feedback has no "REMB" and is none of ours. */
static void read_remb(struct rtcp_view *v, struct rd *r)
{
    v->sender = rd_u32(r);
    v->media = rd_u32(r);
    if (rd_left(r) < 4 || rd_u32(r) != RTCP_REMB_ID) {
        v->kind = RTCP_OTHER;
        return;
    }
    v->count = rd_u8(r);
    uint32_t rate = rd_u24(r);
    uint32_t exponent = rate >> REMB_MANTISSA_BITS;
    uint64_t mantissa = rate & ((1u << REMB_MANTISSA_BITS) - 1);
    v->bitrate = mantissa << exponent;
    if (v->bitrate >> exponent != mantissa)
        v->bitrate = UINT64_MAX;
    v->len = v->count * 4;
    v->list = rd_bytes(r, v->len);
}

static void read_other(struct rtcp_view *v, struct rd *r)
{
    (void)v;
    (void)r;
}

static const struct form {
    uint8_t type;
    int8_t format; /* of feedback, or ANY_FORMAT */
    enum rtcp_kind kind;
    void (*read)(struct rtcp_view *v, struct rd *r);
} forms[] = {
    {RTCP_TYPE_SR, ANY_FORMAT, RTCP_SR, read_sr},
    {RTCP_TYPE_RR, ANY_FORMAT, RTCP_RR, read_rr},
    {RTCP_TYPE_SDES, ANY_FORMAT, RTCP_SDES, read_sdes},
    {RTCP_TYPE_BYE, ANY_FORMAT, RTCP_BYE, read_bye},
    {RTCP_TYPE_RTPFB, RTCP_FORMAT_NACK, RTCP_NACK, read_feedback},
    {RTCP_TYPE_RTPFB, RTCP_FORMAT_TRANSPORT_CC, RTCP_TRANSPORT_CC, read_feedback},
    {RTCP_TYPE_PSFB, RTCP_FORMAT_PLI, RTCP_PLI, read_feedback},
    {RTCP_TYPE_PSFB, RTCP_FORMAT_FIR, RTCP_FIR, read_fir},
    {RTCP_TYPE_PSFB, RTCP_FORMAT_ALFB, RTCP_REMB, read_remb},
};

static const struct form *find_form(uint8_t type, uint8_t format)
{
    static const struct form other = {0, ANY_FORMAT, RTCP_OTHER, read_other};
    for (size_t i = 0; i < sizeof(forms) / sizeof *forms; i++) {
        if (forms[i].type == type && (forms[i].format == ANY_FORMAT || forms[i].format == format))
            return &forms[i];
    }
    return &other;
}

/* Padding (RFC 3550, section 6.4.1) counts itself. */
static bool strip_padding(struct rd *r)
{
    if (!rd_left(r) || r->end[-1] == 0 || r->end[-1] > rd_left(r))
        return false;
    r->end -= r->end[-1];
    return true;
}

int rtcp_next(struct rd *compound, struct rtcp_view *v)
{
    if (compound->bad || !rd_left(compound))
        return 0;
    uint8_t first = rd_u8(compound);
    uint8_t type = rd_u8(compound);
    struct rd r = rd_sub(compound, (size_t)rd_u16(compound) * 4);
    if (compound->bad || first >> 6 != 2) {
        compound->bad = true;
        return -EBADMSG;
    }
    if ((first & 0x20) && !strip_padding(&r))
        return -EBADMSG;
    const struct form *form = find_form(type, first & 31);
    *v = (struct rtcp_view){.kind = form->kind, .count = first & 31};
    form->read(v, &r);
    return r.bad ? -EBADMSG : 1;
}

bool rtcp_report(const struct rtcp_view *v, size_t i, struct receive_report *out)
{
    if ((v->kind != RTCP_SR && v->kind != RTCP_RR) || i >= v->count)
        return false;
    const uint8_t *p = v->list + i * BLOCK_LEN;
    *out = (struct receive_report){
        .ssrc = get_u32(p),
        .fraction = p[4],
        .lost = (int32_t)(get_u32(p + 4) << 8) / 256, /* 24 bits signed */
        .highest = get_u32(p + 8),
        .jitter = get_u32(p + 12),
        .lsr = get_u32(p + 16),
        .dlsr = get_u32(p + 20),
    };
    return true;
}

bool rtcp_ssrc(const struct rtcp_view *v, size_t i, uint32_t *ssrc)
{
    if ((v->kind != RTCP_BYE && v->kind != RTCP_REMB) || i >= v->count)
        return false;
    *ssrc = get_u32(v->list + i * 4);
    return true;
}

bool rtcp_fir(const struct rtcp_view *v, size_t i, uint32_t *ssrc, uint8_t *number)
{
    if (v->kind != RTCP_FIR || i >= v->count)
        return false;
    *ssrc = get_u32(v->list + i * FIR_ENTRY_LEN);
    *number = v->list[i * FIR_ENTRY_LEN + 4];
    return true;
}

bool rtcp_nack_next(const struct rtcp_view *v, struct rtcp_nack_iter *it, uint16_t *seq)
{
    if (v->kind != RTCP_NACK)
        return false;
    if (it->blp) {
        int step = __builtin_ctz(it->blp) + 1;
        it->seq = (uint16_t)(it->seq + step);
        it->blp = (uint16_t)(it->blp >> step);
    } else if (v->len - it->at >= 4) {
        it->seq = get_u16(v->list + it->at);
        it->blp = get_u16(v->list + it->at + 2);
        it->at += 4;
    } else {
        return false;
    }
    *seq = it->seq;
    return true;
}
