#include "slot.h"

#include "compose.h"
#include "history.h"
#include "seq.h"
#include "track.h"
#include "transport.h"
#include "worker.h"

#include <errno.h>
#include <stdlib.h>

/* --- Life --------------------------------------------------------------------- */

int slot_init(struct slot *s, struct transport *viewer, uint16_t index, const struct sfu_slot_desc *desc)
{
    bool video = desc->kind == RTP_VIDEO;
    size_t capacity = video ? SLOT_SENT : SLOT_SENT_AUDIO;
    struct sent_packet *ring = malloc(capacity * sizeof(*ring));
    if (!ring)
        return -ENOMEM;
    *s = (struct slot){.viewer = viewer, .desc = *desc, .index = index, .told_why = SFU_WHY_EMPTY};
    sent_init(&s->sent, ring, capacity);
    uint32_t random = g_random_int();
    rewrite_init(&s->rewrite, rtp_codecs[video ? RTP_CODEC_VP8 : RTP_CODEC_OPUS].clock_rate,
                 (uint16_t)(1 + random % 0x7fff), g_random_int());
    s->rtx_index = 1 + (random >> 16) % 0x7fff;
    return 0;
}

void slot_finish(struct slot *s)
{
    watch_end(&s->current);
    watch_end(&s->target);
    free(s->sent.ring);
    s->sent.ring = NULL;
}

/* --- What it shows -------------------------------------------------------------- */

/* The fixed rule: the smallest layer that covers the box on the viewer's screen,
 * going by the size that its key frames said, else by what its place means. */
static unsigned wanted_layer(const struct slot *s)
{
    static const uint16_t usual_height[SFU_LAYERS_MAX] = {180, 360, 720};
    const struct track *track = s->holder;
    unsigned i = 0;
    if (!s->view.height)
        return SFU_LAYERS_MAX;
    while (i + 1 < track->layer_count && i + 1 < SFU_LAYERS_MAX) {
        uint16_t height = track->layers[i].height;
        if ((height ? height : usual_height[i]) >= s->view.height)
            break;
        i++;
    }
    return i;
}

/* Of RED it is that of the Opus inside, which everybody can have. */
static const struct sfu_format *viewer_format(const struct slot *s, const struct layer *l)
{
    if (!l->format)
        return NULL;
    enum rtp_codec codec = l->format->codec == RTP_CODEC_RED ? RTP_CODEC_OPUS : l->format->codec;
    return transport_format(s->viewer, codec, l->format->variant);
}

static void stop(struct slot *s)
{
    watch_end(&s->current);
    watch_end(&s->target);
    select_target(&s->select, SELECT_NOTHING);
}

static void point_at(struct slot *s, struct layer *l)
{
    if (s->target.layer == l)
        return;
    watch_end(&s->target);
    if (l == s->current.layer) {
        select_target(&s->select, l->source);
        return;
    }
    if (watch_begin(&s->target, s, l) != 0)
        return; /* no memory: it stays as it is until the next look */
    select_target(&s->select, l->source);
    layer_want_key(l);
}

/* Go on with what is forwarded, waiting for nothing. */
static void settle(struct slot *s)
{
    watch_end(&s->target);
    select_target(&s->select, s->current.layer ? s->current.layer->source : SELECT_NOTHING);
}

void slot_need(const struct slot *s, uint64_t now_us)
{
    if (!s->holder || slot_hidden(s) || !s->viewer->connected)
        return;
    const struct layer *l = track_layer(s->holder, wanted_layer(s), now_us);
    if (l && !viewer_format(s, l))
        return;
    track_need(s->holder, wanted_layer(s), now_us);
    if (l)
        track_need(s->holder, l->index, now_us);
}

void slot_tell(struct slot *s, uint64_t now_us)
{
    struct sfu_slot_event now = slot_describe(s, now_us);
    if (now.why != s->told_why || now.track != s->told_track)
        transport_tell_slots(s->viewer);
}

