/* The WebSocket of one client on libwebsockets: puts messages together, queues
 * what is to be sent within bounds, closes with a reason. */
#pragma once

#include "client.h"

#include <glib.h>
#include <libwebsockets.h>

enum {
    WS_MESSAGE_MAX = 1 << 20,     /* bytes of one message that arrives */
    WS_QUEUE_BYTES_MAX = 4 << 20, /* that wait for one client */
    WS_QUEUE_MAX = 4096,
    WS_CLOSE_SECONDS = 3, /* for what is queued to leave before a close */
};

struct ws {
    struct lws *wsi;       /* NULL before it opened, and once it is closed */
    struct client *client; /* NULL as well once the peer has closed it */
    GByteArray *in;        /* the part of a message that has arrived, NULL between messages */
    GQueue out;            /* struct ws_item */
    size_t out_bytes;
    bool closing, drop; /* to be closed: after what is queued, or at once */
    bool said;          /* libwebsockets closes it */
    enum client_close code;
    const char *reason; /* static string */
};

/* The callback of the protocol `plenum`; its per-session data is a struct ws. user of the context: struct
 * http. */
int ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
