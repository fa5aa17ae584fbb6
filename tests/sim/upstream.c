#include "upstream.h"

#include "rtcp_write.h"

#include <stdlib.h>
#include <string.h>

enum {
    FPS = 30,
    PAYLOAD = 1100,
    OVERHEAD = 70, /* of each packet: IP, UDP, RTP with its extensions, SRTP */
    AUDIO_US = 20000,
    AUDIO_BYTES = 60,
    AUDIO_BPS = AUDIO_BYTES * 8 * 50,
    VIDEO_HZ = 90000,
    POLL_US = 20000,  /* between two occasions to tell */
    KEY_FRAMES = 300, /* one of so many frames is a key frame, ... */
    KEY_SIZE = 5,     /* and as large as so many others */
    RTX_US = 100000,
    AUDIO_SSRC = 99,
};

/* Of the rate, for each stream. */
static const double shares[UPSTREAM_STREAMS] = {0.06, 0.19, 0.75};

struct content {
    struct send_clock_stamp stamp;
    size_t size;
};

/* --- Receiver ------------------------------------------------------------------------------ */

static void take_remb(struct world *w, struct packet *p)
{
    struct upstream *u = p->to;
    struct rd compound = rd_init(p->data, p->len);
    struct rtcp_view v;
    (void)w;
    while (rtcp_next(&compound, &v) == 1)
        if (v.kind == RTCP_REMB)
            u->told_bps = (uint32_t)v.bitrate;
    free(p);
}

static void tell(struct world *w, void *arg)
{
    static const uint32_t ssrcs[UPSTREAM_STREAMS] = {1, 2, 3};
    struct upstream *u = arg;
    if (u->ended_us)
        return;
    world_at(w, w->now_us + POLL_US, tell, u);
    uint32_t bps = receive_estimate_due(&u->estimate, w->now_us);
    if (!bps)
        return;
    if (u->rembs++ && w->now_us - u->told_us > u->told_gap_us)
        u->told_gap_us = w->now_us - u->told_us;
    u->told_us = w->now_us;
    uint8_t bytes[64];
    struct wr wr = wr_init(bytes, sizeof bytes);
    rtcp_write_remb(&wr, 7, bps, ssrcs, UPSTREAM_STREAMS);
    struct packet *p = packet_new(wr_len(&wr));
    memcpy(p->data, bytes, wr_len(&wr));
    p->size = wr_len(&wr) + OVERHEAD;
    p->to = u;
    p->arrive = take_remb;
    link_send(w, u->back, p);
}

static void receive(struct world *w, struct packet *p)
{
    struct upstream *u = p->to;
    struct content c;
    memcpy(&c, p->data, sizeof c);
    u->on_packet(u->arg, w->now_us, p->waited_us);
    rate_add(&u->received, (uint32_t)c.size, w->now_us);
    receive_estimate_packet(&u->estimate, &c.stamp, c.size, w->now_us);
    free(p);
}

/* --- Sender -------------------------------------------------------------------------------- */

static void put(struct upstream *u, struct world *w, struct content c)
{
    struct packet *p = packet_new(sizeof c);
    c.stamp.has_send_time = !u->timestamps;
    c.stamp.send_time = (uint32_t)((w->now_us << 18) / 1000000) & 0xffffff;
    memcpy(p->data, &c, sizeof c);
    p->size = c.size + OVERHEAD;
    p->to = u;
    p->arrive = receive;
    link_send(w, u->there, p);
}

/* A packet of a frame that is sent once more, in a world of its own. */
struct again {
    struct upstream *u;
    struct content content;
};

static void put_again(struct world *w, void *arg)
{
    struct again *a = arg;
    if (!a->u->ended_us)
        put(a->u, w, a->content);
    free(a);
}

static void put_later(struct upstream *u, struct world *w, const struct content *c)
{
    struct again *a = malloc(sizeof *a);
    if (!a)
        abort();
    *a = (struct again){u, *c};
    a->content.stamp.clock_rate = 0;
    world_at(w, w->now_us + RTX_US, put_again, a);
}

static void put_stream_frame(struct upstream *u, struct world *w, int stream, double bytes)
{
    struct content c = {.stamp = {.ssrc = 1 + (uint32_t)stream, .clock_rate = VIDEO_HZ}};
    c.stamp.timestamp = (uint32_t)(w->now_us * VIDEO_HZ / 1000000) + 0xfffff000u * (uint32_t)stream;
    size_t left = bytes < 30 ? 30 : (size_t)bytes;
    while (left > 0) {
        c.size = left > PAYLOAD ? PAYLOAD : left;
        left -= c.size;
        put(u, w, c);
        if (u->resent > 0 && world_random(w) < u->resent)
            put_later(u, w, &c);
    }
}

static uint32_t allowed(const struct upstream *u)
{
    uint32_t bps = u->told_bps ? u->told_bps : UPSTREAM_START_BPS;
    bps -= bps < AUDIO_BPS ? bps : AUDIO_BPS;
    if (u->most_bps && bps > u->most_bps)
        bps = u->most_bps;
    return bps < u->top_bps ? bps : u->top_bps;
}

static void send_frame(struct world *w, void *arg)
{
    struct upstream *u = arg;
    if (u->ended_us)
        return;
    double interval_us = 1e6 / FPS;
    u->media_bps += (u->lag_us > interval_us ? interval_us / u->lag_us : 1) * (allowed(u) - u->media_bps);
    bool key = u->frames++ % KEY_FRAMES == KEY_FRAMES - 1;
    for (int i = 0; i < UPSTREAM_STREAMS && u->top_bps; i++) {
        double noise = 0.8 + 0.4 * world_random(w);
        put_stream_frame(u, w, i, u->media_bps * shares[i] * noise * (key ? KEY_SIZE : 1) / 8 / FPS);
    }
    world_at(w, w->now_us + (uint64_t)(interval_us * (0.9 + 0.2 * world_random(w))), send_frame, u);
}

static void send_audio(struct world *w, void *arg)
{
    struct upstream *u = arg;
    if (u->ended_us)
        return;
    put(u, w, (struct content){.stamp = {.ssrc = AUDIO_SSRC}, .size = AUDIO_BYTES});
    world_at(w, w->now_us + AUDIO_US, send_audio, u);
}

/* --- Life ---------------------------------------------------------------------------------- */

void upstream_init(struct upstream *u, struct world *w, struct link *there, struct link *back)
{
    *u = (struct upstream){.top_bps = 2500000, .lag_us = 200000, .there = there, .back = back};
    receive_estimate_init(&u->estimate, w->now_us);
}

void upstream_start(struct upstream *u, struct world *w)
{
    u->media_bps = allowed(u);
    world_at(w, w->now_us, send_audio, u);
    world_at(w, w->now_us, send_frame, u);
    world_at(w, w->now_us, tell, u);
}

void upstream_end(struct upstream *u, struct world *w)
{
    u->ended_us = w->now_us;
}
