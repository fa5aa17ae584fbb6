#include "transport.h"

#include "media.h"
#include "report.h"
#include "room.h"
#include "slot.h"
#include "track.h"
#include "worker.h"

#include <errno.h>
#include <stdlib.h>

static void on_dtls_timer(void *arg, uint64_t now_us);
static void on_second(void *arg, uint64_t now_us);
static void on_feedback(void *arg, uint64_t now_us);

/* --- Tracks and slots -------------------------------------------------------------- */

static void add_track(struct transport *t, size_t at, const struct sfu_track_desc *desc, uint64_t now_us)
{
    struct track *track = track_publish(t, desc, now_us);
    if (!track)
        return;
    t->tracks[at] = track;
    for (uint8_t i = 0; i < track->layer_count; i++) {
        struct layer *l = &track->layers[i];
        l->ssrc = desc->ssrcs[i];
        l->rtx_ssrc = desc->rtx_ssrcs[i];
        if (l->ssrc)
            (void)streams_add(&t->streams, l->ssrc, l, false);
        if (l->rtx_ssrc)
            (void)streams_add(&t->streams, l->rtx_ssrc, l, true);
    }
    room_add_track(t->room, track);
}

static void remove_track(struct transport *t, size_t at)
{
    struct track *track = t->tracks[at];
    streams_remove(&t->streams, track, t->connection.secure);
    t->tracks[at] = NULL;
    room_remove_track(t->room, track);
    track_free(track);
}

static bool has_track(const struct transport *t, uint32_t id)
{
    for (size_t i = 0; i < SFU_TRACKS_MAX; i++) {
        if (t->tracks[i] && t->tracks[i]->id == id)
            return true;
    }
    return false;
}

static void match_tracks(struct transport *t, uint64_t now_us)
{
    for (size_t i = 0; i < SFU_TRACKS_MAX; i++) {
        if (!t->tracks[i])
            continue;
        const struct sfu_track_desc *desc = media_track(&t->media, t->tracks[i]->id);
        if (!desc) {
            remove_track(t, i);
            continue;
        }
        track_become(t->tracks[i], desc->source);
        track_mute(t->tracks[i], desc->muted);
    }
    for (size_t i = 0, at = 0; i < t->media.track_count; i++) {
        if (has_track(t, t->media.tracks[i].id))
            continue;
        while (at < SFU_TRACKS_MAX && t->tracks[at])
            at++;
        if (at < SFU_TRACKS_MAX)
            add_track(t, at, &t->media.tracks[i], now_us);
    }
    arrival_negotiated(&t->arrival, &t->media, now_us);
}

static void match_slots(struct transport *t, uint64_t now_us)
{
    for (size_t i = 0; i < t->slot_count; i++) {
        t->slots[i]->desc.stopped = t->media.slots[i].stopped;
        t->slots[i]->desc.rtx_ssrc = t->media.slots[i].rtx_ssrc;
    }
    if (!t->bandwidth && t->media.slot_count)
        t->bandwidth = bandwidth_new(t, now_us);
    if (t->bandwidth)
        bandwidth_negotiated(t->bandwidth);
    while (t->bandwidth && t->slot_count < t->media.slot_count) {
        struct slot *s = calloc(1, sizeof(*s));
        if (!s)
            return;
        slot_init(s, t, (uint16_t)t->slot_count, &t->media.slots[t->slot_count]);
        t->slots[t->slot_count++] = s;
    }
    room_touch_viewer(t);
}

/* --- Life ------------------------------------------------------------------------ */

struct transport *transport_new(struct worker *w, struct room *room, uint64_t id, uint32_t participant,
                                const struct sfu_transport_desc *desc, uint64_t now_us)
{
    struct transport *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    if (connection_init(&t->connection, w, desc, on_dtls_timer, t, now_us) != 0) {
        free(t);
        return NULL;
    }
    t->id = id;
    t->worker = w;
    t->room = room;
    t->participant = participant;
    t->media = desc->media;
    t->rtcp_ssrc = g_random_int();
    t->second_timer = (struct timer){.fire = on_second, .arg = t};
    t->feedback_timer = (struct timer){.fire = on_feedback, .arg = t};
    directory_add(&w->directory, t);
    directory_add_ufrag(&w->directory, desc->ufrag, t);
    timer_set_about(&w->timers, &t->second_timer, now_us + TRANSPORT_SECOND_US);
    room_add(room, t);
    match_tracks(t, now_us);
    match_slots(t, now_us);
    return t;
}

