/* A packet's place in its video frame and in the stream's layers, whichever
 * codec it is: what `select` decides on. Read from the dependency descriptor
 * where there is one (any codec, encrypted payloads too), else from the
 * codec's own payload header. */
#pragma once

#include "dependency.h"
#include "packet_view.h"
#include "red.h"

enum { FRAME_NO_PICTURE_ID = -1, FRAME_NO_TL0 = -1 };

struct frame_info {
    bool key;   /* the frame can be decoded without any earlier one, and what follows it can be told: not
                   where a newer descriptor's structure has come; sure only where start is set */
    bool start; /* first packet of its frame (of its layer frame, with SVC) */
    bool end;   /* last packet of its frame (of its layer frame, with SVC) */
    bool discardable;       /* no other frame refers to it */
    bool has_layers;        /* sid and tid were read, not assumed */
    uint8_t sid;            /* spatial id within the RTP stream; 0 for simulcast */
    uint8_t tid;            /* temporal id */
    uint8_t spatial_count;  /* spatial layers of the stream; of a key frame where it says, else 0 */
    uint16_t width, height; /* of its largest layer; likewise */

    /* What it is to operating points (points.h). Nothing where the stream has no layers to choose from, or
     * the packet does not tell: it goes with all of them. */
    uint32_t needed_by; /* who cannot do without it */
    uint32_t opens;     /* who can begin here, given what it refers to */
    uint32_t active;    /* who is being produced; 0 = not told */
    uint32_t
        refers_to; /* by the descriptor: bit n: to the frame n before it; bit 0: to one 32 or more before */

    /* VP8 (RFC 7741) and VP9 (RFC 9628): what rewriting has to renumber. */
    int32_t picture_id;       /* or FRAME_NO_PICTURE_ID */
    bool picture_id_15;       /* the wide form */
    bool picture_gap_is_loss; /* VP8; VP9's references are distances between ids, which may leave some out */
    int16_t tl0_pic_idx;      /* or FRAME_NO_TL0 */
    uint8_t picture_id_at, tl0_at; /* their offsets in the payload; below COMPOSE_PATCH_MAX; 0 = none */

    /* Dependency descriptor */
    bool has_descriptor;
    uint16_t frame_number;

    struct red red; /* primary_at is 0 where the packet is not RED */
};

/* The place of one packet. `pt_codec` is the codec of its payload type; dd is
 * the stream's descriptor state, which a structure in the packet replaces
 * (NULL: no descriptor negotiated). Audio: every packet is a key frame, start
 * and end. VP9 that is not in flexible mode goes by its payload alone, as if it had no descriptor.
 * Where the descriptor tells the place, of the payload only VP8's and
 * VP9's own descriptors are read, which end-to-end encryption leaves in clear;
 * where its template is not known, the payload tells what it can, but no key
 * frame. 0, or -EBADMSG for a payload or dependency descriptor that is not of its form,
 * an empty video payload, and a payload type that is no codec's; *f is set even
 * then, to a packet in the middle of a frame. */
int frame_info_read(struct frame_info *f, enum rtp_codec pt_codec, const struct rtp_view *v, const uint8_t *p,
                    struct dependency *dd) RTP_MUST_USE;
