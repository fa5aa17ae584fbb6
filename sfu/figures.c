/* What a transport tells of itself (transport.h, transport_stats). */
#include "bandwidth.h"
#include "slot.h"
#include "track.h"
#include "transport.h"

static void track_stats(const struct track *track, struct sfu_track_stats *out, uint64_t now_us)
{
    *out = (struct sfu_track_stats){.id = track->id, .kind = track->kind, .source = track->source};
    for (uint8_t i = 0; i < track->layer_count; i++) {
        const struct layer *l = &track->layers[track->order[i]];
        if (l->format)
            out->codec = l->format->codec;
        int64_t lost = receive_stats_lost(&l->stats);
        out->layers[out->layer_count++] = (struct sfu_layer_stats){
            .ssrc = l->stats.ssrc,
            .packets = l->stats.packets,
            .bytes = l->stats.bytes,
            .lost = lost > 0 ? (uint32_t)lost : 0,
            .nacks = l->nacks_sent,
            .plis = l->plis_sent,
            .jitter_us = receive_stats_jitter_us(&l->stats),
            .bitrate = rate_bps(&l->stats.rate, now_us),
            .width = l->width,
            .height = l->height,
            .wanted = track->demand.told & 1u << l->index,
        };
    }
}

/* What the slot forwards of its current layer. */
static void add_forwarded(const struct slot *s, struct sfu_slot_stats *out)
{
    const struct layer *l = s->current.layer;
    if (!l)
        return;
    uint8_t point = select_point(&s->stream->select);
    bool simulcast = l->track->layer_count > 1, spatial = !simulcast && l->spatial_count > 1;
    uint8_t sid = point == POINTS_NONE ? 0 : point_sid(point);
    uint8_t below_best = spatial && sid < l->spatial_count ? (uint8_t)(l->spatial_count - 1 - sid) : 0;
    out->layer = (int8_t)(simulcast ? l->quality : sid);
    out->temporal = point == POINTS_NONE ? -1 : (int8_t)point_tid(point);
    out->width = l->width >> below_best;
    out->height = l->height >> below_best;
}

/* What it is to have. */
static void add_target(const struct slot *s, struct sfu_slot_stats *out, uint64_t now_us)
{
    uint8_t count;
    if (!s->aimed || slot_hidden(s))
        return;
    uint8_t layer = s->holder->layer_count > 1 ? s->aim.layer : s->aim.sid;
    out->target = (int8_t)layer;
    if (s->desc.kind == RTP_AUDIO) {
        out->allotted = rate_bps(&s->rate, now_us);
        return;
    }
    const struct allocate_step *steps = track_steps(s->holder, &count, now_us);
    for (uint8_t i = 0; i < count; i++) {
        if (steps[i].layer == layer && steps[i].tid <= s->aim.tid)
            out->allotted = steps[i].bps;
    }
}

static struct sfu_slot_stats slot_stats(const struct slot *s, uint64_t now_us)
{
    struct sfu_slot_event e = slot_describe(s, now_us);
    uint32_t clock_rate = rtp_codecs[s->desc.kind == RTP_VIDEO ? RTP_CODEC_VP8 : RTP_CODEC_OPUS].clock_rate;
    struct sfu_slot_stats stats = {
        .track = e.track,
        .ssrc = s->desc.ssrc,
        .layer = -1,
        .target = -1,
        .temporal = -1,
        .why = e.why,
        .packets = s->packets,
        .bytes = s->bytes,
        .retransmitted = s->retransmitted,
        .nacked = s->nacked,
        .plis = s->plis,
        .lost = s->reported_lost > 0 ? (uint32_t)s->reported_lost : 0,
        .loss = s->reported_loss,
        .jitter_us = (uint32_t)(s->reported_jitter * UINT64_C(1000000) / clock_rate),
        .bitrate = rate_bps(&s->rate, now_us),
    };
    add_forwarded(s, &stats);
    add_target(s, &stats, now_us);
    return stats;
}

void transport_stats(const struct transport *t, struct sfu_transport_stats *out, uint64_t now_us)
{
    *out = (struct sfu_transport_stats){
        .transport = t->id,
        .rtt_us = t->rtt_us,
        .estimate = t->bandwidth ? estimator_target_bps(&t->bandwidth->estimator) : 0,
        .remb = t->arrival.estimate ? t->arrival.estimate->told_bps : 0,
        .srtp_profile = t->connection.profile,
        .packets_in = t->packets_in,
        .bytes_in = t->bytes_in,
        .packets_out = t->packets_out,
        .bytes_out = t->bytes_out,
    };
    for (size_t i = 0; i < SFU_TRACKS_MAX; i++) {
        if (t->tracks[i])
            track_stats(t->tracks[i], &out->tracks[out->track_count++], now_us);
    }
    for (size_t i = 0; i < t->slot_count; i++) {
        const struct sfu_slot_stats *slot = &out->slots[out->slot_count++];
        out->slots[i] = slot_stats(t->slots[i], now_us);
        out->allotted += slot->allotted;
    }
}
