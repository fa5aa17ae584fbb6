/* The packets of one received stream that may be wanted again: a ring by
 * sequence number that holds one reference to each. It also tells duplicates
 * from new packets. Worker thread only. */
#pragma once

#include "packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HISTORY_AUDIO = 64,  /* packets: 1.3 s */
    HISTORY_VIDEO = 128, /* to begin with */
    HISTORY_VIDEO_MAX = 2048,
    HISTORY_AGE_US = 2000000, /* older ones are let go */
};

struct history {
    struct packet **ring;    /* by number; what is not held is NULL */
    size_t mask;             /* capacity - 1 */
    size_t limit;            /* largest capacity */
    uint64_t newest, oldest; /* newest: highest number put; nothing below oldest is held, or taken */
};

/* Capacity to begin with and at most, powers of two. 0 or -ENOMEM. */
int history_init(struct history *h, size_t capacity, size_t limit) __attribute__((warn_unused_result));
void history_finish(struct history *h);

/* Take a reference to p under its unwrapped sequence number. False, and nothing
 * taken, where that number is there already or too old to know. */
bool history_put(struct history *h, uint64_t number, struct packet *p);

/* Whether history_put() would refuse that number: a duplicate or too old. */
bool history_has(const struct history *h, uint64_t number);

/* The packet with that number, or NULL; the reference stays the ring's. */
struct packet *history_get(const struct history *h, uint64_t number);

/* Let go of what is older than HISTORY_AGE_US. */
void history_expire(struct history *h, uint64_t now_us);
