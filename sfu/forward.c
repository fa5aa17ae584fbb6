/* What a slot sends (slot.h): the packets of its source, renumbered, and again where the viewer lost them. */
#include "compose.h"
#include "fetch.h"
#include "history.h"
#include "media.h"
#include "seq.h"
#include "slot.h"
#include "track.h"
#include "transport.h"
#include "worker.h"

#include <stdlib.h>

/* --- Forwarding ------------------------------------------------------------------- */

static struct counters *counters_of(const struct slot *s)
{
    return &s->viewer->worker->counters;
}

const struct sfu_format *slot_format(const struct slot *s, const struct layer *l)
{
    return l->format ? media_plays(&s->viewer->media, l->format) : NULL;
}

static uint64_t captured_us(const struct layer *l, const struct packet *p)
{
    return clock_map_to_us(&l->clock, l->track->clock, p->view.timestamp);
}

/* The target's first packet is here: put it behind the stream. */
static void switch_to(struct slot *s, struct layer *l, const struct packet *p, uint64_t number)
{
    uint64_t moved_us = rewrite_switch(&s->stream->rewrite, number, &p->view, captured_us(l, p));
    if (moved_us > SLOT_CORRECTION_US)
        counter_add(counters_of(s), COUNT_slot_corrections, 1);
    counter_add(counters_of(s), COUNT_slot_switches, 1);
    watch_end(&s->current);
    watch_move(&s->current, &s->target);
    s->drain_us = 0;
    s->format = slot_format(s, l);
    s->switched_timestamp = rewrite_timestamp(&s->stream->rewrite, p->view.timestamp);
    transport_tell_slots(s->viewer);
}

/* As which it goes: sound as RED where the viewer has that. */
static const struct sfu_format *format_for(const struct slot *s)
{
    const struct sfu_format *red =
        s->desc.kind == RTP_AUDIO ? media_format(&s->viewer->media, RTP_CODEC_RED, 0) : NULL;
    return red ? red : s->format;
}

/* Earlier frames in it are from before the switch, when another was heard. */
static bool reaches_back(const struct slot *s, const struct packet *p, const struct rewritten *out)
{
    return ts_diff(out->timestamp - p->frame.red.reach, s->switched_timestamp) < 0;
}

/* The frame before, if it was sent since the switch: what is no RED becomes it by that. */
static struct compose_earlier earlier_than(const struct slot *s, const struct layer *l,
                                           const struct packet *p, const struct rewritten *out)
{
    const struct packet *before = history_get(&l->history, seq_extend(l->newest, p->view.seq) - 1);
    uint32_t offset = before ? p->view.timestamp - before->view.timestamp : 0;
    if (!offset || offset > RED_OFFSET_MAX || ts_diff(out->timestamp - offset, s->switched_timestamp) < 0)
        return (struct compose_earlier){0};
    uint16_t head = before->frame.red.primary_at;
    return (struct compose_earlier){
        .data = before->data + before->view.payload + head,
        .len = (uint16_t)(before->view.payload_len - head),
        .offset = (uint16_t)offset,
    };
}

/* What is sent of a packet that only fills a hole. */
static const struct frame_info no_frame = {.picture_id = FRAME_NO_PICTURE_ID, .tl0_pic_idx = FRAME_NO_TL0};
static const struct rtp_view no_payload;

/* An SSRC may be unknown to the viewer until it has reported on it; on that for retransmissions it never
 * does. The answer tells both, but Firefox, once a packet of a medium had a mid, knows no SSRC there without.
 */
static const char *mid_for(const struct slot *s, bool again)
{
    return again || !s->reported ? s->desc.mid : NULL;
}

