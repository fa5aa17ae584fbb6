#include "session.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_FIRST = 8 };

const char *const session_sources[SFU_SOURCE_COUNT + 1] = {
    [SFU_MIC] = "mic",
    [SFU_CAMERA] = "camera",
    [SFU_SCREEN] = "screen",
    [SFU_SCREEN_AUDIO] = "screen_audio",
};

struct session *session_new(uint32_t participant, const char *name)
{
    struct session *session = g_new0(struct session, 1);
    session->participant = participant;
    session->name = g_strdup(name);
    session->first_event = session->next_event = 1;
    return session;
}

static void drop_oldest(struct session *session)
{
    struct notice **slot = &session->log[session->first_event++ % session->log_room];
    session->log_bytes -= (*slot)->len;
    notice_unref(g_steal_pointer(slot));
}

/* Most sessions are told few things. */
static void widen_log(struct session *session)
{
    uint32_t room = session->log_room ? session->log_room * 2 : LOG_FIRST;
    struct notice **log = g_new0(struct notice *, room);
    for (uint32_t i = session->first_event; i != session->next_event; i++)
        log[i % room] = session->log[i % session->log_room];
    g_free(session->log);
    session->log = log;
    session->log_room = room;
}

void session_clear_tracks(struct session *session)
{
    for (size_t i = 0; i < session->track_count; i++)
        g_clear_pointer(&session->tracks[i].name, g_free);
    session->track_count = 0;
}

void session_free(struct session *session)
{
    if (!session)
        return;
    while (session->first_event != session->next_event)
        drop_oldest(session);
    g_free(session->log);
    session_clear_tracks(session);
    OPENSSL_cleanse(session->secret, sizeof(session->secret));
    OPENSSL_cleanse(session->old_secret, sizeof(session->old_secret));
    g_free(session->name);
    g_free(session);
}

/* RAND_bytes fails only where the system has no entropy at all, and then nothing else may go on. */
static void make_secret(char secret[SESSION_SECRET_LEN + 1])
{
    uint8_t random[SESSION_SECRET_LEN / 2];
    if (RAND_bytes(random, sizeof(random)) != 1)
        abort();
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(secret + 2 * i, 3, "%02x", random[i]);
    OPENSSL_cleanse(random, sizeof(random));
}

char *session_renew(struct session *session)
{
    memcpy(session->old_secret, session->secret, sizeof(session->old_secret));
    make_secret(session->secret);
    return g_strdup_printf("%u-%s", session->participant, session->secret);
}

static bool equal(const char *mine, const char *given)
{
    return *mine && CRYPTO_memcmp(mine, given, SESSION_SECRET_LEN) == 0;
}

bool session_has_secret(const struct session *session, const char *secret)
{
    bool fits = strlen(secret) == SESSION_SECRET_LEN;
    bool now = fits && equal(session->secret, secret), before = fits && equal(session->old_secret, secret);
    return now || before;
}

void session_attach(struct session *session, struct client *client)
{
    struct client *old = session->client;
    if (old) {
        old->session = NULL;
        client_close(old, CLIENT_RESUMED, "the session goes on on another socket");
    }
    session->client = client;
    client->session = session;
}

void session_heard(struct session *session)
{
    session->old_secret[0] = '\0';
}

bool session_has_since(const struct session *session, uint32_t event)
{
    return event < session->next_event && event + 1 >= session->first_event;
}

void session_replay(struct session *session, uint32_t event)
{
    for (uint32_t i = event + 1; i < session->next_event && session->client; i++)
        client_send(session->client, session->log[i % session->log_room], i);
}

void session_notify(struct session *session, struct notice *notice)
{
    uint32_t event = session->next_event;
    if (session->way != SESSION_SOCKET)
        return;
    if (event - session->first_event == SESSION_LOG)
        drop_oldest(session);
    else if (event - session->first_event == session->log_room)
        widen_log(session);
    session->log[session->next_event++ % session->log_room] = notice_ref(notice);
    session->log_bytes += notice->len;
    while (session->log_bytes > SESSION_LOG_BYTES)
        drop_oldest(session);
    if (session->client)
        client_send(session->client, notice, event);
}

void session_tell(struct session *session, const char *method, json_t *params)
{
    struct notice *notice = notice_event(method, params, true);
    session_notify(session, notice);
    notice_unref(notice);
}

static json_t *track_entry(const struct session_track *track)
{
    return json_pack("{s:I, s:s, s:s, s:b, s:s*}", "track", (json_int_t)track->id, "source",
                     session_sources[track->source], "kind", track->kind == RTP_AUDIO ? "audio" : "video",
                     "muted", track->muted, "name", track->name);
}

json_t *session_entry(const struct session *session)
{
    json_t *tracks = json_array();
    for (size_t i = 0; i < session->track_count; i++)
        json_array_append_new(tracks, track_entry(&session->tracks[i]));
    return json_pack("{s:I, s:s, s:o}", "participant", (json_int_t)session->participant, "name",
                     session->name, "tracks", tracks);
}

struct session_track *session_track(struct session *session, uint32_t id)
{
    for (size_t i = 0; i < session->track_count; i++)
        if (session->tracks[i].id == id)
            return &session->tracks[i];
    return NULL;
}

bool session_publishes(const struct session *session)
{
    for (size_t i = 0; i < session->track_count; i++)
        if (!session->tracks[i].muted)
            return true;
    return false;
}
