#include "remote.h"

#include "room.h"
#include "slot.h"
#include "spread.h"
#include "worker.h"

#include <stdlib.h>

struct track *remote_new(struct room *room, unsigned worker, const struct track_info *info)
{
    struct remote *remote = calloc(1, sizeof(*remote));
    struct track *t = remote && info->layer_count <= SFU_LAYERS_MAX ? track_new(room, info) : NULL;
    if (!t) {
        free(remote);
        return NULL;
    }
    remote->worker = worker;
    t->remote = remote;
    t->clock = &remote->clock;
    return t;
}

/* --- What is told of it ------------------------------------------------------------ */

static bool same_codec(const struct sfu_format *a, const struct sfu_format *b)
{
    return a->codec == b->codec && a->variant == b->variant;
}

/* The stream there is `source` from now on. A new one is a new stream here, too. */
static void follow_stream(struct layer *l, uint32_t source, const struct sfu_format *format)
{
    struct remote *remote = l->track->remote;
    struct sfu_format *mine = &remote->formats[l->index];
    bool same =
        remote->sources[l->index] == source && (l->track->kind == RTP_AUDIO || same_codec(mine, format));
    if (!same && l->source)
        layer_restart(l);
    *mine = *format;
    remote->sources[l->index] = source;
    if (same || !source)
        return;
    l->newest = 0;
    l->source = worker_new_source(l->track->room->worker);
    l->format = mine;
    l->clock = (struct clock_map){0};
    room_touch(l->track->room);
}

static void take_layer(struct layer *l, const struct remote_layer *told, uint64_t now_us)
{
    follow_stream(l, told->source, &told->format);
    if (!told->source)
        return;
    bool was_alive = l->was_alive;
    if (l->rhythm.silent != told->silent || l->rhythm.proven_us != told->proven_us ||
        l->height != told->height || l->spatial_count != told->spatial_count || was_alive != told->alive)
        room_touch(l->track->room);
    l->clock = told->clock;
    l->rhythm.silent = told->silent;
    l->rhythm.proven_us = told->proven_us;
    l->spatial_count = told->spatial_count;
    l->width = told->width;
    l->height = told->height;
    l->was_alive = told->alive;
    if (l->was_alive && !was_alive && !l->track->muted)
        room_retarget(l->track->room, l->track, now_us);
}

static void take_order(struct track *t, const uint8_t order[LAYER_ORDER_MAX])
{
    if (memcmp(t->order, order, sizeof(t->order)) == 0)
        return;
    memcpy(t->order, order, sizeof(t->order));
    for (uint8_t i = 0; i < t->layer_count; i++)
        t->layers[t->order[i]].quality = i;
    room_touch(t->room);
}

void remote_take_state(struct track *t, const struct remote_state *state, uint64_t now_us)
{
    t->remote->clock = state->clock;
    t->step_count = state->step_count;
    memcpy(t->steps, state->steps, sizeof(t->steps));
    track_become(t, state->source);
    track_mute(t, state->muted);
    take_order(t, state->order);
    for (uint8_t i = 0; i < t->layer_count; i++)
        take_layer(&t->layers[i], &state->layers[i], now_us);
}

/* --- Its packets --------------------------------------------------------------------- */

static struct packet *copy(struct worker *w, const struct packet *from)
{
    struct packet *p = packet_get(&w->packets);
    if (!p) {
        counter_add(&w->counters, COUNT_drop_pool_empty, 1);
        return NULL;
    }
    p->len = from->len;
    p->arrival_us = from->arrival_us;
    p->view = from->view;
    p->frame = from->frame;
    memcpy(p->data, from->data, from->len);
    packet_add_padding(p);
    return p;
}

/* True where it is to be forwarded: not of a cached batch, and what is here already is not kept twice. */
static bool keep(struct layer *l, struct packet *p, uint64_t number, bool cached, uint64_t now_us)
{
    if (cached && history_has(&l->history, number))
        return false;
    return layer_keep(l, p, number, now_us) && !cached;
}

