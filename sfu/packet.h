/* Received packets: reference-counted buffers from a pool.
 *
 * A pool and all of its packets belong to one thread. The counts are plain
 * integers; a packet must not be touched, referenced or released elsewhere.
 *
 * Between packet_get() and the first packet_ref() that hands it on, the owner
 * fills a packet in; from then on it is immutable. */
#pragma once

#include "frame.h"

#include <assert.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PACKET_DATA_MAX = 1536,  /* bytes of one datagram that fit; longer ones are dropped */
    PACKET_SLAB_PACKETS = 64 /* packets that the pool allocates at a time */
};

struct packet_pool;

struct packet {
    uint32_t refs;
    uint16_t len; /* bytes in data */
    uint64_t arrival_us;
    struct rtp_view view;    /* of data, once parsed */
    struct frame_info frame; /* once read */
    union {
        struct packet_pool *pool; /* while it is in use */
        struct packet *next_free;
    };
    alignas(64) uint8_t data[PACKET_DATA_MAX];
};

struct packet_slab;

struct packet_pool {
    struct packet *free;
    struct packet_slab *slabs;
    size_t made; /* packets in all slabs */
    size_t used; /* of them with references */
    size_t max;
};

/* An empty pool that grows by slabs up to max_packets (rounded up to whole
 * slabs) and keeps what it has: in a steady state nothing is allocated. */
void packet_pool_init(struct packet_pool *pool, size_t max_packets);

/* Free all memory. Returns how many packets are still referenced: 0, or there
 * is a leak (and a pointer into freed memory), which debug builds also print. */
size_t packet_pool_finish(struct packet_pool *pool);

/* A packet with one reference, len, view and frame zeroed, data not. NULL where
 * max_packets are in use (or memory is short): drop what it was for, counted. */
struct packet *packet_get(struct packet_pool *pool);

static inline struct packet *packet_ref(struct packet *p)
{
    assert(p->refs > 0);
    p->refs++;
    return p;
}

/* Put a byte of RTP padding (RFC 3550, section 5.1) behind the payload, where there is room: a copy may be
 * sent with it (compose_pad) or without. Once the view is parsed, and before the packet is handed on. */
static inline void packet_add_padding(struct packet *p)
{
    size_t end = (size_t)p->view.payload + p->view.payload_len;
    if (end < PACKET_DATA_MAX)
        p->data[end] = 1;
}

static inline bool packet_has_padding(const struct packet *p)
{
    return (size_t)p->view.payload + p->view.payload_len < PACKET_DATA_MAX;
}

/* NULL is fine. */
static inline void packet_unref(struct packet *p)
{
    if (!p)
        return;
    assert(p->refs > 0);
    if (--p->refs > 0)
        return;
    struct packet_pool *pool = p->pool;
    p->next_free = pool->free;
    pool->free = p;
    pool->used--;
}
