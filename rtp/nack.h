/* The packets that are missing from one received stream, and when to ask for
 * them (generic NACK, RFC 4585, section 6.2.1).
 *
 * A gap is asked for first after NACK_FIRST_US, so that mere reordering costs
 * nothing, then once every round trip, NACK_TRIES times in all. What never
 * comes, or is too much, is given up, and a key frame is wanted instead. */
#pragma once

#include "bytes.h"

enum {
    NACK_MAX = 1000,         /* missing packets remembered; a larger gap resets */
    NACK_TRIES = 10,         /* times that one packet is asked for */
    NACK_AGE = 10000,        /* a missing packet this much older than the newest is given up */
    NACK_FIRST_US = 10000,   /* from the gap to the first NACK */
    NACK_RTT_MIN_US = 20000, /* between two NACKs for one packet */
    NACK_RTT_MAX_US = 400000,
    NACK_RTT_UNKNOWN_US = 100000,
};

struct nack_missing {
    uint32_t due_ms; /* low 32 bits of the time in ms */
    uint16_t seq;
    uint8_t tries;
};

/* 8 KB, one for each received video stream. Zeroed memory is valid. */
struct nack {
    bool started, has_key, key_frame_wanted;
    uint16_t newest;
    uint16_t key; /* first packet of the newest key frame */
    uint16_t count;
    uint64_t next_us; /* not later than the first one due; means nothing while count is 0 */
    struct nack_missing missing[NACK_MAX]; /* oldest first */
};

/* Forget everything; the next packet is the first. For a new or restarted stream
 * (RECEIVE_RESTART). */
void nack_reset(struct nack *n);

/* A packet came, from the stream itself or by RTX. true = it had been missing
 * (out of order or recovered) and no longer is. */
bool nack_receive(struct nack *n, uint16_t seq, uint64_t now_us);

/* A key frame begins with that packet: a gap before it is still asked for, but
 * not a reason to want another key frame. */
void nack_key_frame(struct nack *n, uint16_t seq);

/* When nack_due() has to be called next; it may be a little early. UINT64_MAX =
 * nothing is missing. */
uint64_t nack_next_us(const struct nack *n);

/* The packets to ask for now: at most max into out, oldest first (ascending over
 * the wrap). What did not fit is due still. rtt_us: 0 where it is not known. */
size_t nack_due(struct nack *n, uint64_t now_us, uint32_t rtt_us, uint16_t *out, size_t max);

/* Whether something was given up since the last call, so that only a key frame
 * helps. The asker throttles. */
bool nack_take_key_frame_wanted(struct nack *n);
