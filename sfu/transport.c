#include "transport.h"

#include "report.h"
#include "room.h"
#include "slot.h"
#include "track.h"
#include "worker.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>

static void on_dtls_timer(void *arg, uint64_t now_us);
static void on_second(void *arg, uint64_t now_us);
static void on_feedback(void *arg, uint64_t now_us);

/* --- Tracks and slots -------------------------------------------------------------- */

static void add_stream(struct transport *t, uint32_t ssrc, struct layer *layer, bool rtx)
{
    if (ssrc && t->stream_count < TRANSPORT_STREAMS_MAX)
        t->streams[t->stream_count++] = (struct stream){ssrc, layer, rtx};
}

static void add_track(struct transport *t, size_t at, const struct sfu_track_desc *desc, uint64_t now_us)
{
    struct track *track = track_new(t, desc, now_us);
    if (!track)
        return;
    t->tracks[at] = track;
    for (uint8_t i = 0; i < track->layer_count; i++) {
        struct layer *l = &track->layers[i];
        l->ssrc = desc->ssrcs[i];
        l->rtx_ssrc = desc->rtx_ssrcs[i];
        add_stream(t, l->ssrc, l, false);
        add_stream(t, l->rtx_ssrc, l, true);
    }
    room_add_track(t->room, track);
    if (!t->transport_cc)
        t->transport_cc = calloc(1, sizeof(*t->transport_cc));
}

static void remove_track(struct transport *t, size_t at)
{
    struct track *track = t->tracks[at];
    size_t kept = 0;
    for (size_t i = 0; i < t->stream_count; i++) {
        if (t->streams[i].layer->track != track)
            t->streams[kept++] = t->streams[i];
        else if (t->secure)
            secure_remove(t->secure, t->streams[i].ssrc);
    }
    t->stream_count = kept;
    t->tracks[at] = NULL;
    room_remove_track(t->room, track);
    track_free(track);
}

static const struct sfu_track_desc *find_desc(const struct sfu_media_desc *media, uint32_t id)
{
    for (size_t i = 0; i < media->track_count; i++) {
        if (media->tracks[i].id == id)
            return &media->tracks[i];
    }
    return NULL;
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
        if (t->tracks[i] && !find_desc(&t->media, t->tracks[i]->id))
            remove_track(t, i);
    }
    for (size_t i = 0, at = 0; i < t->media.track_count; i++) {
        if (has_track(t, t->media.tracks[i].id))
            continue;
        while (at < SFU_TRACKS_MAX && t->tracks[at])
            at++;
        if (at < SFU_TRACKS_MAX)
            add_track(t, at, &t->media.tracks[i], now_us);
    }
}

static void match_slots(struct transport *t, uint64_t now_us)
{
    for (size_t i = 0; i < t->slot_count; i++)
        t->slots[i]->desc.stopped = t->media.slots[i].stopped;
    if (!t->bandwidth && t->media.slot_count)
        t->bandwidth = bandwidth_new(t, now_us);
    if (t->bandwidth)
        bandwidth_negotiated(t->bandwidth);
    while (t->bandwidth && t->slot_count < t->media.slot_count) {
        struct slot *s = calloc(1, sizeof(*s));
        if (!s || slot_init(s, t, (uint16_t)t->slot_count, &t->media.slots[t->slot_count]) != 0) {
            free(s);
            return;
        }
        t->slots[t->slot_count++] = s;
    }
    room_touch_viewer(t);
}

const struct sfu_format *transport_format(const struct transport *t, enum rtp_codec codec, uint32_t variant)
{
    for (size_t i = 0; i < t->media.format_count; i++) {
        const struct sfu_format *f = &t->media.formats[i];
        if (f->codec == codec && f->variant == variant)
            return f;
    }
    return NULL;
}

const struct sfu_format *transport_plays(const struct transport *t, const struct sfu_format *source)
{
    enum rtp_codec codec = source->codec == RTP_CODEC_RED ? RTP_CODEC_OPUS : source->codec;
    return transport_format(t, codec, source->variant);
}

const struct sfu_format *transport_format_by_pt(const struct transport *t, uint8_t pt, bool *rtx)
{
    for (size_t i = 0; i < t->media.format_count; i++) {
        const struct sfu_format *f = &t->media.formats[i];
        *rtx = f->rtx_pt && f->rtx_pt == pt;
        if (f->pt == pt || *rtx)
            return f;
    }
    return NULL;
}

