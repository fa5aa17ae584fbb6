/* The natural batch: packets that came in one turn of the loop, or while a frame was waited for, to be
 * forwarded together at its end, those of each layer in a lane of their own, whatever came between them.
 * Viewer by viewer rather than packet by packet: what belongs to a viewer is in the cache for all of them,
 * and its datagrams lie in a row for one GSO message.
 *
 * A browser sends a frame as a burst, but some 50 us apart from packet to packet, and others send meanwhile.
 * To forward the first one alone to a hundred viewers takes longer than all of them take to come, and costs
 * them a message of its own each. So the worker waits for the rest of a frame as long as its packets keep
 * coming; a layer whose packets come one by one is left alone, but for a trial now and then. Worker thread
 * only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct layer;
struct packet;

enum {
    BATCH_MAX = 32,        /* packets of one layer */
    BATCH_LANES = 16,      /* layers */
    BATCH_VIEWERS_MIN = 4, /* with fewer the wait saves less than waking up costs */
    BATCH_DOZE_US = 60,    /* at a time, while the rest of a frame is waited for */
    BATCH_GAP_US = 200,    /* between two packets of one burst */
    BATCH_BURST_US = 600,  /* and from the first to the last one that is waited for */
    BATCH_TRIAL_MAX = 256, /* turns from a wait in vain to the next trial */
};

/* Whether a layer's packets come in bursts; zeroed = not known. */
struct batch_habit {
    uint16_t pause; /* turns that bring packets of it, until it is waited for again */
    uint16_t left;  /* of those */
};

struct batch_packet {
    struct packet *packet;   /* a reference */
    uint64_t number, newest; /* its own, and the layer's when it came; unwrapped */
    bool pad;                /* leaves with a byte of padding */
};

struct batch_lane {
    struct layer *layer; /* NULL = it has been forwarded */
    size_t count;
    struct batch_packet packets[BATCH_MAX];
};

struct batch {
    size_t count;
    struct batch_lane lanes[BATCH_LANES]; /* by when their first packet came */
};

/* Packet `number` of that layer is to be forwarded, unless it is of a picture and it is too late for that
 * (shed.h). The batch takes a reference. */
void batch_add(struct batch *b, struct layer *layer, struct packet *p, uint64_t number, uint64_t now_us);

/* Whether something of that layer is to be forwarded. */
bool batch_has(const struct batch *b, const struct layer *layer);

/* The first one whose frame lacks packets that are worth a wait of BATCH_GAP_US; NULL: there is none. */
struct batch_lane *batch_partial(struct batch *b);

/* The rest of its frame was waited for, and some of it came or none did. */
void batch_waited(struct layer *layer, bool came);

/* Pad packets by a byte that are so much shorter than those after them: an encoder cuts a frame into packets
 * that are equal but for that byte, and of a GSO message only the last may differ. */
void batch_even_out(struct batch_lane *lane);

/* Forward what is there, voices first: they leave with the frames behind them (udp_tx.h). To be done before
 * anything changes who watches what. */
void batch_flush(struct batch *b, uint64_t now_us);
