#include "peer_rtcp.h"

#include "rtcp_write.h"

enum { COMPOUND_MAX = 1200, ASK_MAX = 128, ROOM_MIN = 28 + 24 + 40 };

static const char cname[] = "synthetic";

static struct source *source_of(struct peer *p, uint32_t ssrc)
{
    for (size_t i = 0; i < p->source_count; i++) {
        if (p->sources[i].conf.ssrc == ssrc)
            return &p->sources[i];
    }
    return NULL;
}

static void flush(struct peer *p, struct wr *w)
{
    if (wr_len(w))
        peer_send_rtcp(p, w->start, wr_len(w));
    *w = wr_init(w->start, COMPOUND_MAX);
}

/* --- What it is told --------------------------------------------------------------- */

static void on_sender_report(struct peer *p, const struct rtcp_view *v, uint64_t now_us)
{
    for (size_t i = 0; i < p->sink_count; i++) {
        struct sink *s = &p->sinks[i];
        if (s->ssrc != v->sender)
            continue;
        s->sr = v->sr;
        s->sr_us = now_us;
        s->srs++;
        receive_stats_sr(&s->stats, v->sr.ntp, now_us);
    }
}

static void on_report(struct peer *p, const struct rtcp_view *v)
{
    struct receive_report block;
    for (size_t i = 0; rtcp_report(v, i, &block); i++) {
        if (source_of(p, block.ssrc))
            p->reports++;
    }
}

static void on_nack(struct peer *p, const struct rtcp_view *v)
{
    struct source *s = source_of(p, v->media);
    struct rtcp_nack_iter it = {0};
    uint16_t seq;
    while (s && rtcp_nack_next(v, &it, &seq))
        peer_repeat(p, s, seq);
}

static void on_pli(struct peer *p, const struct rtcp_view *v)
{
    struct source *s = source_of(p, v->media);
    if (!s)
        return;
    s->key_due = true;
    s->key_asked++;
}

static void on_remb(struct peer *p, const struct rtcp_view *v)
{
    uint32_t ssrc;
    p->rembs++;
    p->told_bps = v->bitrate;
    p->told_sources = p->told_others = 0;
    for (size_t i = 0; rtcp_ssrc(v, i, &ssrc); i++)
        *(source_of(p, ssrc) ? &p->told_sources : &p->told_others) += 1;
}

void peer_rtcp_receive(struct peer *p, const uint8_t *rtcp, size_t len, uint64_t now_us)
{
    struct rd compound = rd_init(rtcp, len);
    struct rtcp_view v;
    while (rtcp_next(&compound, &v) > 0) {
        if (v.kind == RTCP_SR)
            on_sender_report(p, &v, now_us);
        if (v.kind == RTCP_SR || v.kind == RTCP_RR)
            on_report(p, &v);
        else if (v.kind == RTCP_NACK)
            on_nack(p, &v);
        else if (v.kind == RTCP_PLI)
            on_pli(p, &v);
        else if (v.kind == RTCP_REMB)
            on_remb(p, &v);
        else if (v.kind == RTCP_TRANSPORT_CC)
            p->acknowledged++;
    }
}

/* --- What it tells and asks ---------------------------------------------------------- */

static void write_blocks(struct peer *p, struct wr *w, uint64_t now_us)
{
    struct receive_report blocks[RTCP_BLOCKS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < p->sink_count && n < RTCP_BLOCKS_MAX; i++) {
        if (receive_stats_report(&p->sinks[i].stats, now_us, &blocks[n]))
            n++;
    }
    rtcp_write_rr(w, p->rtcp_ssrc, blocks, n);
    rtcp_write_cname(w, p->rtcp_ssrc, cname, sizeof(cname) - 1);
}

static void write_remb(struct peer *p, struct wr *w)
{
    uint32_t ssrcs[RTCP_BLOCKS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < p->sink_count && n < RTCP_BLOCKS_MAX; i++) {
        if (p->sinks[i].kind == RTP_VIDEO)
            ssrcs[n++] = p->sinks[i].ssrc;
    }
    rtcp_write_remb(w, p->rtcp_ssrc, p->remb_bps, ssrcs, n);
}

void peer_rtcp_report(struct peer *p, uint64_t now_us)
{
    uint8_t bytes[COMPOUND_MAX];
    struct wr w = wr_init(bytes, sizeof(bytes));
    write_blocks(p, &w, now_us);
    if (p->feedback == PEER_REMB && p->remb_bps)
        write_remb(p, &w);
    for (size_t i = 0; i < p->source_count; i++) {
        const struct source *s = &p->sources[i];
        if (!s->sent || s->paused)
            continue;
        if (wr_left(&w) < ROOM_MIN)
            flush(p, &w);
        struct rtcp_sr sr = source_report(s, now_us);
        rtcp_write_sr(&w, s->conf.ssrc, &sr, NULL, 0);
        rtcp_write_cname(&w, s->conf.ssrc, cname, sizeof(cname) - 1);
    }
    flush(p, &w);
}

void peer_rtcp_acknowledge(struct peer *p, uint64_t now_us)
{
    uint8_t bytes[TRANSPORT_CC_LEN_MAX];
    uint32_t media = p->sink_count ? p->sinks[0].ssrc : 0;
    size_t len;
    while ((len = transport_cc_build(&p->transport_cc, p->rtcp_ssrc, media, now_us, bytes, sizeof(bytes))) >
           0)
        peer_send_rtcp(p, bytes, len);
}

void peer_rtcp_ask(struct peer *p, uint64_t now_us)
{
    uint8_t bytes[COMPOUND_MAX];
    struct wr w = wr_init(bytes, sizeof(bytes));
    p->missing = false;
    for (size_t i = 0; i < p->sink_count; i++) {
        struct sink *s = &p->sinks[i];
        uint16_t missing[ASK_MAX];
        p->missing |= s->nack.count != 0;
        if (s->kind != RTP_VIDEO || nack_next_us(&s->nack) > now_us)
            continue;
        size_t n = s->rtx_ssrc ? nack_due(&s->nack, now_us, 0, missing, ASK_MAX) : 0, at = 0;
        while (at < n) {
            at += rtcp_write_nack(&w, p->rtcp_ssrc, s->ssrc, missing + at, n - at);
            flush(p, &w);
        }
        if (nack_take_key_frame_wanted(&s->nack))
            rtcp_write_pli(&w, p->rtcp_ssrc, s->ssrc);
        flush(p, &w);
    }
}

void peer_want_key(struct peer *p, size_t slot)
{
    uint8_t bytes[COMPOUND_MAX];
    struct wr w = wr_init(bytes, sizeof(bytes));
    rtcp_write_pli(&w, p->rtcp_ssrc, p->sinks[slot].ssrc);
    flush(p, &w);
}
