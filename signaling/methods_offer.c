#include "methods.h"
#include "server.h"

#include <string.h>

static enum sfu_source source_of(const char *name)
{
    size_t source = 0;
    while (source + 1 < SFU_SOURCE_COUNT && strcmp(session_sources[source], name) != 0)
        source++;
    return (enum sfu_source)source;
}

/* A track that the request does not mention as muted keeps its state, or starts unmuted. */
static bool was_muted(const struct sfu_media_desc *before, const char *mid)
{
    for (size_t i = 0; i < before->track_count; i++)
        if (strcmp(before->tracks[i].mid, mid) == 0)
            return before->tracks[i].muted;
    return false;
}

static void read_naming(const struct sfu_media_desc *before, const json_t *tracks,
                        struct media_naming *naming)
{
    *naming = (struct media_naming){.count = json_array_size(tracks)};
    for (size_t i = 0; i < naming->count; i++) {
        const json_t *item = json_array_get(tracks, i);
        struct answer_source *source = &naming->sources[i];
        g_strlcpy(source->mid, schema_string(item, "mid"), sizeof(source->mid));
        source->source = source_of(schema_string(item, "source"));
        source->muted = schema_boolean(item, "muted", was_muted(before, source->mid));
        naming->names[i] = schema_string(item, "name");
    }
}

static const char *kind_name(enum rtp_kind kind)
{
    return kind == RTP_AUDIO ? "audio" : "video";
}

static json_t *result_of(const struct sfu_media_desc *media, const char *sdp)
{
    json_t *tracks = json_array(), *slots = json_array();
    for (size_t i = 0; i < media->track_count; i++) {
        const struct sfu_track_desc *track = &media->tracks[i];
        json_array_append_new(
            tracks, json_pack("{s:s, s:I, s:s, s:s}", "mid", track->mid, "track", (json_int_t)track->id,
                              "source", session_sources[track->source], "kind", kind_name(track->kind)));
    }
    for (size_t i = 0; i < media->slot_count; i++) {
        const struct sfu_slot_desc *slot = &media->slots[i];
        json_array_append_new(slots,
                              json_pack("{s:i, s:s, s:s, s:I}", "slot", (int)i, "mid", slot->mid, "kind",
                                        kind_name(slot->kind), "ssrc", (json_int_t)slot->ssrc));
    }
    return json_pack("{s:s, s:o, s:o}", "sdp", sdp, "tracks", tracks, "slots", slots);
}

enum rpc_code methods_offer(struct rpc_call *call)
{
    struct session *session = call->client->session;
    struct media_naming naming;
    char err[SDP_ERROR_MAX];
    g_autofree char *answer = NULL;
    g_autofree struct answer_state *before = media_settled(session->media);
    read_naming(&before->desc.media, json_object_get(call->params, "tracks"), &naming);
    int result = media_offer(session, schema_string(call->params, "sdp"), &naming, &answer, err);
    if (result < 0)
        return rpc_fail(call, RPC_SDP, "%s", err);
    if (result > 0)
        meeting_updated(session->meeting, session);
    g_autofree struct answer_state *now = media_settled(session->media);
    call->result = result_of(&now->desc.media, answer);
    return RPC_OK;
}
