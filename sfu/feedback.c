/* The RTCP that a transport receives (transport.h, transport_rtcp): as a
 * publisher it sends reports, as a viewer it reports and asks. */
#include "ntp.h"
#include "rtcp.h"
#include "slot.h"
#include "spread.h"
#include "track.h"
#include "transport.h"
#include "worker.h"

enum {
    FEEDBACK_NACKS_MAX = 512,   /* sequence numbers answered from one packet */
    FEEDBACK_PACKETS_MAX = 256, /* of one compound that are looked at */
};

static const enum counter rtcp_drops[SECURE_VERDICT_COUNT] = {
    [SECURE_SHORT] = COUNT_drop_rtcp_bad,      [SECURE_AUTH] = COUNT_drop_srtcp_auth,
    [SECURE_REPLAY] = COUNT_drop_srtcp_replay, [SECURE_STREAMS] = COUNT_drop_ssrc_cap,
    [SECURE_ERROR] = COUNT_drop_srtcp_auth,
};

static struct slot *slot_of(const struct transport *t, uint32_t ssrc)
{
    for (size_t i = 0; i < t->slot_count; i++) {
        if (t->slots[i]->desc.ssrc == ssrc)
            return t->slots[i];
    }
    return NULL;
}

static struct layer *layer_of(struct transport *t, uint32_t ssrc)
{
    const struct stream *s = streams_find(&t->streams, ssrc);
    return s && !s->rtx ? s->layer : NULL;
}

/* What a block adds to the last one of its slot. */
static void add_loss(struct slot *s, const struct receive_report *block, uint32_t *expected, int32_t *lost)
{
    if (s->reported) {
        *expected += block->highest - s->reported_highest;
        *lost += block->lost - s->reported_lost;
    }
    s->reported = true;
    s->reported_highest = block->highest;
    s->reported_lost = block->lost;
    s->reported_loss = block->fraction;
    s->reported_jitter = block->jitter;
}

static void on_reports(struct transport *t, const struct rtcp_view *v, uint64_t now_us)
{
    struct receive_report block;
    uint32_t expected = 0;
    int32_t lost = 0;
    uint64_t now_ntp = ntp_from_us(now_us + t->worker->since_1970_us);
    for (size_t i = 0; rtcp_report(v, i, &block); i++) {
        struct slot *s = slot_of(t, block.ssrc);
        if (!s)
            continue;
        add_loss(s, &block, &expected, &lost);
        if (ntp_round_trip(now_ntp, block.lsr, block.dlsr, &t->rtt_us))
            estimator_rtt(&t->bandwidth->estimator, t->rtt_us);
    }
    if (expected)
        estimator_report(&t->bandwidth->estimator, expected, lost, now_us);
}

static void on_sender_report(struct transport *t, const struct rtcp_view *v, uint64_t now_us)
{
    struct layer *l = layer_of(t, v->sender);
    on_reports(t, v, now_us);
    if (!l || !l->source)
        return;
    receive_stats_sr(&l->stats, v->sr.ntp, now_us);
    if (!clock_source_sr(&t->clock, v->sr.ntp, now_us))
        return;
    clock_map_sr(&l->clock, &t->clock, v->sr.ntp, v->sr.rtp_timestamp);
    spread_errand(l->track);
}

/* The stream has ended; its SSRC may come back as another stream's. */
static void on_bye(struct transport *t, const struct rtcp_view *v, uint64_t now_us)
{
    uint32_t ssrc;
    (void)now_us;
    for (size_t i = 0; rtcp_ssrc(v, i, &ssrc); i++) {
        struct layer *l = layer_of(t, ssrc);
        if (l && l->source)
            layer_restart(l);
    }
}

static void on_nack(struct transport *t, const struct rtcp_view *v, uint64_t now_us)
{
    struct slot *s = slot_of(t, v->media);
    struct rtcp_nack_iter it = {0};
    uint16_t seq;
    for (size_t n = 0; s && n < FEEDBACK_NACKS_MAX && rtcp_nack_next(v, &it, &seq); n++) {
        if (slot_nacked(s, seq, now_us))
            bandwidth_resend(t->bandwidth, s->index, seq, now_us);
    }
}

static void on_pli(struct transport *t, const struct rtcp_view *v, uint64_t now_us)
{
    struct slot *s = slot_of(t, v->media);
    if (s)
        slot_want_key(s, now_us);
}

static void on_fir(struct transport *t, const struct rtcp_view *v, uint64_t now_us)
{
    uint32_t ssrc;
    uint8_t number;
    for (size_t i = 0; rtcp_fir(v, i, &ssrc, &number); i++) {
        struct slot *s = slot_of(t, ssrc);
        if (s)
            slot_want_key(s, now_us);
    }
}

static void on_transport_cc(struct transport *t, const struct rtcp_view *v, uint64_t now_us)
{
    if (t->bandwidth && !bandwidth_feedback(t->bandwidth, v, now_us))
        counter_add(&t->worker->counters, COUNT_drop_rtcp_bad, 1);
}

static void on_remb(struct transport *t, const struct rtcp_view *v, uint64_t now_us)
{
    if (t->bandwidth)
        estimator_remb(&t->bandwidth->estimator, v->bitrate, now_us);
}

/* What is not here is of no use to anyone. */
static void (*const handlers[RTCP_KIND_COUNT])(struct transport *, const struct rtcp_view *, uint64_t) = {
    [RTCP_SR] = on_sender_report,
    [RTCP_RR] = on_reports,
    [RTCP_BYE] = on_bye,
    [RTCP_NACK] = on_nack,
    [RTCP_PLI] = on_pli,
    [RTCP_FIR] = on_fir,
    [RTCP_TRANSPORT_CC] = on_transport_cc,
    [RTCP_REMB] = on_remb,
};

void transport_rtcp(struct transport *t, uint8_t *data, size_t len, const struct addr *from, uint64_t now_us)
{
    struct counters *counters = &t->worker->counters;
    size_t plain_len;
    if (!t->connection.secure) {
        counter_add(counters, COUNT_drop_srtp_early, 1);
        return;
    }
    enum secure_verdict verdict = secure_unprotect_rtcp(t->connection.secure, data, len, &plain_len);
    if (verdict != SECURE_OK) {
        counter_add(counters, rtcp_drops[verdict], 1);
        return;
    }
    counter_add(counters, COUNT_rtcp_packets, 1);
    ice_authentic(&t->connection.ice, from, now_us);
    struct rd compound = rd_init(data, plain_len);
    struct rtcp_view v;
    int more;
    for (int n = 0; n < FEEDBACK_PACKETS_MAX && (more = rtcp_next(&compound, &v)) != 0; n++) {
        if (more < 0)
            counter_add(counters, COUNT_drop_rtcp_bad, 1);
        else if (handlers[v.kind])
            handlers[v.kind](t, &v, now_us);
    }
}
