/* One connected socket as the protocol sees it: what it may still ask this
 * second, its session once it has joined. What carries the bytes is behind
 * client_io, so that tests and fuzzers need no network. */
#pragma once

#include "notice.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server;
struct session;

enum client_close {
    CLIENT_LEFT = 1000,
    CLIENT_SHUTDOWN = 1001,
    CLIENT_BINARY = 1003,
    CLIENT_RATE = 1008,
    CLIENT_TOO_BIG = 1009,
    CLIENT_SLOW = 1013,
    CLIENT_RESUMED = 4000, /* the session went on to another socket */
};

struct client_io {
    /* Takes a reference of its own. event: see notice_tail(). Never frees the client before it returns. */
    void (*send)(void *socket, struct notice *notice, uint32_t event);
    /* The socket will be closed soon; server_disconnect() comes when it is. Nothing is sent after what is
     * queued.
     */
    void (*close)(void *socket, enum client_close code, const char *reason);
};

struct client {
    struct server *server;
    const struct client_io *io;
    void *socket;
    char address[64];        /* of the peer, for the log */
    struct session *session; /* NULL before join and after the session went elsewhere */
    bool wants_rooms;        /* subscribed to the list of rooms */
    bool closing;            /* client_close() was called: what still arrives is ignored */
    double tokens;           /* requests that it may still make; negative while it is refused */
    int64_t tokens_at;       /* us, g_get_monotonic_time(), when that was so */
    GSList *waiting;         /* rpc.c's: answers that the media plane has still to give */
};

void client_send(struct client *client, struct notice *notice, uint32_t event);
void client_close(struct client *client, enum client_close code, const char *reason);
