#include "report.h"

#include "ntp.h"
#include "rtcp_write.h"
#include "slot.h"
#include "track.h"
#include "transport.h"
#include "worker.h"

enum {
    COMPOUND_MAX = 1200, /* bytes of one RTCP datagram before protection */
    NACKS_MAX = 256,     /* sequence numbers asked for at once */
};

/* A compound in the making, sent when it is full and at the end. */
struct compound {
    struct transport *to;
    uint8_t bytes[COMPOUND_MAX];
    struct wr w;
};

static void begin(struct compound *c, struct transport *to)
{
    c->to = to;
    c->w = wr_init(c->bytes, sizeof(c->bytes));
}

static void flush(struct compound *c)
{
    if (wr_len(&c->w))
        connection_send_rtcp(&c->to->connection, c->bytes, wr_len(&c->w));
    c->w = wr_init(c->bytes, sizeof(c->bytes));
}

/* Room for len bytes more, in this datagram or the next. */
static void need(struct compound *c, size_t len)
{
    if (wr_left(&c->w) < len)
        flush(c);
}

/* --- Once a second ------------------------------------------------------------------ */

enum { SR_LEN = 28, CNAME_LEN_MAX = 12 + 24 + 4, BLOCK_LEN = 24, RR_LEN = 8 };

static size_t gather_blocks(struct transport *t, struct receive_report *blocks, size_t max, uint64_t now_us)
{
    size_t n = 0;
    for (size_t i = 0; i < SFU_TRACKS_MAX; i++) {
        for (uint8_t j = 0; t->tracks[i] && j < t->tracks[i]->layer_count; j++) {
            struct layer *l = &t->tracks[i]->layers[j];
            if (n < max && layer_alive(l, now_us) && receive_stats_report(&l->stats, now_us, &blocks[n]))
                n++;
        }
    }
    return n;
}

static void report_received(struct compound *c, uint64_t now_us)
{
    struct receive_report blocks[RTCP_BLOCKS_MAX];
    size_t n = gather_blocks(c->to, blocks, RTCP_BLOCKS_MAX, now_us);
    if (!n)
        return;
    need(c, RR_LEN + n * BLOCK_LEN + CNAME_LEN_MAX);
    rtcp_write_rr(&c->w, c->to->rtcp_ssrc, blocks, n);
    rtcp_write_cname(&c->w, c->to->rtcp_ssrc, c->to->media.cname, (uint8_t)strlen(c->to->media.cname));
}

/* The slot's clock: what its timestamp would be now, going by the source's. */
static void report_sent(struct compound *c, struct slot *s, uint64_t now_us)
{
    const struct layer *l = s->current.layer;
    if (!l || s->packets == s->reported_packets)
        return;
    s->reported_packets = s->packets;
    uint32_t source_now = clock_map_to_rtp(&l->clock, l->track->clock, now_us);
    uint32_t timestamp = rewrite_timestamp(&s->stream->rewrite, source_now);
    const struct rtcp_sr sr = {
        .ntp = ntp_from_us(now_us + c->to->worker->since_1970_us),
        .rtp_timestamp = timestamp,
        .packets = (uint32_t)s->packets,
        .octets = s->octets,
    };
    need(c, SR_LEN + CNAME_LEN_MAX);
    rtcp_write_sr(&c->w, s->desc.ssrc, &sr, NULL, 0);
    rtcp_write_cname(&c->w, s->desc.ssrc, c->to->media.cname, (uint8_t)strlen(c->to->media.cname));
}

void report_second(struct transport *t, uint64_t now_us)
{
    struct compound c;
    begin(&c, t);
    report_received(&c, now_us);
    for (size_t i = 0; i < t->slot_count; i++)
        report_sent(&c, t->slots[i], now_us);
    flush(&c);
}

