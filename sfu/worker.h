/* A media worker: one thread, its sockets, and the rooms that live on it. All of
 * a room's transports, tracks, slots and packets belong to that thread alone;
 * the rest of the program reaches them by mail. */
#pragma once

#include "batch.h"
#include "command.h"
#include "counter.h"
#include "directory.h"
#include "dtls.h"
#include "link.h"
#include "mailbox.h"
#include "packet.h"
#include "shed.h"
#include "sockets.h"
#include "timer.h"
#include "udp_tx.h"

#include <glib.h>
#include <pthread.h>

enum {
    WORKER_PACKETS_MAX = 131072,  /* received packets held at a time: 230 MB */
    WORKER_MAILBOX = 4096,        /* mails in flight */
    WORKER_MAILS_PER_TURN = 256,  /* so that a storm of mail does not hold up media */
    WORKER_BATCHES_PER_TURN = 16, /* of them with packets, nor these what comes in by UDP */
};

struct room;
struct track;
struct transport;

struct worker {
    /* set at init */
    unsigned index;
    struct dtls_context *dtls;
    uint64_t since_1970_us; /* clock.h */
    struct mailbox inbox;
    pthread_t thread;
    bool running;

    /* any thread may read */
    struct counters counters;
    struct shed shed; /* but for two figures worker thread only */

    /* control thread only */
    struct mailbox_sender to_worker;

    /* worker thread only */
    struct mailbox_sender to_control;
    struct link *links; /* to the other workers, by index; NULL: there are none */
    unsigned link_count;
    struct track *errands; /* of which other workers are to be told something */
    struct sockets sockets;
    struct udp_rx rx;
    struct udp_tx tx;
    struct packet_pool packets;
    struct batch batch; /* received in this turn, to be forwarded */
    struct timer_heap timers;
    struct ice_agent ice;
    GHashTable *rooms; /* id -> struct room */
    struct directory directory;
    struct room *dirty;        /* rooms whose slots have to be filled anew */
    struct transport *telling; /* transports with slot events to tell */
    uint32_t next_source;      /* names for received streams (select.h) */
    uint64_t now_us;           /* of this turn of the loop */
    bool stopping;
};

/* Open a socket at each address, with its port. 0, or a negative errno with the
 * address that failed in *bad. */
int worker_init(struct worker *w, unsigned index, const struct udp_addresses *at, struct dtls_context *dtls,
                struct mailbox *control, struct addr *bad) __attribute__((warn_unused_result));

/* Before any of them starts: let it write to the other workers, itself among them. */
void worker_link(struct worker *w, struct worker *workers, unsigned count);

/* Start the thread. 0 or a negative errno. */
int worker_start(struct worker *w) __attribute__((warn_unused_result));

/* Wait until the thread has ended: COMMAND_STOP was posted. */
void worker_join(struct worker *w);

/* The same, and free everything. The threads of all workers that it is linked with have ended. */
void worker_finish(struct worker *w);

/* Worker thread: a name for a received stream that was never used before. */
uint32_t worker_new_source(struct worker *w);

/* Worker thread: tell the control thread. The body goes with it. */
void worker_tell(struct worker *w, enum event event, uint64_t id, uint64_t value, uint16_t a, uint32_t b,
                 void *body);

/* Worker thread: mail waits for another thread that has no room for it. */
bool worker_has_backlog(const struct worker *w);
