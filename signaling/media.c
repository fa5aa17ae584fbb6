#include "media.h"

#include "log.h"
#include "meeting.h"
#include "sparse.h"

#include <jansson.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

static const char *const gone_names[] = {
    [SFU_GONE_CLOSED] = "closed", [SFU_GONE_TIMEOUT] = "timeout", [SFU_GONE_HANDSHAKE] = "handshake",
    [SFU_GONE_DTLS] = "dtls",     [SFU_GONE_PEER] = "peer",       [SFU_GONE_SHUTDOWN] = "closed",
};

const char *media_why(enum sfu_why why)
{
    static const char *const names[SFU_WHY_COUNT] = {
        [SFU_WHY_FILLED] = "filled",       [SFU_WHY_EMPTY] = "empty",       [SFU_WHY_HIDDEN] = "hidden",
        [SFU_WHY_MUTED] = "muted",         [SFU_WHY_NO_CODEC] = "no codec", [SFU_WHY_NO_LAYER] = "no layer",
        [SFU_WHY_BANDWIDTH] = "bandwidth", [SFU_WHY_OVERLOAD] = "overload",
    };
    return names[why < SFU_WHY_COUNT ? why : SFU_WHY_EMPTY];
}

static void media_free(struct media *media)
{
    g_free(media->answer);
    g_free(media->views);
    g_free(media->shown);
    g_free(media);
}

static void forget(struct session *session)
{
    g_hash_table_remove(session->plane->transports, &session->media->transport);
    g_clear_pointer(&session->media, media_free);
}

struct answer_state *media_settled(const struct media *media)
{
    struct answer_state *state = g_new0(struct answer_state, 1);
    if (media && media->answer)
        sparse_read(media->answer, state, sizeof(*state));
    return state;
}

static void settle(struct media *media, const struct answer_state *state)
{
    g_free(media->answer);
    media->answer = sparse_new(state, sizeof(*state));
}

void media_leave(struct session *session)
{
    if (!session->media)
        return;
    sfu_leave(session->plane->sfu, session->media->transport);
    forget(session);
}

/* --- offers ----------------------------------------------------------------- */

static void random_bytes(void *arg, void *out, size_t len)
{
    (void)arg;
    /* Fails only where the system has no entropy, and then nothing that is secret may be made. */
    if (RAND_bytes(out, (int)len) != 1)
        abort();
}

static uint32_t next_track(void *arg)
{
    struct meeting *meeting = arg;
    meeting->last_track += meeting->last_track == UINT32_MAX ? 2 : 1; /* never 0 */
    return meeting->last_track;
}

static void configure(struct answer_config *config, const struct session *session)
{
    const struct conf *conf = session->plane->conf;
    struct sfu *sfu = session->plane->sfu;
    *config = (struct answer_config){
        .red = conf->room.red,
        .only_sends = session->way == SESSION_WHIP,
        .only_receives = session->way == SESSION_WHEP,
        .fingerprint = *sfu_our_fingerprint(sfu),
        .random = random_bytes,
        .track_id = next_track,
        .arg = session->meeting,
    };
    config->audio_count = answer_codec_list(conf->room.audio_codecs, RTP_AUDIO, config->audio);
    config->video_count = answer_codec_list(conf->room.video_codecs, RTP_VIDEO, config->video);
    config->candidate_count =
        sfu_candidates(sfu, session->media->transport, config->candidates, SFU_CANDIDATES_MAX);
}

static bool same_track(const struct session_track *one, const struct session_track *other)
{
    return one->id == other->id && one->source == other->source && one->muted == other->muted &&
           g_strcmp0(one->name, other->name) == 0;
}

/* The name that the offer gives to the m-line, else the one that the track had. */
static char *track_name(struct session *session, const struct sfu_track_desc *desc,
                        const struct media_naming *naming)
{
    const struct session_track *old = session_track(session, desc->id);
    for (size_t i = 0; i < naming->count; i++)
        if (naming->names[i] && strcmp(naming->sources[i].mid, desc->mid) == 0)
            return *naming->names[i] ? g_strdup(naming->names[i]) : NULL;
    return g_strdup(old ? old->name : NULL);
}

