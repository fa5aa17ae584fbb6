/* What a viewer makes of one slot's packets, some of which come late, by retransmission or never. Frames are
 * decoded in the order of their sequence numbers as soon as they and all that they refer to are there. A gap
 * is waited for, then left behind; a key frame that is whole is gone on with at once. */
#pragma once

#include "publisher.h"

enum {
    DECODER_RING = 1024,
    DECODER_FRAMES = 64,
    DECODER_WAIT_US = 500000,   /* for a gap to be filled */
    DECODER_FREEZE_US = 250000, /* without a picture while packets come or should: it is one */
    DECODER_NO_LAYER = 255,
};

struct decoder_packet {
    uint64_t index; /* 0 = none */
    struct truth truth;
};

struct decoder {
    struct decoder_packet *ring; /* by index; owned */
    uint64_t next, newest;       /* indexes: to be decoded next, highest that came */
    uint64_t stuck_us;           /* since when there is a gap at `next`; 0 = there is none */
    bool needs_key;
    uint32_t source; /* of the last frame */
    uint32_t picture;
    uint32_t whole[DECODER_FRAMES]; /* frame + 1, by frame: decoded, of that source */

    uint64_t decoded_us; /* the last picture; 0 = none since it was shown or hidden */
    uint8_t layer;       /* of the last picture; DECODER_NO_LAYER = none yet */
    uint8_t rising;      /* of the picture that is being decoded */
    uint64_t pictures, lost_frames;
    uint64_t frozen_us;
};

void decoder_init(struct decoder *d);
void decoder_finish(struct decoder *d);

/* A packet of the stream, repeated or not, with its sequence number unwrapped (from 2^16 on). */
void decoder_receive(struct decoder *d, uint64_t index, const struct truth *t, uint64_t now_us);

/* Time passes. True where only a key frame helps. */
bool decoder_tick(struct decoder *d, uint64_t now_us);

/* Nothing is to be shown from here on, until the next picture: that is no freeze. */
void decoder_rest(struct decoder *d);

/* Time without a picture in all, what lasts included. */
uint64_t decoder_frozen_us(const struct decoder *d, uint64_t now_us);
