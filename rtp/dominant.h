/* Who of a room is its dominant speaker: who is *shown*. After I. Volfin and
 * I. Cohen, "Dominant speaker identification for multipoint videoconferencing"
 * (2013), as media servers use it: how much someone speaks is scored over three
 * windows (the last 20 ms, 100 ms and second), and another takes over only who
 * is well ahead in all three. So a cough or a key stroke changes nothing, and
 * while all are silent the last speaker stays. Who is *heard* is rank.h's.
 *
 * Levels are those of RFC 6464. With DTX a quiet sender leaves packets out: one
 * that comes after a gap stands for as many 20 ms as the gap was long, of which
 * those more than DOMINANT_IDLE_US before it were silent. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DOMINANT_FRAME_US = 20000,    /* one sample */
    DOMINANT_N1 = 13,             /* steps of loudness */
    DOMINANT_N2 = 5,              /* samples in a block */
    DOMINANT_N3 = 10,             /* blocks in the long window */
    DOMINANT_LOUD = 7,            /* a sample above that step counts for its block */
    DOMINANT_FULL = 4,            /* a block with more such samples counts for the long window */
    DOMINANT_LEAST = 3,           /* full blocks without which nobody takes over: longer than a cough */
    DOMINANT_C1 = 3,              /* ahead by e^C1 in the newest sample, */
    DOMINANT_C2 = 2,              /* by e^C2 in the newest block, */
    DOMINANT_C3 = 0,              /* and by e^C3 over the long window */
    DOMINANT_FLOOR_US = 15000000, /* heard, the window of the lowest level: the background noise */
    DOMINANT_IDLE_US = 40000,     /* without packets: silent */
    DOMINANT_DECIDE_US = 300000,
};

/* What one audio track's packets told. Zeroed memory is silence. */
struct dominant_speaker {
    uint64_t packet_us;     /* the last packet; 0 = none yet */
    uint64_t loud;          /* bit i: the sample i before the last was above DOMINANT_LOUD */
    uint8_t step;           /* of the last sample, 0..DOMINANT_N1 - 1 */
    uint8_t floor;          /* loudness of the background noise; 0 = not known yet */
    uint8_t next_floor;     /* the lowest of the window that runs; 0 = no sample yet */
    uint16_t floor_samples; /* so many samples that window has */
};

/* A packet with that level (0 loud .. 127 silent) came. */
void dominant_packet(struct dominant_speaker *s, uint8_t level, uint64_t now_us);

struct dominant_candidate {
    uint32_t id; /* not 0, each once */
    const struct dominant_speaker *speaker;
};

/* A room's decision. Zeroed memory: nobody yet. */
struct dominant {
    uint32_t id; /* the dominant speaker; 0 = nobody has spoken, or who had has gone */
    uint64_t decided_us;
};

/* Decide anew: call it at every tick, it is a look-up until DOMINANT_DECIDE_US
 * have passed. The candidates are the room's unmuted microphones, in any order.
 * A lone one is dominant at once, and where the dominant speaker is not among
 * them any more, one who speaks takes over at once. Where two are equally ahead
 * the smaller id wins. true = d->id changed. */
bool dominant_update(struct dominant *d, const struct dominant_candidate *candidates, size_t count,
                     uint64_t now_us);
