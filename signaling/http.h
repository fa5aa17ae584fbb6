/* The web server: libwebsockets, with the page and the WebSockets on one port. */
#pragma once

#include "door.h"
#include "web_loop.h"

#include <glib.h>
#include <libwebsockets.h>
#include <stddef.h>

struct http {
    struct door door;
    struct web_loop *web;
    char *certificate, *key; /* PEM files, or NULL */
    lws_retry_bo_t liveness; /* when WebSockets are pinged and given up */
};

/* Listens. 0, or a negative errno with one line in words in err; the address is not bound then. */
int http_start(struct http *http, struct server *server, GMainLoop *loop, char *err, size_t err_len)
    __attribute__((warn_unused_result));

void http_finish(struct http *http);
