/* One HTTP request with a body, on a connection of its own. */
#pragma once

#include "web.h"

extern const struct web_kind http_request_kind;

struct http_answer {
    unsigned status;
    const char *location; /* as it was told; "" = not there */
    const char *resource; /* path that it leads to; NULL = not there, or not on this server */
    const char *body;
};

/* Made once from the main loop, never from inside http_request_send(): answer NULL = there was none, and why.
 */
typedef void http_request_fn(void *arg, const struct http_answer *answer, const char *why);

struct http_request;

/* method: POST, DELETE, ...; body NULL = none, else of that content type; token NULL = no Authorization.
 * Texts are copied. web: of http_request_kind. Never NULL. */
struct http_request *http_request_send(struct web *web, const char *method, const char *path,
                                       const char *type, const char *body, const char *token,
                                       http_request_fn *done, void *arg);

/* Somebody else is told, or NULL = nobody; the request goes on. */
void http_request_hand_over(struct http_request *r, http_request_fn *done, void *arg);
