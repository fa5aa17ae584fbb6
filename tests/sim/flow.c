#include "flow.h"

#include "rtcp.h"

#include <stdlib.h>
#include <string.h>

enum {
    TICK_US = 5000,
    PACKET = 1200, /* bytes on the wire, of media */
    AUDIO_US = 20000,
    AUDIO_BYTES = 100,
    AUDIO_BPS = 40000,
    PADDING_BYTES = 300,
    FEEDBACK_BYTES = 28, /* of headers */
    REPORT_US = 1000000,
};

/* --- Receiver ------------------------------------------------------------------------------ */

static void take_feedback(struct world *w, struct packet *p)
{
    struct flow *f = p->to;
    static struct rtcp_cc cc;
    struct rtcp_view view;
    struct rd compound = rd_init(p->data, p->len);
    while (rtcp_next(&compound, &view) == 1)
        if (rtcp_cc_read(&view, &cc) == 0)
            estimator_feedback(&f->estimator, &cc, w->now_us);
    if (flight_crowded(&f->estimator.flight)) {
        size_t capacity = (f->estimator.flight.mask + 1) * 2;
        f->ring = malloc(capacity * sizeof *f->ring);
        free(flight_grow(&f->estimator.flight, f->ring, capacity));
    }
    free(p);
}

static void send_feedback(struct world *w, void *arg)
{
    struct flow *f = arg;
    uint8_t bytes[TRANSPORT_CC_LEN_MAX];
    size_t len;
    f->feedback_at_us = 0;
    while ((len = transport_cc_build(&f->cc, 1, 2, w->now_us, bytes, sizeof bytes)) > 0) {
        struct packet *p = packet_new(len);
        memcpy(p->data, bytes, len);
        p->size = len + FEEDBACK_BYTES;
        p->to = f;
        p->arrive = take_feedback;
        link_send(w, f->back, p);
    }
}

static void receive(struct world *w, struct packet *p)
{
    struct flow *f = p->to;
    if (f->on_packet)
        f->on_packet(f->arg, w->now_us, p->waited_us);
    f->arrived++;
    rate_add(&f->received, (uint32_t)p->size, w->now_us);
    if (!f->plain) {
        transport_cc_receive(&f->cc, p->number, p->marker, w->now_us);
        uint64_t due = transport_cc_due_us(&f->cc);
        if (due < w->now_us)
            due = w->now_us;
        if (due != UINT64_MAX && (f->feedback_at_us == 0 || due < f->feedback_at_us)) {
            f->feedback_at_us = due;
            world_at(w, due, send_feedback, f);
        }
    }
    free(p);
}

/* A receiver report, and REMB, without their bytes. */
static void take_report(struct world *w, struct packet *p)
{
    struct flow *f = p->to;
    if (f->remb_bps)
        estimator_remb(&f->estimator, f->remb_bps, w->now_us);
    estimator_report(&f->estimator, f->sent, (int32_t)(f->sent - f->arrived), w->now_us);
    f->sent = f->arrived = 0;
    free(p);
}

static void send_report(struct world *w, void *arg)
{
    struct flow *f = arg;
    if (f->stopped_us)
        return;
    struct packet *p = packet_new(0);
    p->size = FEEDBACK_BYTES * 2;
    p->to = f;
    p->arrive = take_report;
    link_send(w, f->back, p);
    world_at(w, w->now_us + REPORT_US, send_report, f);
}

/* --- Sender -------------------------------------------------------------------------------- */

static void send_packet(struct flow *f, struct world *w, size_t size, bool marker)
{
    struct packet *p = packet_new(0);
    p->size = size;
    p->number = estimator_number(&f->estimator);
    p->marker = marker;
    p->to = f;
    p->arrive = receive;
    f->sent++;
    estimator_sent(&f->estimator, size, !f->plain, w->now_us);
    link_send(w, f->there, p);
}

/* The rate that the target allows of what the media can have. */
static uint32_t allowed(const struct flow *f)
{
    uint32_t target = estimator_target_bps(&f->estimator), best = f->layers[0];
    if (f->top_bps == 0)
        return 0;
    target -= target < AUDIO_BPS ? target : AUDIO_BPS;
    if (f->layers[0] == 0)
        return target < f->top_bps ? target : f->top_bps;
    for (int i = 0; i < FLOW_LAYERS_MAX && f->layers[i] > 0 && f->layers[i] <= f->top_bps; i++)
        if (f->layers[i] <= target)
            best = f->layers[i];
    return best;
}

static void send_frame(struct world *w, void *arg)
{
    struct flow *f = arg;
    if (f->stopped_us)
        return;
    uint64_t interval_us = 1000000 / FLOW_FPS;
    double follow = f->lag_us > interval_us ? (double)interval_us / f->lag_us : 1;
    f->media_bps += follow * (allowed(f) - f->media_bps);
    double noise = 0.8 + 0.4 * world_random(w);
    size_t bytes = f->top_bps ? (size_t)(f->media_bps * noise / 8 / FLOW_FPS) : 0;
    while (bytes > 0) {
        size_t size = bytes > PACKET ? PACKET : bytes < 60 ? 60 : bytes;
        bytes -= size < bytes ? size : bytes;
        send_packet(f, w, size, bytes == 0);
    }
    double jitter = 0.8 + 0.4 * world_random(w);
    world_at(w, w->now_us + (uint64_t)((double)interval_us * jitter), send_frame, f);
}

static void send_audio(struct world *w, void *arg)
{
    struct flow *f = arg;
    if (f->stopped_us)
        return;
    send_packet(f, w, AUDIO_BYTES, true);
    world_at(w, w->now_us + AUDIO_US - 2000 + (uint64_t)(4000 * world_random(w)), send_audio, f);
}

static void tick(struct world *w, void *arg)
{
    struct flow *f = arg;
    if (f->stopped_us)
        return;
    estimator_want(&f->estimator, f->top_bps, w->now_us);
    for (size_t due = estimator_probe_due(&f->estimator, w->now_us), size; due > 0;
         due -= size < due ? size : due) {
        size = due > PACKET ? PACKET : due < PADDING_BYTES ? PADDING_BYTES : due;
        send_packet(f, w, size, false);
    }
    world_at(w, w->now_us + TICK_US, tick, f);
}

/* --- Life ---------------------------------------------------------------------------------- */

void flow_init(struct flow *f, struct world *w, struct link *there, struct link *back)
{
    *f = (struct flow){.top_bps = 2500000, .lag_us = 200000, .there = there, .back = back};
    f->ring = malloc(FLIGHT_CAPACITY_MIN * sizeof *f->ring);
    estimator_init(&f->estimator, f->ring, FLIGHT_CAPACITY_MIN, w->now_us);
}

void flow_start(struct flow *f, struct world *w)
{
    f->media_bps = allowed(f);
    world_at(w, w->now_us, tick, f);
    world_at(w, w->now_us, send_audio, f);
    world_at(w, w->now_us, send_frame, f);
    if (f->plain)
        world_at(w, w->now_us + REPORT_US, send_report, f);
}

void flow_stop(struct flow *f, struct world *w)
{
    f->stopped_us = w->now_us;
}

void flow_finish(struct flow *f)
{
    free(f->ring);
}

uint32_t flow_target(const struct flow *f)
{
    return estimator_target_bps(&f->estimator);
}

uint32_t flow_received(const struct flow *f, const struct world *w)
{
    return rate_bps(&f->received, w->now_us);
}
