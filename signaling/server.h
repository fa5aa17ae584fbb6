/* What the control plane knows: its rooms, sessions and sockets; and what
 * happens to them. Control thread only, as everything in this folder. */
#pragma once

#include "client.h"
#include "conf.h"
#include "lobby.h"
#include "media.h"
#include "meeting.h"
#include "rpc.h"
#include "session.h"
#include "whip_counters.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct server {
    const struct conf *conf;
    const struct rpc_method *methods;
    struct media_plane plane;
    struct lobby lobby;
    bool draining;        /* going down: no requests are served any more */
    GHashTable *clients;  /* set of struct client, owned until server_disconnect() */
    GHashTable *meetings; /* name -> struct meeting, owned */
    GHashTable *rooms;    /* the media plane's number of a room -> struct meeting */
    GHashTable *sessions; /* participant -> struct session, owned */
    uint32_t last_participant;
    uint64_t last_cookie;
    uint32_t streams;     /* sessions of WHIP and WHEP */
    uint64_t turned_away; /* the media plane had too much to do */
    struct whip_counters whip;
    unsigned trim_timer; /* 0 = does not run */
};

/* plane.sfu is set later, before the first client comes. */
void server_init(struct server *server, const struct conf *conf, const struct rpc_method *methods);

/* All sessions end and all rooms close. The clients have to be disconnected before. */
void server_finish(struct server *server);

/* A socket was opened. `address`: of the peer, for the log. */
struct client *server_connect(struct server *server, const struct client_io *io, void *socket,
                              const char *address);

/* It has gone; NULL is fine. gone_for_good: the peer said so by its close frame, and its session ends now
 * rather than after the grace time. Frees the client. */
void server_disconnect(struct client *client, bool gone_for_good);

/* A whole message arrived on it. */
void server_receive(struct client *client, const char *text, size_t len);

/* The room of that name, or NULL. */
struct meeting *server_meeting(const struct server *server, const char *name);

/* Makes a room; the name must be free and the number of rooms below room.max_rooms. */
struct meeting *server_open_meeting(struct server *server, const char *name);

struct session *server_session(const struct server *server, uint32_t participant);

/* Whether there are as many WebSockets and sessions of WHIP and WHEP as conf allows. */
bool server_is_full(const struct server *server);

/* Somebody new in the room: numbers the session. The others are not told yet. address: for the log. */
struct session *server_enter(struct server *server, struct meeting *meeting, const char *name,
                             enum session_way way, const char *address);

/* The session of that secret ("participant-hex") in that room, bound to the client from here on; or NULL. */
struct session *server_resume(struct client *client, const char *room, const char *secret);

/* The participant is out: the room is told the reason (NULL: it was not told of the session either), the
 * media let go, the session freed, and the room with it where it was the last. */
void server_end(struct session *session, const char *reason);

/* Something large was freed, by somebody who left or by a handshake that is done: in some seconds all that is
 * free goes back to the system. */
void server_trim_soon(struct server *server);

/* Says `shutdown` to every client and closes their sockets; all sessions end. */
void server_drain(struct server *server);
