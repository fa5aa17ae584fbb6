/* A forwarded packet's new head: RTP header, extensions with the viewer's ids
 * and the few payload bytes that change. The rest of the payload is not touched
 * and not copied: sealing reads it where it was received. */
#pragma once

#include "frame.h"
#include "sent.h"

enum {
    COMPOSE_MID_MAX = 16,     /* bytes; longer ones are not sent */
    COMPOSE_EXTENSIONS = 292, /* all of them in the two-byte form, with the longest descriptor */
    COMPOSE_HEADER_MAX = 12 + 4 + 4 + COMPOSE_EXTENSIONS, /* fixed, one CSRC, extension head */
    COMPOSE_PATCH_MAX = 16,                               /* bytes of the payload that are rewritten */
    COMPOSE_EARLIER_MAX = 400, /* bytes of an earlier audio frame; longer ones are not sent again */
    COMPOSE_RED_MAX = 1000,    /* of it and the packet's own */
    COMPOSE_PADDING = 255,     /* the most that RTP can say */
};

/* The audio frame before the one of the packet. */
struct compose_earlier {
    const uint8_t *data;
    uint16_t len;    /* 0 = none */
    uint16_t offset; /* how far back it lies, RED_OFFSET_MAX at the most */
};

/* What stays the same from packet to packet of one slot, but for `earlier`. */
struct compose {
    const struct rtp_ext_map *exts; /* the viewer's */
    const char *mid;                /* sent with each packet while not NULL */
    uint32_t ssrc, csrc;
    uint8_t pt;
    uint8_t red_pt; /* the viewer's RED around `pt`; 0 = none: of RED the primary block goes out, as `pt` */
    bool primary_only;              /* without RED's earlier frames */
    struct compose_earlier earlier; /* of a packet that is no RED, to become it */
    bool descriptor; /* the viewer needs the dependency descriptor; sent only where `mixed` was agreed, since
                        its structures do not fit the one-byte form and it is of no use without them */
};

/* A packet in three pieces, in the order in which they are sent. */
struct composed {
    uint8_t header[COMPOSE_HEADER_MAX];
    uint8_t patch[COMPOSE_PATCH_MAX + COMPOSE_EARLIER_MAX]; /* replaces the first bytes of the payload */
    const uint8_t *rest;                                    /* into the source packet */
    size_t header_len, patch_len, rest_len;
    uint16_t transport_seq_at; /* offset in header of the transport-wide number, 0 = none */
    uint16_t send_time_at;     /* of the 24-bit abs-send-time, 0 = none */
};

/* Compose the received packet p, parsed as v and f, with the numbers of `out`. The
 * transport-wide number and the send time are left zero: they are given when the
 * packet is sealed. An extension that cannot be said in the form that was agreed
 * (RFC 8285, section 4.2: ids up to 14, 16 bytes) is left out. */
void compose_packet(struct composed *c, const struct compose *with, const struct rtp_view *v,
                    const struct frame_info *f, const uint8_t *p, const struct rewritten *out);

/* Turn a composed packet into its retransmission (RFC 4588, section 4): another
 * SSRC, payload type and sequence number, the original one before the payload. */
void compose_rtx(struct composed *c, uint32_t ssrc, uint8_t pt, uint16_t seq, uint16_t original_seq);

/* Lengthen a composed packet by a byte of padding (RFC 3550, section 5.1), which lies behind its payload
 * already. */
static inline void compose_pad(struct composed *c)
{
    c->header[0] |= 0x20;
    c->rest_len++;
}

/* Turn a composed packet without payload into one of COMPOSE_PADDING bytes of
 * padding and nothing else (RFC 3550, section 5.1). */
void compose_padding(struct composed *c);

/* Fill in what is only known when the packet leaves. */
static inline void compose_stamp(struct composed *c, uint16_t transport_seq, uint64_t now_us)
{
    if (c->transport_seq_at)
        put_u16(c->header + c->transport_seq_at, transport_seq);
    if (c->send_time_at) {
        uint32_t fixed = (uint32_t)((now_us % 64000000 << 18) / 1000000); /* 6.18 seconds */
        c->header[c->send_time_at] = (uint8_t)(fixed >> 16);
        put_u16(c->header + c->send_time_at + 1, fixed);
    }
}
