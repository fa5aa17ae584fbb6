/* Whole calls without browsers: a media plane, and synthetic participants with a
 * UDP socket each on loopback, all driven by one loop. Conditions are waited for
 * (UNTIL), never timed. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "clock.h"
#include "peer.h"
#include "pipe.h"
#include "wish.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum {
    CALL_PEOPLE_MAX = 16,
    CALL_PATIENCE_US = 30000000, /* for a condition to come true, by the clock of the call (pace.h) */
    QUIET = 100,                 /* level of a microphone into which nobody speaks */
};

struct person {
    struct call *call;
    struct peer *peer; /* NULL = this place is empty */
    int fd;
    struct sockaddr_storage server;
    uint32_t participant;
    uint64_t transport;
    struct sfu_transport_desc desc;
    struct dtls_context *dtls;
    bool (*lose_in)(struct person *p, const uint8_t *datagram, size_t len); /* NULL = nothing */
    bool (*lose_out)(struct person *p, const uint8_t *datagram, size_t len);
    uint32_t lost, seen;                                     /* for these */
    void (*look)(void *arg, const uint8_t *rtp, size_t len); /* as peer_upcalls.media; NULL = nobody does */
    void *look_arg;
    struct pipe *pipe; /* before its socket; NULL = none */

    /* told by events */
    bool connected, gone;
    enum sfu_gone why;
    struct sfu_slot_event slots[SFU_SLOTS_MAX];
    uint32_t slot_events[SFU_SLOTS_MAX];
    uint8_t wanted[SFU_TRACKS_MAX]; /* layers of its tracks, by index: bit i: layer i */
    uint32_t wanted_events;
    bool obedient; /* its sources stop and begin accordingly */

    struct sfu_transport_stats stats; /* the last answer */
    uint64_t stats_cookie;
};

struct call {
    struct conf conf;
    struct sfu *sfu;
    uint64_t room;
    uint32_t last_participant;
    struct person people[CALL_PEOPLE_MAX];
    struct sfu_speaker_event speakers[SFU_SPEAKERS_MAX];
    size_t speaker_count;
    uint32_t speaker_events;
};

/* A media plane with that many workers at 127.0.0.1, and one room. Where the environment has PLENUM_SPREAD,
 * two workers stand in for a single one, and everyone in the room is on another than who came before. */
struct call *call_new(unsigned workers);
/* And a room goes on to the next worker when one has that many of it (rtc.spread). */
struct call *call_new_spread(unsigned workers, unsigned spread);
/* Stops the media plane first, people and all. */
void call_free(struct call *c);

/* Into the room: sfu_join() and a socket; it connects while the loop runs. */
struct person *call_join(struct call *c, const struct wish *wish);
/* Its description has changed: tell the media plane and its own end of the transport. */
void call_update(struct person *p);
/* Joins, and waits until it is connected. */
struct person *call_join_now(struct call *c, const struct wish *wish);
/* sfu_leave(), and its place is empty. */
void call_leave(struct person *p);
/* Its place is empty; the media plane has to find out. */
void call_forget(struct person *p);

/* One turn of the loop: PACE_US at most. */
void call_turn(struct call *c);

/* Drop everything that the server sends or that the person does not need any more: its socket is another
 * from now on, at another port. */
void person_move(struct person *p);

/* The way to it carries so much from now on, and lets nothing wait for longer than that. */
void person_narrow(struct person *p, uint32_t bps, uint32_t queue_us);
/* It is as wide as can be again. */
void person_widen(struct person *p);

/* Raw bytes to the server from the person's address. */
void person_send_raw(struct person *p, const void *bytes, size_t len);

/* Wait for the media plane's figures of that person. */
const struct sfu_transport_stats *person_stats(struct person *p);

uint32_t person_track(const struct person *p, enum rtp_kind kind); /* id = CSRC */
struct sink *person_sink(const struct person *p, enum rtp_kind kind, size_t n);
/* Its index among all slots. */
size_t person_slot(const struct person *p, enum rtp_kind kind, size_t n);

uint64_t call_counter(const struct call *c, const char *name);

/* Who was told what of each slot, what came in it, and who speaks, to stderr: for a test that has failed. */
void call_describe(const struct call *c);

/* Nobody saw anything that must not be: see sink.h. */
void person_assert_sound(const struct person *p);

/* Run the loop until the condition holds. */
#define UNTIL(call, condition)                                                                               \
    do {                                                                                                     \
        uint64_t end_us_ = clock_now_us() + CALL_PATIENCE_US;                                                \
        while (!(condition)) {                                                                               \
            if (clock_now_us() > end_us_) {                                                                  \
                call_describe(call);                                                                         \
                fail_msg("%s:%d: never came true: %s", __FILE__, __LINE__, #condition);                      \
            }                                                                                                \
            call_turn(call);                                                                                 \
        }                                                                                                    \
    } while (0)

/* Run it for a while, for what must not happen in it. */
#define FOR_MS(call, ms)                                                                                     \
    do {                                                                                                     \
        uint64_t end_us_ = clock_now_us() + (ms)*1000ull;                                                    \
        while (clock_now_us() < end_us_)                                                                     \
            call_turn(call);                                                                                 \
    } while (0)
