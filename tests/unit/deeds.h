/* What people do in a call, as a table to draw from: each deed by itself is right, or what the server has to
 * bear from anybody. For one test program. */
#pragma once

#include "film.h"
#include "ice.h"

#include "chance.h" /* behind all whose parameters its names would shadow */

#include <glib.h>
#include <stdio.h>
#include <unistd.h>

enum {
    DEEDS = 150,
    PEOPLE = 8,       /* at a time */
    STAYERS = 2,      /* the first of them, who never leave */
    SLOTS = 10,       /* of one who asks for more and more */
    SCREEN_ID = 0x80, /* in ids of tracks: those of wish_add_track() are lower */
};

static struct scene {
    struct call *call;
    struct film films[CALL_PEOPLE_MAX]; /* of the person in that place */
    uint64_t transports[DEEDS + STAYERS];
    size_t transport_count; /* that there ever were */
    uint32_t screens;
    int ports[DEEDS]; /* that somebody has left without a word; the server still sends there */
    size_t port_count;
} scene;

static const struct wish guests[] = {
    {.audio = true, .video = true, .audio_slots = 2, .video_slots = 2},
    {.audio = true, .video = true, .layers = 3, .audio_slots = 3, .video_slots = 4, .obedient = true},
    {.audio = true, .video = true, .layers = 2, .video_slots = 1, .no_rtx = true, .feedback = PEER_REPORTS},
    {.audio = true, .audio_slots = 1, .red = true, .server_begins_dtls = true},
    {.audio = true, .no_levels = true, .no_send_times = true, .signalled = BY_KIND},
    {.video = true, .muted = true, .feedback = PEER_REMB, .remb_bps = 400000, .video_slots = 1},
    {.audio_slots = 2, .video_slots = 6},
    {.audio_slots = 1, .video_slots = 1, .silent = true, .no_rtx = true, .feedback = PEER_REPORTS},
    {.audio_slots = 1, .video_slots = 2, .no_video_codec = true},
    {.audio = true, .video_slots = 2, .wrong_fingerprint = true},
    {.audio = true, .video = true, .video_slots = 2, .layered = RTP_CODEC_VP9, .signalled = BY_SSRC},
    {.video = true,
     .video_slots = 1,
     .layered = RTP_CODEC_AV1,
     .descriptor = true,
     .signalled = BY_SSRC,
     .feedback = PEER_REPORTS},
    {.video_slots = 2, .layered = RTP_CODEC_AV1, .descriptor = true},
};

/* --- Who is there -------------------------------------------------------------------------- */

static struct film *film_of(const struct person *p)
{
    return &scene.films[p - p->call->people];
}

static bool stays(const struct person *p)
{
    return p < p->call->people + STAYERS;
}

static size_t people_present(struct person **out)
{
    size_t count = 0;
    for (size_t i = 0; i < CALL_PEOPLE_MAX; i++) {
        if (scene.call->people[i].peer)
            out[count++] = &scene.call->people[i];
    }
    return count;
}

static struct person *anybody(void)
{
    struct person *present[CALL_PEOPLE_MAX];
    return present[below(people_present(present))];
}

/* --- Deeds ----------------------------------------------------------------------------------- */

static struct person *enter(const struct wish *wish)
{
    struct person *p = call_join(scene.call, wish);
    for (size_t i = 0; i < p->peer->sink_count; i++)
        p->peer->sinks[i].unstamped = wish->layered || wish->red;
    scene.transports[scene.transport_count++] = p->transport;
    if (wish->layered && wish->video)
        film_begin(film_of(p), p, wish->descriptor, (uint32_t)rnd());
    return p;
}

static void join(struct person *p)
{
    struct person *present[CALL_PEOPLE_MAX];
    const struct wish *wish = &guests[below(COUNT(guests))];
    (void)p;
    if (people_present(present) < PEOPLE)
        enter(wish);
}

/* What is made of films, or of RED, is not read. */
static bool watches_films(const struct person *p)
{
    return p->peer->sink_count && p->peer->sinks[0].unstamped;
}

/* What a slot began with may have been lost on the way; it comes again, as a probe, and is older than the
 * first that came. */
