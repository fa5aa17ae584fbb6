/* RTCP, read packet by packet from a compound without copying. RFC 3550 section 6, RFC 4585, RFC 5104 (FIR),
 * REMB (draft-alvestrand-rmcat-remb); reduced-size packets (RFC 5506) are taken too. What transport-cc
 * feedback says is read by rtcp_cc.h; rtcp_write.h writes. */
#pragma once

#include "bytes.h"
#include "receive_stats.h"

/* RFC 3550 section 12.1, RFC 4585 section 6.1, RFC 3611 */
enum rtcp_type {
    RTCP_TYPE_SR = 200,
    RTCP_TYPE_RR = 201,
    RTCP_TYPE_SDES = 202,
    RTCP_TYPE_BYE = 203,
    RTCP_TYPE_APP = 204,
    RTCP_TYPE_RTPFB = 205,
    RTCP_TYPE_PSFB = 206,
    RTCP_TYPE_XR = 207,
};

/* The format field of feedback: RFC 4585 section 6, RFC 5104 section 4.3.1, draft-holmer. */
enum rtcp_format {
    RTCP_FORMAT_NACK = 1,          /* RTPFB */
    RTCP_FORMAT_TRANSPORT_CC = 15, /* RTPFB */
    RTCP_FORMAT_PLI = 1,           /* PSFB */
    RTCP_FORMAT_FIR = 4,           /* PSFB */
    RTCP_FORMAT_ALFB = 15,         /* PSFB, REMB among others */
};

enum rtcp_kind {
    RTCP_OTHER, /* well-formed and of no interest: XR, APP, unknown feedback */
    RTCP_SR,
    RTCP_RR,
    RTCP_SDES,
    RTCP_BYE,
    RTCP_NACK,
    RTCP_TRANSPORT_CC,
    RTCP_PLI,
    RTCP_FIR,
    RTCP_REMB,
    RTCP_KIND_COUNT
};

enum {
    RTCP_REMB_ID = 0x52454d42, /* "REMB" */
    RTCP_BLOCKS_MAX = 31,      /* report blocks in one packet, SSRCs in one BYE */
};

struct rtcp_sr {
    uint64_t ntp;
    uint32_t rtp_timestamp;
    uint32_t packets, octets; /* sent so far */
};

/* One packet of the compound. Pointers lead into it. */
struct rtcp_view {
    enum rtcp_kind kind;
    uint32_t sender;     /* SSRC of who sent it; of SDES and BYE the first one listed, 0 = none */
    uint32_t media;      /* feedback: SSRC that it is about; 0 for FIR and REMB */
    size_t count;        /* report blocks, SSRCs (BYE, REMB), or entries (FIR); see the functions below */
    const uint8_t *list; /* where they lie; NACK and transport-cc: the feedback control information */
    size_t len;          /* bytes of list */
    struct rtcp_sr sr;
    uint64_t bitrate;     /* REMB: bits per second; UINT64_MAX where it does not fit */
    const uint8_t *cname; /* SDES: first CNAME, not ended by NUL, or NULL */
    uint8_t cname_len;
};

/* A walk over the compound; start with rd_init(). 1 = v is the next packet, 0 =
 * the end, -EBADMSG = a packet that is not as it should be: calling again goes
 * on behind it, or ends where its length could not be trusted. */
int rtcp_next(struct rd *compound, struct rtcp_view *v) RTP_MUST_USE;

/* Report block i of an SR or RR. false past the last. */
bool rtcp_report(const struct rtcp_view *v, size_t i, struct receive_report *out) RTP_MUST_USE;

/* SSRC i of a BYE or REMB. false past the last. */
bool rtcp_ssrc(const struct rtcp_view *v, size_t i, uint32_t *ssrc) RTP_MUST_USE;

/* Entry i of a FIR: whom it asks, and the request's number, which repeats of one
 * request share (RFC 5104, section 4.3.1.2). false past the last. */
bool rtcp_fir(const struct rtcp_view *v, size_t i, uint32_t *ssrc, uint8_t *number) RTP_MUST_USE;

/* The missing sequence numbers of a NACK one by one; zero the iterator first.
 * At most 17 for each 4 bytes of the packet. */
struct rtcp_nack_iter {
    size_t at;    /* in v->list */
    uint16_t seq; /* told last */
    uint16_t blp; /* bits of those after it */
};
bool rtcp_nack_next(const struct rtcp_view *v, struct rtcp_nack_iter *it, uint16_t *seq) RTP_MUST_USE;
