#include "media_stats.h"

#include "media.h"
#include "session.h"

static json_t *layer_json(const struct sfu_layer_stats *layer)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:f, s:i, s:i, s:I, s:I, s:b}", "ssrc",
                     (json_int_t)layer->ssrc, "bitrate", (json_int_t)layer->bitrate, "packets",
                     (json_int_t)layer->packets, "bytes", (json_int_t)layer->bytes, "lost",
                     (json_int_t)layer->lost, "jitter", layer->jitter_us / 1000.0, "width", (int)layer->width,
                     "height", (int)layer->height, "nacks", (json_int_t)layer->nacks, "plis",
                     (json_int_t)layer->plis, "wanted", layer->wanted);
}

static json_t *track_json(const struct sfu_track_stats *track)
{
    json_t *layers = json_array();
    for (size_t i = 0; i < track->layer_count && i < SFU_LAYERS_MAX; i++)
        json_array_append_new(layers, layer_json(&track->layers[i]));
    return json_pack("{s:I, s:s, s:s?, s:o}", "track", (json_int_t)track->id, "source",
                     session_sources[track->source], "codec", rtp_codecs[track->codec].name, "layers",
                     layers);
}

static void set_layer(json_t *json, const char *key, int8_t layer)
{
    json_object_set_new(json, key, layer >= 0 ? json_integer(layer) : json_null());
}

static json_t *slot_stats_json(size_t index, const struct sfu_slot_stats *slot)
{
    json_t *json =
        json_pack("{s:i, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:I, s:I, s:I, s:i, s:i}", "slot",
                  (int)index, "ssrc", (json_int_t)slot->ssrc, "why", media_why(slot->why), "bitrate",
                  (json_int_t)slot->bitrate, "allotted", (json_int_t)slot->allotted, "packets",
                  (json_int_t)slot->packets, "bytes", (json_int_t)slot->bytes, "lost", (json_int_t)slot->lost,
                  "loss", slot->loss / 256.0, "jitter", slot->jitter_us / 1000.0, "retransmitted",
                  (json_int_t)slot->retransmitted, "nacked", (json_int_t)slot->nacked, "plis",
                  (json_int_t)slot->plis, "width", (int)slot->width, "height", (int)slot->height);
    json_object_set_new(json, "track", slot->track ? json_integer(slot->track) : json_null());
    set_layer(json, "layer", slot->layer);
    set_layer(json, "target", slot->target);
    set_layer(json, "temporal", slot->temporal);
    return json;
}

json_t *media_stats(const struct sfu_transport_stats *stats)
{
    static const struct sfu_transport_stats none = {.srtp_profile = ""};
    json_t *tracks = json_array(), *slots = json_array();
    if (!stats)
        stats = &none;
    for (size_t i = 0; i < stats->track_count && i < SFU_TRACKS_MAX; i++)
        json_array_append_new(tracks, track_json(&stats->tracks[i]));
    for (size_t i = 0; i < stats->slot_count && i < SFU_SLOTS_MAX; i++)
        json_array_append_new(slots, slot_stats_json(i, &stats->slots[i]));
    return json_pack("{s:f, s:I, s:I, s:I, s:s, s:I, s:I, s:I, s:I, s:o, s:o}", "rtt", stats->rtt_us / 1000.0,
                     "estimate", (json_int_t)stats->estimate, "allotted", (json_int_t)stats->allotted, "remb",
                     (json_int_t)stats->remb, "srtp", stats->srtp_profile, "packets_in",
                     (json_int_t)stats->packets_in, "bytes_in", (json_int_t)stats->bytes_in, "packets_out",
                     (json_int_t)stats->packets_out, "bytes_out", (json_int_t)stats->bytes_out, "tracks",
                     tracks, "slots", slots);
}
