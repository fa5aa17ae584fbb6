/* What is in flight to one viewer: for each transport-wide sequence number that
 * was given lately what left under it, to be matched with the feedback that
 * tells when it arrived (draft-holmer-rmcat-transport-wide-cc-extensions-01). */
#pragma once

#include "rtcp_cc.h"

enum {
    FLIGHT_CAPACITY_MIN = 256,   /* 2 KB: a second at 256 packets a second */
    FLIGHT_CAPACITY_MAX = 16384, /* 128 KB; below half the circle of sequence numbers */
    FLIGHT_KEEP_US = 1000000,    /* a packet should be remembered that long */
    FLIGHT_TICK_US = 16,         /* the unit in which sending times are kept: 19 hours in 32 bits */
};

struct flight_packet {
    uint32_t sent_tick; /* FLIGHT_TICK_US; wraps */
    uint16_t size;
    uint8_t cluster; /* of a probe, see probe.h; 0 = none */
    uint8_t state;   /* private to flight.c */
};

struct flight {
    struct flight_packet *ring; /* owned by the caller of flight_init */
    size_t mask;                /* capacity - 1 */
    uint64_t next;              /* the number that the next packet gets, extended over its wraps */
    uint64_t floor;             /* below it nothing is known */
    uint64_t heard;             /* one after the newest number that was reported on */
    uint64_t reference;         /* the viewer's clock as unwrapped last, RTCP_CC_REFERENCE_US */
    bool referenced, crowded;
};

/* What became of one packet. */
struct flight_result {
    uint64_t sent_us;
    uint64_t arrival_us; /* on the viewer's clock, unwrapped; 0 where lost */
    uint16_t size;
    uint8_t cluster;
    bool lost;
    bool late;    /* arrived, after it had been told as lost */
    bool counted; /* it was in skipped_bytes of an earlier batch */
};

/* 48 KB: for the stack of whoever reads feedback, not for each viewer. */
struct flight_batch {
    size_t count;
    /* Of packets that this report should have followed on, but does not: the one before it is lost, they
     * most likely are not. */
    uint64_t skipped_bytes;
    size_t unknown; /* statuses for what was never sent, dropped here, or too old to remember */
    struct flight_result of[RTCP_CC_STATUSES_MAX]; /* in the order of sending */
};

/* Nothing in flight. ring: 2^n entries, FLIGHT_CAPACITY_MIN .. MAX. */
void flight_init(struct flight *f, struct flight_packet *ring, size_t capacity);

/* Whether a larger ring is called for: packets were forgotten younger than FLIGHT_KEEP_US. */
bool flight_crowded(const struct flight *f);

/* Move to a larger ring of 2^n entries; the old one, which is returned, is the caller's again. */
struct flight_packet *flight_grow(struct flight *f, struct flight_packet *ring, size_t capacity);

/* The number that the next packet has to carry. */
uint16_t flight_next(const struct flight *f);

/* That packet left, or is about to; the number is used up. */
void flight_sent(struct flight *f, size_t size, uint8_t cluster, uint64_t now_us);

/* The packet with that number was dropped on this side: its absence says nothing of the network.
 * False where it is not known. */
bool flight_dropped(struct flight *f, uint16_t seq);

/* Match feedback. Each packet is told at most once as arrived and, before that, once as lost;
 * what a report repeats is left out. */
void flight_feedback(struct flight *f, const struct rtcp_cc *cc, uint64_t now_us, struct flight_batch *out);
