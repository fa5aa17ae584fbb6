/* Transport-wide congestion control feedback for the packets that we receive
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1).
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |V=2|P|  FMT=15 |    PT=205     |           length              |
 * |                     SSRC of packet sender                     |
 * |                      SSRC of media source                     |
 * |      base sequence number     |      packet status count      |
 * |                 reference time                | fb pkt. count |
 * |          packet chunk         |         packet chunk          |
 * |                              ...                              |
 * |         packet chunk          |  recv delta   |  recv delta   |
 * |                              ...                              |
 * |           recv delta          |  recv delta   | zero padding  |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * Arrivals are kept for a while after they were reported. A packet that comes
 * after it was reported missing is reported anew together with all that
 * followed it, so that no report ever takes an earlier "received" back. */
#pragma once

#include "bytes.h"

enum {
    TRANSPORT_CC_MAX = 1024,     /* arrivals remembered, reported or not */
    TRANSPORT_CC_LEN_MAX = 1200, /* bytes of one feedback packet */
    TRANSPORT_CC_LEN_MIN = 64,   /* the smallest buffer that holds one arrival after any gap */
    TRANSPORT_CC_TICK_US = 250,
    TRANSPORT_CC_INTERVAL_US = 50000, /* from an arrival to its report, at the most */
    TRANSPORT_CC_FRAME_US = 20000,    /* between two reports where a frame has just ended */
    TRANSPORT_CC_KEEP_US = 500000,    /* how long a reported arrival is remembered */
    TRANSPORT_CC_STRAYS =
        16, /* packets in a row below everything known: the sender's counter has restarted */
};

struct transport_cc_arrival {
    uint32_t seq;  /* extended over the wrap of 16 bits */
    uint32_t tick; /* 250 us; 256 of them are one unit of the reference time */
};

/* 8 KB, one for each transport. Zeroed memory is valid. */
struct transport_cc {
    bool started, frame_ended;
    uint8_t feedback_count;
    uint8_t strays;
    uint16_t count;
    uint16_t pending;     /* arrivals since the last report */
    uint32_t newest;      /* the highest number that came */
    uint32_t floor;       /* arrivals below are forgotten, and ignored when they come */
    uint32_t next;        /* the next report begins with this number */
    uint64_t pending_us;  /* when the first of `pending` came */
    uint64_t reported_us; /* when the last report was built */
    struct transport_cc_arrival arrivals[TRANSPORT_CC_MAX]; /* by seq, oldest first */
};

/* A packet with that transport-wide number came. frame_end: it is the last of a
 * video frame (marker bit), a good moment to report. Of duplicates the first
 * counts. */
void transport_cc_receive(struct transport_cc *t, uint16_t seq, bool frame_end, uint64_t now_us);

/* When the next report is due: within 50 ms of an arrival, 20 ms after the last
 * report where a frame has ended, at once (0) when half the arrivals that can be
 * kept wait. UINT64_MAX = nothing to report. */
uint64_t transport_cc_due_us(const struct transport_cc *t);

/* Build one RTCP packet into out: its length, a multiple of 4, at most the
 * smaller of cap and TRANSPORT_CC_LEN_MAX. Call again until it returns 0: all is
 * reported (or cap is below TRANSPORT_CC_LEN_MIN). One report is spread over several packets
 * where it is too long or two arrivals are more than 8 s apart. media_ssrc: any
 * stream of the transport. */
size_t transport_cc_build(struct transport_cc *t, uint32_t sender_ssrc, uint32_t media_ssrc, uint64_t now_us,
                          uint8_t *out, size_t cap);
