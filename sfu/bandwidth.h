/* The bandwidth of one viewer: what its network allows (estimator.h), the
 * packets that wait for their turn (pacer.h), and the probes that find out
 * whether there is more. What is done with it: allot.h. Worker thread only. */
#pragma once

#include "allocate.h"
#include "estimator.h"
#include "rtcp.h"
#include "timer.h"

struct transport;

enum {
    BANDWIDTH_WAITING_MAX = 256, /* retransmissions that wait; more are left to the viewer to ask for again */
    BANDWIDTH_LOOK_US = 100000,  /* between looks while nothing waits and no probe goes out */
    BANDWIDTH_OPEN_US = 1000000, /* after something is wanted first: until then probes wait for feedback */
    BANDWIDTH_RESEND_PERCENT = 25, /* of the estimate, for retransmissions over a second: what is lost because
                                      the way is full is not to keep it full */
    BANDWIDTH_OVERHEAD_IPV4 = 28,  /* bytes of IP and UDP headers */
    BANDWIDTH_OVERHEAD_IPV6 = 48,
};

/* A retransmission that waits. */
struct bandwidth_resend {
    uint16_t slot; /* index */
    uint16_t seq;
};

struct bandwidth {
    struct transport *viewer;
    struct timer timer;
    uint64_t sent_us; /* last packet that left */
    struct estimator estimator;
    struct allocate allocate;
    struct pacer pacer;
    struct pacer resends; /* their share */
    bool can_probe;       /* transport-cc and RTX were negotiated */
    uint64_t wanted_us;   /* when something was wanted first; 0 = nothing yet */
    uint32_t held_bps;    /* wanted, and not told the estimator yet; 0 = nothing */
    struct bandwidth_resend waiting[BANDWIDTH_WAITING_MAX]; /* a ring */
    size_t first, count;
};

/* NULL without memory. */
struct bandwidth *bandwidth_new(struct transport *viewer, uint64_t now_us);
/* NULL is fine. */
void bandwidth_free(struct bandwidth *b);

/* An offer of the viewer was answered: its media say what it can tell of its network. */
void bandwidth_negotiated(struct bandwidth *b);

/* What is wanted changed: look after it from now on. */
void bandwidth_wake(struct bandwidth *b, uint64_t now_us);

/* So much is wanted of the network (estimator_want()). The first probes wait for feedback, which shows that
 * the viewer is ready: padding that comes before any media may be taken for media, and what comes on its
 * SSRC, the retransmissions, be lost on the viewer from then on (as Firefox does when it is short of CPU). */
void bandwidth_want(struct bandwidth *b, uint32_t bps, uint64_t now_us);

/* bandwidth_sent() comes soon (fetch.h); and again, once that has been fetched. */
static inline void bandwidth_fetch(const struct bandwidth *b)
{
    fetch(b, offsetof(struct bandwidth, estimator));
    estimator_fetch(&b->estimator);
}

static inline void bandwidth_fetch_next(const struct bandwidth *b)
{
    estimator_fetch_next(&b->estimator);
}

/* A datagram of len bytes leaves; numbered: it carries estimator_number(). */
void bandwidth_sent(struct bandwidth *b, size_t len, bool numbered, uint64_t now_us);

/* Transport-wide feedback came. False: it is malformed. */
bool bandwidth_feedback(struct bandwidth *b, const struct rtcp_view *v, uint64_t now_us);

/* The viewer asks for that packet of a slot again: now, or when the pacer allows. */
void bandwidth_resend(struct bandwidth *b, uint16_t slot, uint16_t seq, uint64_t now_us);
