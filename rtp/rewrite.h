/* One slot's outgoing stream: whatever sources are put behind it, the receiver
 * sees one RTP stream with unbroken sequence numbers, timestamps on the server's
 * clock, picture ids and frame numbers.
 *
 * Sequence numbers: packets that are dropped on purpose leave no hole, packets
 * that were lost on the way to us leave theirs. Within one source the outgoing
 * index is the incoming number plus an offset less the drops before it, so that
 * distinct packets get distinct indexes and a reordered packet finds its place.
 * A new source starts behind everything sent before. */
#pragma once

#include "frame.h"
#include "sent.h"

enum {
    REWRITE_DROPS = 16,     /* runs of drops remembered for packets that come late */
    REWRITE_NEAR = 1 << 16, /* where unwrapped incoming sequence numbers begin (seq.h) */
};

/* A run of packets dropped on purpose: those from `from` on count in `before`
 * and `count`. */
struct rewrite_drop {
    uint64_t from, to; /* incoming, unwrapped, inclusive */
    uint64_t before;   /* packets dropped before `from` since the switch */
};

struct rewrite {
    uint32_t clock_rate; /* Hz */
    bool started;        /* something was sent */

    /* what went out */
    uint64_t index;     /* highest */
    uint32_t timestamp; /* newest */
    uint64_t origin_us; /* server time of origin_timestamp */
    uint32_t origin_timestamp;
    bool frame_ended; /* the newest packet was the last of its frame */
    int32_t picture_id;
    int16_t tl0_pic_idx;
    uint16_t frame_number;

    /* the source behind it */
    uint64_t first, newest; /* incoming, unwrapped */
    uint64_t base;          /* index of `first` */
    uint64_t dropped;       /* since `first` */
    uint32_t timestamp_offset;
    uint16_t picture_id_offset;
    uint8_t tl0_offset;
    uint16_t frame_number_offset;
    int32_t newest_picture_id; /* incoming */
    struct rewrite_drop drops[REWRITE_DROPS];
    size_t drop_count; /* ever; the ring keeps the last ones */
};

/* An empty stream. first_seq: random, 1..2^15-1, so that the first wrap is far
 * (RFC 3711, section 3.3.1); timestamp, picture id and so on: any random bits. */
void rewrite_init(struct rewrite *r, uint32_t clock_rate, uint16_t first_seq, uint32_t random);

/* Put the source of this packet behind the stream, from this packet on.
 * capture_us is the packet's time on the server's clock. Returns by how many us
 * the timestamp had to be moved forward so as not to go back. */
uint64_t rewrite_switch(struct rewrite *r, uint64_t in_seq, const struct rtp_view *v,
                        const struct frame_info *f, uint64_t capture_us);

/* The numbers of a packet of the current source; in_seq is its sequence number,
 * unwrapped. False: it has no place (older than the switch, or among drops that
 * were closed up, or further back than is remembered). */
bool rewrite_packet(struct rewrite *r, uint64_t in_seq, const struct rtp_view *v, const struct frame_info *f,
                    struct rewritten *out);

/* A packet of the current source is not forwarded, on purpose: close the
 * numbering over it. */
void rewrite_drop(struct rewrite *r, uint64_t in_seq, const struct frame_info *f);

/* The stream's timestamp at a moment at which the source's own would be in_ts. */
static inline uint32_t rewrite_timestamp(const struct rewrite *r, uint32_t in_ts)
{
    return in_ts + r->timestamp_offset;
}
