/* What a slot forwards, packet by packet: of which source, and which of its
 * layers. A source is one received RTP stream: a simulcast layer of a track or a
 * stream with layers inside, named by a number that is never used again.
 *
 * The slot points at a target: a source, and the highest spatial and temporal
 * layer wanted of it. What it forwarded goes on until a key frame of the target
 * source begins, then it switches. A simulcast layer, a change of speaker and a
 * viewer's choice are all this.
 *
 * Inside a source it forwards one operating point (points.h): of each frame all
 * or nothing, and only what can be decoded. A picture has one point, chosen when its
 * first packet comes: the best that is whole (frames.h) up to the target, so up
 * where a frame opens a higher point, and down at once. The marker goes with the last
 * packet of the point's highest spatial layer.
 *
 * A frame that comes late is decided by the point of its picture, else by that of
 * the picture before. Since no point counts as whole across a hole in which a frame
 * could be left out that it needs, the point can change wherever a picture
 * begins, however much is lost.
 */
#pragma once

#include "frames.h"

enum {
    SELECT_NOTHING = 0, /* the source that stands for none */
    SELECT_BARREN = 8,  /* pictures with nothing for the point: its layer has ended */
};

struct select_target {
    uint32_t source;
    uint8_t sid, tid; /* highest; POINTS_SPATIAL - 1, POINTS_TEMPORAL - 1: whatever there is */
};

struct select {
    struct select_target target;
    uint32_t current; /* source being forwarded */

    /* the layers of the current source */
    uint8_t sid, tid; /* highest wanted */
    uint8_t barren;   /* pictures in a row */
    uint32_t active;  /* points that are being produced */
    struct frames frames;
};

enum select_verdict {
    SELECT_DROP,    /* not of the source that is forwarded */
    SELECT_SKIP,    /* of it, but left out: numbering closes over it */
    SELECT_FORWARD, /* with the marker of struct selected */
    SELECT_SWITCH,  /* likewise, as the first packet of a new source */
};

struct selected {
    bool marker;   /* last packet of the highest forwarded layer of its picture */
    uint64_t from; /* SELECT_SKIP: numbers from here to the packet's are of frames left out */
};

/* Point the slot elsewhere. SELECT_NOTHING stops it at once. */
void select_target(struct select *s, struct select_target target);

/* The source has ended: nothing of it will come again. */
void select_forget(struct select *s, uint32_t source);

/* The slot waits for a key frame of its target. */
static inline bool select_waiting(const struct select *s)
{
    return s->target.source != s->current;
}

/* The operating point that is forwarded of the current source; POINTS_NONE: nothing can be, or it has no
 * layers. */
uint8_t select_point(const struct select *s);

/* The wanted spatial layer of the current source can only begin with a key frame. */
bool select_wants_key(const struct select *s);

/* What to do with a packet of that source; number: its sequence number, unwrapped.
 * On SELECT_SWITCH the target has become the current source. */
enum select_verdict select_packet(struct select *s, uint32_t source, uint64_t number,
                                  const struct rtp_view *v, const struct frame_info *f, struct selected *out);
