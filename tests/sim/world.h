/* A virtual clock with events, links between virtual hosts, and a generator of
 * random numbers that gives the same ones each time. A world runs thousands of
 * seconds in one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world;

typedef void (*event_fn)(struct world *w, void *arg);

struct event {
    uint64_t at_us, order; /* events of one time come in the order in which they were set */
    event_fn fn;
    void *arg;
};

struct world {
    uint64_t now_us, order, random;
    struct event *heap;
    size_t count, capacity;
};

void world_init(struct world *w, uint64_t seed);

/* Pending events are forgotten; what their arguments own is not freed. */
void world_finish(struct world *w);

void world_at(struct world *w, uint64_t at_us, event_fn fn, void *arg);

void world_run(struct world *w, uint64_t until_us);

/* 0 <= x < 1, and a normal distribution with mean 0 and deviation 1. */
double world_random(struct world *w);
double world_normal(struct world *w);

/* A datagram under way. */
struct packet {
    struct packet *next;
    void (*arrive)(struct world *w, struct packet *p); /* frees it */
    void *to;
    struct link *link;
    uint64_t queued_us, waited_us; /* in the bottleneck's queue and on its wire */
    size_t size;                   /* bytes on the wire */
    size_t len;                    /* of data */
    uint16_t number;               /* transport-wide */
    bool marker;
    _Alignas(8) uint8_t data[];
};

struct packet *packet_new(size_t len);

/* A queue before a bottleneck, then a way with delay. Fields may be changed while it runs. */
struct link {
    uint32_t bps;       /* of the bottleneck; 0 = none */
    uint32_t queue_us;  /* what the queue holds, as time at that rate; more is dropped */
    uint32_t delay_us;  /* behind the bottleneck */
    uint32_t jitter_us; /* deviation of the delay */
    double loss;        /* share of packets lost at random */
    bool reorder;       /* jitter may put packets in another order */

    struct packet *head, **tail;
    size_t queued; /* bytes */
    uint64_t last_us;
    uint64_t dropped, lost;
};

void link_init(struct link *l);
void link_finish(struct link *l);
void link_send(struct world *w, struct link *l, struct packet *p);
