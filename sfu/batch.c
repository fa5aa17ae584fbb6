#include "batch.h"

#include "room.h"
#include "slot.h"
#include "spread.h"
#include "track.h"
#include "transport.h"
#include "worker.h"

/* Its index, or the number of lanes: there is none of that layer. */
static size_t lane_of(const struct batch *b, const struct layer *layer)
{
    size_t at = 0;
    while (at < b->count && b->lanes[at].layer != layer)
        at++;
    return at;
}

bool batch_has(const struct batch *b, const struct layer *layer)
{
    return lane_of(b, layer) < b->count;
}

void batch_add(struct batch *b, struct layer *layer, struct packet *p, uint64_t number, uint64_t now_us)
{
    struct worker *w = layer->track->room->worker;
    if (layer->track->kind == RTP_VIDEO && shed_late(&w->shed)) {
        counter_add(&w->counters, COUNT_drop_overload, 1);
        return;
    }
    size_t at = lane_of(b, layer);
    if (at == BATCH_LANES || (at < b->count && b->lanes[at].count == BATCH_MAX)) {
        batch_flush(b, now_us);
        at = 0;
    }
    struct batch_lane *lane = &b->lanes[at];
    if (at == b->count) {
        lane->layer = layer;
        lane->count = 0;
        b->count++;
        if (layer->habit.left)
            layer->habit.left--;
    }
    lane->packets[lane->count++] = (struct batch_packet){packet_ref(p), number, layer->newest, false};
}

static bool has_many_viewers(const struct layer *l)
{
    return l->watchers.count >= BATCH_VIEWERS_MIN || l->relayed;
}

static bool is_partial(const struct batch_lane *lane)
{
    return lane->layer->track->kind == RTP_VIDEO && has_many_viewers(lane->layer) &&
           lane->count < BATCH_MAX && !lane->packets[lane->count - 1].packet->view.marker;
}

struct batch_lane *batch_partial(struct batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        if (is_partial(&b->lanes[i]) && !b->lanes[i].layer->habit.left)
            return &b->lanes[i];
    }
    return NULL;
}

void batch_waited(struct layer *layer, bool came)
{
    struct batch_habit *habit = &layer->habit;
    habit->pause = came ? 0 : habit->pause ? habit->pause * 2 : 8;
    if (habit->pause > BATCH_TRIAL_MAX)
        habit->pause = BATCH_TRIAL_MAX;
    habit->left = habit->pause;
}

void batch_even_out(struct batch_lane *lane)
{
    if (lane->layer->track->kind != RTP_VIDEO)
        return;
    uint16_t next = lane->packets[lane->count - 1].packet->view.payload_len;
    for (size_t i = lane->count - 1; i-- > 0;) {
        struct batch_packet *at = &lane->packets[i];
        const struct packet *p = at->packet;
        at->pad = p->view.payload_len && p->view.payload_len + 1 == next && packet_has_padding(p);
        next = (uint16_t)(p->view.payload_len + at->pad);
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

static void forward_to(const struct batch_lane *lane, struct slot *s, uint64_t now_us)
{
    for (size_t i = 0; i < lane->count; i++)
        slot_forward(s, lane->layer, &lane->packets[i], now_us);
    udp_tx_relieve(&s->viewer->worker->tx, &s->viewer->connection.dest);
}

static void forward_lane(struct batch_lane *lane, uint64_t now_us)
{
    const struct watchers *watchers = &lane->layer->watchers;
    batch_even_out(lane);
    for (size_t i = 0; i < watchers->count + AHEAD; i++) {
        fetch_ahead(watchers, i);
        if (i >= AHEAD)
            forward_to(lane, watchers->list[i - AHEAD].slot, now_us);
    }
    for (size_t i = 0; i < lane->count; i++)
        packet_unref(lane->packets[i].packet);
    lane->layer = NULL;
}

static void relay(const struct batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct batch_lane *lane = &b->lanes[i];
        if (lane->layer->relayed)
            spread_packets(lane->layer, lane->packets, lane->count);
    }
}

void batch_flush(struct batch *b, uint64_t now_us)
{
    relay(b); /* first: the others work while this one does */
    for (enum rtp_kind kind = RTP_AUDIO; kind <= RTP_VIDEO; kind++) {
        for (size_t i = 0; i < b->count; i++) {
            if (b->lanes[i].layer && b->lanes[i].layer->track->kind == kind)
                forward_lane(&b->lanes[i], now_us);
        }
    }
    b->count = 0;
}