void slot_retarget(struct slot *s, uint64_t now_us)
{
    slot_need(s, now_us);
    bool wanted = s->holder && !slot_hidden(s) && s->viewer->connected;
    struct layer *l = wanted ? track_layer(s->holder, wanted_layer(s), now_us) : NULL;
    if (!wanted || (l && !viewer_format(s, l)))
        stop(s);
    else if (l)
        point_at(s, l);
    else
        settle(s);
    slot_tell(s, now_us);
}

void slot_hold(struct slot *s, struct track *track, uint64_t now_us)
{
    s->holder = track;
    slot_retarget(s, now_us);
}

void slot_forget_layer(struct slot *s, struct layer *layer)
{
    select_forget(&s->select, layer->source);
    if (s->current.layer == layer) {
        watch_end(&s->current);
        transport_tell_slots(s->viewer);
    }
    if (s->target.layer == layer)
        watch_end(&s->target);
}

struct sfu_slot_event slot_describe(const struct slot *s, uint64_t now_us)
{
    struct sfu_slot_event e = {.slot = s->index, .why = SFU_WHY_EMPTY, .rtp_timestamp = s->rewrite.timestamp};
    if (slot_hidden(s)) {
        e.why = SFU_WHY_HIDDEN;
    } else if (s->current.layer && layer_alive(s->current.layer, now_us)) {
        const struct track *shown = s->current.layer->track;
        e.why = SFU_WHY_FILLED;
        e.track = shown->id;
        e.participant = shown->publisher->participant;
        e.rtp_timestamp = s->switched_timestamp;
    } else if (s->holder) {
        struct layer *l = track_layer(s->holder, SFU_LAYERS_MAX, now_us);
        e.why = !l ? SFU_WHY_NO_LAYER : viewer_format(s, l) ? SFU_WHY_EMPTY : SFU_WHY_NO_CODEC;
    } else if (s->view.pin_participant) {
        e.why = SFU_WHY_MUTED;
    }
    return e;
}

void slot_want_key(struct slot *s)
{
    struct layer *l = s->target.layer ? s->target.layer : s->current.layer;
    s->plis++;
    if (l)
        layer_want_key(l);
}

/* --- Forwarding ------------------------------------------------------------------- */

static struct counters *counters_of(const struct slot *s)
{
    return &s->viewer->worker->counters;
}

/* The target's first packet is here: put it behind the stream. */
static void switch_to(struct slot *s, struct layer *l, const struct packet *p, uint64_t number)
{
    const struct transport *publisher = l->track->publisher;
    uint64_t capture_us = clock_map_to_us(&l->clock, &publisher->clock, p->view.timestamp);
    uint64_t moved_us = rewrite_switch(&s->rewrite, number, &p->view, capture_us);
    if (moved_us > SLOT_CORRECTION_US)
        counter_add(counters_of(s), COUNT_slot_corrections, 1);
    counter_add(counters_of(s), COUNT_slot_switches, 1);
    watch_end(&s->current);
    watch_move(&s->current, &s->target);
    s->format = viewer_format(s, l);
    s->switched_timestamp = rewrite_timestamp(&s->rewrite, p->view.timestamp);
    transport_tell_slots(s->viewer);
}

/* As which the packet goes: RED where the viewer has that, too. */
static const struct sfu_format *format_for(const struct slot *s, const struct packet *p)
{
    const struct sfu_format *red =
        p->frame.red.primary_at ? transport_format(s->viewer, RTP_CODEC_RED, 0) : NULL;
    return red ? red : s->format;
}

/* Earlier frames in it are from before the switch, when another was heard. */
static bool reaches_back(const struct slot *s, const struct packet *p, const struct rewritten *out)
{
    return ts_diff(out->timestamp - p->frame.red.reach, s->switched_timestamp) < 0;
}

