/* One participant's stay in a room. It outlives its socket by the grace time,
 * and keeps the last notifications so that a client that comes back gets what
 * it missed. */
#pragma once

#include "client.h"
#include "notice.h"
#include "sfu.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server;
struct meeting;
struct media;
struct media_plane;

enum {
    SESSION_LOG = 256,           /* notifications kept */
    SESSION_LOG_BYTES = 1 << 20, /* ... and of their bytes, where that is less */
    SESSION_SECRET_LEN = 32,     /* hex digits: 128 random bits */
    SESSION_NAME_MAX = 64,       /* characters */
};

/* One m-line on which the participant sends, as the others are told. */
struct session_track {
    uint32_t id; /* unique in the room; CSRC of its media */
    enum rtp_kind kind;
    enum sfu_source source;
    bool muted;
    char *name; /* or NULL */
};

/* How the client came in: what its offers may hold, and who ends the session. */
enum session_way {
    SESSION_SOCKET, /* a WebSocket: it sends and receives, is told things, and may resume */
    SESSION_WHIP,   /* one POST (RFC 9725): it only sends */
    SESSION_WHEP,   /* one POST (draft-ietf-wish-whep): it only receives */
};

struct session {
    struct server *server;
    struct meeting *meeting;
    enum session_way way;
    struct client *client; /* NULL while its socket is away, and always for WHIP and WHEP */
    uint32_t participant;
    char *name;
    struct session_track tracks[SFU_TRACKS_MAX];
    size_t track_count;
    struct media_plane *plane; /* where its media is */
    struct media *media;       /* its transport, NULL before the first offer and after it has gone */

    /* Resuming. The secret before the last one holds until the client has spoken on its new socket: the
     * result that carried the last one may have been lost with that. "" = none. */
    char secret[SESSION_SECRET_LEN + 1], old_secret[SESSION_SECRET_LEN + 1];
    unsigned grace_timer;
    struct notice **log;              /* event n is at n % log_room */
    uint32_t log_room;                /* doubled as long as it is less than SESSION_LOG; 0 at first */
    uint32_t first_event, next_event; /* those kept: first .. next - 1; the first ever is 1 */
    size_t log_bytes;
};

/* server.h puts it into a room, and ends it. */
struct session *session_new(uint32_t participant, const char *name);
void session_free(struct session *session); /* NULL is fine */

/* What the client has to give to resume: "participant-secret". Makes a new secret. The caller frees it. */
char *session_renew(struct session *session);

/* Whether that is its secret (what follows "participant-"). Compares in constant time. */
bool session_has_secret(const struct session *session, const char *secret);

/* Binds it to a socket; the one before is closed. */
void session_attach(struct session *session, struct client *client);

/* The client spoke on its present socket, so it has its present secret. */
void session_heard(struct session *session);

/* Whether all notifications after number `event` are still there. */
bool session_has_since(const struct session *session, uint32_t event);
void session_replay(struct session *session, uint32_t event);

/* Sends a numbered notice, and keeps it; not for a session that never has a socket. */
void session_notify(struct session *session, struct notice *notice);

/* The same, for one that only this session gets. Takes over params. */
void session_tell(struct session *session, const char *method, json_t *params);

/* {participant, name, tracks}, as the roster has it. */
json_t *session_entry(const struct session *session);

struct session_track *session_track(struct session *session, uint32_t id); /* NULL: not one of its own */

/* Whether anything is sent that others can see or hear. */
bool session_publishes(const struct session *session);

extern const char *const session_sources[SFU_SOURCE_COUNT + 1]; /* names, ended by NULL */
void session_clear_tracks(struct session *session);