static bool start_history(struct layer *l)
{
    bool video = l->track->kind == RTP_VIDEO;
    return l->history.ring || history_init(&l->history, video ? HISTORY_VIDEO : HISTORY_AUDIO,
                                           video ? HISTORY_VIDEO_MAX : HISTORY_AUDIO) == 0;
}

/* The stream's own packets, which come in order, go on telling its clock between two states. */
static void keep_time(struct layer *l, const struct packet *p, uint64_t number)
{
    if (!l->clock.clock_rate)
        clock_map_init(&l->clock, rtp_codecs[l->format->codec].clock_rate);
    if (number > l->newest)
        clock_map_packet(&l->clock, p->view.timestamp, p->arrival_us);
}

/* What came before the first viewer here did: it may begin with that, else has to wait for a key frame. */
static void start_watchers(struct layer *l, uint64_t now_us)
{
    for (size_t i = 0; i < l->watchers.count; i++) {
        struct slot *s = l->watchers.list[i].slot;
        if (s->target.layer == l && !slot_start_cached(s, l, now_us))
            layer_want_key(l);
    }
}

void remote_take_packets(struct track *t, const struct link_batch *b, uint64_t now_us)
{
    struct worker *w = t->room->worker;
    if (b->layer >= t->layer_count)
        return;
    struct layer *l = &t->layers[b->layer];
    follow_stream(l, b->source, &b->format);
    if (!start_history(l))
        return;
    for (uint8_t i = 0; i < b->count; i++) {
        const struct batch_packet *from = &b->packets[i];
        struct packet *p = copy(w, from->packet);
        if (!p)
            continue;
        keep_time(l, p, from->number);
        l->heard_us = now_us;
        if (keep(l, p, from->number, b->cached, now_us))
            batch_add(&w->batch, l, p, from->number, now_us);
        packet_unref(p);
    }
    batch_flush(&w->batch, now_us);
    if (b->cached && b->count) {
        l->key_number = b->packets[0].number;
        start_watchers(l, now_us);
    }
}

/* --- What is wanted of it ------------------------------------------------------------ */

static uint8_t watched(const struct track *t)
{
    uint8_t layers = 0;
    for (uint8_t i = 0; i < t->layer_count; i++)
        layers |= (uint8_t)((t->layers[i].watchers.count > 0) << i);
    return layers;
}

void remote_watchers_changed(struct track *t)
{
    spread_errand(t);
}

void remote_need(struct track *t, uint8_t layers)
{
    uint8_t news = (uint8_t)(layers & ~t->remote->needed);
    if (!news || t->kind != RTP_VIDEO)
        return;
    t->remote->needed |= news;
    t->remote->news_needed |= news;
    spread_errand(t);
}

void remote_want_key(struct layer *l)
{
    l->track->remote->news_keys |= (uint8_t)(1u << l->index);
    spread_errand(l->track);
}

bool remote_wish(struct track *t, struct remote_wish *wish)
{
    struct remote *r = t->remote;
    *wish = (struct remote_wish){watched(t), r->news_needed, r->news_keys};
    bool news = wish->watched != r->watched || wish->needed || wish->keys;
    for (uint8_t i = 0; i < t->layer_count; i++) {
        if (r->watched & ~wish->watched & 1u << i)
            t->layers[i].key_number = 0; /* packets will be missing behind it */
    }
    r->watched = wish->watched;
    r->news_needed = r->news_keys = 0;
    return news;
}

void remote_second(struct track *t, uint64_t now_us)
{
    t->remote->needed = 0; /* who still needs it says so */
    for (uint8_t i = 0; i < t->layer_count; i++) {
        struct layer *l = &t->layers[i];
        if (l->key_wanted && l->watchers.count)
            remote_want_key(l);
        if (!l->history.ring)
            continue;
        history_expire(&l->history, now_us);
        if (l->watchers.count || now_us - l->heard_us < HISTORY_AGE_US)
            continue;
        history_finish(&l->history);
        l->key_number = 0;
    }
}
