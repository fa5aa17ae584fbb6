/* Messages between threads: a bounded ring with many producers and one
 * consumer, and an eventfd to sleep on.
 *
 * A mail is plain data; its body, if it has one, belongs to whoever holds the
 * mail, in the end the receiver, who frees it with mail_free(). Things that
 * other threads own are named by ids, never by pointers.
 *
 * Two classes, by the function that posts:
 * - mailbox_offer(): may be dropped where the ring is full (counted, body freed).
 * - mailbox_post(): never lost. Where the ring is full the *sender* keeps it in
 *   an ordered list of its own and posts it later. It looks at
 *   mailbox_sender_backlog() before it takes on new work, which bounds the list.
 * What one sender posts and offers arrives in order.
 *
 * The consumer's loop:
 *
 *     for (;;) {
 *         while (mailbox_take(box, &mail))
 *             handle(&mail), mail_free(&mail);
 *         poll({mailbox_fd(box)});            // safe: take said that it is empty
 *         mailbox_clear(box);                 // when the fd was readable
 *     }
 *
 * It may stop taking early, but then it must not block. */
#pragma once

#include "bytes.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mail {
    uint16_t type; /* what the rest means */
    uint16_t a;
    uint32_t b;
    uint64_t id; /* of the room or transport that it is for */
    uint64_t value;
    void *body;                /* or NULL */
    void (*free_body)(void *); /* NULL = nothing to free */
};

static inline void mail_free(struct mail *m)
{
    if (m->free_body)
        m->free_body(m->body);
    m->body = NULL;
    m->free_body = NULL;
}

struct mailbox_cell;

struct mailbox {
    /* set at init */
    struct mailbox_cell *cells;
    size_t mask;
    int fd;
    uint8_t apart0[64]; /* what different threads write shall not share a cache line */
    /* producers */
    _Atomic size_t tail;
    _Atomic uint64_t dropped;
    uint8_t apart1[64];
    /* consumer, and producers when they wake it */
    _Atomic bool asleep; /* it may be: a post has to write the eventfd */
    size_t head;         /* consumer only */
    uint8_t apart2[64];
};

/* One thread's end of a mailbox; owned by that thread. */
struct mailbox_sender {
    struct mailbox *to;
    struct mail *waiting; /* a ring of its own, oldest at first */
    size_t first, count, cap;
};

/* A box for at least `capacity` mails. 0, -ENOMEM, or what eventfd() said. */
int mailbox_init(struct mailbox *box, size_t capacity) RTP_MUST_USE;

/* Frees what was not taken as well. No thread may post any more. Zeroed is fine. */
void mailbox_finish(struct mailbox *box);

/* Consumer: the next mail. false = the box is empty, and from now on a post
 * makes the fd readable. */
bool mailbox_take(struct mailbox *box, struct mail *out);

/* Consumer: readable where there may be something to take. */
int mailbox_fd(const struct mailbox *box);

/* Consumer: make the fd unreadable again; then take until it says false. */
void mailbox_clear(struct mailbox *box);

/* Droppable mails that found the ring full, over all senders. Any thread. */
uint64_t mailbox_dropped(const struct mailbox *box);

void mailbox_sender_init(struct mailbox_sender *s, struct mailbox *to);

/* Frees mails that wait. Zeroed is fine. */
void mailbox_sender_finish(struct mailbox_sender *s);

/* Post a mail that must arrive. */
void mailbox_post(struct mailbox_sender *s, const struct mail *m);

/* Post a mail that may be dropped. false = it was, and its body is freed. */
bool mailbox_offer(struct mailbox_sender *s, const struct mail *m);

/* Post what waits, as far as there is room; returns what still waits. Posting
 * does this as well, but a sender with a backlog has to call it from a timer
 * (5 ms or so), as nobody tells it when the ring has room again. */
size_t mailbox_sender_flush(struct mailbox_sender *s);

static inline size_t mailbox_sender_backlog(const struct mailbox_sender *s)
{
    return s->count;
}
