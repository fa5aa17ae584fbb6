#include "receiver.h"

#include "rtcp.h"
#include "rtcp_write.h"
#include "seq.h"

#include <stdlib.h>
#include <string.h>

enum {
    TICK_US = 10000,
    REPORT_US = 1000000,
    KEY_ASK_US = 500000,
    NACKS_MAX = 64,
    RTCP_MAX = 1200,
    RTCP_OVERHEAD = 28,
    SSRC = 7,
    NEAR = 1 << 16,
};

static const struct rtp_ext_map exts = {.mixed = true};

/* --- Sending back ------------------------------------------------------------------------- */

/* RTCP, or without any the echo of a sending time. */
struct answer {
    uint64_t echo_us;
    uint16_t len;
    uint8_t bytes[];
};

static void take_answer(struct world *w, struct packet *p)
{
    struct receiver *r = p->to;
    const struct answer *a = (const struct answer *)p->data;
    if (a->len)
        sender_rtcp(r->sender, a->bytes, a->len);
    else
        sender_round_trip(r->sender, (uint32_t)(w->now_us - a->echo_us));
    free(p);
}

static void answer(struct receiver *r, const uint8_t *bytes, size_t len, uint64_t echo_us)
{
    struct packet *p = packet_new(sizeof(struct answer) + len);
    struct answer *a = (struct answer *)p->data;
    *a = (struct answer){.echo_us = echo_us, .len = (uint16_t)len};
    memcpy(a->bytes, bytes, len);
    p->size = len + RTCP_OVERHEAD;
    p->to = r;
    p->arrive = take_answer;
    link_send(r->world, r->back, p);
}

static void send_feedback(struct world *w, void *arg)
{
    struct receiver *r = arg;
    uint8_t bytes[TRANSPORT_CC_LEN_MAX];
    size_t len;
    if (w->now_us != r->feedback_at_us)
        return; /* one went before */
    r->feedback_at_us = 0;
    while ((len = transport_cc_build(&r->cc, SSRC, SENDER_SSRC, w->now_us, bytes, sizeof bytes)) > 0)
        answer(r, bytes, len, 0);
}

/* A round trip without what it took here, as a report's LSR and DLSR tell it. */
static void send_report(struct world *w, void *arg)
{
    struct receiver *r = arg;
    if (r->stopped)
        return;
    if (r->echo_us)
        answer(r, (const uint8_t *)"", 0, r->echo_us + (w->now_us - r->echoed_us));
    world_at(w, w->now_us + REPORT_US, send_report, r);
}

static void ask(struct receiver *r, size_t slot)
{
    struct receiver_stream *s = &r->streams[slot];
    uint32_t ssrc = SENDER_SSRC + 2 * (uint32_t)slot;
    uint64_t now_us = r->world->now_us;
    uint16_t missing[NACKS_MAX];
    uint8_t bytes[RTCP_MAX];
    struct wr w = wr_init(bytes, sizeof bytes);
    if (nack_next_us(&s->nack) <= now_us) {
        size_t n = nack_due(&s->nack, now_us, r->sender->rtt_us, missing, NACKS_MAX);
        if (n > 0)
            rtcp_write_nack(&w, SSRC, ssrc, missing, n);
    }
    bool needs_key = decoder_tick(&s->decoder, now_us);
    if (nack_take_key_frame_wanted(&s->nack) || needs_key)
        s->decoder.needs_key = true;
    if (s->decoder.needs_key && now_us - s->asked_us >= KEY_ASK_US) {
        s->asked_us = now_us;
        rtcp_write_pli(&w, SSRC, ssrc);
    }
    if (wr_len(&w) > 0)
        answer(r, bytes, wr_len(&w), 0);
}

static void tick(struct world *w, void *arg)
{
    struct receiver *r = arg;
    if (r->stopped)
        return;
    for (size_t i = 0; i < r->sender->slot_count; i++)
        ask(r, i);
    world_at(w, w->now_us + TICK_US, tick, r);
}

/* --- Receiving ------------------------------------------------------------------------------ */

static void note_arrival(struct receiver *r, const struct packet *p)
{
    uint64_t now_us = r->world->now_us;
    transport_cc_receive(&r->cc, p->number, p->marker, now_us);
    uint64_t due = transport_cc_due_us(&r->cc);
    due = due < now_us ? now_us : due;
    if (due != UINT64_MAX && (r->feedback_at_us == 0 || due < r->feedback_at_us)) {
        r->feedback_at_us = due;
        world_at(r->world, due, send_feedback, r);
    }
}

static void take_voice(struct receiver *r)
{
    uint64_t now_us = r->world->now_us;
    if (r->voice_us && now_us - r->voice_us > r->longest_silence_us)
        r->longest_silence_us = now_us - r->voice_us;
    r->voice_us = now_us;
}

static void take_video(struct receiver *r, const struct parcel *parcel)
{
    struct rtp_view v;
    uint16_t seq;
    if (rtp_view_parse(&v, parcel->bytes, parcel->len, &exts) != 0)
        abort();
    struct receiver_stream *s = &r->streams[(v.ssrc - SENDER_SSRC) / 2];
    bool repeated = (v.ssrc - SENDER_SSRC) % 2;
    seq = v.seq;
    if (repeated && (!v.payload_len || rtp_rtx_osn(&v, parcel->bytes, &seq) != 0))
        return; /* padding */
    if (repeated && !s->newest)
        return;
    uint64_t index = s->newest ? seq_extend(s->newest, seq) : NEAR + (uint64_t)seq;
    if (index > s->newest)
        s->newest = index;
    nack_receive(&s->nack, seq, r->world->now_us);
    if (parcel->truth.key && parcel->truth.sid == 0 && parcel->truth.at == 0)
        nack_key_frame(&s->nack, seq);
    decoder_receive(&s->decoder, index, &parcel->truth, r->world->now_us);
}

static void receive(struct world *w, struct packet *p)
{
    struct receiver *r = p->to;
    const struct parcel *parcel = (const struct parcel *)p->data;
    if (r->on_packet)
        r->on_packet(r->arg, w->now_us, p->waited_us);
    r->echo_us = parcel->sent_us;
    r->echoed_us = w->now_us;
    rate_add(&r->received, (uint32_t)p->size, w->now_us);
    note_arrival(r, p);
    if (parcel->voice)
        take_voice(r);
    else
        take_video(r, parcel);
    free(p);
}

/* --- Life -------------------------------------------------------------------------------------- */

void receiver_init(struct receiver *r, struct world *w, struct sender *sender, struct link *back)
{
    *r = (struct receiver){.world = w, .sender = sender, .back = back};
    sender->arrive = receive;
    sender->viewer = r;
    for (size_t i = 0; i < sender->slot_count; i++)
        decoder_init(&r->streams[i].decoder);
}

void receiver_start(struct receiver *r)
{
    world_at(r->world, r->world->now_us, tick, r);
    world_at(r->world, r->world->now_us + REPORT_US / 10, send_report, r);
}

void receiver_stop(struct receiver *r)
{
    r->stopped = true;
}

void receiver_finish(struct receiver *r)
{
    for (size_t i = 0; i < r->sender->slot_count; i++)
        decoder_finish(&r->streams[i].decoder);
}

uint64_t receiver_silence_us(struct receiver *r)
{
    uint64_t longest_us = r->longest_silence_us, lasts_us = r->voice_us ? r->world->now_us - r->voice_us : 0;
    r->longest_silence_us = 0;
    return lasts_us > longest_us ? lasts_us : longest_us;
}