/* --- Life ------------------------------------------------------------------------ */

static void dtls_output(void *arg, const uint8_t *datagram, size_t len)
{
    struct transport *t = arg;
    if (t->dest.sock)
        (void)!udp_send_to(&t->worker->tx, t->dest.sock, &t->dest.addr, datagram, len); /* counted there */
}

static void dtls_data(void *arg, const uint8_t *p, size_t len)
{
    (void)arg; /* no data channel is ever negotiated */
    (void)p;
    (void)len;
}

static const struct dtls_upcalls dtls_upcalls = {dtls_output, dtls_data};

struct transport *transport_new(struct worker *w, struct room *room, uint64_t id, uint32_t participant,
                                const struct sfu_transport_desc *desc, uint64_t now_us)
{
    struct transport *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->dtls = dtls_new(w->dtls, desc->dtls_client, &desc->fingerprint, &dtls_upcalls, t, now_us);
    if (!t->dtls) {
        free(t);
        return NULL;
    }
    t->id = id;
    t->worker = w;
    t->room = room;
    t->participant = participant;
    t->media = desc->media;
    t->profile = "";
    t->rtcp_ssrc = g_random_int();
    t->dtls_client = desc->dtls_client;
    ice_init(&t->ice, desc->ufrag, desc->pwd, now_us);
    t->dtls_timer = (struct timer){.fire = on_dtls_timer, .arg = t};
    t->second_timer = (struct timer){.fire = on_second, .arg = t};
    t->feedback_timer = (struct timer){.fire = on_feedback, .arg = t};
    directory_add(&w->directory, t);
    directory_add_ufrag(&w->directory, desc->ufrag, t);
    timer_set(&w->timers, &t->second_timer, now_us + TRANSPORT_SECOND_US);
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
    timer_cancel(&w->timers, &t->dtls_timer);
    timer_cancel(&w->timers, &t->second_timer);
    timer_cancel(&w->timers, &t->feedback_timer);
    room_remove(t->room, t);
}

void transport_end(struct transport *t, enum sfu_gone why)
{
    struct worker *w = t->worker;
    if (t->secure) {
        report_bye(t);
        udp_tx_flush(&w->tx, w->now_us);
    }
    dtls_close(t->dtls);
    for (size_t i = 0; i < SFU_TRACKS_MAX; i++) {
        if (t->tracks[i])
            remove_track(t, i);
    }
    unlink_transport(t);
    for (size_t i = 0; i < t->slot_count; i++) {
        slot_finish(t->slots[i]);
        free(t->slots[i]);
    }
    udp_dest_forget(&w->tx, &t->dest);
    dtls_free(t->dtls);
    secure_free(t->secure);
    seal_free(t->seal);
    free(t->transport_cc);
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
            l->format = transport_format_by_pt(t, was->pt, &rtx);
            if (!l->format || l->format->codec != was->codec || l->format->variant != was->variant)
                layer_restart(l);
        }
    }
    for (size_t i = 0; i < t->slot_count; i++) {
        struct slot *s = t->slots[i];
        if (!s->format)
            continue;
        const struct sfu_format *was = &old.formats[s->format - t->media.formats];
        s->format = transport_format(t, was->codec, was->variant);
    }
}

