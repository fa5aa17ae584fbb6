/* One viewer behind a link: a sender with an estimator, pretending to have media
 * of any rate, and a receiver that answers with transport-cc feedback as bytes. */
#pragma once

#include "estimator.h"
#include "transport_cc.h"
#include "world.h"

enum {
    FLOW_FPS = 30,
    FLOW_LAYERS_MAX = 4,
};

struct flow {
    /* set before flow_start(), may be changed while it runs */
    uint32_t top_bps;                 /* the media takes no more; 0 = it is silent, audio aside */
    uint32_t layers[FLOW_LAYERS_MAX]; /* rates that it can have, ascending; all 0 = any */
    uint32_t lag_us;                  /* until the encoder follows the target */
    bool plain;                       /* no transport-cc: receiver reports each second */
    uint32_t remb_bps;                /* told by the receiver with each report; 0 = not */
    struct link *there, *back;

    struct estimator estimator;
    struct flight_packet *ring;
    double media_bps; /* what the encoder makes now */
    uint64_t stopped_us;

    struct transport_cc cc; /* the receiver's */
    struct rate received;
    uint64_t feedback_at_us; /* when a feedback is set to go; 0 = none */
    uint32_t sent, arrived;  /* packets since the last receiver report */

    void (*on_packet)(void *arg, uint64_t now_us, uint64_t waited_us); /* arrived; may be NULL */
    void *arg;
};

void flow_init(struct flow *f, struct world *w, struct link *there, struct link *back);
void flow_start(struct flow *f, struct world *w);

/* The caller frees what is under way by finishing the links after the world has run on for a second. */
void flow_stop(struct flow *f, struct world *w);
void flow_finish(struct flow *f);

uint32_t flow_target(const struct flow *f);
uint32_t flow_received(const struct flow *f, const struct world *w);
