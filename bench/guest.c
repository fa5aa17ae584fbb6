#include "guest.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>

enum {
    LEVEL_SPEAKS = 35, /* -35 dBov */
    LEVEL_SILENT = 127,
    AUDIO_US = 20000,
    SILENCE_US = 400000, /* between packets of someone who is silent, with DTX */
    IDLE_US = 1000000,
    DESERTED_US = 3 * PEER_CHECK_US, /* without an answer to a check */
    REMB_BPS = 1000000000,           /* of those whose network has no bound */
};

struct guest {
    struct guest_shared *shared;
    uint64_t id;
    struct peer *peer;
    struct udp_socket socket;
    struct udp_dest dest;
    struct timer timer;
    struct talk talk;
    uint32_t person;
    bool speaks, impaired;
    struct impair up, down;
    uint64_t now_us;      /* of what is being done; the peer's upcalls are told no time */
    uint64_t step_us;     /* when it got as far as `step` */
    enum tally_step step; /* next */
    uint64_t datagrams_in, bytes_in, datagrams_out, bytes_out;
};

/* --- Sending --------------------------------------------------------------------- */

static void send_now(struct guest *g, const uint8_t *datagram, size_t len)
{
    if (len > UDP_TX_SLOT_LEN)
        return;
    memcpy(udp_tx_slot(g->shared->tx), datagram, len);
    udp_tx_commit(g->shared->tx, &g->dest, len, UDP_VIDEO);
    g->datagrams_out++;
    g->bytes_out += len;
}

static void output(void *arg, const uint8_t *datagram, size_t len)
{
    struct guest *g = arg;
    if (g->impaired)
        impair_push(&g->up, datagram, len, g->now_us);
    else
        send_now(g, datagram, len);
}

static const struct peer_upcalls peer_upcalls = {.output = output};

/* --- Time -------------------------------------------------------------------------- */

/* Someone who begins to speak begins at once; someone who is silent sends a packet now and then. */
static void set_speech(struct guest *g, bool speaks)
{
    g->speaks = speaks;
    for (size_t i = 0; i < g->peer->source_count; i++) {
        struct source *s = &g->peer->sources[i];
        if (s->conf.kind != RTP_AUDIO)
            continue;
        s->conf.level = speaks ? LEVEL_SPEAKS : LEVEL_SILENT;
        s->conf.interval_us = speaks ? AUDIO_US : SILENCE_US;
        if (speaks && s->next_us > g->now_us)
            s->next_us = g->now_us;
    }
}

static void run_impairment(struct guest *g, uint64_t now_us)
{
    uint8_t *datagram;
    size_t len;
    while ((datagram = impair_pop(&g->down, now_us, &len)) != NULL)
        peer_receive(g->peer, datagram, len, now_us);
    while ((datagram = impair_pop(&g->up, now_us, &len)) != NULL)
        send_now(g, datagram, len);
}

/* The steps that come after the answer, as far as it got. */
static bool reached(const struct guest *g, enum tally_step step)
{
    const struct peer *p = g->peer;
    if (step == TALLY_ICE)
        return p->checks_answered > 0;
    if (step == TALLY_DTLS)
        return peer_connected(p);
    for (size_t i = 0; i < p->sink_count; i++) {
        if (step == TALLY_PACKET ? p->sinks[i].packets : p->sinks[i].keys)
            return true;
    }
    return false;
}

static void note_steps(struct guest *g, uint64_t now_us)
{
    while (g->step < TALLY_STEPS && reached(g, g->step)) {
        g->shared->reached(g->shared->arg, g->id, g->step, now_us - g->step_us);
        histogram_add(&g->shared->tally->steps[g->step], now_us - g->step_us);
        g->step_us = now_us;
        g->step++;
    }
}

