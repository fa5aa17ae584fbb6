/* What the control plane knows: its rooms, sessions and sockets. Control thread
 * only, as everything in this folder. */
#pragma once

#include "client.h"
#include "conf.h"
#include "meeting.h"
#include "session.h"
#include "sfu.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct server {
    const struct conf *conf;
    struct sfu *sfu;
    bool draining;          /* going down: no requests are served any more */
    GHashTable *clients;    /* set of struct client, not owned */
    GHashTable *meetings;   /* name -> struct meeting, owned */
    GHashTable *rooms;      /* the media plane's number of a room -> struct meeting */
    GHashTable *sessions;   /* participant -> struct session, owned */
    GHashTable *transports; /* the media plane's number of a transport -> struct session */
    uint32_t last_participant;
    uint64_t last_cookie;
    unsigned room_list_timer;
};

void server_init(struct server *server, const struct conf *conf);

/* All sessions end and all rooms close. Clients have to be freed before. */
void server_finish(struct server *server);

/* The room of that name, or NULL. */
struct meeting *server_meeting(const struct server *server, const char *name);

/* Makes a room; the name must be free and the number of rooms below room.max_rooms. */
struct meeting *server_open_meeting(struct server *server, const char *name);

/* Nobody is in it any more. */
void server_close_meeting(struct server *server, struct meeting *meeting);

struct session *server_session(const struct server *server, uint32_t participant);

/* Says `shutdown` to every client and closes their sockets; all sessions end. */
void server_drain(struct server *server);

extern const struct sfu_upcalls server_upcalls; /* arg: the struct server */
