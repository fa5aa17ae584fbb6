#include "forwarder.h"

#include "sender.h"
#include "seq.h"

#include <string.h>

enum {
    CACHED_MAX = 40,
    CACHED_MS = 500,
    CACHED_BEHIND_US = 75000,
    RESENDS_MAX = 3,
    RESEND_US = 100000,
    DRAIN_US = 500000,
    PROBE_REPEATS = 10,
    PROBE_REPEAT_BYTES = 600, /* for less padding will do */
    PROBE_PADDINGS = 64,
    PT = 96,
    RTX_PT = 97,
    TRANSPORT_CC_ID = 3,
    DESCRIPTOR_ID = 9,
    PACKET_MAX = COMPOSE_HEADER_MAX + PUBLISHER_PACKET_MAX,
};

static const struct rtp_ext_map exts = {
    .id = {[RTP_EXT_DEPENDENCY] = DESCRIPTOR_ID, [RTP_EXT_TRANSPORT_CC] = TRANSPORT_CC_ID}, .mixed = true};

static uint64_t now(const struct forwarder *f)
{
    return f->sender->world->now_us;
}

void forwarder_init(struct forwarder *f, struct sender *sender, uint8_t index, uint32_t random)
{
    *f = (struct forwarder){.sender = sender, .index = index};
    f->ssrc = SENDER_SSRC + 2u * index;
    f->rtx_ssrc = f->ssrc + 1;
    f->rtx_index = 1 + (random >> 16) % 0x7fff;
    sent_init(&f->sent, f->ring, FORWARDER_SENT);
    rewrite_init(&f->rewrite, rtp_codecs[RTP_CODEC_VP8].clock_rate, (uint16_t)(1 + random % 0x7fff), random);
}

/* --- Sending ---------------------------------------------------------------------------- */

static void compose(const struct forwarder *f, struct composed *c, const struct media *m,
                    const struct rewritten *out)
{
    const struct compose with = {
        .exts = &exts, .ssrc = f->ssrc, .csrc = m->truth.source, .pt = PT, .descriptor = true};
    compose_packet(c, &with, &m->view, &m->frame, m->bytes, out);
}

/* What it weighs: the payload as large as the encoder made it. */
static size_t weight(const struct composed *c, const struct media *m)
{
    size_t real = c->patch_len + c->rest_len;
    return c->header_len + (real > m->payload ? real : m->payload);
}

static void check(struct forwarder *f, const struct composed *c, const struct media *m, bool switched)
{
    uint8_t whole[PACKET_MAX];
    memcpy(whole, c->header, c->header_len);
    memcpy(whole + c->header_len, c->patch, c->patch_len);
    memcpy(whole + c->header_len + c->patch_len, c->rest, c->rest_len);
    reference_take(&f->reference, f->current->publisher->kind, whole,
                   c->header_len + c->patch_len + c->rest_len, &m->truth, switched);
}

static void send_packet(struct forwarder *f, const struct media *m, bool marker, bool switched)
{
    struct sent_packet sent = {.source = m->truth.source, .in_seq = m->view.seq};
    if (!rewrite_packet(&f->rewrite, m->number, &m->view, &m->frame, marker, &sent.out) ||
        !sent_note(&f->sent, &sent))
        return;
    struct composed c;
    compose(f, &c, m, &sent.out);
    check(f, &c, m, switched);
    rate_add(&f->rate, (uint32_t)weight(&c, m), now(f));
    sender_send(f->sender, &c, weight(&c, m), &m->truth);
}

static void switch_to(struct forwarder *f, struct stream *s, const struct media *m)
{
    rewrite_switch(&f->rewrite, m->number, &m->view, m->captured_us);
    if (f->current)
        stream_leave(f->current, f);
    f->current = s;
    f->target = NULL;
}

