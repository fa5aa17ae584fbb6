/* The natural batch: packets of one layer that came one after the other, to be
 * forwarded together at the end of the turn, or when another layer's packet
 * comes. Viewer by viewer rather than packet by packet: what belongs to a viewer
 * is in the cache for all of them, and its datagrams lie in a row for one GSO
 * message. Worker thread only. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct layer;
struct packet;

enum { BATCH_MAX = 32 };

struct batch_packet {
    struct packet *packet;   /* a reference */
    uint64_t number, newest; /* its own, and the layer's when it came; unwrapped */
};

struct batch {
    struct layer *layer; /* NULL = empty */
    size_t count;
    struct batch_packet packets[BATCH_MAX];
};

/* Packet `number` of that layer is to be forwarded. The batch takes a reference. */
void batch_add(struct batch *b, struct layer *layer, struct packet *p, uint64_t number, uint64_t now_us);

/* Forward what is there: before anything changes who watches what. */
void batch_flush(struct batch *b, uint64_t now_us);
