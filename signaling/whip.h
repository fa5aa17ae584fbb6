/* WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): an HTTP request in, a response
 * out. A POST makes a session in the room like any other, only without a socket;
 * it lives until a DELETE or until its media is gone.
 *
 * No reply waits for a worker: what an answer says is known on the control thread, and the worker is told in
 * the same turn. So a reply is made in one call, and never looks for a connection that may have gone. */
#pragma once

#include "http_reply.h"
#include "server.h"
#include "whip_path.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WHIP_BODY_MAX = 1 << 20 };

enum whip_method {
    WHIP_GET,
    WHIP_HEAD,
    WHIP_POST,
    WHIP_PUT,
    WHIP_PATCH,
    WHIP_DELETE,
    WHIP_OPTIONS,
    WHIP_OTHER, /* of which HTTP knows more */
};

/* The headers that matter, "" where they are missing. */
enum whip_header {
    WHIP_ORIGIN,
    WHIP_HOST,
    WHIP_AUTHORIZATION,
    WHIP_CONTENT_TYPE,
    WHIP_CONTENT_LENGTH,
    WHIP_TRANSFER_ENCODING,
    WHIP_ACCEPT,
    WHIP_IF_MATCH,
    WHIP_HEADERS,
};

struct whip_request {
    enum whip_method method;
    char *path;                  /* decoded */
    char *name;                  /* what the query says: whom the others see; "" = nothing */
    char *headers[WHIP_HEADERS]; /* never NULL */
    char address[64];            /* of the peer, for the log */
};

void whip_request_free(struct whip_request *request); /* NULL is fine */

/* Looks at all but the body, and makes nothing. True: the body is to be read, and then comes whip_serve().
 * False: the reply is made. */
bool whip_admit(struct server *server, const struct whip_request *request, struct http_reply *reply);

/* The reply to a request that was admitted. body: whole. */
void whip_serve(struct server *server, const struct whip_request *request, const char *body, size_t len,
                struct http_reply *reply);
