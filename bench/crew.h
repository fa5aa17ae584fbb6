/* The media threads, each with guests of its own: no lock and nothing shared on a packet's way. The main
 * thread tells them what to do by mail, and hears from them by mail. */
#pragma once

#include "guest.h"

enum { CREW_THREADS_MAX = 64 };

/* Made on the main thread, from crew_dispatch(). */
struct crew_upcalls {
    void (*reached)(void *arg, uint64_t guest, enum tally_step step, uint64_t took_us);
    void (*broken)(void *arg, uint64_t guest, int err); /* it could not be made: a negative errno */
    void (*tally)(void *arg, unsigned thread, const struct tally *t);
};

struct crew;

struct crew_conf {
    const struct options *options;      /* outlive it */
    const struct source_frames *frames; /* real video, or NULL; outlive it */
    unsigned threads;                   /* 1 .. CREW_THREADS_MAX */
    bool gro, gso;
};

/* NULL where something is missing. */
struct crew *crew_new(const struct crew_conf *conf, const struct crew_upcalls *up, void *arg);
/* Ends the threads, and with them the guests. NULL is fine. */
void crew_free(struct crew *crew);

unsigned crew_threads(const struct crew *crew);

/* Of the certificate that all guests have. */
const struct sfu_fingerprint *crew_fingerprint(const struct crew *crew);

/* Readable when crew_dispatch() has something to tell. */
int crew_fd(const struct crew *crew);
void crew_dispatch(struct crew *crew);

/* The plan is copied. A guest's thread follows from its id, which is not used again. */
void crew_join(struct crew *crew, const struct guest_plan *plan);
void crew_leave(struct crew *crew, uint64_t guest);
void crew_wanted(struct crew *crew, uint64_t guest, size_t track, uint8_t layers);

/* Each thread tells its tally. */
void crew_ask(struct crew *crew);
