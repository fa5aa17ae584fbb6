/* A room on a server: publishers, viewers with slots behind links of their own or one for all, and what
 * happens to them, as rows of a table. Who is in which slot is decided by rtp/fill.h, as sfu/room.c does it.
 */
#pragma once

#include "cross.h"
#include "receiver.h"
#include "record.h"

enum {
    CALL_PUBLISHERS_MAX = 12,
    CALL_VIEWERS_MAX = 50,
    CALL_EVENTS_MAX = 16,
    CALL_ALL = 255, /* for `who` */
};

_Static_assert((int)RECORD_SLOTS == (int)SENDER_SLOTS_MAX, "a record has all slots");

enum call_act {
    CALL_BPS = 1, /* who: viewer; value: of its link; 0 = no bottleneck */
    CALL_LOSS,    /* who: viewer; value: of 1,000 packets that its link loses */
    CALL_JITTER,  /* who: viewer; value: ms */
    CALL_CROSS,   /* who: viewer; value: percent of its bottleneck that somebody takes who does not yield */
    CALL_MUTE,    /* who: publisher */
    CALL_UNMUTE,  /* who: publisher */
    CALL_BREAK,   /* who: publisher; value: stream of it that dies */
    CALL_MEND,    /* who: publisher; value: stream of it that returns */
    CALL_SPEAK,   /* who: publisher */
    CALL_HIDE,    /* who: viewer; value: slot */
    CALL_SHOW,    /* who: viewer; value: slot */
    CALL_HEIGHT,  /* who: viewer; value: of its first slot's box */
    CALL_PIN,     /* who: viewer; value: publisher in its first slot; CALL_ALL = whoever */
};

/* From that second on. */
struct call_event {
    double at_s;
    enum call_act act;
    uint8_t who;
    uint32_t value;
};

struct call_scenario {
    const char *name, *title;
    const struct video_kind *kind;
    uint8_t publishers, viewers, slots, voices; /* 0 = 1 of each */
    uint16_t height, others_height; /* of the first slot's box, and of the others'; 0 = 720, as the first */
    uint32_t bps;                   /* of each link; 0 = no bottleneck */
    uint32_t spread_percent;     /* the last viewer's link has so much of that; the others between; 0 = 100 */
    uint32_t queue_ms, delay_ms; /* 0 = 300, 25 */
    uint32_t loss;               /* of 1,000 */
    uint32_t jitter_ms;
    bool reorder;
    bool one_link;  /* all viewers behind that of the first */
    double apart_s; /* from the coming of one viewer to that of the next */
    double end_s;
    struct call_event events[CALL_EVENTS_MAX]; /* by time */
    uint32_t random_events;                    /* one of any kind each so many seconds besides */
};

struct call_viewer {
    struct call *call;
    struct link own_there, own_back;
    struct link *there;
    uint64_t start_us;
    struct cross cross;
    struct sender sender;
    struct receiver receiver;
    struct record record;
};

struct call {
    const struct call_scenario *is;
    struct world world;
    uint64_t start_us, end_us;
    bool dirty;
    size_t next_event;
    uint32_t speaker;
    struct publisher publishers[CALL_PUBLISHERS_MAX]; /* ids: from 1 on */
    size_t publisher_count;
    struct call_viewer *viewers;
    size_t viewer_count;
};

/* The call of that seed, over. For call_free(). */
struct call *call_run(const struct call_scenario *s, uint64_t seed);
void call_free(struct call *c);

/* What no decoder could go on with, over all slots, and the first of it ("" = nothing). */
uint64_t call_faults(const struct call *c, const char **first);
uint64_t call_switches(const struct call *c);
