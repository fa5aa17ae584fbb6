#include "batch.h"

#include "room.h"
#include "slot.h"
#include "spread.h"
#include "track.h"
#include "transport.h"
#include "worker.h"

void batch_add(struct batch *b, struct layer *layer, struct packet *p, uint64_t number, uint64_t now_us)
{
    struct worker *w = layer->track->room->worker;
    if (layer->track->kind == RTP_VIDEO && shed_late(&w->shed)) {
        counter_add(&w->counters, COUNT_drop_overload, 1);
        return;
    }
    if (b->count == BATCH_MAX || (b->layer && b->layer != layer))
        batch_flush(b, now_us);
    b->layer = layer;
    b->packets[b->count++] = (struct batch_packet){packet_ref(p), number, layer->newest, false};
}

static bool has_many_viewers(const struct layer *l)
{
    return l->watchers.count >= BATCH_VIEWERS_MIN || l->relayed;
}

bool batch_is_partial(struct batch *b)
{
    if (!b->layer || b->layer->track->kind != RTP_VIDEO || !has_many_viewers(b->layer) ||
        b->count == BATCH_MAX || b->packets[b->count - 1].packet->view.marker)
        return false;
    if (!b->layer->habit.left)
        return true;
    b->layer->habit.left--;
    return false;
}

void batch_waited(struct batch *b, bool came)
{
    if (!b->layer)
        return;
    struct batch_habit *habit = &b->layer->habit;
    habit->pause = came ? 0 : habit->pause ? habit->pause * 2 : 8;
    if (habit->pause > BATCH_TRIAL_MAX)
        habit->pause = BATCH_TRIAL_MAX;
    habit->left = habit->pause;
}

void batch_even_out(struct batch *b)
{
    if (!b->layer || !b->count || b->layer->track->kind != RTP_VIDEO)
        return;
    uint16_t next = b->packets[b->count - 1].packet->view.payload_len;
    for (size_t i = b->count - 1; i-- > 0;) {
        const struct packet *p = b->packets[i].packet;
        b->packets[i].pad = p->view.payload_len && p->view.payload_len + 1 == next && packet_has_padding(p);
        next = (uint16_t)(p->view.payload_len + b->packets[i].pad);
    }
}

enum { APART = 2, AHEAD = APART * SLOT_FETCH_STEPS }; /* viewers, from step to step and in all */

/* That viewer's turn is AHEAD from now; of those before it the next steps are due. */
static void fetch_ahead(const struct watchers *w, size_t i)
{
    for (unsigned step = 0; step < SLOT_FETCH_STEPS && step * APART <= i; step++) {
        size_t at = i - step * APART;
        if (at < w->count)
            slot_fetch(w->list[at].slot, step);
    }
}

static void forward_to(const struct batch *b, struct slot *s, uint64_t now_us)
{
    for (size_t i = 0; i < b->count; i++)
        slot_forward(s, b->layer, &b->packets[i], now_us);
    udp_tx_relieve(&s->viewer->worker->tx, &s->viewer->connection.dest);
}

void batch_flush(struct batch *b, uint64_t now_us)
{
    const struct watchers *watchers = b->layer ? &b->layer->watchers : NULL;
    if (b->layer && b->layer->relayed)
        spread_packets(b->layer, b->packets, b->count); /* first: the others work while this one does */
    batch_even_out(b);
    for (size_t i = 0; watchers && i < watchers->count + AHEAD; i++) {
        fetch_ahead(watchers, i);
        if (i >= AHEAD)
            forward_to(b, watchers->list[i - AHEAD].slot, now_us);
    }
    for (size_t j = 0; j < b->count; j++)
        packet_unref(b->packets[j].packet);
    b->layer = NULL;
    b->count = 0;
}
