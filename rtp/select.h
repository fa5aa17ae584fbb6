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
 * or nothing, and only what can be decoded. A point is whole where nothing that it
 * needs was left out since it opened; the best whole one up to the target is taken
 * at the first packet of a picture, so up where a frame opens a higher point, and
 * down at once. What was lost on the way to us is not left out: it may still come,
 * late, and is decided as its neighbours were. */
#pragma once

#include "frame.h"

enum {
    SELECT_NOTHING = 0, /* the source that stands for none */
    SELECT_FRAMES = 32, /* that are remembered, for packets that come late */
    SELECT_BARREN = 8,  /* pictures with nothing for the point: its layer has ended */
};

struct select_target {
    uint32_t source;
    uint8_t sid, tid; /* highest; POINTS_SPATIAL - 1, POINTS_TEMPORAL - 1: whatever there is */
};

/* A frame of the current source, and what became of it. */
struct select_frame {
    uint64_t number, last; /* incoming, unwrapped: of its packet that came first, and the highest so far */
    uint32_t timestamp;
    uint32_t needed_by, opens; /* points; `opens`: as its place among the others allowed */
    bool has_number;
    uint16_t frame_number; /* of the descriptor */
    uint8_t sid;
    uint8_t point; /* the operating point by which it was decided */
    bool forwarded;
};

struct select {
    struct select_target target;
    uint32_t current; /* source being forwarded */

    /* the layers of the current source */
    uint8_t sid, tid;                          /* highest wanted */
    uint8_t point;                             /* being forwarded; POINTS_NONE = nothing can be */
    uint8_t barren;                            /* pictures in a row */
    uint8_t oldest, count;                     /* of frames */
    uint32_t active;                           /* points that are being produced */
    uint32_t whole;                            /* points, after the newest frame */
    uint32_t whole_before;                     /* and before the oldest one */
    struct select_frame frames[SELECT_FRAMES]; /* a ring, by number */
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

/* The wanted spatial layer of the current source can only begin with a key frame. */
bool select_wants_key(const struct select *s);

/* What to do with a packet of that source; number: its sequence number, unwrapped.
 * On SELECT_SWITCH the target has become the current source. */
enum select_verdict select_packet(struct select *s, uint32_t source, uint64_t number,
                                  const struct rtp_view *v, const struct frame_info *f, struct selected *out);
