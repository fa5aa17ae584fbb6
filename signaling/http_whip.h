/* WHIP and WHEP on libwebsockets: headers and a bounded body in, a reply out. */
#pragma once

#include "whip.h"

#include <glib.h>
#include <libwebsockets.h>
#include <stddef.h>
#include <stdint.h>

/* One request on a connection. */
struct http_whip {
    struct whip_request *request; /* NULL: none, or it was answered before its body */
    GByteArray *body;             /* what has arrived of it */
    size_t ignored;               /* bytes of the body of one that was answered */
    int64_t deadline;             /* us, g_get_monotonic_time(), for the whole body */
};

/* What libwebsockets' callback returns for: a request whose path is in their realm; a part of its body; the
 * whole body is there. */
int http_whip_begin(struct lws *wsi, struct http_whip *whip, const char *path);
int http_whip_body(struct lws *wsi, struct http_whip *whip, const void *bytes, size_t len);
int http_whip_end(struct lws *wsi, struct http_whip *whip);

/* The connection has gone. */
void http_whip_drop(struct http_whip *whip);
