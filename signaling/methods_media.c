#include "media_stats.h"
#include "methods.h"
#include "server.h"

enum { STATS_MS = 2000 };

/* --- view ----------------------------------------------------------------- */

static enum rpc_code read_view(struct rpc_call *call, const json_t *item, struct sfu_view_slot *view)
{
    struct session *session = call->client->session;
    const char *source = schema_string(item, "source");
    *view = (struct sfu_view_slot){
        .hidden = schema_boolean(item, "hidden", false),
        .width = (uint16_t)schema_integer(item, "width", 0),
        .height = (uint16_t)schema_integer(item, "height", 0),
        .max_fps = (uint8_t)schema_integer(item, "fps", 0),
        .priority = (uint8_t)schema_integer(item, "priority", 0),
        .pin_participant = (uint32_t)schema_integer(item, "pin", 0),
        .pin_source = source && source[0] == 's' ? SFU_SCREEN : SFU_CAMERA,
    };
    if (view->pin_participant && !meeting_session(session->meeting, view->pin_participant))
        return rpc_fail(call, RPC_NO_PARTICIPANT, "nobody of number %u is in the room",
                        view->pin_participant);
    return RPC_OK;
}

/* All entries are read before the first takes effect; those from the first to the last named slot go to the
 * media plane in one message. */
enum rpc_code methods_view(struct rpc_call *call)
{
    struct session *session = call->client->session;
    const json_t *list = json_object_get(call->params, "slots");
    struct media *media = session->media;
    size_t first = SFU_SLOTS_MAX, last = 0;
    if (!media)
        return rpc_fail(call, RPC_NO_SLOT, "no offer was answered yet");
    g_autofree struct sfu_view_slot *views =
        g_memdup2(media->views, media->slot_count * sizeof(*media->views));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        size_t slot = (size_t)schema_integer(item, "slot", 0);
        if (slot >= media->slot_count)
            return rpc_fail(call, RPC_NO_SLOT, "there is no slot %zu", slot);
        enum rpc_code code = read_view(call, item, &views[slot]);
        if (code != RPC_OK)
            return code;
        first = MIN(first, slot);
        last = MAX(last, slot);
    }
    g_free(media->views);
    media->views = g_steal_pointer(&views);
    if (first <= last)
        sfu_view(session->plane->sfu, media->transport, first, media->views + first, last - first + 1);
    return RPC_OK;
}

/* --- publish -------------------------------------------------------------- */

static void change_track(struct session *session, struct session_track *track, const json_t *item)
{
    bool muted = schema_boolean(item, "muted", track->muted);
    const char *name = schema_string(item, "name");
    if (name) {
        g_free(track->name);
        track->name = *name ? g_strdup(name) : NULL;
    }
    if (muted != track->muted && session->media)
        media_mute(session, track->id, muted);
    track->muted = muted;
}

enum rpc_code methods_publish(struct rpc_call *call)
{
    struct session *session = call->client->session;
    const json_t *list = json_object_get(call->params, "tracks");
    for (size_t i = 0; i < json_array_size(list); i++) {
        uint32_t id = (uint32_t)schema_integer(json_array_get(list, i), "track", 0);
        if (!session_track(session, id))
            return rpc_fail(call, RPC_NO_TRACK, "%u is not one of your tracks", id);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        change_track(session, session_track(session, (uint32_t)schema_integer(item, "track", 0)), item);
    }
    if (json_array_size(list) > 0)
        meeting_updated(session->meeting, session);
    return RPC_OK;
}

/* --- stats ---------------------------------------------------------------- */

enum rpc_code methods_stats(struct rpc_call *call)
{
    struct session *session = call->client->session;
    struct server *server = session->server;
    if (!call->id)
        return RPC_OK;
    if (!session->media) {
        call->result = media_stats(NULL);
        return RPC_OK;
    }
    uint64_t cookie = ++server->last_cookie;
    if (!rpc_keep(call, cookie, STATS_MS))
        return rpc_fail(call, RPC_RATE, "too many stats requests wait for an answer");
    sfu_stats(session->plane->sfu, session->media->transport, cookie);
    return RPC_LATER;
}
