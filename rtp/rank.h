/* Who of a room is heard: the loudest hold the audio slots, and keep them while
 * they speak. A pure decision over loudness (level.h); who is *shown* as the
 * dominant speaker is another question with another method, whose answer comes
 * in here as `dominant`.
 *
 * - While there are no more candidates than slots everyone holds one.
 * - A slot that is free goes at once to the loudest candidate without one.
 * - A speaker without a slot takes at once that of the holder who has been
 *   silent for the longest, if for RANK_HOLD_US at least.
 * - Where all holders speak, one is replaced only after it has been clearly
 *   quieter (RANK_MARGIN) than a speaker without a slot for RANK_HOLD_US.
 * - The dominant speaker holds one whenever it speaks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RANK_SLOTS_MAX = 64,
    RANK_HOLD_US = 300000,
    RANK_MARGIN = 10,        /* dB */
    RANK_RECENT_US = 100000, /* who last spoke longer ago than this takes no slot from anyone */
};

struct rank_candidate {
    uint32_t id;       /* not 0, each once */
    uint8_t loudness;  /* level_loudness() */
    bool dominant;     /* at most one */
    uint64_t voice_us; /* level.voice_us */
};

struct rank_holder {
    uint32_t id;         /* 0 = the slot is free */
    uint64_t quieter_us; /* since when it is clearly quieter than one without a slot; 0 = it is not */
};

/* The audio slots of a viewer, or of a room where all viewers hear the same. The
 * index of a holder is its slot's: it does not move while it holds it. */
struct rank {
    size_t slots;
    struct rank_holder holders[RANK_SLOTS_MAX];
};

/* slots: RANK_SLOTS_MAX at the most. */
void rank_init(struct rank *r, size_t slots);

/* It is the dominant speaker and speaks: in silence it stays dominant, but need not be heard. */
bool rank_leads(const struct rank_candidate *c, uint64_t now_us);

/* Decide anew, every 20 to 60 ms and when someone came or went. The candidates
 * are the room's audio tracks in any order, all of them or, in a large room, those who are not
 * silent and those who hold a slot: a holder that is not among them is gone.
 * except: the viewer's own track, which never holds one (0 = none). Equal
 * loudness is decided by the smaller id. true = a holder changed. */
bool rank_update(struct rank *r, const struct rank_candidate *candidates, size_t count, uint32_t except,
                 uint64_t now_us);
