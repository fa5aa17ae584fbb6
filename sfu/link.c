#include "link.h"

#include "packet.h"

#include <stdlib.h>

void link_init(struct link *link, struct mailbox *to)
{
    *link = (struct link){0};
    mailbox_sender_init(&link->to, to);
}

static void let_go(struct link_batch *b)
{
    for (uint8_t i = 0; i < b->count; i++)
        packet_unref(b->packets[i].packet);
    b->count = 0;
}

static void take_back(struct link *link, size_t until)
{
    while (link->freed != until)
        let_go(&link->ring[link->freed++ % LINK_BATCHES]);
}

static void take_back_taken(struct link *link)
{
    take_back(link, atomic_load_explicit(&link->taken, memory_order_acquire));
}

void link_flush(struct link *link)
{
    mailbox_sender_flush(&link->to);
    if (link->freed != link->posted)
        take_back_taken(link);
}

void link_finish(struct link *link)
{
    take_back(link, link->posted);
    free(link->ring);
    mailbox_sender_finish(&link->to);
    *link = (struct link){0};
}

struct link_batch *link_batch(struct link *link, enum rtp_kind kind)
{
    size_t room = kind == RTP_AUDIO ? LINK_BATCHES : LINK_BATCHES - LINK_BATCHES_AUDIO;
    take_back_taken(link);
    if (!link->ring)
        link->ring = calloc(LINK_BATCHES, sizeof(*link->ring));
    if (!link->ring || link->posted - link->freed >= room)
        return NULL;
    return &link->ring[link->posted % LINK_BATCHES];
}

void link_add(struct link_batch *b, const struct batch_packet *p)
{
    b->packets[b->count] = *p;
    packet_ref(b->packets[b->count++].packet);
}

bool link_send(struct link *link, struct link_batch *b, struct mail m)
{
    b->link = link;
    m.body = b;
    if (!mailbox_offer(&link->to, &m)) {
        let_go(b);
        return false;
    }
    link->posted++;
    return true;
}

void link_taken(struct link_batch *b)
{
    struct link *link = b->link;
    size_t taken = atomic_load_explicit(&link->taken, memory_order_relaxed);
    atomic_store_explicit(&link->taken, taken + 1, memory_order_release);
}
