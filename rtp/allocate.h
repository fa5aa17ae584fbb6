/* How one viewer's estimated bandwidth is spent over its slots. A pure decision,
 * in whole steps: a step is a layer (simulcast stream or spatial layer) up to a
 * temporal id.
 *
 * - Audio comes first and is never held back.
 * - Hidden slots get nothing, and no slot more than its box needs: the highest
 *   layer for it is the smallest that fills the box when stretched by
 *   ALLOCATE_STRETCH_PERCENT at the most, and likewise for the frame rate.
 * - Shared screens and pinned slots go first: one step a slot and round, until
 *   each has ALLOCATE_FILL_HEIGHT at its full frame rate. Then all: those,
 *   the active speaker, the others, one step a slot and round. Equal ones go by
 *   the viewer's priority, then by the slot's index.
 * - A slot whose next step does not fit stays as it is; who gets none is paused
 *   and told why. A shared screen's first step may overshoot the budget by
 *   ALLOCATE_SCREEN_OVERSHOOT.
 * - Cameras are given fewer frames only below ALLOCATE_FILL_HEIGHT: a smooth
 *   small picture is better than a large one that stutters.
 * - Where the server has too much to do there is less to spend (load.h), as if the
 *   network carried no more: first layers go, for which each slot's lowest step
 *   comes before any other's next, then slots, then voices. Nothing overshoots
 *   then, nobody is held below for it, and who gets nothing is told why.
 *
 * Against flapping: a step up needs ALLOCATE_HEADROOM_PERCENT of the budget to
 * stay free, a step that is kept does not, and a slot's lowest may even overshoot
 * it by ALLOCATE_DIP_PERCENT for ALLOCATE_DIP_US: what congestion control takes off
 * at one sign of overuse is no reason to take a picture away. A higher layer has to
 * have been alive for ALLOCATE_SETTLE_US if a lower one can be had. A slot that fell
 * for want of bandwidth (not to make room for another wish) from where it had been
 * for less than ALLOCATE_LASTING_US stays below for ALLOCATE_HOLD_US, or until the
 * budget is ALLOCATE_RELEASE_PERCENT of that with which it had climbed there; one that
 * fell because its source takes more than was thought, as soon as there is more to spend
 * by ALLOCATE_CHANGE_PERCENT: at the start of a call prices are guesses, and the estimate
 * has not risen yet. */
#pragma once

#include "codec.h"
#include "load.h"

enum {
    ALLOCATE_SLOTS_MAX = 64,
    ALLOCATE_STEPS_MAX = 16, /* of one source; what a source has more is not looked at */
    ALLOCATE_STRETCH_PERCENT = 15,
    ALLOCATE_FILL_HEIGHT = 360,
    ALLOCATE_SCREEN_OVERSHOOT = 500000, /* bps */
    ALLOCATE_HEADROOM_PERCENT = 15,
    ALLOCATE_DIP_PERCENT = 20,
    ALLOCATE_DIP_US = 3000000, /* ... for so long */
    ALLOCATE_PAYLOAD = 1150,   /* bytes of video in a packet, at most, and ... */
    ALLOCATE_HEADERS = 64,     /* ... of all headers around it */
    ALLOCATE_SETTLE_US = 2000000,
    ALLOCATE_LASTING_US = 30000000,
    ALLOCATE_HOLD_US = 10000000,
    ALLOCATE_RELEASE_PERCENT = 250, /* more than the noise of an estimate */
    ALLOCATE_UNKNOWN_US = 300000,   /* a living step's rate was not known: it will be */
    ALLOCATE_CHANGE_PERCENT = 15,   /* of the budget: it is to be spent anew */
    ALLOCATE_RUN_US = 5000000,      /* ... and after that time in any case */
    ALLOCATE_SHARE_CHANGE = 20,     /* likewise, of what is held back */
    ALLOCATE_NONE = 255,            /* for a layer */
};

#define ALLOCATE_NEVER UINT64_MAX

/* One step of a source: a layer up to a temporal id. */
struct allocate_step {
    uint8_t layer; /* simulcast index or spatial id, lowest quality first */
    uint8_t tid;
    uint8_t fps;            /* 0 = not known */
    bool alive;             /* packets of it come */
    uint16_t width, height; /* 0 = not known: what is usual for its layer is assumed */
    uint32_t bps;           /* with all that it needs, in whole datagrams as the budget; 0 = not known: what
                               is usual for its size is assumed */
    uint64_t alive_us; /* since when; ALLOCATE_NEVER = it is not, and hardly will be: no bandwidth is wanted
                          for it, though it is wished for */
};

