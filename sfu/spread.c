#include "spread.h"

#include "remote.h"
#include "room.h"
#include "transport.h"
#include "worker.h"

void spread_post(const struct room *room, uint64_t workers, struct mail m, size_t body_len)
{
    const void *body = m.body;
    m.id = room->id;
    m.a = (uint16_t)room->worker->index;
    m.free_body = body ? g_free : NULL;
    while (workers) {
        m.body = body ? g_memdup2(body, body_len) : NULL;
        mailbox_post(&room->worker->links[spread_take_worker(&workers)].to, &m);
    }
}

bool spread_is_home(const struct room *room)
{
    return room->spread.home == room->worker->index;
}

/* --- Tracks that are published here ------------------------------------------------ */

static void announce(const struct track *t, uint64_t workers)
{
    struct track_info info = track_info(t);
    spread_post(t->room, workers, (struct mail){.type = COMMAND_TRACK_OPEN, .body = &info}, sizeof(info));
}

void spread_open_track(struct track *t)
{
    announce(t, t->room->spread.links);
    spread_errand(t);
}

void spread_close_track(const struct track *t)
{
    spread_post(t->room, t->room->spread.links, (struct mail){.type = COMMAND_TRACK_CLOSE, .b = t->id}, 0);
}

static struct remote_layer describe_layer(const struct layer *l, uint64_t now_us)
{
    return (struct remote_layer){
        .source = l->source,
        .alive = layer_alive(l, now_us),
        .silent = l->rhythm.silent,
        .spatial_count = l->spatial_count,
        .width = l->width,
        .height = l->height,
        .proven_us = l->rhythm.proven_us,
        .format = l->format ? *l->format : (struct sfu_format){0},
        .clock = l->clock,
    };
}

static void tell_state(struct track *t, uint64_t now_us)
{
    struct remote_state state = {.source = t->source, .muted = t->muted, .clock = *t->clock};
    memcpy(state.order, t->order, sizeof(state.order));
    if (t->kind == RTP_VIDEO)
        memcpy(state.steps, track_steps(t, &state.step_count, now_us), sizeof(state.steps));
    for (uint8_t i = 0; i < t->layer_count; i++)
        state.layers[i] = describe_layer(&t->layers[i], now_us);
    const struct mail m = {.type = COMMAND_TRACK_STATE, .b = t->id, .body = &state};
    spread_post(t->room, t->room->spread.links, m, sizeof(state));
}

static void tell_wish(struct track *t)
{
    struct remote_wish wish;
    if (!remote_wish(t, &wish))
        return;
    uint64_t value = wish.watched | (uint64_t)wish.needed << 8 | (uint64_t)wish.keys << 16;
    const struct mail m = {.type = COMMAND_TRACK_WISH, .b = t->id, .value = value};
    spread_post(t->room, SPREAD_BIT(t->remote->worker), m, 0);
}

/* --- Errands -------------------------------------------------------------------------- */

void spread_errand(struct track *t)
{
    struct worker *w = t->room->worker;
    if (t->errand || !t->room->spread.links)
        return;
    t->errand = true;
    t->next_errand = w->errands;
    w->errands = t;
}

void spread_forget(struct track *t)
{
    for (struct track **at = &t->room->worker->errands; t->errand && *at; at = &(*at)->next_errand) {
        if (*at == t) {
            *at = t->next_errand;
            return;
        }
    }
}

void spread_run_errands(struct worker *w)
{
    while (w->errands) {
        struct track *t = w->errands;
        w->errands = t->next_errand;
        t->errand = false;
        if (t->remote)
            tell_wish(t);
        else
            tell_state(t, w->now_us);
    }
}

/* Layers cost what they cost now, which a worker that has no time for it need not know; wishes and key frames
 * are asked for until they come. */
static void look(void *arg, uint64_t now_us)
{
    struct room *room = arg;
    bool whole = ++room->spread.round % SPREAD_ROUNDS == 0, behind = worker_has_backlog(room->worker);
    for (guint i = 0; i < room->tracks->len; i++) {
        struct track *t = g_ptr_array_index(room->tracks, i);
        if (t->remote && whole)
            remote_second(t, now_us);
        else if (!t->remote && !behind && t->kind == RTP_VIDEO && track_layer(t, SFU_LAYERS_MAX, now_us))
            spread_errand(t);
    }
    timer_set(&room->worker->timers, &room->spread.timer, now_us + SPREAD_TELL_US);
}

/* --- Packets -------------------------------------------------------------------------- */

static bool hand_over(struct link *link, const struct layer *l, const struct batch_packet *packets,
                      size_t count, bool cached)
{
    const struct room *room = l->track->room;
    struct link_batch *b = link_batch(link, l->track->kind);
    if (!b)
        return false;
    b->track = l->track->id;
    b->source = l->source;
    b->layer = l->index;
    b->cached = cached;
    b->format = *l->format;
    for (size_t i = 0; i < count; i++)
        link_add(b, &packets[i]);
    return link_send(link, b, (struct mail){.type = COMMAND_PACKETS, .id = room->id});
}

