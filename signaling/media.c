#include "media.h"

#include "log.h"
#include "meeting.h"
#include "server.h"

static const char *const gone_names[] = {
    [SFU_GONE_CLOSED] = "closed", [SFU_GONE_TIMEOUT] = "timeout", [SFU_GONE_HANDSHAKE] = "handshake",
    [SFU_GONE_DTLS] = "dtls",     [SFU_GONE_PEER] = "peer",       [SFU_GONE_SHUTDOWN] = "closed",
};

static const char *const why_names[SFU_WHY_COUNT] = {
    [SFU_WHY_FILLED] = "filled", [SFU_WHY_EMPTY] = "empty",       [SFU_WHY_HIDDEN] = "hidden",
    [SFU_WHY_MUTED] = "muted",   [SFU_WHY_NO_CODEC] = "no codec", [SFU_WHY_NO_LAYER] = "no layer",
};

static void forget(struct session *session)
{
    g_hash_table_remove(session->server->transports, &session->media->transport);
    g_clear_pointer(&session->media, g_free);
}

void media_leave(struct session *session)
{
    if (!session->media)
        return;
    sfu_leave(session->server->sfu, session->media->transport);
    forget(session);
}

void media_connected(struct session *session)
{
    log_info(session->meeting->name, session->participant, "media connected");
    session->media->connected = true;
    session_tell(session, "media", json_pack("{s:s}", "state", "connected"));
}

void media_gone(struct session *session, enum sfu_gone why)
{
    log_info(session->meeting->name, session->participant, "media gone: %s", gone_names[why]);
    forget(session);
    if (!session->client && why == SFU_GONE_PEER) {
        /* A page that was closed, and its WebSocket's close frame got lost: nobody will resume. */
        session_end(session, "left");
        return;
    }
    session_tell(session, "media", json_pack("{s:s, s:s}", "state", "gone", "reason", gone_names[why]));
    if (session->track_count == 0)
        return;
    session_clear_tracks(session);
    meeting_updated(session->meeting, session);
}

/* The owner and the track are null where nothing is shown, or where they have left meanwhile. */
static json_t *slot_json(const struct session *session, const struct sfu_slot_event *slot)
{
    struct session *owner = slot->track ? meeting_session(session->meeting, slot->participant) : NULL;
    const struct session_track *track = owner ? session_track(owner, slot->track) : NULL;
    json_t *json = json_pack("{s:i, s:s, s:I, s:n, s:n, s:n, s:n}", "slot", (int)slot->slot, "why",
                             why_names[slot->why < SFU_WHY_COUNT ? slot->why : SFU_WHY_EMPTY], "timestamp",
                             (json_int_t)slot->rtp_timestamp, "track", "participant", "name", "source");
    if (!track)
        return json;
    json_object_set_new(json, "track", json_integer(slot->track));
    json_object_set_new(json, "participant", json_integer(slot->participant));
    json_object_set_new(json, "name", json_string(owner->name));
    json_object_set_new(json, "source", json_string(session_source_name(track->source)));
    return json;
}

static void tell_slots(struct session *session, const struct sfu_slot_event *slots, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, slot_json(session, &slots[i]));
    session_tell(session, "slots", json_pack("{s:o}", "slots", list));
}

void media_slots(struct session *session, const struct sfu_slot_event *slots, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slots[i].slot < SFU_SLOTS_MAX)
            session->media->shown[slots[i].slot] = slots[i];
    tell_slots(session, slots, count);
}

void media_tell_state(struct session *session)
{
    const struct media *media = session->media;
    tell_slots(session, media ? media->shown : NULL, media ? media->desc.media.slot_count : 0);
    if (media && media->connected)
        session_tell(session, "media", json_pack("{s:s}", "state", "connected"));
    else if (!media)
        session_tell(session, "media", json_pack("{s:s, s:s}", "state", "gone", "reason", "closed"));
}

/* --- stats ---------------------------------------------------------------- */

static json_t *layer_json(const struct sfu_layer_stats *layer)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:f, s:i, s:i, s:I, s:I}", "ssrc", (json_int_t)layer->ssrc,
                     "bitrate", (json_int_t)layer->bitrate, "packets", (json_int_t)layer->packets, "bytes",
                     (json_int_t)layer->bytes, "lost", (json_int_t)layer->lost, "jitter",
                     layer->jitter_us / 1000.0, "width", (int)layer->width, "height", (int)layer->height,
                     "nacks", (json_int_t)layer->nacks, "plis", (json_int_t)layer->plis);
}

static json_t *track_json(const struct sfu_track_stats *track)
{
    json_t *layers = json_array();
    for (size_t i = 0; i < track->layer_count && i < SFU_LAYERS_MAX; i++)
        json_array_append_new(layers, layer_json(&track->layers[i]));
    return json_pack("{s:I, s:s, s:s?, s:o}", "track", (json_int_t)track->id, "source",
                     session_source_name(track->source), "codec", rtp_codecs[track->codec].name, "layers",
                     layers);
}

static json_t *slot_stats_json(size_t index, const struct sfu_slot_stats *slot)
{
    json_t *json = json_pack("{s:i, s:I, s:n, s:n, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "slot",
                             (int)index, "ssrc", (json_int_t)slot->ssrc, "track", "layer", "why",
                             why_names[slot->why < SFU_WHY_COUNT ? slot->why : SFU_WHY_EMPTY], "bitrate",
                             (json_int_t)slot->bitrate, "packets", (json_int_t)slot->packets, "bytes",
                             (json_int_t)slot->bytes, "lost", (json_int_t)slot->lost, "retransmitted",
                             (json_int_t)slot->retransmitted, "nacked", (json_int_t)slot->nacked, "plis",
                             (json_int_t)slot->plis);
    if (slot->track)
        json_object_set_new(json, "track", json_integer(slot->track));
    if (slot->layer >= 0)
        json_object_set_new(json, "layer", json_integer(slot->layer));
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
    return json_pack("{s:f, s:s, s:I, s:I, s:I, s:I, s:o, s:o}", "rtt", stats->rtt_us / 1000.0, "srtp",
                     stats->srtp_profile, "packets_in", (json_int_t)stats->packets_in, "bytes_in",
                     (json_int_t)stats->bytes_in, "packets_out", (json_int_t)stats->packets_out, "bytes_out",
                     (json_int_t)stats->bytes_out, "tracks", tracks, "slots", slots);
}