static void compose(const struct slot *s, struct composed *c, const struct layer *l, const struct packet *p,
                    const struct sent_packet *sent, bool again)
{
    const struct sfu_format *format = format_for(s);
    struct compose with = {
        .exts = &s->viewer->media.exts,
        .mid = mid_for(s, again),
        .ssrc = s->desc.ssrc,
        .csrc = l->track->id,
        .pt = s->format->pt,
        .red_pt = format->codec == RTP_CODEC_RED ? format->pt : 0,
        .primary_only = reaches_back(s, p, &sent->out),
        .descriptor = s->format->codec == RTP_CODEC_AV1 || s->format->codec == RTP_CODEC_VP9,
    };
    if (sent->empty)
        with.red_pt = 0;
    else if (with.red_pt)
        with.earlier = earlier_than(s, l, p, &sent->out);
    if (sent->empty)
        compose_packet(c, &with, &no_payload, &no_frame, p->data, &sent->out);
    else
        compose_packet(c, &with, &p->view, &p->frame, p->data, &sent->out);
}

/* The numbers that a packet of the current source leaves with. */
static bool number_packet(struct slot *s, const struct packet *p, uint64_t number, bool marker,
                          struct sent_packet *sent)
{
    const struct rtp_view empty = {.timestamp = p->view.timestamp};
    if (sent->empty)
        return rewrite_packet(&s->stream->rewrite, number, &empty, &no_frame, false, &sent->out);
    return rewrite_packet(&s->stream->rewrite, number, &p->view, &p->frame, marker, &sent->out);
}

/* The window holds twice as much, up to SLOT_SENT_MAX: eight times in the slot's life at most. Without memory
 * it stays as it is. */
static void widen(struct slot *s)
{
    struct sent *sent = &s->stream->sent;
    size_t capacity = (sent->mask + 1) * 2;
    struct sent_packet *old = sent->ring;
    struct sent_packet *ring = capacity <= SLOT_SENT_MAX ? malloc(capacity * sizeof(*ring)) : NULL;
    if (!ring)
        return;
    sent_grow(sent, ring, capacity);
    free(old);
}

static bool note_sent(struct slot *s, const struct sent_packet *sent)
{
    uint32_t keep_ms = SLOT_SENT_MS + s->viewer->rtt_us / 1000;
    if (sent_crowded(&s->stream->sent, sent->out.index, sent->sent_ms, keep_ms))
        widen(s);
    return sent_note(&s->stream->sent, sent);
}

static void send_packet(struct slot *s, const struct layer *l, const struct batch_packet *b, bool marker,
                        bool empty, uint64_t now_us)
{
    const struct packet *p = b->packet;
    struct sent_packet sent = {
        .source = l->source, .in_seq = p->view.seq, .empty = empty, .sent_ms = (uint32_t)(now_us / 1000)};
    bool has_place = s->format && number_packet(s, p, b->number, marker, &sent);
    if (!has_place || !note_sent(s, &sent)) {
        counter_add(counters_of(s), COUNT_drop_slot_late, 1);
        return;
    }
    struct composed c;
    compose(s, &c, l, p, &sent, false);
    s->packets++;
    s->octets += (uint32_t)(c.patch_len + c.rest_len);
    if (b->pad && !empty)
        compose_pad(&c);
    s->bytes += c.header_len + c.patch_len + c.rest_len;
    rate_add(&s->rate, (uint32_t)(c.header_len + c.patch_len + c.rest_len), now_us);
    transport_send_rtp(s->viewer, &c, sent.out.index, s->desc.kind == RTP_AUDIO ? UDP_AUDIO : UDP_VIDEO,
                       now_us);
}

/* Numbering closes over what is left out, padding too; where newer packets have gone out it fills the hole
 * that its number is by now, so that nobody asks for it. */
static void leave_out(struct slot *s, const struct layer *l, const struct batch_packet *b, uint64_t from,
                      uint64_t now_us)
{
    if (!rewrite_drop(&s->stream->rewrite, from, b->number, &b->packet->frame))
        send_packet(s, l, b, false, true, now_us);
}

