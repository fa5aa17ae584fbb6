/* Which source a slot forwards, packet by packet. A source is one received RTP
 * stream: a layer of a track, named by a number that is never used again. The
 * slot points at a target; what it forwarded goes on until a key frame of the
 * target begins, then it switches. A layer switch, a change of speaker and a
 * viewer's choice are all this. */
#pragma once

#include "frame.h"

enum { SELECT_NOTHING = 0 }; /* the source that stands for none */

struct select {
    uint32_t current; /* being forwarded */
    uint32_t target;  /* to be forwarded; equal to current when settled */
};

enum select_verdict {
    SELECT_DROP,
    SELECT_FORWARD,
    SELECT_SWITCH, /* forward, as the first packet of a new source */
};

/* Point the slot elsewhere. SELECT_NOTHING stops it at once. */
void select_target(struct select *s, uint32_t source);

/* The source has ended: nothing of it will come again. */
void select_forget(struct select *s, uint32_t source);

/* The slot waits for a key frame of its target. */
static inline bool select_waiting(const struct select *s)
{
    return s->target != s->current;
}

/* What to do with a packet of that source. On SELECT_SWITCH the target has
 * become the current source. */
enum select_verdict select_packet(struct select *s, uint32_t source, const struct frame_info *f);