/* Takes the session's tracks from the media description; true where that changes anything that others see. */
static bool take_tracks(struct session *session, const struct sfu_media_desc *media,
                        const struct media_naming *naming)
{
    struct session_track fresh[SFU_TRACKS_MAX];
    bool changed = media->track_count != session->track_count;
    for (size_t i = 0; i < media->track_count; i++) {
        const struct sfu_track_desc *desc = &media->tracks[i];
        fresh[i] = (struct session_track){desc->id, desc->kind, desc->source, desc->muted,
                                          track_name(session, desc, naming)};
        changed = changed || !same_track(&fresh[i], &session->tracks[i]);
    }
    session_clear_tracks(session);
    memcpy(session->tracks, fresh, media->track_count * sizeof(*fresh));
    session->track_count = media->track_count;
    return changed;
}

static void take_slots(struct media *media, size_t count)
{
    media->views = g_renew(struct sfu_view_slot, media->views, count);
    media->shown = g_renew(struct sfu_slot_event, media->shown, count);
    for (size_t i = media->slot_count; i < count; i++) {
        media->views[i] = (struct sfu_view_slot){0};
        media->shown[i] = (struct sfu_slot_event){.slot = (uint16_t)i, .why = SFU_WHY_EMPTY};
    }
    media->slot_count = count;
}

static const struct sfu_track_desc *find_track(const struct answer_state *state, uint32_t id)
{
    const struct sfu_media_desc *media = &state->desc.media;
    for (size_t i = 0; i < media->track_count; i++)
        if (media->tracks[i].id == id)
            return &media->tracks[i];
    return NULL;
}

/* All is wanted again of a track that ended, should it come back. */
static void forget_wanted(struct media *media, const struct answer_state *state)
{
    for (size_t i = 0; i < SFU_TRACKS_MAX; i++)
        if (!find_track(state, media->wanted[i].track))
            media->wanted[i] = (struct media_wanted){0};
}

/* The first offer was answered. */
static void join_media(struct session *session, const struct sfu_transport_desc *desc)
{
    struct media_plane *plane = session->plane;
    struct media *media = session->media;
    sfu_join(plane->sfu, media->transport, session->meeting->room, session->participant, desc);
    g_hash_table_insert(plane->transports, &media->transport, session);
}

int media_offer(struct session *session, const char *sdp, const struct media_naming *naming, char **answer,
                char err[SDP_ERROR_MAX])
{
    struct answer_config config;
    bool first = !session->media;
    if (first) {
        session->media = g_new0(struct media, 1);
        session->media->transport = sfu_place(session->plane->sfu, session->meeting->room);
    }
    configure(&config, session);
    g_autofree struct answer_state *state = media_settled(session->media);
    int result = answer_make(state, sdp, strlen(sdp), &config, naming->sources, naming->count, answer, err,
                             SDP_ERROR_MAX);
    if (result < 0) {
        if (first)
            g_clear_pointer(&session->media, media_free);
        return result;
    }
    settle(session->media, state);
    take_slots(session->media, state->desc.media.slot_count);
    forget_wanted(session->media, state);
    if (first)
        join_media(session, &state->desc);
    else
        sfu_update(session->plane->sfu, session->media->transport, &state->desc);
    log_info(session->meeting->name, session->participant, "%s: %u tracks, %u slots",
             first ? "offer answered" : "new offer answered", state->desc.media.track_count,
             state->desc.media.slot_count);
    return take_tracks(session, &state->desc.media, naming);
}

char *media_restart(struct session *session, const char *ufrag, const char *pwd)
{
    struct answer_config config;
    configure(&config, session);
    g_autofree struct answer_state *state = media_settled(session->media);
    char *fragment = answer_restart(state, &config, ufrag, pwd);
    settle(session->media, state);
    sfu_update(session->plane->sfu, session->media->transport, &state->desc);
    return fragment;
}

void media_pin(struct session *session, uint32_t participant)
{
    struct media *media = session->media;
    struct answer_state *state = media_settled(media);
    const struct sfu_media_desc *desc = &state->desc.media;
    unsigned met[2] = {0}; /* slots of each kind */
    for (size_t i = 0; i < desc->slot_count; i++) {
        unsigned nth = met[desc->slots[i].kind]++;
        media->views[i] = (struct sfu_view_slot){
            .hidden = nth > 1,
            .pin_participant = participant,
            .pin_source = nth ? SFU_SCREEN : SFU_CAMERA,
        };
    }
    if (desc->slot_count)
        sfu_view(session->plane->sfu, media->transport, 0, media->views, desc->slot_count);
    g_free(state);
}

