/* The bandwidth of one viewer: what its network allows (estimator.h), the
 * packets that wait for their turn (pacer.h), and the probes that find out
 * whether there is more. What is done with it: allot.h. Worker thread only. */
#pragma once

#include "estimator.h"
#include "rtcp.h"
#include "timer.h"

struct transport;

enum {
    BANDWIDTH_WAITING_MAX = 256, /* retransmissions that wait; more are left to the viewer to ask for again */
    BANDWIDTH_IDLE_US = 100000,  /* between looks while nothing waits and no probe goes out */
    BANDWIDTH_OVERHEAD_IPV4 = 28, /* bytes of IP and UDP headers */
    BANDWIDTH_OVERHEAD_IPV6 = 48,
};

/* A retransmission that waits. */
struct bandwidth_resend {
    uint16_t slot; /* index */
    uint16_t seq;
};

struct bandwidth {
    struct transport *viewer;
    struct estimator estimator;
    struct pacer pacer;
    struct timer timer;
    uint64_t sent_us;                                       /* last packet that left */
    struct bandwidth_resend waiting[BANDWIDTH_WAITING_MAX]; /* a ring */
    size_t first, count;
    uint32_t shed; /* retransmissions that found it full */
};

/* NULL without memory. */
struct bandwidth *bandwidth_new(struct transport *viewer, uint64_t now_us);
/* NULL is fine. */
void bandwidth_free(struct bandwidth *b);

/* A datagram of len bytes leaves; numbered: it carries estimator_number(). */
void bandwidth_sent(struct bandwidth *b, size_t len, bool numbered, uint64_t now_us);

/* Transport-wide feedback came. False: it is malformed. */
bool bandwidth_feedback(struct bandwidth *b, const struct rtcp_view *v, uint64_t now_us);

/* The viewer asks for that packet of a slot again: now, or when the pacer allows. */
void bandwidth_resend(struct bandwidth *b, uint16_t slot, uint16_t seq, uint64_t now_us);
