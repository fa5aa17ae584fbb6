/* What a slot has sent lately: for each outgoing packet where it came from and
 * which numbers it got. It answers NACKs, and it is what makes sure that an
 * index is sealed only once: an index that is in the window has been used, one
 * that is older than the window may have been. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers that a packet leaves with. */
struct rewritten {
    uint64_t index; /* 48 bits: rollover counter and sequence number (RFC 3711, section 3.3.1) */
    uint32_t timestamp;
    int32_t picture_id;    /* 15 bits, or FRAME_NO_PICTURE_ID */
    int16_t tl0_pic_idx;   /* 8 bits, or FRAME_NO_TL0 */
    uint16_t frame_number; /* of the dependency descriptor */
    bool marker;
};

struct sent_packet {
    struct rewritten out;
    uint32_t source; /* as in select.h; 0 = nothing was sent under this index */
    uint16_t in_seq;
    uint8_t resends;
    bool empty;       /* sent without its payload, to fill a hole */
    uint32_t sent_ms; /* when last; of a clock that wraps */
};

struct sent {
    struct sent_packet *ring; /* owned by the caller of sent_init */
    size_t mask;              /* capacity - 1 */
    uint64_t highest;         /* newest index noted; 0 = none yet */
    uint64_t floor;           /* below it nothing is known, whatever the capacity */
};

/* An empty window over ring, of 2^n entries. */
void sent_init(struct sent *s, struct sent_packet *ring, size_t capacity);

/* Move to a larger ring of 2^n entries; the old one is the caller's again. */
void sent_grow(struct sent *s, struct sent_packet *ring, size_t capacity);

/* Whether noting a packet of that index would forget one that was sent less than keep_ms ago: then a larger
 * ring is called for, now. So the window grows with the rate. */
bool sent_crowded(const struct sent *s, uint64_t index, uint32_t now_ms, uint32_t keep_ms);

/* Note that a packet is about to be sent as p->out.index. False, and nothing
 * noted, where that index was used or is too old to know: do not send it. */
bool sent_note(struct sent *s, const struct sent_packet *p);

/* The packet sent with that sequence number, or NULL. */
struct sent_packet *sent_find(struct sent *s, uint16_t seq);