static void unlink_transport(struct transport *t)
{
    struct worker *w = t->worker;
    directory_remove(&w->directory, t);
    for (struct transport **at = &w->telling; t->tell_slots && *at; at = &(*at)->next_telling) {
        if (*at == t) {
            *at = t->next_telling;
            break;
        }
    }
    timer_cancel(&w->timers, &t->second_timer);
    timer_cancel(&w->timers, &t->feedback_timer);
    room_remove(t->room, t);
}

void transport_end(struct transport *t, enum sfu_gone why)
{
    struct worker *w = t->worker;
    if (t->connection.secure) {
        report_bye(t);
        udp_tx_flush(&w->tx, w->now_us);
    }
    connection_close(&t->connection);
    for (size_t i = 0; i < SFU_TRACKS_MAX; i++) {
        if (t->tracks[i])
            remove_track(t, i);
    }
    unlink_transport(t);
    for (size_t i = 0; i < t->slot_count; i++) {
        slot_finish(t->slots[i]);
        free(t->slots[i]);
    }
    connection_finish(&t->connection);
    arrival_finish(&t->arrival);
    bandwidth_free(t->bandwidth);
    worker_tell(w, EVENT_GONE, t->id, t->room->id, (uint16_t)why, 0, NULL);
    free(t);
}

/* Formats are pointed at by layers and slots; they are looked up again where
 * another offer moved them. */
static void take_media(struct transport *t, const struct sfu_media_desc *media)
{
    struct sfu_media_desc old = t->media;
    t->media = *media;
    for (size_t i = 0; i < SFU_TRACKS_MAX; i++) {
        for (uint8_t j = 0; t->tracks[i] && j < t->tracks[i]->layer_count; j++) {
            struct layer *l = &t->tracks[i]->layers[j];
            bool rtx;
            if (!l->format)
                continue;
            const struct sfu_format *was = &old.formats[l->format - t->media.formats];
            l->format = media_format_by_pt(&t->media, was->pt, &rtx);
            if (!l->format || l->format->codec != was->codec || l->format->variant != was->variant)
                layer_restart(l);
        }
    }
    for (size_t i = 0; i < t->slot_count; i++) {
        struct slot *s = t->slots[i];
        s->format = s->current.layer ? slot_format(s, s->current.layer) : NULL;
    }
}

void transport_update(struct transport *t, const struct sfu_transport_desc *desc, uint64_t now_us)
{
    struct worker *w = t->worker;
    if (strcmp(desc->ufrag, t->connection.ice.current.ufrag) != 0) {
        char dropped[SFU_UFRAG_MAX + 1];
        ice_restart(&t->connection.ice, desc->ufrag, desc->pwd, dropped);
        if (dropped[0])
            directory_remove_ufrag(&w->directory, dropped);
        directory_add_ufrag(&w->directory, desc->ufrag, t);
    }
    take_media(t, &desc->media);
    match_tracks(t, now_us);
    match_slots(t, now_us);
}

void transport_view(struct transport *t, size_t first, const struct sfu_view_slot *views, size_t count)
{
    for (size_t i = 0; i < count && first + i < t->slot_count; i++)
        t->slots[first + i]->view = views[i];
    room_touch_viewer(t);
}

void transport_mute(struct transport *t, uint32_t track, bool muted)
{
    for (size_t i = 0; i < SFU_TRACKS_MAX; i++) {
        if (t->tracks[i] && t->tracks[i]->id == track)
            track_mute(t->tracks[i], muted);
    }
}

/* --- DTLS --------------------------------------------------------------------------- */

static void follow(struct transport *t, enum connection_news news)
{
    switch (news) {
    case CONNECTION_SAME:
        return;
    case CONNECTION_UP:
        t->connected = true;
        worker_tell(t->worker, EVENT_CONNECTED, t->id, 0, 0, 0, NULL);
        room_touch_viewer(t);
        return;
    case CONNECTION_CLOSED:
        transport_end(t, SFU_GONE_PEER);
        return;
    case CONNECTION_FAILED:
        transport_end(t, SFU_GONE_DTLS);
        return;
    }
}

void transport_dtls(struct transport *t, const uint8_t *data, size_t len, const struct addr *from,
                    uint64_t now_us)
{
    follow(t, connection_dtls(&t->connection, data, len, from, now_us));
}

static void on_dtls_timer(void *arg, uint64_t now_us)
{
    struct transport *t = arg;
    follow(t, connection_timeout(&t->connection, now_us));
}

/* --- Timers -------------------------------------------------------------------------- */

