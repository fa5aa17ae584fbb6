/* Plain HTTP: the static page, /health, WHIP and WHEP, and who may open a WebSocket. */
#pragma once

#include "http_whip.h"

#include <glib.h>
#include <libwebsockets.h>
#include <stddef.h>

/* Per-session data of libwebsockets. */
struct http_page {
    GBytes *body; /* what is being sent, or NULL */
    size_t sent;
    struct http_whip whip;
};

int http_page_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