/* True where it was the first packet of a new source. */
static bool forward(struct forwarder *f, struct stream *s, const struct media *m)
{
    struct selected how;
    enum select_verdict verdict = select_packet(&f->select, s->source, m->number, &m->view, &m->frame, &how);
    if (verdict == SELECT_DROP)
        return false;
    if (verdict == SELECT_SWITCH)
        switch_to(f, s, m);
    if (verdict == SELECT_SKIP)
        rewrite_drop(&f->rewrite, how.from, m->number, &m->frame);
    else
        send_packet(f, m, how.marker, verdict == SELECT_SWITCH);
    if (m->frame.start && select_wants_key(&f->select))
        stream_want_key(s);
    return verdict == SELECT_SWITCH;
}

void forwarder_receive(struct forwarder *f, struct stream *s, const struct media *m)
{
    if (!forward(f, s, m))
        return;
    for (uint64_t i = m->number + 1; i <= s->newest; i++)
        forward(f, s, stream_get(s, i));
}

static bool start_cached(struct forwarder *f, struct stream *s)
{
    const struct media *key = stream_get(s, s->key_number);
    if (!key || s->newest - s->key_number >= CACHED_MAX ||
        rewrite_behind(&f->rewrite, key->captured_us) > CACHED_BEHIND_US)
        return false;
    uint64_t bytes = 0;
    for (uint64_t i = s->key_number; i <= s->newest; i++)
        bytes += stream_get(s, i)->payload;
    if (bytes * 8000 > (uint64_t)estimator_target_bps(&f->sender->estimator) * CACHED_MS)
        return false;
    forwarder_receive(f, s, key);
    return true;
}

/* --- What it shows ------------------------------------------------------------------------- */

static void stop(struct forwarder *f)
{
    if (f->current)
        stream_leave(f->current, f);
    if (f->target)
        stream_leave(f->target, f);
    f->current = f->target = NULL;
    f->drain_us = 0;
    select_target(&f->select, (struct select_target){.source = SELECT_NOTHING});
}

void forwarder_drain(struct forwarder *f)
{
    stop(f);
    f->drain_us = now(f);
}

static bool waits(struct forwarder *f)
{
    if (f->drain_us &&
        (now(f) - f->drain_us >= DRAIN_US || estimator_arrived(&f->sender->estimator, f->drain_us)))
        f->drain_us = 0;
    return f->drain_us != 0;
}

static void leave_target(struct forwarder *f)
{
    if (f->target)
        stream_leave(f->target, f);
    f->target = NULL;
}

static void point_at(struct forwarder *f, struct stream *s)
{
    const struct select_target target = {s->source, f->sid, f->tid};
    if (s == f->target) {
        select_target(&f->select, target);
        return;
    }
    leave_target(f);
    select_target(&f->select, target);
    if (s == f->current) {
        if (select_wants_key(&f->select))
            stream_want_key(s);
        return;
    }
    f->target = s;
    stream_watch(s, f);
    if (!start_cached(f, s))
        stream_want_key(s);
}

static void settle(struct forwarder *f)
{
    uint32_t source = f->current ? f->current->source : SELECT_NOTHING;
    leave_target(f);
    select_target(&f->select, (struct select_target){source, f->select.sid, f->select.tid});
}

void forwarder_need(struct forwarder *f)
{
    if (!f->holder || f->hidden)
        return;
    const struct stream *s = publisher_stream(f->holder, f->layer);
    if (f->paused || !f->aimed) {
        publisher_need(f->holder, 0);
        return;
    }
    publisher_need(f->holder, f->layer);
    publisher_need(f->holder, f->wish);
    if (s)
        publisher_need(f->holder, s->index);
}

void forwarder_retarget(struct forwarder *f)
{
    forwarder_need(f);
    bool wanted = f->holder && !f->hidden && f->aimed;
    struct stream *s = wanted ? publisher_stream(f->holder, f->layer) : NULL;
    if (!wanted)
        stop(f);
    else if (waits(f))
        return;
    else if (s)
        point_at(f, s);
    else
        settle(f);
}

