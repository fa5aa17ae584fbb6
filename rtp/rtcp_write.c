#include "rtcp_write.h"

enum { HEADER_LEN = 4, REMB_MANTISSA_MAX = 0x3ffff };

/* The head of a packet, its length to be filled in by end(). Returns where it begins. */
static size_t begin(struct wr *w, uint8_t type, size_t count)
{
    size_t at = wr_len(w);
    w->bad = w->bad || count > RTCP_BLOCKS_MAX;
    wr_u8(w, 2 << 6 | (uint32_t)count);
    wr_u8(w, type);
    wr_u16(w, 0);
    return at;
}

/* Of a packet without room nothing stays, so that those before it are whole. */
static void end(struct wr *w, size_t at)
{
    if (w->bad)
        w->p = w->start + at;
    else
        put_u16(w->start + at + 2, (uint32_t)((wr_len(w) - at) / 4 - 1));
}

static size_t begin_feedback(struct wr *w, uint8_t type, uint8_t format, uint32_t sender, uint32_t media)
{
    size_t at = begin(w, type, format);
    wr_u32(w, sender);
    wr_u32(w, media);
    return at;
}

static void write_blocks(struct wr *w, const struct receive_report *blocks, size_t count)
{
    for (size_t i = 0; i < count && !w->bad; i++) {
        wr_u32(w, blocks[i].ssrc);
        wr_u8(w, blocks[i].fraction);
        wr_u24(w, (uint32_t)blocks[i].lost);
        wr_u32(w, blocks[i].highest);
        wr_u32(w, blocks[i].jitter);
        wr_u32(w, blocks[i].lsr);
        wr_u32(w, blocks[i].dlsr);
    }
}

void rtcp_write_sr(struct wr *w, uint32_t ssrc, const struct rtcp_sr *sr, const struct receive_report *blocks,
                   size_t count)
{
    size_t at = begin(w, RTCP_TYPE_SR, count);
    wr_u32(w, ssrc);
    wr_u32(w, (uint32_t)(sr->ntp >> 32));
    wr_u32(w, (uint32_t)sr->ntp);
    wr_u32(w, sr->rtp_timestamp);
    wr_u32(w, sr->packets);
    wr_u32(w, sr->octets);
    write_blocks(w, blocks, count);
    end(w, at);
}

void rtcp_write_rr(struct wr *w, uint32_t ssrc, const struct receive_report *blocks, size_t count)
{
    size_t at = begin(w, RTCP_TYPE_RR, count);
    wr_u32(w, ssrc);
    write_blocks(w, blocks, count);
    end(w, at);
}

void rtcp_write_cname(struct wr *w, uint32_t ssrc, const char *cname, uint8_t len)
{
    size_t at = begin(w, RTCP_TYPE_SDES, 1);
    wr_u32(w, ssrc);
    wr_u8(w, 1); /* CNAME */
    wr_u8(w, len);
    wr_bytes(w, cname, len);
    do
        wr_u8(w, 0);
    while (!w->bad && (wr_len(w) - at) % 4);
    end(w, at);
}

static void write_ssrcs(struct wr *w, const uint32_t *ssrcs, size_t count)
{
    for (size_t i = 0; i < count && !w->bad; i++)
        wr_u32(w, ssrcs[i]);
}

void rtcp_write_bye(struct wr *w, const uint32_t *ssrcs, size_t count)
{
    size_t at = begin(w, RTCP_TYPE_BYE, count);
    write_ssrcs(w, ssrcs, count);
    end(w, at);
}

void rtcp_write_pli(struct wr *w, uint32_t sender, uint32_t media)
{
    end(w, begin_feedback(w, RTCP_TYPE_PSFB, RTCP_FORMAT_PLI, sender, media));
}

void rtcp_write_fir(struct wr *w, uint32_t sender, uint32_t media, uint8_t number)
{
    size_t at = begin_feedback(w, RTCP_TYPE_PSFB, RTCP_FORMAT_FIR, sender, 0);
    wr_u32(w, media);
    wr_u8(w, number);
    wr_u24(w, 0);
    end(w, at);
}

void rtcp_write_remb(struct wr *w, uint32_t sender, uint64_t bitrate, const uint32_t *ssrcs, size_t count)
{
    size_t at = begin_feedback(w, RTCP_TYPE_PSFB, RTCP_FORMAT_ALFB, sender, 0);
    uint32_t exponent = 0;
    for (; bitrate > REMB_MANTISSA_MAX; bitrate >>= 1)
        exponent++;
    w->bad = w->bad || count > RTCP_BLOCKS_MAX;
    wr_u32(w, RTCP_REMB_ID);
    wr_u8(w, (uint32_t)count);
    wr_u24(w, exponent << 18 | (uint32_t)bitrate);
    write_ssrcs(w, ssrcs, count);
    end(w, at);
}

/* One PID and the mask of those up to 16 after it. Returns how many it holds. */
static size_t write_nack_entry(struct wr *w, const uint16_t *seqs, size_t count)
{
    uint32_t mask = 0;
    size_t n = 1;
    for (; n < count; n++) {
        uint16_t after = (uint16_t)(seqs[n] - seqs[0]);
        if (after == 0 || after > 16)
            break;
        mask |= 1u << (after - 1);
    }
    wr_u16(w, seqs[0]);
    wr_u16(w, mask);
    return n;
}

size_t rtcp_write_nack(struct wr *w, uint32_t sender, uint32_t media, const uint16_t *seqs, size_t count)
{
    if (w->bad || count == 0 || wr_left(w) < HEADER_LEN + 8 + 4)
        return 0;
    size_t at = begin_feedback(w, RTCP_TYPE_RTPFB, RTCP_FORMAT_NACK, sender, media);
    size_t n = 0;
    while (n < count && wr_left(w) >= 4)
        n += write_nack_entry(w, seqs + n, count - n);
    end(w, at);
    return n;
}
