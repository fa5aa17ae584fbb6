/* One worker's way to another (architecture: a room that spreads): a sender for
 * its mailbox, and a ring of batches of packets that the mails point at.
 *
 * A packet is handed over by reference and copied by the one who gets it, into a
 * packet of its own pool: a kilobyte costs a tenth of a microsecond there, the
 * least of what forwarding it to a single viewer costs, and it leaves each pool,
 * with its plain reference counts, to one thread. The sender takes its references
 * back when the other has said how many batches it has copied, so neither ever
 * waits for the other, and nothing is allocated.
 *
 * The ring is the bound: where it is full packets are dropped and counted, those
 * of video while there is still room for audio. */
#pragma once

#include "batch.h"
#include "mailbox.h"
#include "sfu.h"

enum {
    LINK_BATCHES = 256,      /* that wait to be copied */
    LINK_BATCHES_AUDIO = 64, /* of which video leaves so many to audio */
    LINK_PACKETS_MAX = 40,   /* in one batch: a cached key frame and what followed it (LAYER_CACHED_MAX) */
};
_Static_assert((int)LINK_PACKETS_MAX >= (int)BATCH_MAX, "a natural batch fits into one");

struct link;

/* Packets of one layer in a row. The sender fills it in; the receiver reads it from the mail until
 * link_taken(). */
struct link_batch {
    struct link *link;
    uint32_t track;
    uint32_t source; /* the stream's name on the sender's worker */
    uint8_t layer;
    bool cached; /* a key frame of before and what followed it, for who has just begun to watch */
    uint8_t count;
    struct sfu_format format; /* in the publisher's payload types */
    struct batch_packet packets[LINK_PACKETS_MAX];
};

struct link {
    struct mailbox_sender to;
    struct link_batch *ring; /* made when the first batch goes; sender only, as the next two */
    size_t posted;           /* batches, ever */
    size_t freed;            /* those of which the references were taken back */
    uint8_t apart[64];
    _Atomic size_t taken; /* those that the receiver has copied */
};

void link_init(struct link *link, struct mailbox *to);

/* After both threads have ended. Zeroed is fine. */
void link_finish(struct link *link);

/* Sender: a batch to fill in, NULL where the ring is full for that kind (or there is no memory for it). */
struct link_batch *link_batch(struct link *link, enum rtp_kind kind);

/* Sender: add a packet to the batch, which takes a reference. */
void link_add(struct link_batch *b, const struct batch_packet *p);

/* Sender: hand the batch to the other by that mail, whose body it becomes. False where the mailbox is full:
 * nothing is handed over. */
bool link_send(struct link *link, struct link_batch *b, struct mail m);

/* Sender, from time to time: post mails that wait, take references back. */
void link_flush(struct link *link);

/* Receiver: the batches are taken in the order in which they were sent; this one's packets are not looked at
 * any more. */
void link_taken(struct link_batch *b);