static void assert_sound(struct person *p)
{
    for (size_t i = 0; i < p->peer->sink_count; i++) {
        if (p->lost || p->pipe)
            p->peer->sinks[i].stale = 0;
    }
    person_assert_sound(p);
}

static void go(struct person *p, void (*how)(struct person *p))
{
    if (stays(p))
        return;
    if (!watches_films(p))
        assert_sound(p);
    film_end(film_of(p));
    how(p);
}

static void leave(struct person *p)
{
    go(p, call_leave);
}

/* So that it does not become another's. */
static void keep_port(const struct person *p)
{
    scene.ports[scene.port_count++] = dup(p->fd);
}

static void vanish(struct person *p)
{
    if (!stays(p))
        keep_port(p);
    go(p, call_forget);
}

static void hang_up(struct person *p)
{
    if (!stays(p))
        peer_close(p->peer);
    vanish(p);
}

/* A track that has gone stays with the person's own end, which may still send it. */
static void tell(struct person *p)
{
    struct sfu_media_desc all = p->desc.media;
    if (all.track_count < p->peer->media.track_count)
        all.track_count = p->peer->media.track_count;
    bool unstamped = watches_films(p);
    sfu_update(scene.call->sfu, p->transport, &p->desc);
    assert_int_equal(peer_update(p->peer, &all, g_random_int(), clock_now_us()), 0);
    for (size_t i = 0; i < p->peer->sink_count; i++)
        p->peer->sinks[i].unstamped = unstamped;
}

/* By its own message, or with the next offer. */
static void mute(struct person *p)
{
    size_t i = below(SFU_TRACKS_MAX), how = below(3);
    if (i >= p->desc.media.track_count)
        return;
    struct sfu_track_desc *t = &p->desc.media.tracks[i];
    t->muted = !t->muted;
    if (how > 0)
        sfu_mute(scene.call->sfu, p->transport, t->id, t->muted);
    if (how < 2)
        tell(p);
}

/* Each time it is another: what is under way of the one before belongs to nobody. */
static void screen(struct person *p)
{
    struct sfu_media_desc *m = &p->desc.media;
    if (film_of(p)->plays)
        return;
    if (m->track_count && m->tracks[m->track_count - 1].source == SFU_SCREEN) {
        m->track_count--;
        tell(p);
        return;
    }
    struct sfu_track_desc *t = wish_add_track(m, p->participant, SFU_SCREEN);
    t->id = p->participant << 8 | SCREEN_ID | ++scene.screens % SCREEN_ID;
    snprintf(t->mid, sizeof(t->mid), "m%u", scene.screens);
    p->wanted[m->track_count - 1] = 1;
    tell(p);
    struct source *s = peer_source(p->peer, m->track_count - 1u, 0);
    s->conf.track = t->id;
    s->conf.ssrc += 2;
    s->conf.rtx_ssrc += 2;
    s->key_due = true;
}

static void more_slots(struct person *p)
{
    enum rtp_kind kind = below(2) ? RTP_VIDEO : RTP_AUDIO;
    if (p->desc.media.slot_count >= SLOTS)
        return;
    wish_add_slots(&p->desc.media, kind, 1);
    tell(p);
}

static void stop_slot(struct person *p)
{
    size_t i = below(SLOTS);
    if (i >= p->desc.media.slot_count)
        return;
    p->desc.media.slots[i].stopped = !p->desc.media.slots[i].stopped;
    tell(p);
}

static void look_elsewhere(struct person *p)
{
    static const uint16_t heights[] = {0, 90, 180, 360, 720, 2160};
    static const uint8_t rates[] = {0, 1, 7, 15, 60};
    size_t first = below(SLOTS), count = 1 + below(SLOTS);
    struct sfu_view_slot views[SLOTS];
    for (size_t i = 0; i < SLOTS; i++) {
        uint16_t height = heights[below(COUNT(heights))];
        views[i] = (struct sfu_view_slot){
            .hidden = below(4) == 0,
            .width = (uint16_t)(height * 16 / 9),
            .height = height,
            .max_fps = rates[below(COUNT(rates))],
            .priority = (uint8_t)below(4),
            .pin_participant = below(2) ? (uint32_t)below(scene.call->last_participant + 2u) : 0,
            .pin_source = below(2) ? SFU_CAMERA : SFU_SCREEN,
        };
    }
    if (first + count <= p->desc.media.slot_count)
        sfu_view(scene.call->sfu, p->transport, first, views, count);
}