/* True where it was the first packet of a new source. */
static bool forward(struct slot *s, struct layer *l, const struct batch_packet *b, uint64_t now_us)
{
    const struct packet *p = b->packet;
    uint64_t number = b->number;
    struct selected how;
    enum select_verdict verdict =
        select_packet(&s->stream->select, l->source, number, &p->view, &p->frame, &how);
    if (verdict == SELECT_DROP)
        return false;
    if (verdict == SELECT_SWITCH) {
        switch_to(s, l, p, number);
        how.marker |= s->desc.kind == RTP_AUDIO; /* RFC 3551, section 4.1 */
    }
    if (verdict == SELECT_SKIP || !p->view.payload_len)
        leave_out(s, l, b, how.from, now_us);
    else
        send_packet(s, l, b, how.marker, false, now_us);
    if (p->frame.start && select_wants_key(&s->stream->select))
        layer_want_key(l);
    return verdict == SELECT_SWITCH;
}

/* The entries of a window that the next packets get: most of a frame's. */
enum { FETCH_SENT = 4 };

static void fetch_entries(const struct slot_stream *stream)
{
    const struct sent *sent = &stream->sent;
    const struct frames_entry *newest = frames_newest(&stream->select.frames);
    fetch(&sent->ring[(sent->highest + 1) & sent->mask], FETCH_SENT * sizeof(*sent->ring));
    if (newest)
        fetch(newest, sizeof(*newest));
}

void slot_fetch(const struct slot *s, unsigned step)
{
    if (step == 0) {
        fetch(s, sizeof(*s));
        return;
    }
    transport_fetch(s->viewer, step);
    if (!s->stream)
        return;
    if (step == 1) {
        fetch(s->stream, offsetof(struct slot_stream, select.frames.ring));
        fetch(&s->stream->rewrite, offsetof(struct rewrite, drops));
    } else if (step == 2) {
        fetch_entries(s->stream);
    }
}

void slot_forward(struct slot *s, struct layer *l, const struct batch_packet *p, uint64_t now_us)
{
    if (!forward(s, l, p, now_us))
        return;
    /* Packets of a key frame that overtook its first one were dropped while the slot waited for that. */
    for (uint64_t i = p->number + 1; i <= p->newest; i++) {
        const struct batch_packet next = {history_get(&l->history, i), i, p->newest, false};
        if (next.packet)
            forward(s, l, &next, now_us);
    }
}

bool slot_start_cached(struct slot *s, struct layer *l, uint64_t now_us)
{
    if (!layer_has_fresh_key(l))
        return false;
    uint64_t bytes = 0;
    for (uint64_t i = l->key_number; i <= l->newest; i++)
        bytes += history_get(&l->history, i)->len;
    if (bytes * 8000 > (uint64_t)estimator_target_bps(&s->viewer->bandwidth->estimator) * SLOT_CACHED_MS)
        return false;
    const struct batch_packet key = {history_get(&l->history, l->key_number), l->key_number, l->newest,
                                     false};
    if (rewrite_behind(&s->stream->rewrite, captured_us(l, key.packet)) > SLOT_CORRECTION_US)
        return false;
    slot_forward(s, l, &key, now_us);
    return true;
}

/* --- Retransmission ----------------------------------------------------------------- */

/* A wish for what the window no longer holds: give it more room, for the next time. */
static void note_missed(struct slot *s, uint16_t seq)
{
    const struct sent *sent = &s->stream->sent;
    uint64_t index = seq_extend(sent->highest, seq);
    if (index <= sent->highest && sent->highest - index > sent->mask)
        widen(s);
}

static bool may_resend(const struct slot *s, const struct sent_packet *sent, uint64_t now_us)
{
    uint32_t rtt_us = s->viewer->rtt_us;
    uint32_t apart_us = rtt_us && rtt_us < SLOT_RESEND_US ? rtt_us : SLOT_RESEND_US;
    uint32_t since_ms = (uint32_t)(now_us / 1000) - sent->sent_ms;
    return sent->resends < SLOT_RESENDS_MAX && (!sent->resends || since_ms >= apart_us / 1000);
}

/* Whether something of what it shows can be sent again. */
static bool has_rtx(const struct slot *s)
{
    return s->desc.rtx_ssrc && s->format && s->format->rtx_pt && s->current.layer;
}

