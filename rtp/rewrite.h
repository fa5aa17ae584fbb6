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
    REWRITE_DROPS = 32,          /* runs of drops remembered for packets that come late */
    REWRITE_NEAR = 1 << 16,      /* where unwrapped incoming sequence numbers begin (seq.h) */
    REWRITE_ANCHOR_US = 1000000, /* a larger correction of a timestamp moves the slot's timeline with it */
    REWRITE_TIMESTAMP_JUMP = 1 << 30 /* ticks; receivers take 2^31 and more for a jump back */
};

/* What was dropped on purpose since the switch. */
struct rewrite_dropped {
    uint64_t packets;
    uint16_t pictures; /* whose ids were closed up; on a circle */
};

/* A run of packets dropped on purpose. */
struct rewrite_drop {
    uint64_t from, to; /* incoming, unwrapped, inclusive */
    struct rewrite_dropped before;
};

/* A number that runs on through all sources. */
struct rewrite_number {
    uint16_t newest; /* sent */
    uint16_t offset; /* from the current source's to ours */
    bool known;      /* the offset: such a number has come */
};

struct rewrite {
    uint32_t clock_rate; /* Hz */
    bool started;        /* there was a source */

    /* what went out */
    uint64_t index;         /* highest */
    uint64_t payload_index; /* highest that did not only fill a hole */
    uint32_t timestamp;     /* newest */
    int64_t ticks;          /* the same unwrapped, 0 at the stream's beginning */
    bool frame_ended;       /* that packet was the last of its frame, with layers of its picture */
    struct rewrite_number picture, tl0, frame;

    /* the slot's timeline: origin_ticks at origin_us of the server's clock */
    uint64_t origin_us;
    int64_t origin_ticks;

    /* the source behind it */
    uint64_t first, newest; /* incoming, unwrapped */
    uint64_t base;          /* index of `first` */
    uint32_t timestamp_offset;
    uint16_t newest_picture; /* incoming, unwrapped to 16 bits; once picture.known */
    struct rewrite_dropped dropped;
    size_t drop_count; /* ever; the ring keeps the last ones */
    struct rewrite_drop drops[REWRITE_DROPS];
};

/* An empty stream. first_seq: random, 1..2^15-1, so that the first wrap is far
 * (RFC 3711, section 3.3.1); timestamp, picture id and so on: any random bits. */
void rewrite_init(struct rewrite *r, uint32_t clock_rate, uint16_t first_seq, uint32_t random);

/* Put the source of this packet behind the stream, from this packet on.
 * capture_us is the packet's time on the server's clock. Returns by how many us
 * the timestamp had to be moved forward so as not to go back. */
uint64_t rewrite_switch(struct rewrite *r, uint64_t in_seq, const struct rtp_view *v, uint64_t capture_us);

/* By how many us a switch to a source whose packet is of capture_us would have to
 * move the timestamp forward. */
uint64_t rewrite_behind(const struct rewrite *r, uint64_t capture_us);

/* The numbers of a packet of the current source; in_seq is its sequence number,
 * unwrapped, `marker` as select.h says. False: it has no place (older than the
 * switch, or among drops that were closed up, or further back than is
 * remembered). */
bool rewrite_packet(struct rewrite *r, uint64_t in_seq, const struct rtp_view *v, const struct frame_info *f,
                    bool marker, struct rewritten *out);

/* A packet of the current source is not forwarded, on purpose: close the
 * numbering over it, and over those from `from` on that were lost but would not
 * have been forwarded either. False: newer ones have gone out, its number is a hole
 * that only a packet without payload can fill. */
bool rewrite_drop(struct rewrite *r, uint64_t from, uint64_t in_seq, const struct frame_info *f);

/* The stream's timestamp at a moment at which the source's own would be in_ts. */
static inline uint32_t rewrite_timestamp(const struct rewrite *r, uint32_t in_ts)
{
    return in_ts + r->timestamp_offset;
}