void media_mute(struct session *session, uint32_t track, bool muted)
{
    struct answer_state *state = media_settled(session->media);
    struct sfu_media_desc *media = &state->desc.media;
    for (size_t i = 0; i < media->track_count; i++)
        if (media->tracks[i].id == track)
            media->tracks[i].muted = muted; /* for the next answer */
    settle(session->media, state);
    sfu_mute(session->plane->sfu, session->media->transport, track, muted);
    g_free(state);
}

/* --- events ----------------------------------------------------------------- */

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
    session_tell(session, "media", json_pack("{s:s, s:s}", "state", "gone", "reason", gone_names[why]));
    if (session->track_count == 0)
        return;
    session_clear_tracks(session);
    meeting_updated(session->meeting, session);
}

/* The owner and the track are null where it is nobody, or where they have left meanwhile. */
static json_t *slot_json(const struct session *session, const struct sfu_slot_event *slot)
{
    struct session *owner = slot->track ? meeting_session(session->meeting, slot->participant) : NULL;
    const struct session_track *track = owner ? session_track(owner, slot->track) : NULL;
    json_t *json =
        json_pack("{s:i, s:s, s:I, s:n, s:n, s:n, s:n}", "slot", (int)slot->slot, "why", media_why(slot->why),
                  "timestamp", (json_int_t)slot->rtp_timestamp, "track", "participant", "name", "source");
    if (!track)
        return json;
    json_object_set_new(json, "track", json_integer(slot->track));
    json_object_set_new(json, "participant", json_integer(slot->participant));
    json_object_set_new(json, "name", json_string(owner->name));
    json_object_set_new(json, "source", json_string(session_sources[track->source]));
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
        if (slots[i].slot < session->media->slot_count)
            session->media->shown[slots[i].slot] = slots[i];
    tell_slots(session, slots, count);
}

/* Where that track's is kept: there is room for all. */
static struct media_wanted *wanted_place(struct media *media, uint32_t track)
{
    struct media_wanted *place = NULL;
    for (size_t i = 0; i < SFU_TRACKS_MAX; i++) {
        if (media->wanted[i].track == track)
            return &media->wanted[i];
        if (!media->wanted[i].track)
            place = &media->wanted[i];
    }
    return place;
}

static json_t *wanted_json(const struct sfu_track_desc *track, uint8_t wanted)
{
    json_t *layers = json_array();
    for (unsigned i = 0; i < MAX(track->rid_count, 1u); i++)
        json_array_append_new(layers, json_boolean(wanted & 1u << i));
    return json_pack("{s:I, s:o}", "track", (json_int_t)track->id, "layers", layers);
}

void media_wanted(struct session *session, uint32_t id, uint8_t layers)
{
    struct answer_state *state = media_settled(session->media);
    const struct sfu_track_desc *track = find_track(state, id);
    if (track) { /* else a later offer has taken it away */
        *wanted_place(session->media, id) = (struct media_wanted){id, layers};
        session_tell(session, "encodings", json_pack("{s:[o]}", "tracks", wanted_json(track, layers)));
    }
    g_free(state);
}

static void tell_wanted(struct session *session)
{
    json_t *list = json_array();
    struct answer_state *state = media_settled(session->media);
    for (size_t i = 0; session->media && i < SFU_TRACKS_MAX; i++) {
        const struct media_wanted *wanted = &session->media->wanted[i];
        const struct sfu_track_desc *track = find_track(state, wanted->track);
        if (track)
            json_array_append_new(list, wanted_json(track, wanted->layers));
    }
    session_tell(session, "encodings", json_pack("{s:o}", "tracks", list));
    g_free(state);
}

void media_tell_state(struct session *session)
{
    const struct media *media = session->media;
    tell_wanted(session);
    tell_slots(session, media ? media->shown : NULL, media ? media->slot_count : 0);
    if (media && media->connected)
        session_tell(session, "media", json_pack("{s:s}", "state", "connected"));
    else if (!media)
        session_tell(session, "media", json_pack("{s:s, s:s}", "state", "gone", "reason", "closed"));
}
