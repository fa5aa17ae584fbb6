/* A publisher that obeys REMB, behind a link, and a receiver with a receive_estimate: three simulcast streams
 * and sound, each packet with its send time or none, REMB as bytes. */
#pragma once

#include "rate.h"
#include "receive_estimate.h"
#include "world.h"

enum {
    UPSTREAM_STREAMS = 3,
    UPSTREAM_START_BPS = 300000, /* what it sends until it hears a REMB */
};

struct upstream {
    /* set before upstream_start(), may be changed while it runs */
    uint32_t top_bps;  /* of payload; it has no more to send */
    uint32_t most_bps; /* it sends no more, whatever it may: its larger layers are not wanted; 0 = all are */
    uint32_t lag_us;   /* until the encoder follows */
    bool timestamps;   /* no packet carries a send time */
    double resent;     /* share of the packets of each frame that comes again 100 ms later, as RTX */
    struct link *there, *back;

    double media_bps;  /* what the encoders make now */
    uint32_t told_bps; /* the last REMB; 0 = none came */
    uint32_t frames;
    uint64_t ended_us; /* 0 = it runs */

    struct receive_estimate estimate; /* the receiver's */
    struct rate received;
    uint32_t rembs;
    uint64_t told_gap_us, told_us; /* the longest time between two REMBs, and when the last left */

    void (*on_packet)(void *arg, uint64_t now_us, uint64_t waited_us); /* arrived */
    void *arg;
};

void upstream_init(struct upstream *u, struct world *w, struct link *there, struct link *back);
void upstream_start(struct upstream *u, struct world *w);

/* Run the world for a second more before the links are finished. */
void upstream_end(struct upstream *u, struct world *w);