void forwarder_hold(struct forwarder *f, struct publisher *p)
{
    if (f->holder != p) {
        f->aimed = f->paused = false;
        f->drain_us = 0;
    }
    f->holder = p;
    if (!p)
        forwarder_retarget(f);
}

void forwarder_aim(struct forwarder *f, uint8_t layer, uint8_t sid, uint8_t tid, uint8_t wish)
{
    f->layer = layer;
    f->sid = sid;
    f->tid = tid;
    f->wish = wish;
    f->aimed = true;
    f->paused = false;
    forwarder_retarget(f);
}

void forwarder_pause(struct forwarder *f)
{
    f->aimed = false;
    f->paused = true;
    forwarder_retarget(f);
}

void forwarder_want_key(struct forwarder *f)
{
    if (f->target || f->current)
        stream_want_key(f->target ? f->target : f->current);
}

uint8_t forwarder_rung(const struct forwarder *f)
{
    if (!f->holder || f->hidden || !f->aimed)
        return 0;
    return (uint8_t)(1 + 4 * (f->holder->kind->streams > 1 ? f->layer : f->sid) + f->tid);
}

/* --- Again ------------------------------------------------------------------------------------- */

static const struct media *sent_before(struct forwarder *f, uint16_t seq, struct sent_packet **sent)
{
    *sent = sent_find(&f->sent, seq);
    if (!*sent || !f->current || f->current->source != (*sent)->source)
        return NULL;
    return stream_get(f->current, seq_extend(f->current->newest, (*sent)->in_seq));
}

bool forwarder_nacked(struct forwarder *f, uint16_t seq, uint32_t rtt_us)
{
    struct sent_packet *sent;
    const struct media *m = sent_before(f, seq, &sent);
    uint32_t apart_us = rtt_us && rtt_us < RESEND_US ? rtt_us : RESEND_US, now_ms = (uint32_t)(now(f) / 1000);
    if (!m || sent->resends >= RESENDS_MAX || (sent->resends && now_ms - sent->sent_ms < apart_us / 1000))
        return false;
    sent->resends++;
    sent->sent_ms = now_ms;
    return true;
}

static size_t repeat(struct forwarder *f, uint16_t seq)
{
    struct sent_packet *sent;
    const struct media *m = sent_before(f, seq, &sent);
    struct composed c;
    if (!m)
        return 0;
    compose(f, &c, m, &sent->out);
    compose_rtx(&c, f->rtx_ssrc, RTX_PT, (uint16_t)f->rtx_index++, (uint16_t)sent->out.index);
    return sender_send(f->sender, &c, weight(&c, m), &m->truth);
}

size_t forwarder_resend(struct forwarder *f, uint16_t seq)
{
    size_t len = repeat(f, seq);
    f->resent += len > 0;
    return len;
}

static size_t send_padding(struct forwarder *f)
{
    const struct compose with = {.exts = &exts, .ssrc = f->rtx_ssrc, .pt = RTX_PT};
    const struct rtp_view view = {0};
    const struct frame_info frame = {0};
    const struct rewritten out = {.index = f->rtx_index++, .timestamp = f->rewrite.timestamp};
    const struct truth nothing = {0};
    struct composed c;
    compose_packet(&c, &with, &view, &frame, (const uint8_t *)"", &out);
    compose_padding(&c);
    return sender_send(f->sender, &c, c.header_len + c.rest_len, &nothing);
}

void forwarder_probe(struct forwarder *f, size_t bytes)
{
    size_t sent = 0;
    for (uint16_t i = 0; sent + PROBE_REPEAT_BYTES <= bytes && i < PROBE_REPEATS; i++)
        sent += repeat(f, (uint16_t)(f->sent.highest - i));
    for (size_t i = 0; sent < bytes && i < PROBE_PADDINGS; i++)
        sent += send_padding(f);
}