static void on_second(void *arg, uint64_t now_us)
{
    struct transport *t = arg;
    if (ice_expired(&t->connection.ice, now_us)) {
        transport_end(t, SFU_GONE_TIMEOUT);
        return;
    }
    if (dtls_overdue(t->connection.dtls, now_us)) {
        transport_end(t, SFU_GONE_HANDSHAKE);
        return;
    }
    for (size_t i = 0; i < SFU_TRACKS_MAX; i++) {
        if (t->tracks[i])
            track_second(t->tracks[i], now_us);
    }
    for (size_t i = 0; i < t->slot_count; i++) {
        slot_need(t->slots[i], now_us);
        slot_tell(t->slots[i], now_us); /* a layer may have died and come back between two looks at it */
    }
    if (t->connected)
        report_second(t, now_us);
    timer_set_about(&t->worker->timers, &t->second_timer, now_us + TRANSPORT_SECOND_US);
}

static void on_feedback(void *arg, uint64_t now_us)
{
    struct transport *t = arg;
    uint64_t next_us = report_feedback(t, now_us), soonest_us = now_us + TRANSPORT_FEEDBACK_US;
    if (next_us != TIMER_NEVER && now_us - t->media_us < TRANSPORT_SECOND_US)
        timer_set_about(&t->worker->timers, &t->feedback_timer, next_us > soonest_us ? next_us : soonest_us);
}

void transport_feedback_soon(struct transport *t, uint64_t now_us)
{
    if (!timer_is_set(&t->feedback_timer) || t->feedback_timer.when_us > now_us)
        timer_set(&t->worker->timers, &t->feedback_timer, now_us);
}

/* --- Sending -------------------------------------------------------------------------- */

void transport_fetch(const struct transport *t, unsigned step)
{
    if (step > 1 && (!t->bandwidth || !t->connection.seal))
        return;
    switch (step) {
    case 1:
        fetch(&t->worker, sizeof(t->worker));
        fetch(&t->media.exts, sizeof(t->media.exts));
        fetch(&t->connection.seal, sizeof(t->connection) - offsetof(struct connection, seal));
        fetch(&t->bandwidth, sizeof(*t) - offsetof(struct transport, bandwidth));
        return;
    case 2:
        bandwidth_fetch(t->bandwidth);
        seal_fetch(t->connection.seal);
        return;
    case 3:
        bandwidth_fetch_next(t->bandwidth);
        seal_fetch_key(t->connection.seal);
    }
}

size_t transport_send_rtp(struct transport *t, struct composed *c, uint64_t index, enum udp_kind kind,
                          uint64_t now_us)
{
    if (!t->connection.dest.sock)
        return 0;
    uint16_t number = estimator_number(&t->bandwidth->estimator);
    compose_stamp(c, number, now_us);
    const struct seal_packet packet = {
        .index = index,
        .header = c->header,
        .patch = c->patch,
        .rest = c->rest,
        .header_len = c->header_len,
        .patch_len = c->patch_len,
        .rest_len = c->rest_len,
    };
    struct udp_tx *tx = &t->worker->tx;
    size_t len;
    int err = seal_packet(t->connection.seal, &packet, udp_tx_slot(tx), UDP_TX_SLOT_LEN, &len);
    if (err) {
        counter_add(&t->worker->counters, err == -EMSGSIZE ? COUNT_drop_tx_too_long : COUNT_drop_seal, 1);
        return 0;
    }
    bool numbered = c->transport_seq_at != 0;
    bandwidth_sent(t->bandwidth, len, numbered, now_us);
    if (numbered)
        udp_tx_commit_numbered(tx, &t->connection.dest, len, kind, number);
    else
        udp_tx_commit(tx, &t->connection.dest, len, kind);
    t->packets_out++;
    t->bytes_out += len;
    return len;
}

void transport_dropped(struct udp_dest *dest, uint16_t number)
{
    struct transport *t =
        (struct transport *)(void *)((char *)dest - offsetof(struct transport, connection.dest));
    estimator_dropped(&t->bandwidth->estimator, number);
}

/* --- Telling ---------------------------------------------------------------------------- */

void transport_tell_slots(struct transport *t)
{
    if (t->tell_slots)
        return;
    t->tell_slots = true;
    t->next_telling = t->worker->telling;
    t->worker->telling = t;
}

void transport_flush_slot_events(struct transport *t, uint64_t now_us)
{
    struct sfu_slot_event news[SFU_SLOTS_MAX];
    uint32_t n = 0;
    t->tell_slots = false;
    for (size_t i = 0; i < t->slot_count; i++) {
        struct slot *s = t->slots[i];
        struct sfu_slot_event e = slot_describe(s, now_us);
        if (e.why == s->told_why && e.track == s->told_track)
            continue;
        s->told_why = e.why;
        s->told_track = e.track;
        news[n++] = e;
    }
    if (n)
        worker_tell(t->worker, EVENT_SLOTS, t->id, 0, 0, n, g_memdup2(news, n * sizeof(news[0])));
}