static void send_packets(struct layer *l, uint64_t workers, const struct batch_packet *packets, size_t count,
                         bool cached)
{
    struct worker *w = l->track->room->worker;
    while (workers) {
        bool sent = hand_over(&w->links[spread_take_worker(&workers)], l, packets, count, cached);
        counter_add(&w->counters, sent ? COUNT_link_packets : COUNT_drop_link_full, count);
        counter_add(&w->counters, COUNT_link_batches, sent);
    }
}

void spread_packets(struct layer *l, const struct batch_packet *packets, size_t count)
{
    send_packets(l, l->relayed, packets, count, false);
}

/* The last key frame and what followed it, for a worker that has just begun to watch. False: there is none
 * that is fresh, and it has to wait for one. */
static bool send_cached(struct layer *l, unsigned worker)
{
    struct batch_packet packets[LINK_PACKETS_MAX];
    size_t n = 0;
    if (!layer_has_fresh_key(l))
        return false;
    for (uint64_t i = l->key_number; i <= l->newest; i++)
        packets[n++] = (struct batch_packet){history_get(&l->history, i), i, l->newest, false};
    send_packets(l, SPREAD_BIT(worker), packets, n, true);
    return true;
}

void spread_on_packets(struct worker *w, struct mail *m)
{
    struct link_batch *b = m->body;
    const struct room *room = g_hash_table_lookup(w->rooms, &m->id);
    struct track *t = room ? room_track(room, b->track) : NULL;
    if (t && t->remote)
        remote_take_packets(t, b, w->now_us);
    else
        counter_add(&w->counters, COUNT_drop_mail_stale, 1);
    link_taken(b);
}

/* --- What the others tell of tracks ------------------------------------------------------ */

/* Tell that worker all there is. */
static void begin_link(struct room *room, unsigned worker)
{
    struct spread *s = &room->spread;
    if (s->links & SPREAD_BIT(worker))
        return;
    s->links |= SPREAD_BIT(worker);
    for (guint i = 0; i < room->tracks->len; i++) {
        struct track *t = g_ptr_array_index(room->tracks, i);
        if (t->remote)
            continue;
        announce(t, SPREAD_BIT(worker));
        spread_errand(t);
    }
    if (spread_is_home(room))
        spread_tell_speech(room, SPREAD_BIT(worker));
    if (!timer_is_set(&s->timer))
        timer_set(&room->worker->timers, &s->timer, room->worker->now_us + SPREAD_TELL_US);
    room_touch_order(room);
}

void spread_on_link(struct room *room, struct mail *m)
{
    begin_link(room, m->a);
}

/* It may come before the control thread has said that the other has the room. */
void spread_on_track_open(struct room *room, struct mail *m)
{
    const struct track_info *info = m->body;
    begin_link(room, m->a);
    struct track *t = room_track(room, info->id) ? NULL : remote_new(room, m->a, info);
    if (t)
        room_add_track(room, t);
}

/* The track that the mail is about, published where it comes from, or here. */
static struct track *track_of(struct room *room, const struct mail *m, bool here)
{
    struct track *t = room_track(room, m->b);
    if (t && (here ? !t->remote : t->remote && t->remote->worker == m->a))
        return t;
    counter_add(&room->worker->counters, COUNT_drop_mail_stale, 1);
    return NULL;
}

static void close_track(struct room *room, struct track *t)
{
    room_remove_track(room, t);
    track_free(t);
}

void spread_on_track_close(struct room *room, struct mail *m)
{
    struct track *t = track_of(room, m, false);
    if (t)
        close_track(room, t);
}

void spread_on_track_state(struct room *room, struct mail *m)
{
    struct track *t = track_of(room, m, false);
    if (t)
        remote_take_state(t, m->body, room->worker->now_us);
}

static void take_layer_wish(struct layer *l, unsigned worker, bool is_watched, bool wants_key)
{
    bool begins = is_watched && !(l->relayed & SPREAD_BIT(worker));
    l->relayed = is_watched ? l->relayed | SPREAD_BIT(worker) : l->relayed & ~SPREAD_BIT(worker);
    if (wants_key && !(begins && send_cached(l, worker)))
        layer_want_key(l);
}

void spread_on_wish(struct room *room, struct mail *m)
{
    struct track *t = track_of(room, m, true);
    uint64_t watched = m->value, keys = m->value >> 16;
    if (t)
        track_need_layers(t, (uint8_t)(m->value >> 8), room->worker->now_us);
    for (uint8_t i = 0; t && i < t->layer_count; i++) {
        take_layer_wish(&t->layers[i], m->a, watched >> i & 1, keys >> i & 1);
    }
}

/* --- Life ------------------------------------------------------------------------------------ */

void spread_init(struct spread *s, struct room *room, unsigned home)
{
    *s = (struct spread){.home = home, .timer = {.fire = look, .arg = room}};
}

void spread_finish(struct room *room)
{
    timer_cancel(&room->worker->timers, &room->spread.timer);
    while (room->tracks->len)
        close_track(room, g_ptr_array_index(room->tracks, room->tracks->len - 1));
}
