/* A bad network in one direction: packets are lost, delayed, and held up by a narrow link. Bytes go in with a
 * time and come out when they are due; it knows no socket and no clock. */
#pragma once

#include "bytes.h"

enum {
    IMPAIR_QUEUE_MAX = 4096,   /* datagrams under way */
    IMPAIR_BUFFER_US = 300000, /* the narrow link's own queue: what would wait longer is dropped */
    IMPAIR_DATAGRAM_MAX = 1600,
};

struct impair_conf {
    double loss;                  /* share */
    uint64_t delay_us, jitter_us; /* jitter: at most, on top; order is kept */
    double rate;                  /* bits a second; 0 = without a bound */
};

struct impair_item;

struct impair {
    struct impair_conf conf;
    uint64_t random;
    uint64_t free_us;          /* when the link has sent what it took */
    uint64_t last_us;          /* when the last one comes out */
    struct impair_item *queue; /* a ring */
    size_t first, count, cap;
    uint64_t dropped;
};

/* Does anything at all. */
bool impair_active(const struct impair_conf *conf);

/* seed: any bits. Nothing is allocated before the first packet is held. */
void impair_init(struct impair *n, const struct impair_conf *conf, uint64_t seed);
void impair_finish(struct impair *n);

/* A datagram goes in. It is copied, or dropped. */
void impair_push(struct impair *n, const uint8_t *datagram, size_t len, uint64_t now_us);

/* When the next one comes out; UINT64_MAX = there is none. */
uint64_t impair_next_us(const struct impair *n);

/* The next that is due: its bytes, which are the caller's to write over until the next call, or NULL. */
uint8_t *impair_pop(struct impair *n, uint64_t now_us, size_t *len);
