/* A reference decoder where a slot's packets leave the server, before any of them is lost: each has to be
 * what a decoder can go on with. Sequence numbers without a hole, save the one that a switch leaves behind a
 * frame that is not whole; timestamps, picture ids, TL0PICIDX and frame numbers that go on as the frames do;
 * a key frame at each switch; every frame whole, and all that it refers to sent since the switch; one marker
 * at the end of each picture. */
#pragma once

#include "publisher.h"

enum { REFERENCE_FRAMES = 64, REFERENCE_FAULT_MAX = 160 };

/* Zeroed memory is a new one. */
struct reference {
    bool started;
    uint16_t seq;
    uint32_t timestamp;
    bool marker;
    int32_t picture_id;
    int16_t tl0;
    uint16_t frame_number;
    struct truth truth;               /* of the last packet */
    uint32_t whole[REFERENCE_FRAMES]; /* frame + 1, by frame; since the switch */
    uint64_t pictures, switches, faults;
    char fault[REFERENCE_FAULT_MAX]; /* the first */
};

/* A packet leaves. switched: it is the first of another source. */
void reference_take(struct reference *r, const struct video_kind *kind, const uint8_t *p, size_t len,
                    const struct truth *truth, bool switched);