/* The answer may find nobody. */
static void ask_figures(struct person *p)
{
    sfu_stats(scene.call->sfu, p->transport, 0);
}

static void read_figures(struct person *p)
{
    if (p->connected && !p->gone)
        assert_int_equal(person_stats(p)->slot_count, p->desc.media.slot_count);
}

static void want_key(struct person *p)
{
    size_t slot = below(SLOTS);
    if (slot < p->peer->sink_count && peer_connected(p->peer))
        peer_want_key(p->peer, slot);
}

/* Reports and requests of any type about its streams or nobody's, the rest of which is chance. Who stays does
 * not lie: it could want for bandwidth long after. */
static void garble(struct person *p)
{
    uint8_t bytes[200];
    size_t words = 1 + below(sizeof(bytes) / 4 - 1), slot = below(SLOTS);
    fill(bytes, sizeof(bytes));
    bytes[0] = (uint8_t)(0x80 | below(32));
    bytes[1] = (uint8_t)(200 + below(8));
    put_u16(bytes + 2, (uint16_t)(words - 1 + (below(8) == 0)));
    if (slot < p->peer->sink_count)
        put_u32(bytes + 8, p->peer->sinks[slot].ssrc);
    if (!stays(p))
        peer_send_rtcp(p->peer, bytes, 4 * words);
}

static void restart_ice(struct person *p)
{
    if (!p->connected)
        return;
    assert_int_equal(ice_random_string(p->desc.ufrag, ICE_UFRAG_LEN), 0);
    assert_int_equal(ice_random_string(p->desc.pwd, ICE_PWD_LEN), 0);
    sfu_update(scene.call->sfu, p->transport, &p->desc);
    peer_restart(p->peer, p->desc.ufrag, p->desc.pwd);
}

/* What follows is for those who are connected: the server may send as soon as it has all of the handshake,
 * and what the other end lost of it comes later. */
static void move(struct person *p)
{
    if (!peer_connected(p->peer))
        return;
    keep_port(p);
    person_move(p);
    p->lost++; /* what is under way to where it was */
}

static void narrow(struct person *p)
{
    uint32_t bps = (uint32_t)(100000 + below(2000000));
    if (peer_connected(p->peer))
        person_narrow(p, bps, 200000);
}

static bool lose_some(struct person *p, const uint8_t *datagram, size_t len)
{
    (void)datagram;
    (void)len;
    return peer_connected(p->peer) && p->seen++ % 9 < 2;
}

static void lose(struct person *p)
{
    p->lose_in = below(2) ? lose_some : NULL;
    p->lose_out = below(2) ? lose_some : NULL;
}

static void speak(struct person *p)
{
    static const uint8_t levels[] = {10, 30, QUIET, 127};
    uint8_t level = levels[below(COUNT(levels))];
    for (size_t i = 0; i < p->peer->source_count; i++)
        p->peer->sources[i].conf.level = level;
}

static const struct deed {
    void (*of)(struct person *p);
    size_t weight;
} deeds[] = {
    {join, 16},  {leave, 6},        {vanish, 2},       {hang_up, 2},     {mute, 8},
    {screen, 8}, {more_slots, 4},   {stop_slot, 5},    {want_key, 4},    {look_elsewhere, 16},
    {garble, 8}, {ask_figures, 20}, {read_figures, 3}, {restart_ice, 2}, {move, 3},
    {narrow, 3}, {lose, 5},         {person_widen, 2}, {speak, 8},
};

static const struct deed *any_deed(void)
{
    size_t sum = 0, at = 0;
    for (size_t i = 0; i < COUNT(deeds); i++)
        sum += deeds[i].weight;
    for (sum = below(sum); sum >= deeds[at].weight; at++)
        sum -= deeds[at].weight;
    return &deeds[at];
}
