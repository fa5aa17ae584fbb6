/* Whether a simulcast layer keeps up with the others of its track. One of which
 * nothing comes for long, counted from the first frame that another began since,
 * is silent: it is not shown where there is another, until it has lived for a
 * while again. So at low frame rates, when all are silent in between, none is,
 * nor after a pause of them all, whichever goes on first. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    RHYTHM_SILENT_US = 250000, /* without a packet while another layer of the track has frames */
    RHYTHM_PROVE_US = 2000000, /* that it has to live after that */
};

/* Of a layer. Zeroed = it has just begun. */
struct rhythm {
    bool silent;
    uint64_t
        outrun_us; /* when another one of the track first began a frame since its last packet; 0 = none did */
    uint64_t proven_us; /* when it will be as good as the others again; 0 = it is */
};

/* A packet of it came. */
void rhythm_packet(struct rhythm *r);

/* It begins a frame. */
void rhythm_frame(struct rhythm *r, uint64_t now_us);

/* Another one of the track begins a frame, while this one is alive. True where it is silent from now on. */
bool rhythm_other(struct rhythm *r, uint64_t now_us);

/* True once, when it has proven itself. */
bool rhythm_proven(struct rhythm *r, uint64_t now_us);

/* It is as good as any. */
static inline bool rhythm_keeps(const struct rhythm *r)
{
    return !r->silent && !r->proven_us;
}
