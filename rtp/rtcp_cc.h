/* Transport-wide congestion control feedback, as a viewer sends it
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1); the diagram
 * is in transport_cc.h, which builds what we send. */
#pragma once

#include "rtcp.h"

enum {
    RTCP_CC_STATUSES_MAX = 2048, /* taken from one packet */
    RTCP_CC_TICK_US = 250,
    RTCP_CC_REFERENCE_US = 64000,
};

struct rtcp_cc_status {
    uint16_t seq; /* transport-wide */
    bool received;
    int16_t delta; /* RTCP_CC_TICK_US since the received one before it; since the reference for the first */
};

struct rtcp_cc {
    uint8_t feedback_count;
    int32_t reference; /* of RTCP_CC_REFERENCE_US, 24 bits signed, wraps */
    size_t count;
    struct rtcp_cc_status status[RTCP_CC_STATUSES_MAX];
};

/* Read a view of kind RTCP_TRANSPORT_CC. -EBADMSG: chunks or deltas are missing, or a symbol is
 * not defined; -E2BIG: more than RTCP_CC_STATUSES_MAX statuses. */
int rtcp_cc_read(const struct rtcp_view *v, struct rtcp_cc *out) RTP_MUST_USE;