static void tick(void *arg, uint64_t now_us)
{
    struct guest *g = arg;
    g->now_us = now_us;
    bool speaks = talk_speaks(&g->talk, g->person, now_us);
    if (speaks != g->speaks)
        set_speech(g, speaks);
    run_impairment(g, now_us);
    uint64_t next_us = timer_earlier(peer_tick(g->peer, now_us), talk_next_us(&g->talk, g->person, now_us));
    run_impairment(g, now_us);
    next_us = timer_earlier(next_us, timer_earlier(impair_next_us(&g->up), impair_next_us(&g->down)));
    note_steps(g, now_us);
    timer_set(g->shared->timers, &g->timer, timer_earlier(next_us, now_us + IDLE_US));
}

/* --- Receiving ----------------------------------------------------------------------- */

static void take(void *arg, uint8_t *datagram, size_t len, const struct addr *from)
{
    struct guest *g = arg;
    (void)from; /* what is not authentic is dropped by the peer */
    g->datagrams_in++;
    g->bytes_in += len;
    if (g->impaired)
        impair_push(&g->down, datagram, len, g->now_us);
    else
        peer_receive(g->peer, datagram, len, g->now_us);
}

void guest_receive(struct guest *g, uint64_t now_us)
{
    g->now_us = now_us;
    while (udp_receive(&g->socket.in, g->shared->rx, take, g) >= UDP_RX_MOST)
        continue; /* there may be more */
    if (g->step < TALLY_STEPS)
        note_steps(g, now_us);
    /* During the handshake each datagram may have made something due. */
    bool any = g->impaired || g->step <= TALLY_PACKET;
    uint64_t due_us = any ? now_us : peer_due_us(g->peer);
    if (due_us < g->timer.when_us)
        timer_set(g->shared->timers, &g->timer, due_us);
}

void guest_wanted(struct guest *g, size_t track, uint8_t layers)
{
    const struct sfu_media_desc *m = &g->peer->media;
    size_t count = track >= m->track_count ? 0 : m->tracks[track].rid_count ? m->tracks[track].rid_count : 1;
    for (size_t i = 0; i < count; i++) {
        struct source *s = peer_source(g->peer, track, i);
        bool wanted = layers >> i & 1;
        s->key_due |= wanted && s->paused; /* what begins again begins with a key frame, as in browsers */
        s->paused = !wanted;
    }
}

/* --- Life ------------------------------------------------------------------------------ */

/* Frames of that many bytes, as packets of nearly the size that was asked for. */
static void shape_video(struct source_conf *c, const struct options *o, const struct options_layer *l)
{
    double frame = l->bits / 8 / l->fps;
    double packets = frame / o->packet;
    c->packets = (uint16_t)(packets > 1 ? packets + 0.999 : 1);
    c->payload_len = (uint16_t)(frame / c->packets);
    c->key_packets =
        (uint16_t)(packets * o->key_size > c->packets ? packets * o->key_size + 0.999 : c->packets);
    c->interval_us = (uint32_t)(1e6 / l->fps);
    c->spread_us = (uint32_t)timer_earlier((uint64_t)(o->spacing * 1e6) * c->packets, c->interval_us);
    c->width = l->width;
    c->height = l->height;
}

static void set_up_streams(struct guest *g)
{
    const struct options *o = g->shared->options;
    for (size_t i = 0; i < g->peer->source_count; i++) {
        struct source_conf *c = &g->peer->sources[i].conf;
        if (c->kind != RTP_VIDEO)
            continue;
        shape_video(c, o, &o->layers[c->layer]);
        c->frames = g->shared->frames;
        if (c->frames)
            c->payload_len = (uint16_t)o->packet;
    }
    for (size_t i = 0; i < g->peer->sink_count; i++) {
        struct sink *s = &g->peer->sinks[i];
        s->latency =
            s->kind == RTP_VIDEO ? &g->shared->tally->video_latency : &g->shared->tally->audio_latency;
        s->unstamped = s->kind == RTP_VIDEO && g->shared->frames;
    }
}

