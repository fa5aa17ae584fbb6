/* What a transport tells of itself (transport.h, transport_stats). */
#include "bandwidth.h"
#include "slot.h"
#include "track.h"
#include "transport.h"

static void track_stats(const struct track *track, struct sfu_track_stats *out, uint64_t now_us)
{
    *out = (struct sfu_track_stats){.id = track->id, .kind = track->kind, .source = track->source};
    for (uint8_t i = 0; i < track->layer_count; i++) {
        const struct layer *l = &track->layers[i];
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
        };
    }
}

static struct sfu_slot_stats slot_stats(const struct slot *s, uint64_t now_us)
{
    struct sfu_slot_event e = slot_describe(s, now_us);
    return (struct sfu_slot_stats){
        .track = e.track,
        .ssrc = s->desc.ssrc,
        .layer = s->current.layer ? (int8_t)s->current.layer->index : -1,
        .why = e.why,
        .packets = s->packets,
        .bytes = s->bytes,
        .retransmitted = s->retransmitted,
        .nacked = s->nacked,
        .plis = s->plis,
        .lost = s->reported_lost > 0 ? (uint32_t)s->reported_lost : 0,
        .bitrate = rate_bps(&s->rate, now_us),
    };
}

void transport_stats(const struct transport *t, struct sfu_transport_stats *out, uint64_t now_us)
{
    *out = (struct sfu_transport_stats){
        .transport = t->id,
        .rtt_us = t->rtt_us,
        .estimate = t->bandwidth ? estimator_target_bps(&t->bandwidth->estimator) : 0,
        .srtp_profile = t->profile,
        .packets_in = t->packets_in,
        .bytes_in = t->bytes_in,
        .packets_out = t->packets_out,
        .bytes_out = t->bytes_out,
    };
    for (size_t i = 0; i < SFU_TRACKS_MAX; i++) {
        if (t->tracks[i])
            track_stats(t->tracks[i], &out->tracks[out->track_count++], now_us);
    }
    for (size_t i = 0; i < t->slot_count; i++)
        out->slots[out->slot_count++] = slot_stats(t->slots[i], now_us);
}
