/* The way in of one RTP packet: from the datagram to its layer (transport.h,
 * transport_rtp). */
#include "media.h"
#include "packet.h"
#include "room.h"
#include "track.h"
#include "transport.h"
#include "worker.h"

static const enum counter rtp_drops[SECURE_VERDICT_COUNT] = {
    [SECURE_SHORT] = COUNT_drop_rtp_bad,      [SECURE_AUTH] = COUNT_drop_srtp_auth,
    [SECURE_REPLAY] = COUNT_drop_srtp_replay, [SECURE_STREAMS] = COUNT_drop_ssrc_cap,
    [SECURE_ERROR] = COUNT_drop_srtp_auth,
};

/* --- Which layer ------------------------------------------------------------------ */

static bool ext_is(const struct packet *p, enum rtp_ext ext, const char *text)
{
    const struct rtp_ext_at *at = &p->view.ext[ext];
    return at->len && at->len == strlen(text) && memcmp(p->data + at->off, text, at->len) == 0;
}

/* The track that the packet says it is of; without a mid, the only one of its
 * kind that has a single stream, not known yet. */
static struct track *track_of(struct transport *t, const struct packet *p, const struct sfu_format *format)
{
    enum rtp_kind kind = rtp_codecs[format->codec].kind;
    struct track *only = NULL;
    size_t count = 0;
    for (size_t i = 0; i < SFU_TRACKS_MAX; i++) {
        struct track *track = t->tracks[i];
        if (!track || track->kind != kind)
            continue;
        if (ext_is(p, RTP_EXT_MID, track->desc.mid))
            return track;
        only = track;
        count++;
    }
    bool silent_about_mid = p->view.ext[RTP_EXT_MID].len == 0;
    return silent_about_mid && count == 1 && !only->desc.rid_count && !only->layers[0].ssrc ? only : NULL;
}

static struct layer *layer_of(struct transport *t, const struct packet *p, const struct sfu_format *format,
                              bool rtx)
{
    struct track *track = track_of(t, p, format);
    if (!track || !track->desc.rid_count)
        return track ? &track->layers[0] : NULL;
    for (uint8_t i = 0; i < track->layer_count; i++) {
        if (ext_is(p, rtx ? RTP_EXT_REPAIRED_RID : RTP_EXT_RID, track->desc.rids[i]))
            return &track->layers[i];
    }
    return NULL;
}

/* An SSRC that was not seen before: learn from its mid and rid what it is. The
 * layer's former one, if any, has ended. */
static struct stream *learn_stream(struct transport *t, const struct packet *p,
                                   const struct sfu_format *format, bool rtx)
{
    struct layer *l = layer_of(t, p, format, rtx);
    if (!l)
        return NULL;
    uint32_t *ssrc = rtx ? &l->rtx_ssrc : &l->ssrc;
    struct stream *s = *ssrc ? streams_find(&t->streams, *ssrc) : NULL;
    if (s) {
        secure_remove(t->connection.secure, *ssrc);
        if (!rtx)
            layer_restart(l);
        *s = (struct stream){p->view.ssrc, l, rtx};
    } else {
        s = streams_add(&t->streams, p->view.ssrc, l, rtx);
    }
    if (s)
        *ssrc = p->view.ssrc;
    return s;
}

/* --- The packet ---------------------------------------------------------------------- */

/* Make an RTX packet what it repeats (RFC 4588, section 4). False where it
 * repeats nothing: padding that probes the bandwidth, or what is no RTX. */
static bool unwrap_rtx(struct packet *p, const struct layer *l, const struct sfu_format *format)
{
    uint16_t seq;
    if (!p->view.payload_len || !l->ssrc)
        return false;
    if (rtp_rtx_osn(&p->view, p->data, &seq) != 0) {
        counter_add(&l->track->room->worker->counters, COUNT_drop_rtp_bad, 1);
        return false;
    }
    uint8_t *payload = p->data + p->view.payload;
    p->view.payload_len = (uint16_t)(p->view.payload_len - 2);
    memmove(payload, payload + 2, p->view.payload_len);
    p->view.len = (uint16_t)(p->view.len - 2);
    p->view.seq = seq;
    p->view.ssrc = l->ssrc;
    p->view.pt = format->pt;
    return true;
}

/* Dropped; of an SSRC that is no stream's nothing is kept, or a few of them would use up the cap. */
static void drop(struct transport *t, const struct packet *p, enum counter why)
{
    uint32_t ssrc = get_u32(p->data + 8);
    counter_add(&t->worker->counters, why, 1);
    if (!streams_find(&t->streams, ssrc))
        secure_remove(t->connection.secure, ssrc);
}

static void receive_authentic(struct transport *t, struct packet *p, uint64_t now_us)
{
    if (rtp_view_parse(&p->view, p->data, p->len, &t->media.exts) != 0) {
        drop(t, p, COUNT_drop_rtp_bad);
        return;
    }
    bool rtx;
    const struct sfu_format *format = media_format_by_pt(&t->media, p->view.pt, &rtx);
    arrival_packet(&t->arrival, p, format, rtx, now_us);
    if (!format) {
        drop(t, p, COUNT_drop_pt_unknown);
        return;
    }
    struct stream *s = streams_find(&t->streams, p->view.ssrc);
    if (!s)
        s = learn_stream(t, p, format, rtx);
    if (!s || s->rtx != rtx || rtp_codecs[format->codec].kind != s->layer->track->kind) {
        drop(t, p, COUNT_drop_ssrc_unknown);
        return;
    }
    if (!rtx || unwrap_rtx(p, s->layer, format))
        layer_receive(s->layer, p, format, rtx, now_us);
}

void transport_rtp(struct transport *t, const uint8_t *data, size_t len, const struct addr *from,
                   uint64_t now_us)
{
    struct worker *w = t->worker;
    if (!t->connection.secure || len > PACKET_DATA_MAX) {
        counter_add(&w->counters, t->connection.secure ? COUNT_drop_too_long : COUNT_drop_srtp_early, 1);
        return;
    }
    struct packet *p = packet_get(&w->packets);
    if (!p) {
        counter_add(&w->counters, COUNT_drop_pool_empty, 1);
        return;
    }
    size_t plain_len;
    memcpy(p->data, data, len);
    enum secure_verdict verdict = secure_unprotect_rtp(t->connection.secure, p->data, len, &plain_len);
    if (verdict == SECURE_OK) {
        p->len = (uint16_t)plain_len;
        p->arrival_us = now_us;
        t->packets_in++;
        t->bytes_in += len;
        t->media_us = now_us;
        counter_add(&w->counters, COUNT_rtp_packets, 1);
        ice_authentic(&t->connection.ice, from, now_us);
        transport_feedback_soon(t, now_us);
        receive_authentic(t, p, now_us);
    } else {
        counter_add(&w->counters, rtp_drops[verdict], 1);
    }
    packet_unref(p);
}
