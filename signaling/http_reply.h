/* An HTTP response: made by those who know what to say, written by http_page and http_whip. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

struct lws;

enum { HTTP_HEADERS_MAX = 24 };

/* Zeroed = empty. */
struct http_reply {
    unsigned status;
    const char *mime; /* of the body; static */
    GBytes *body;     /* or NULL */
    struct {
        const char *name; /* static, with the colon */
        char *value;
    } headers[HTTP_HEADERS_MAX];
    size_t header_count;
};

void http_reply_header(struct http_reply *reply, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The words become the body, as plain text. */
void http_reply_say(struct http_reply *reply, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void http_reply_clear(struct http_reply *reply);

/* Writes status and headers; what every answer of this server has is added. False: the connection is broken.
 */
bool http_reply_head(struct lws *wsi, const struct http_reply *reply);
