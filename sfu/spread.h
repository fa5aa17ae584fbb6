/* A room that lies on several workers, seen from one of them: what it tells the
 * others and what they tell it.
 *
 * - Each tells the others of the tracks that are published on it (remote.h), and
 *   hands them the packets of layers that they watch.
 * - Each tells a track's worker what its own viewers want of it.
 * - One, the home, decides who is heard and who is dominant: the others send it a
 *   summary of levels every 20 ms and take its word.
 *
 * Everything goes by mail, in order; a mail for a room, track or transport that
 * has gone is dropped. Worker thread only. */
#pragma once

#include "batch.h"
#include "conf.h"
#include "mailbox.h"
#include "rank_order.h"
#include "timer.h"

struct layer;
struct room;
struct track;
struct worker;

enum {
    SPREAD_TELL_US = 200000, /* between looks at what the layers cost */
    SPREAD_ROUNDS = 5,       /* of which one looks at what is still wanted, too */
};

struct spread {
    unsigned home;  /* the worker that decides who speaks */
    uint64_t links; /* bit i: worker i has the room as well, and may be written to */
    struct timer timer;
    uint8_t round;
    uint8_t ears;                      /* the home was told: audio slots to rank for */
    uint8_t ears_of[CONF_WORKERS_MAX]; /* at home: what the others have told */
    uint64_t levels_us;                /* the last summary */
};

/* A worker in a set of workers. */
#define SPREAD_BIT(worker) (UINT64_C(1) << (worker))

/* Takes the lowest out of a set that is not empty. */
static inline unsigned spread_take_worker(uint64_t *set)
{
    unsigned worker = (unsigned)__builtin_ctzll(*set);
    *set &= *set - 1;
    return worker;
}

/* Post a mail about the room, with a copy of its body for each. */
void spread_post(const struct room *room, uint64_t workers, struct mail m, size_t body_len);

/* Of that room, which is nowhere else yet. */
void spread_init(struct spread *s, struct room *room, unsigned home);

/* Its transports have gone: free the tracks of the other workers. */
void spread_finish(struct room *room);

bool spread_is_home(const struct room *room);

/* --- What happens here ------------------------------------------------------------ */

/* A track came or goes that is published here. */
void spread_open_track(struct track *track);
void spread_close_track(const struct track *track);

/* There is news of the track to be told at the end of the turn: how it is, to those who may show it; what is
 * wanted of it, to where it is published. */
void spread_errand(struct track *track);
void spread_forget(struct track *track); /* it is freed */

/* The end of the turn. */
void spread_run_errands(struct worker *w);

/* Packets of a layer that other workers watch. */
void spread_packets(struct layer *layer, const struct batch_packet *packets, size_t count);

/* So many audio slots have to be ranked for; returns how many over all workers. */
size_t spread_ears(struct room *room, size_t ears);

/* Not at home: send the levels of what was heard since the last time. */
void spread_tell_levels(struct room *room, uint64_t now_us);

/* At home: tell those workers what was decided. */
void spread_tell_speech(struct room *room, uint64_t workers);

/* --- What the others tell (command.h): m->a is the worker that does --------------------- */

void spread_on_link(struct room *room, struct mail *m);
void spread_on_track_open(struct room *room, struct mail *m);
void spread_on_track_close(struct room *room, struct mail *m);
void spread_on_track_state(struct room *room, struct mail *m);
void spread_on_wish(struct room *room, struct mail *m);
void spread_on_packets(struct worker *w, struct mail *m); /* whether there is such a room or not */
void spread_on_levels(struct room *room, struct mail *m);
void spread_on_speech(struct room *room, struct mail *m);
void spread_on_ears(struct room *room, struct mail *m);