static void compose(const struct slot *s, struct composed *c, uint32_t track, const struct packet *p,
                    const struct rewritten *out)
{
    const struct sfu_format *format = format_for(s, p);
    const struct compose with = {
        .exts = &s->viewer->media.exts,
        .mid = s->reported ? NULL : s->desc.mid,
        .ssrc = s->desc.ssrc,
        .csrc = track,
        .pt = s->format->pt,
        .red_pt = format->codec == RTP_CODEC_RED ? format->pt : 0,
        .primary_only = reaches_back(s, p, out),
        .descriptor = s->format->codec == RTP_CODEC_AV1 || s->format->codec == RTP_CODEC_VP9,
    };
    compose_packet(c, &with, &p->view, &p->frame, p->data, out);
}

/* A packet of the current source. */
static void send_packet(struct slot *s, const struct layer *l, const struct packet *p, uint64_t number,
                        bool talkspurt, uint64_t now_us)
{
    struct sent_packet sent = {.source = l->source, .in_seq = p->view.seq};
    /* Padding is closed over, or fills the hole that its number is by now. */
    if (!p->view.payload_len && rewrite_drop(&s->rewrite, number, &p->frame))
        return;
    bool has_place = s->format && rewrite_packet(&s->rewrite, number, &p->view, &p->frame, &sent.out);
    sent.out.marker |= talkspurt;
    if (!has_place || !sent_note(&s->sent, &sent)) {
        counter_add(counters_of(s), COUNT_drop_slot_late, 1);
        return;
    }
    struct composed c;
    compose(s, &c, l->track->id, p, &sent.out);
    s->packets++;
    s->octets += (uint32_t)(c.patch_len + c.rest_len);
    s->bytes += c.header_len + c.patch_len + c.rest_len;
    rate_add(&s->rate, (uint32_t)(c.header_len + c.patch_len + c.rest_len), now_us);
    transport_send_rtp(s->viewer, &c, sent.out.index, s->desc.kind == RTP_AUDIO ? UDP_AUDIO : UDP_VIDEO,
                       now_us);
}

/* Packets of a key frame that overtook its first one were dropped while the slot waited for that. */
static void send_overtakers(struct slot *s, const struct layer *l, uint64_t number, uint64_t now_us)
{
    for (uint64_t i = number + 1; i <= l->newest; i++) {
        const struct packet *p = history_get(&l->history, i);
        if (p)
            send_packet(s, l, p, i, false, now_us);
    }
}

void slot_forward(struct slot *s, struct layer *l, struct packet *p, uint64_t number, uint64_t now_us)
{
    switch (select_packet(&s->select, l->source, &p->frame)) {
    case SELECT_DROP:
        break;
    case SELECT_FORWARD:
        send_packet(s, l, p, number, false, now_us);
        break;
    case SELECT_SWITCH:
        switch_to(s, l, p, number);
        send_packet(s, l, p, number, s->desc.kind == RTP_AUDIO, now_us); /* RFC 3551, section 4.1 */
        send_overtakers(s, l, number, now_us);
        break;
    }
}

/* --- Retransmission ----------------------------------------------------------------- */

/* A wish for what the window no longer holds: give it more room, for the next time. */
static void widen(struct slot *s, uint16_t seq)
{
    size_t capacity = (s->sent.mask + 1) * 2;
    uint64_t index = seq_extend(s->sent.highest, seq);
    if (index > s->sent.highest || s->sent.highest - index <= s->sent.mask || capacity > SLOT_SENT_MAX)
        return;
    struct sent_packet *ring = malloc(capacity * sizeof(*ring)), *old = s->sent.ring;
    if (!ring)
        return;
    sent_grow(&s->sent, ring, capacity);
    free(old);
}

