/* The bit rate of each spatial and temporal layer of one RTP stream, measured:
 * for publishers that do not tell theirs (layers.h). Zeroed memory: nothing came
 * yet. 3 KB.
 *
 * A stream begins with a key frame as large as several others, and some viewers ask for the next one at once.
 * What has come in less than a second is taken for what a second brings: but key frames for no more of them.
 */
#pragma once

#include <stdbool.h>

#include "frame.h"
#include "rate.h"

enum {
    LAYER_RATE_IDS = 4,           /* spatial and temporal ids above 3 count as 3 */
    LAYER_RATE_LEAST_US = 250000, /* of measuring, before there is a rate */
};

/* Whom packets go to. */
enum {
    LAYER_RATE_UPWARDS, /* to viewers of higher spatial layers too */
    LAYER_RATE_ALONE,   /* only to those of their own: K-SVC, between key frames */
    LAYER_RATE_SHARES,
};

struct layer_rate {
    uint64_t since_us; /* the first packet of those that came without a pause of a second; 0 = none */
    uint64_t packet_us;
    uint32_t before_bps[LAYER_RATE_IDS][LAYER_RATE_IDS]; /* what they cost before the last pause */
    bool has_key;
    uint32_t key_timestamp;                                                /* of the newest key frame */
    uint32_t key_bytes[LAYER_RATE_SHARES][LAYER_RATE_IDS][LAYER_RATE_IDS]; /* of all, in the first second */
    struct rate of[LAYER_RATE_SHARES][LAYER_RATE_IDS][LAYER_RATE_IDS];     /* [..][spatial][temporal] */
};

/* A packet of `bytes` in all came, with that RTP timestamp and place. */
void layer_rate_add(struct layer_rate *r, uint32_t timestamp, const struct frame_info *f, uint32_t bytes,
                    uint64_t now_us);

/* Bits per second of that layer with all that a viewer of it needs of lower spatial and temporal ones, 0 =
 * not known yet. From the first LAYER_RATE_LEAST_US on it is the rate since the
 * first packet, not one that grows from 0; once the stream has stopped it stays
 * what it was, until it has gone on for so long again. */
uint32_t layer_rate_bps(const struct layer_rate *r, unsigned sid, unsigned tid, uint64_t now_us);

/* That spatial layer is part of the stream: as of the last packet. */
bool layer_rate_has(const struct layer_rate *r, unsigned sid);

/* How many temporal layers that spatial layer has, 1 at least: as of the last packet. */
uint8_t layer_rate_temporal(const struct layer_rate *r, unsigned sid);