void transport_update(struct transport *t, const struct sfu_transport_desc *desc, uint64_t now_us)
{
    struct worker *w = t->worker;
    if (strcmp(desc->ufrag, t->ice.current.ufrag) != 0) {
        char dropped[SFU_UFRAG_MAX + 1];
        ice_restart(&t->ice, desc->ufrag, desc->pwd, dropped);
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

/* --- ICE and DTLS ------------------------------------------------------------------ */

static void set_dtls_timer(struct transport *t, uint64_t now_us)
{
    uint64_t in_us;
    if (dtls_next_timeout(t->dtls, &in_us))
        timer_set(&t->worker->timers, &t->dtls_timer, now_us + in_us);
    else
        timer_cancel(&t->worker->timers, &t->dtls_timer);
}

void transport_selected(struct transport *t, struct udp_socket *sock, uint64_t now_us)
{
    const struct addr *to = ice_selected(&t->ice);
    if (!to) {
        udp_dest_forget(&t->worker->tx, &t->dest);
        return;
    }
    udp_dest_set(&t->worker->tx, &t->dest, sock, to);
    if (t->dtls_client && !t->dtls_started) {
        t->dtls_started = true;
        dtls_start(t->dtls);
        set_dtls_timer(t, now_us);
    }
}

static bool take_keys(struct transport *t)
{
    struct keys keys;
    if (dtls_keys(t->dtls, &keys) != 0)
        return false;
    t->secure = secure_new(&keys);
    t->seal = seal_new(&keys, NULL);
    t->profile = keys_profiles[keys.profile].name;
    OPENSSL_cleanse(&keys, sizeof(keys));
    return t->secure && t->seal;
}

/* What DTLS has come to. False: the transport has ended. */
static bool follow_dtls(struct transport *t, uint64_t now_us)
{
    enum dtls_state state = dtls_state(t->dtls);
    if (state == DTLS_CLOSED || state == DTLS_FAILED) {
        transport_end(t, state == DTLS_CLOSED ? SFU_GONE_PEER : SFU_GONE_DTLS);
        return false;
    }
    if (state == DTLS_CONNECTED && !t->connected) {
        if (!take_keys(t)) {
            transport_end(t, SFU_GONE_DTLS);
            return false;
        }
        t->connected = true;
        worker_tell(t->worker, EVENT_CONNECTED, t->id, 0, 0, 0, NULL);
        room_touch_viewer(t);
    }
    set_dtls_timer(t, now_us);
    return true;
}

bool transport_dtls(struct transport *t, const uint8_t *data, size_t len, const struct addr *from,
                    uint64_t now_us)
{
    if (dtls_feed(t->dtls, data, len))
        ice_authentic(&t->ice, from, now_us);
    return follow_dtls(t, now_us);
}

static void on_dtls_timer(void *arg, uint64_t now_us)
{
    struct transport *t = arg;
    dtls_on_timeout(t->dtls);
    follow_dtls(t, now_us);
}

/* --- Timers -------------------------------------------------------------------------- */

static void on_second(void *arg, uint64_t now_us)
{
    struct transport *t = arg;
    if (ice_expired(&t->ice, now_us)) {
        transport_end(t, SFU_GONE_TIMEOUT);
        return;
    }
    if (dtls_overdue(t->dtls, now_us)) {
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
    timer_set(&t->worker->timers, &t->second_timer, now_us + TRANSPORT_SECOND_US);
}

static void on_feedback(void *arg, uint64_t now_us)
{
    struct transport *t = arg;
    report_feedback(t, now_us);
    if (now_us - t->media_us < TRANSPORT_SECOND_US)
        timer_set(&t->worker->timers, &t->feedback_timer, now_us + TRANSPORT_FEEDBACK_US);
}

/* --- Sending -------------------------------------------------------------------------- */

size_t transport_send_rtp(struct transport *t, struct composed *c, uint64_t index, enum udp_kind kind,
                          uint64_t now_us)
{
    if (!t->dest.sock)
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
    int err = seal_packet(t->seal, &packet, udp_tx_slot(tx), UDP_TX_SLOT_LEN, &len);
    if (err) {
        counter_add(&t->worker->counters, err == -EMSGSIZE ? COUNT_drop_tx_too_long : COUNT_drop_seal, 1);
        return 0;
    }
    bool numbered = c->transport_seq_at != 0;
    bandwidth_sent(t->bandwidth, len, numbered, now_us);
    if (numbered)
        udp_tx_commit_numbered(tx, &t->dest, len, kind, number);
    else
        udp_tx_commit(tx, &t->dest, len, kind);
    t->packets_out++;
    t->bytes_out += len;
    return len;
}

void transport_dropped(struct udp_dest *dest, uint16_t number)
{
    struct transport *t = (struct transport *)(void *)((char *)dest - offsetof(struct transport, dest));
    estimator_dropped(&t->bandwidth->estimator, number);
}

void transport_send_rtcp(struct transport *t, const uint8_t *p, size_t len)
{
    struct udp_tx *tx = &t->worker->tx;
    uint8_t *to = udp_tx_slot(tx);
    if (!t->secure || !t->dest.sock || len + SECURE_RTCP_OVERHEAD > UDP_TX_SLOT_LEN)
        return;
    memcpy(to, p, len);
    if (secure_protect_rtcp(t->secure, to, len, &len) == 0)
        udp_tx_commit(tx, &t->dest, len, UDP_CONTROL);
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