void report_bye(struct transport *t)
{
    uint32_t ssrcs[RTCP_BLOCKS_MAX];
    struct compound c;
    size_t n = 0;
    begin(&c, t);
    rtcp_write_rr(&c.w, t->rtcp_ssrc, NULL, 0);
    ssrcs[n++] = t->rtcp_ssrc;
    for (size_t i = 0; i < t->slot_count; i++) {
        if (n == RTCP_BLOCKS_MAX) {
            rtcp_write_bye(&c.w, ssrcs, n);
            n = 0;
        }
        ssrcs[n++] = t->slots[i]->desc.ssrc;
    }
    rtcp_write_bye(&c.w, ssrcs, n);
    flush(&c);
}

/* --- Soon --------------------------------------------------------------------------- */

enum { PLI_LEN = 12, NACK_LEN_MIN = 16, REMB_LEN = 20 };

_Static_assert(RTCP_BLOCKS_MAX >= SFU_TRACKS_MAX * SFU_LAYERS_MAX, "a REMB has all layers of a publisher");

static void ask_again(struct compound *c, struct layer *l, uint64_t now_us)
{
    uint16_t missing[NACKS_MAX];
    size_t n = nack_due(l->nack, now_us, c->to->rtt_us, missing, NACKS_MAX), at = 0;
    l->nacks_sent += (uint32_t)n;
    while (at < n) {
        need(c, NACK_LEN_MIN);
        at += rtcp_write_nack(&c->w, c->to->rtcp_ssrc, l->ssrc, missing + at, n - at);
    }
}

static void ask_key_frame(struct compound *c, struct layer *l)
{
    need(c, PLI_LEN);
    rtcp_write_pli(&c->w, c->to->rtcp_ssrc, l->ssrc);
}

/* For all of its pictures together, whether they come or have been paused. */
static void tell_rate(struct compound *c, struct receive_estimate *e, uint64_t now_us)
{
    uint32_t ssrcs[RTCP_BLOCKS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < c->to->streams.count && n < RTCP_BLOCKS_MAX; i++) {
        const struct stream *s = &c->to->streams.at[i];
        if (!s->rtx && s->layer->track->kind == RTP_VIDEO)
            ssrcs[n++] = s->ssrc;
    }
    uint32_t bps = n ? receive_estimate_due(e, now_us) : 0;
    if (!bps)
        return;
    need(c, REMB_LEN + n * 4);
    rtcp_write_remb(&c->w, c->to->rtcp_ssrc, bps, ssrcs, n);
}

/* Each report is a datagram of its own: it may be as long as one. */
static void acknowledge(struct transport *t, struct transport_cc *cc, uint64_t now_us)
{
    uint8_t bytes[TRANSPORT_CC_LEN_MAX];
    size_t len;
    if (transport_cc_due_us(cc) > now_us)
        return;
    uint32_t media = t->streams.count ? t->streams.at[0].ssrc : 0;
    while ((len = transport_cc_build(cc, t->rtcp_ssrc, media, now_us, bytes, sizeof(bytes))) > 0)
        connection_send_rtcp(&t->connection, bytes, len);
}

/* What a layer lacks is asked for where that is due; returns when it may be next. */
static uint64_t ask_for(struct compound *c, struct layer *l, uint64_t now_us)
{
    if (l->nack && nack_next_us(l->nack) <= now_us)
        ask_again(c, l, now_us);
    if (layer_key_due(l, now_us))
        ask_key_frame(c, l);
    if (l->key_wanted)
        return now_us;
    return l->nack ? nack_next_us(l->nack) : TIMER_NEVER;
}

uint64_t report_feedback(struct transport *t, uint64_t now_us)
{
    struct compound c;
    uint64_t next_us = TIMER_NEVER;
    begin(&c, t);
    for (size_t i = 0; i < SFU_TRACKS_MAX; i++) {
        for (uint8_t j = 0; t->tracks[i] && j < t->tracks[i]->layer_count; j++)
            next_us = timer_earlier(next_us, ask_for(&c, &t->tracks[i]->layers[j], now_us));
    }
    if (t->arrival.estimate) {
        tell_rate(&c, t->arrival.estimate, now_us);
        next_us = now_us;
    }
    flush(&c);
    if (t->arrival.transport_cc) {
        acknowledge(t, t->arrival.transport_cc, now_us);
        next_us = timer_earlier(next_us, transport_cc_due_us(t->arrival.transport_cc));
    }
    return next_us;
}