static int open_socket(struct guest *g, const struct addr *server)
{
    const struct addr any = {.family = server->family};
    int off = 0, err = udp_open(&g->socket, &any);
    if (err != 0)
        return err;
    if (!g->shared->gro)
        (void)!setsockopt(g->socket.in.fd, SOL_UDP, UDP_GRO, &off, sizeof(off));
    udp_dest_set(g->shared->tx, &g->dest, &g->socket, server);
    if (!g->shared->gso)
        g->dest.plain_until_us = UINT64_MAX;
    return 0;
}

static void set_up_impairment(struct guest *g, const struct guest_plan *plan)
{
    const struct options *o = g->shared->options;
    const struct impair_conf conf = {o->loss, (uint64_t)(o->delay * 1e6), (uint64_t)(o->jitter * 1e6),
                                     o->rate};
    g->impaired = plan->impaired && impair_active(&conf);
    impair_init(&g->up, &conf, plan->random);
    impair_init(&g->down, &conf, ~plan->random);
}

static enum peer_feedback feedback_of(const struct options *o)
{
    static const enum peer_feedback kinds[] = {[OPTIONS_TRANSPORT_CC] = PEER_TRANSPORT_CC,
                                               [OPTIONS_REMB] = PEER_REMB,
                                               [OPTIONS_REPORTS] = PEER_REPORTS};
    return kinds[o->feedback];
}

int guest_new(struct guest_shared *shared, const struct guest_plan *plan, struct guest **out, uint64_t now_us)
{
    struct guest *g = calloc(1, sizeof(*g));
    if (!g)
        return -ENOMEM;
    *g = (struct guest){
        .shared = shared,
        .id = plan->id,
        .timer = {.fire = tick, .arg = g},
        .talk = plan->talk,
        .person = plan->person,
        .step = TALLY_ICE,
        .step_us = now_us,
        .now_us = now_us,
    };
    const struct peer_conf conf = {
        .server = &plan->answer.desc,
        .server_fingerprint = plan->answer.fingerprint,
        .address = plan->answer.server,
        .verify_every = shared->options->check,
        .feedback = feedback_of(shared->options),
        .remb_bps = shared->options->rate > 0 ? (uint32_t)shared->options->rate : REMB_BPS,
    };
    set_up_impairment(g, plan);
    int err = open_socket(g, &plan->answer.server);
    g->peer = err == 0 ? peer_new(shared->dtls, &conf, &peer_upcalls, g, plan->random, now_us) : NULL;
    if (!g->peer) {
        udp_dest_forget(shared->tx, &g->dest);
        udp_close(&g->socket);
        free(g);
        return err ? err : -ENOMEM;
    }
    set_up_streams(g);
    set_speech(g, talk_speaks(&g->talk, g->person, now_us));
    timer_set(shared->timers, &g->timer, now_us);
    *out = g;
    return 0;
}

/* Nobody tells those who came by HTTP that the server is gone. */
static bool deserted(const struct guest *g)
{
    const struct peer *p = g->peer;
    return peer_connected(p) &&
           (g->now_us > p->answered_us + DESERTED_US || dtls_state(p->dtls) != DTLS_CONNECTED);
}

static void count(const struct guest *g, struct tally *t)
{
    tally_peer(t, g->peer);
    t->datagrams_in += g->datagrams_in;
    t->bytes_in += g->bytes_in;
    t->datagrams_out += g->datagrams_out;
    t->bytes_out += g->bytes_out;
    t->impaired += g->up.dropped + g->down.dropped;
}

void guest_free(struct guest *g, uint64_t now_us)
{
    if (!g)
        return;
    g->now_us = now_us;
    g->impaired = false; /* the good-bye goes out */
    peer_close(g->peer);
    udp_tx_flush(g->shared->tx, now_us);
    count(g, g->shared->tally);
    timer_cancel(g->shared->timers, &g->timer);
    udp_dest_forget(g->shared->tx, &g->dest);
    udp_close(&g->socket);
    peer_free(g->peer);
    impair_finish(&g->up);
    impair_finish(&g->down);
    free(g);
}

int guest_fd(const struct guest *g)
{
    return g->socket.in.fd;
}

void guest_tally(const struct guest *g, struct tally *t)
{
    count(g, t);
    t->deserted += deserted(g);
}
