/* The web server: libwebsockets on the GLib main loop, the static page, /health,
 * and the door to the WebSockets. */
#pragma once

#include "conf.h"
#include "server.h"

#include <glib.h>
#include <libwebsockets.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http {
    const struct conf *conf;
    struct server *server;
    struct lws_context *context;
    char *root;                 /* folder of the page */
    char *certificate, *key;    /* PEM files, or NULL */
    GByteArray *scratch;        /* where a message gets libwebsockets' header in front */
    uint32_t sockets;           /* WebSockets */
    uint32_t connections;       /* of all kinds */
    void (*drained)(void *arg); /* once there are no more WebSockets */
    void *drained_arg;
    lws_retry_bo_t liveness;
};

/* Listens. 0, or a negative errno with one line in words in err; the address is not bound then. */
int http_start(struct http *http, struct server *server, GMainLoop *loop, char *err, size_t err_len)
    __attribute__((warn_unused_result));

/* Calls drained(arg) when the last WebSocket is closed; at once if there is none. */
void http_drain(struct http *http, void (*drained)(void *arg), void *arg);

void http_socket_closed(struct http *http);
void http_finish(struct http *http);

/* http_page.c: the callback of plain HTTP, with a struct http_page as per-session data. */
struct http_page {
    GBytes *body; /* what is being sent, or NULL */
    size_t sent;
};
int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
