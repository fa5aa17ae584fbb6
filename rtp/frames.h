/* The latest frames of one source, in the order of their numbers; what became of
 * each; and so which operating points (points.h) are whole: of what they need,
 * nothing was left out since they opened.
 *
 * What is lost is not left out, it may still come, late. It will be decided as its
 * neighbours were (select.h), and they take along only what the points below theirs
 * need: across a hole in the numbers no other points stay whole. */
#pragma once

#include "frame.h"

enum { FRAMES_MAX = 32 };

/* A frame, as far as it has come. */
struct frames_entry {
    uint64_t number, last; /* incoming, unwrapped: of its packets, the lowest and the highest so far */
    uint32_t timestamp;
    uint32_t needed_by, opens; /* as of struct frame_info; needed_by 0: nothing was known of it */
    uint16_t frame_number;     /* of the descriptor, where there is one */
    uint8_t sid, tid;
    bool has_descriptor, key;

    /* what became of it */
    uint8_t point; /* the operating point that its picture was decided by */
    bool blind;    /* its picture began with a frame of which nothing was known */
    bool forwarded;
};

/* Zeroed memory: nothing has come, no point is whole. */
struct frames {
    uint8_t oldest, count;
    uint32_t whole;        /* points, after the newest frame */
    uint32_t whole_before; /* and before the oldest one that is remembered */
    struct frames_entry ring[FRAMES_MAX];
};

/* Forget all of them: whole are these points. */
void frames_begin(struct frames *s, uint32_t whole);

/* The n-th, 0 = the oldest; n < count. */
struct frames_entry *frames_at(struct frames *s, size_t n);

/* NULL where there is none. */
const struct frames_entry *frames_newest(const struct frames *s);

/* The frame to which a packet of that number belongs, and its place in *at; false: it has not been seen, and
 * *at is where it belongs. */
bool frames_find(struct frames *s, uint64_t number, const struct rtp_view *v, const struct frame_info *f,
                 size_t *at);

/* The points that are whole before a frame that would be inserted at that place. */
uint32_t frames_whole(struct frames *s, size_t at, const struct frames_entry *e);

/* The points that e opens if it is forwarded, of those whole before it. */
uint32_t frames_opens(uint32_t whole, const struct frames_entry *e);

/* All frames that a frame refers to were forwarded; or some were left out. Neither where they were lost. */
bool frames_has_references(struct frames *s, const struct frame_info *f);
bool frames_lacks_references(struct frames *s, const struct frame_info *f);

/* A frame of which this is the first packet to come; nothing decided. */
struct frames_entry frames_first(uint64_t number, const struct rtp_view *v, const struct frame_info *f);

/* Remember e, decided, at the place that frames_find() told. Returns its place now: the oldest frame may have
 * been forgotten for it. */
size_t frames_insert(struct frames *s, size_t at, const struct frames_entry *e);

/* Another packet of the frame at that place. */
void frames_add(struct frames *s, size_t at, uint64_t number, const struct frame_info *f);

/* A packet of no frame: where it follows the newest one, no hole follows that. */
void frames_add_padding(struct frames *s, uint64_t number);
