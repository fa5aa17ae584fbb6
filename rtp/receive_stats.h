/* What a receiver report says of one received SSRC (RFC 3550, section 6.4 and
 * appendices A.1, A.3, A.8).
 *
 * Only packets of the SSRC itself are counted: what RTX brought back stays lost
 * here, which is what the sender's loss estimate wants to know. */
#pragma once

#include "bytes.h"
#include "rate.h"

enum {
    RECEIVE_STATS_DROPOUT = 3000,  /* a gap of more is no loss but a jump (A.1) */
    RECEIVE_STATS_MISORDER = 1000, /* later than this is a jump back; a sender without RTX repeats packets
                                      that are several hundred old, so RFC 3550's 100 would not do */
};

enum receive_verdict {
    RECEIVE_NEW,     /* the newest so far, or the first */
    RECEIVE_LATE,    /* older than the newest: out of order, repeated or a duplicate */
    RECEIVE_JUMP,    /* out of range; counted only once the next in sequence follows it */
    RECEIVE_RESTART, /* the second one after a jump: the sender's numbers have started anew, so should
                        whatever is numbered by them (nack_reset()) */
};

struct receive_stats {
    uint32_t ssrc, clock_rate; /* set at init */
    bool started;

    uint64_t highest;  /* extended: wraps counted above 16 bits; starts with one wrap */
    uint64_t base;     /* extended number of the first packet since the start or restart */
    uint64_t expected; /* before base */
    uint64_t packets, bytes;
    uint32_t jump_seq; /* would confirm a jump; 2^16 = none is pending */

    uint64_t expected_prior, packets_prior; /* at the last report */

    bool has_transit;
    uint32_t transit;   /* arrival minus timestamp of the last frame's first packet, timestamp units */
    uint32_t timestamp; /* of that packet */
    uint32_t jitter_q4; /* timestamp units times 16 */

    bool has_sr;
    uint32_t lsr;   /* middle 32 bits of the last sender report's NTP time */
    uint64_t sr_us; /* when it arrived */

    struct rate rate;
};

/* A report block's fields, without its wire form. */
struct receive_report {
    uint32_t ssrc;
    uint8_t fraction;   /* lost of 256 since the last report; duplicates never make it negative */
    int32_t lost;       /* since the start, kept within 24 bits signed */
    uint32_t highest;   /* wraps << 16 | sequence number */
    uint32_t jitter;    /* timestamp units */
    uint32_t lsr, dlsr; /* 1/65,536 s; 0 before the first sender report */
};

/* clock_rate: Hz of the stream's timestamps; 0 leaves jitter at 0. */
void receive_stats_init(struct receive_stats *s, uint32_t ssrc, uint32_t clock_rate);

/* A packet of len bytes came. Jitter is taken over the first packet of each
 * timestamp, in order: the rest of a frame would measure the sender's pacer. */
enum receive_verdict receive_stats_packet(struct receive_stats *s, uint16_t seq, uint32_t timestamp,
                                          size_t len, uint64_t now_us);

/* A sender report for this SSRC came. */
void receive_stats_sr(struct receive_stats *s, uint64_t ntp, uint64_t now_us);

/* Fill in a report block and begin the next interval of `fraction`. false = no
 * packet has ever come, there is nothing to report. */
bool receive_stats_report(struct receive_stats *s, uint64_t now_us, struct receive_report *out) RTP_MUST_USE;

/* Packets lost since the start; negative with duplicates. */
int64_t receive_stats_lost(const struct receive_stats *s);

uint32_t receive_stats_jitter_us(const struct receive_stats *s);