struct allocate_slot {
    enum rtp_kind kind;
    uint32_t source; /* the track's id; 0 = nobody is in the slot */

    /* what the viewer wants of it */
    bool hidden;
    uint16_t width, height; /* of its box; 0 = not told, as large as there is */
    uint8_t max_fps;        /* 0 = as many as there are */
    uint8_t priority;       /* higher goes first, among slots of its kind */
    bool pinned;

    /* what its source is */
    bool screen;
    bool speaker; /* of the active speaker */
    uint8_t step_count;
    const struct allocate_step *steps; /* by layer, then temporal id, lowest first; dead ones too */
};

enum allocate_why {
    ALLOCATE_GIVEN,
    ALLOCATE_EMPTY,     /* no source */
    ALLOCATE_HIDDEN,    /* the viewer hid it */
    ALLOCATE_NO_LAYER,  /* none is alive */
    ALLOCATE_BANDWIDTH, /* paused: the network does not carry it */
    ALLOCATE_OVERLOAD,  /* paused: the server has too much to do */
};

struct allocate_choice {
    uint8_t why;   /* enum allocate_why */
    uint8_t layer; /* ALLOCATE_NONE where not given */
    uint8_t tid;
    uint8_t wish; /* the layer that it would have were all alive, to be asked of the publisher; or
                     ALLOCATE_NONE */
    bool more;    /* it would get a better one for more bandwidth */
    uint32_t bps; /* of the step given */
};

struct allocate_total {
    uint64_t used_bps;   /* of all steps given */
    uint64_t wanted_bps; /* allocate_wanted_bps(): probes need go no further */
    bool more;           /* more bandwidth would be used */
    bool shed;           /* there was less than the budget: the share of what the server has to give */
};

/* What is remembered of one slot from one run to the next. */
struct allocate_memory {
    uint32_t source;        /* of which the rest is true; 0 = nothing */
    uint8_t layer, tid;     /* given; ALLOCATE_NONE = nothing is */
    uint8_t rank;           /* 0 = went first */
    uint8_t priority;       /* the viewer's */
    uint32_t climbed_bps;   /* the budget at the last step up */
    uint64_t climbed_us;    /* when that was */
    uint64_t held_until_us; /* nothing above it until then ... */
    uint64_t release_bps;   /* ... or until the budget is so much */
};

/* One viewer's. Zeroed memory is a new one. 3 KB. */
struct allocate {
    bool ran, touched;
    uint32_t budget_bps; /* of the last run */
    uint64_t used_bps;   /* likewise */
    unsigned share; /* what the viewer does without (load_share()); the owner's, who sets it before a run */
    unsigned ran_share; /* of the last run */
    uint64_t next_us;   /* when to run again in any case */
    uint64_t short_us;  /* since when more is given than the budget; 0 = it is not */
    struct allocate_memory memory[ALLOCATE_SLOTS_MAX];
};

/* A wish, a speaker, a source or a living layer changed. */
static inline void allocate_touch(struct allocate *a)
{
    a->touched = true;
}

/* It is time to run: something was touched, the budget is another by
 * ALLOCATE_CHANGE_PERCENT or the share by ALLOCATE_SHARE_CHANGE, the last run is ALLOCATE_RUN_US ago, or the
 * time is over for which something had to be held back. */
bool allocate_due(const struct allocate *a, uint32_t budget_bps, uint64_t now_us);

/* What video of that rate, with so many frames a second, takes with all headers; 0 stays 0. */
uint32_t allocate_on_wire(uint32_t bps, unsigned fps);

/* The budget with which nothing would be held back that is there, or may come. */
uint64_t allocate_wanted_bps(const struct allocate_slot *slots, size_t count);

/* Spend the budget. The index of a slot is always the same slot's; what is past
 * ALLOCATE_SLOTS_MAX gets nothing. choices: one for each slot. */
void allocate_run(struct allocate *a, const struct allocate_slot *slots, size_t count, uint32_t budget_bps,
                  uint64_t now_us, struct allocate_choice *choices, struct allocate_total *total);
