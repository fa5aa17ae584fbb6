/* Which encodings of one track any viewer needs: what a publisher is told to
 * send. A need raises it at once; a layer is let go DEMAND_KEEP_US after the last. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    DEMAND_LAYERS_MAX = 4,
    DEMAND_NOTE_US = 1000000, /* a need that lasts is to be noted this often, at least */
    DEMAND_KEEP_US = 5000000,
};

struct demand {
    uint8_t layer_count;
    uint8_t told; /* bit i: the publisher was told, or began with, that layer i is wanted */
    uint64_t needed_us[DEMAND_LAYERS_MAX];
    uint64_t told_us[DEMAND_LAYERS_MAX]; /* when it was told so, of those in `told` */
};

/* A track with so many encodings (DEMAND_LAYERS_MAX at the most), all of which it begins to send. */
void demand_init(struct demand *d, unsigned layer_count, uint64_t now_us);

/* Some viewer needs that layer now: has it, or would if it were alive
 * (allocate_choice.layer and .wish). Others than the track's are ignored. */
void demand_note(struct demand *d, unsigned layer, uint64_t now_us);

/* The publisher is to be told now that *layers (bit i: layer i) are wanted;
 * 0 = none. Call it after notes and once in a second; true notes that it is told. */
bool demand_due(struct demand *d, uint8_t *layers, uint64_t now_us);

/* The publisher has known for DEMAND_KEEP_US that the layer is wanted: one that has not come by now is not to
 * be had, for its camera is too small, or its network or processor too slow. */
bool demand_lasts(const struct demand *d, unsigned layer, uint64_t now_us);