static bool may_resend(const struct slot *s, const struct sent_packet *sent, uint64_t now_us)
{
    uint32_t rtt_us = s->viewer->rtt_us;
    uint32_t apart_us = rtt_us && rtt_us < SLOT_RESEND_US ? rtt_us : SLOT_RESEND_US;
    uint32_t since_ms = (uint32_t)(now_us / 1000) - sent->resent_ms;
    return sent->resends < SLOT_RESENDS_MAX && (!sent->resends || since_ms >= apart_us / 1000);
}

bool slot_has_rtx(const struct slot *s)
{
    return s->desc.rtx_ssrc && s->format && s->format->rtx_pt && s->current.layer;
}

/* As a retransmission (RFC 4588); returns the bytes that left. */
static size_t send_again(struct slot *s, const struct packet *p, const struct sent_packet *sent,
                         uint64_t now_us)
{
    const struct sfu_format *format = format_for(s, p);
    struct composed c;
    if (!format || !format->rtx_pt)
        return 0;
    compose(s, &c, s->current.layer->track->id, p, &sent->out);
    compose_rtx(&c, s->desc.rtx_ssrc, format->rtx_pt, (uint16_t)s->rtx_index, (uint16_t)sent->out.index);
    return transport_send_rtp(s->viewer, &c, s->rtx_index++, UDP_RTX, now_us);
}

/* The packet sent with that number, where it can be sent again: what came before the last switch is of no use
 * to a decoder that has its key frame. */
static struct packet *sent_before(struct slot *s, uint16_t seq, struct sent_packet **sent)
{
    const struct layer *l = s->current.layer;
    *sent = sent_find(&s->sent, seq);
    if (!*sent || !l || l->source != (*sent)->source)
        return NULL;
    return history_get(&l->history, seq_extend(l->newest, (*sent)->in_seq));
}

bool slot_nacked(struct slot *s, uint16_t seq, uint64_t now_us)
{
    struct sent_packet *sent;
    s->nacked++;
    if (!slot_has_rtx(s))
        return false;
    struct packet *p = sent_before(s, seq, &sent);
    if (!sent)
        widen(s, seq);
    if (!p || !may_resend(s, sent, now_us))
        return false;
    sent->resends++;
    sent->resent_ms = (uint32_t)(now_us / 1000);
    return true;
}

static size_t repeat(struct slot *s, uint16_t seq, uint64_t now_us)
{
    struct sent_packet *sent;
    struct packet *p = slot_has_rtx(s) ? sent_before(s, seq, &sent) : NULL;
    return p ? send_again(s, p, sent, now_us) : 0;
}

size_t slot_resend(struct slot *s, uint16_t seq, uint64_t now_us)
{
    size_t len = repeat(s, seq, now_us);
    s->retransmitted += len > 0;
    return len;
}

/* --- Probes --------------------------------------------------------------------------- */

/* Padding alone, on the SSRC for retransmissions: there it needs no place among the pictures. */
static size_t send_padding(struct slot *s, uint64_t now_us)
{
    const struct compose with = {
        .exts = &s->viewer->media.exts, .ssrc = s->desc.rtx_ssrc, .pt = s->format->rtx_pt};
    const struct rtp_view view = {0};
    const struct frame_info frame = {0};
    const struct rewritten out = {.index = s->rtx_index, .timestamp = s->rewrite.timestamp};
    struct composed c;
    compose_packet(&c, &with, &view, &frame, (const uint8_t *)"", &out);
    compose_padding(&c);
    return transport_send_rtp(s->viewer, &c, s->rtx_index++, UDP_RTX, now_us);
}

void slot_probe(struct slot *s, size_t bytes, uint64_t now_us)
{
    size_t sent = 0;
    for (uint16_t i = 0; sent < bytes && i < SLOT_PROBE_REPEATS; i++)
        sent += repeat(s, (uint16_t)(s->sent.highest - i), now_us);
    for (size_t i = 0; sent < bytes && i < SLOT_PROBE_PADDINGS; i++)
        sent += send_padding(s, now_us);
}
