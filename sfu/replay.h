/* Which indexes of one SSRC have come: what came before, or is older than the window, is a replay (RFC 3711,
 * section 3.3.2). Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { REPLAY_WINDOW = 1024 /* packets */ };

/* Zeroed = nothing came yet. */
struct replay {
    uint64_t newest;
    uint64_t seen[REPLAY_WINDOW / 64]; /* a bit for each index, modulo the window */
    bool started;
};

/* The index of 48 bits that is meant by a sequence number: the nearest to the newest one (RFC 3711, section
 * 3.3.1), the number itself where nothing came yet. */
uint64_t replay_index(const struct replay *r, uint16_t seq);

bool replay_is_fresh(const struct replay *r, uint64_t index);

/* That index came, and its tag verified. Only where it is fresh. */
void replay_note(struct replay *r, uint64_t index);