/* As a retransmission (RFC 4588); returns the bytes that left. */
static size_t send_again(struct slot *s, const struct packet *p, const struct sent_packet *sent,
                         uint64_t now_us)
{
    const struct sfu_format *format = format_for(s);
    struct composed c;
    if (!format || !format->rtx_pt)
        return 0;
    compose(s, &c, s->current.layer, p, sent, true);
    compose_rtx(&c, s->desc.rtx_ssrc, format->rtx_pt, (uint16_t)s->rtx_index, (uint16_t)sent->out.index);
    return transport_send_rtp(s->viewer, &c, s->rtx_index++, UDP_RTX, now_us);
}

/* The packet sent with that number, where it can be sent again: what came before the last switch is of no use
 * to a decoder that has its key frame. */
static struct packet *sent_before(struct slot *s, uint16_t seq, struct sent_packet **sent)
{
    const struct layer *l = s->current.layer;
    *sent = sent_find(&s->stream->sent, seq);
    if (!*sent || !l || l->source != (*sent)->source)
        return NULL;
    return history_get(&l->history, seq_extend(l->newest, (*sent)->in_seq));
}

bool slot_nacked(struct slot *s, uint16_t seq, uint64_t now_us)
{
    struct sent_packet *sent;
    s->nacked++;
    if (!has_rtx(s))
        return false;
    struct packet *p = sent_before(s, seq, &sent);
    if (!sent)
        note_missed(s, seq);
    if (!p || !may_resend(s, sent, now_us))
        return false;
    sent->resends++;
    sent->sent_ms = (uint32_t)(now_us / 1000);
    return true;
}

static size_t repeat(struct slot *s, uint16_t seq, uint64_t now_us)
{
    struct sent_packet *sent;
    struct packet *p = has_rtx(s) ? sent_before(s, seq, &sent) : NULL;
    return p ? send_again(s, p, sent, now_us) : 0;
}

size_t slot_resend(struct slot *s, uint16_t seq, uint64_t now_us)
{
    size_t len = repeat(s, seq, now_us);
    s->retransmitted += len > 0;
    return len;
}

/* --- Probes --------------------------------------------------------------------------- */

/* As which padding goes on the SSRC for retransmissions, 0 = not: any video format's will do, for there is
 * nothing to decode in it. */
static uint8_t padding_pt(const struct slot *s)
{
    const struct sfu_media_desc *media = &s->viewer->media;
    if (s->desc.kind != RTP_VIDEO || !s->desc.rtx_ssrc)
        return 0;
    if (s->format && s->format->rtx_pt)
        return s->format->rtx_pt;
    for (size_t i = 0; i < media->format_count; i++) {
        if (rtp_codecs[media->formats[i].codec].kind == RTP_VIDEO && media->formats[i].rtx_pt)
            return media->formats[i].rtx_pt;
    }
    return 0;
}

bool slot_can_probe(const struct slot *s)
{
    return !s->desc.stopped && padding_pt(s) != 0;
}

/* Padding alone, on the SSRC for retransmissions: there it needs no place among the pictures. */
static size_t send_padding(struct slot *s, uint64_t now_us)
{
    const struct compose with = {.exts = &s->viewer->media.exts,
                                 .mid = mid_for(s, true),
                                 .ssrc = s->desc.rtx_ssrc,
                                 .pt = padding_pt(s)};
    const struct rtp_view view = {0};
    const struct frame_info frame = {0};
    const struct rewritten out = {.index = s->rtx_index, .timestamp = s->stream->rewrite.timestamp};
    struct composed c;
    compose_packet(&c, &with, &view, &frame, (const uint8_t *)"", &out);
    compose_padding(&c);
    return transport_send_rtp(s->viewer, &c, s->rtx_index++, UDP_RTX, now_us);
}

void slot_probe(struct slot *s, size_t bytes, uint64_t now_us)
{
    size_t sent = 0;
    if (slot_make_stream(s) != 0)
        return;
    for (uint16_t i = 0; sent + SLOT_PROBE_REPEAT <= bytes && i < SLOT_PROBE_REPEATS; i++)
        sent += repeat(s, (uint16_t)(s->stream->sent.highest - i), now_us);
    for (size_t i = 0; sent < bytes && i < SLOT_PROBE_PADDINGS; i++)
        sent += send_padding(s, now_us);
}
