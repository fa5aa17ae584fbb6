/* SDP (RFC 8866) as a bounded model: parse an offer, write an answer. Nothing
 * here decides anything; answer.h does.
 *
 * The parser takes any bytes. It keeps what the answer needs (the table in
 * sdp_attr.c names the attributes), ignores attributes that it does not know,
 * and refuses what is malformed or over a cap with one line in words that
 * starts "line N:". Strings of a model are never NULL ("" = not there). */
#pragma once

#include "sfu.h"

#include <glib.h>

enum {
    SDP_TEXT_MAX = 1 << 20, /* bytes */
    SDP_LINES_MAX = 50000,
    SDP_LINE_MAX = 8192, /* bytes of one line */
    SDP_SECTIONS_MAX = 128,
    SDP_FORMATS_MAX = 128, /* of one m-line: there are no more payload types */
    SDP_EXTS_MAX = 64,
    SDP_RIDS_MAX = 8,
    SDP_SSRCS_MAX = 64,
    SDP_GROUPS_MAX = 32,     /* a=ssrc-group lines of one section */
    SDP_GROUP_SSRCS_MAX = 8, /* SSRCs of one of them */
    SDP_ERROR_MAX = 256,     /* bytes for an error in words */
};

/* Seen from the one who wrote the SDP. */
enum sdp_direction { SDP_INACTIVE = 0, SDP_SENDONLY = 1, SDP_RECVONLY = 2, SDP_SENDRECV = 3 };

/* RFC 4145, RFC 8842 */
enum sdp_setup { SDP_SETUP_NONE, SDP_SETUP_ACTPASS, SDP_SETUP_ACTIVE, SDP_SETUP_PASSIVE, SDP_SETUP_HOLDCONN };

/* What a=rtcp-fb says (RFC 4585, RFC 5104), bits of one word. */
enum sdp_feedback {
    SDP_FB_NACK = 1,
    SDP_FB_PLI = 2,
    SDP_FB_FIR = 4,
    SDP_FB_TRANSPORT_CC = 8,
    SDP_FB_REMB = 16,
};

/* One payload type of an m-line. */
struct sdp_format {
    uint8_t pt;
    uint8_t channels;    /* 0 where rtpmap does not say */
    uint8_t feedback;    /* bits of enum sdp_feedback */
    uint32_t clock_rate; /* Hz; 0 without an rtpmap */
    const char *name;    /* encoding name; "" without an rtpmap */
    const char *fmtp;    /* "a=1;b=2" */
};

struct sdp_ext { /* RFC 8285 */
    uint16_t id;
    enum sdp_direction direction;
    const char *uri;
};

struct sdp_rid { /* RFC 8851; restrictions are not kept */
    const char *id;
    bool recv; /* a=rid:x recv, else send */
};

struct sdp_ssrc { /* RFC 5576 */
    uint32_t ssrc;
    const char *cname;
};

struct sdp_group {
    const char *semantics; /* FID, SIM, ... */
    uint32_t ssrcs[SDP_GROUP_SSRCS_MAX];
    size_t count;
};

/* What may stand at session or media level; a section's own wins. */
struct sdp_level {
    const char *ufrag, *pwd;            /* RFC 8839 */
    const char *ice_options;            /* words */
    struct sfu_fingerprint fingerprint; /* the first of a hash that we know; len 0 = none */
    enum sdp_setup setup;
    enum sdp_direction direction;
    bool has_direction;
    bool allow_mixed; /* a=extmap-allow-mixed */
};

struct sdp_section {
    unsigned line;     /* of its m=, from 1; 0 in a model that was not parsed */
    const char *media; /* "audio", "video", "application", ... */
    uint16_t port;     /* 0 = rejected or stopped, unless bundle_only */
    const char *proto;
    const char *connection; /* after c=; kept by the writer only */
    const char *fmt;        /* the m-line's format list as it stands; written where format_count is 0 */
    struct sdp_level level;
    const char *mid;
    const char *msid; /* "stream track" */
    bool rtcp_mux, rtcp_rsize, bundle_only;
    struct sdp_format formats[SDP_FORMATS_MAX]; /* of RTP sections, in order */
    size_t format_count;
    struct sdp_ext exts[SDP_EXTS_MAX];
    size_t ext_count;
    struct sdp_rid rids[SDP_RIDS_MAX];
    size_t rid_count;
    const char *send[SDP_RIDS_MAX],
        *recv[SDP_RIDS_MAX]; /* a=simulcast (RFC 8853): the first alternative of each */
    size_t send_count, recv_count;
    struct sdp_ssrc ssrcs[SDP_SSRCS_MAX];
    size_t ssrc_count;
    struct sdp_group groups[SDP_GROUPS_MAX];
    size_t group_count;
    uint16_t sctp_port; /* RFC 8841; 0 = not there */
    uint32_t max_message_size;
    /* Written, never parsed: a lite agent has no use for the other's candidates. After a=candidate: */
    const char *candidates[SFU_CANDIDATES_MAX];
    size_t candidate_count;
};

struct sdp {
    const char *origin; /* after o= */
    struct sdp_level level;
    bool ice_lite;
    const char *bundle[SDP_SECTIONS_MAX]; /* mids of the first a=group:BUNDLE */
    size_t bundle_count;
    struct sdp_section *sections;
    size_t section_count;
    GStringChunk *strings; /* holds what the pointers point to */
};

/* An empty model with zeroed sections, all strings "". Give it to sdp_finish(). */
void sdp_init(struct sdp *sdp, size_t sections);

/* A copy of the text that lives as long as the model. */
const char *sdp_string(struct sdp *sdp, const char *text, size_t len);
const char *sdp_printf(struct sdp *sdp, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Parse len bytes. 0; or -EBADMSG (malformed) or -E2BIG (over a cap) with the
 * line and the reason in err, and *sdp empty. */
int sdp_parse(struct sdp *sdp, const char *text, size_t len, char *err, size_t err_len)
    __attribute__((warn_unused_result));

/* The model as text, CRLF line ends; g_free() it. */
char *sdp_write(const struct sdp *sdp);

/* The same for a trickle-ice-sdpfrag (RFC 8840, section 9), which has no lines but a= and m=. */
int sdp_parse_fragment(struct sdp *sdp, const char *text, size_t len, char *err, size_t err_len)
    __attribute__((warn_unused_result));
char *sdp_write_fragment(const struct sdp *sdp);

/* Free what the model holds. A zeroed model is fine. */
void sdp_finish(struct sdp *sdp);
