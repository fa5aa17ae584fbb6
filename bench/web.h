/* One server that is spoken to over HTTP or WebSockets, with libwebsockets on the GLib main loop: its URL,
 * and errors in words. */
#pragma once

#include <glib.h>
#include <libwebsockets.h>
#include <stdbool.h>

enum {
    WEB_ERROR_MAX = 256,
    WEB_PATIENCE_US = 10000000, /* for a connection to an address, for an answer */
};

/* What is spoken: its two schemes, the subprotocol, and who is told what happens. */
struct web_kind {
    const char *plain, *tls, *protocol;
    lws_callback_function *callback; /* user: what web_connect() was given */
};

struct web {
    struct lws_context *context;
    struct lws_protocols protocols[2];
    char *url;                 /* taken apart in place */
    const char *scheme, *host; /* point into it */
    char *host_header, *path;
    int port, flags;
    size_t count; /* connections that are there, or on their way: kept by those who make them */
};

/* insecure: take any certificate. NULL, with one line in words in err (WEB_ERROR_MAX bytes), where the URL is
 * none, its host is not known, or libwebsockets fails. */
struct web *web_new(const char *url, const struct web_kind *kind, bool insecure, GMainLoop *loop, char *err);

/* Closes what is open. NULL is fine. */
void web_free(struct web *web);

/* Begin to connect: an HTTP request of that method, or NULL = a WebSocket. Redirections are not followed.
 * false = it came to nothing, errno tells why; the kind's callback may have been told already. path has to
 * begin with a slash. */
bool web_connect(struct web *web, const char *method, const char *path, void *user, struct lws **wsi);

/* Where a reference leads (RFC 3986, section 5.3) that was found at `base`, a path of this server: a path of
 * it, with its query, to be freed with g_free(). NULL: it is no reference, or leads to another server. */
char *web_resolve(const struct web *web, const char *base, const char *reference);

/* What libwebsockets says (NULL is fine) of a connection that came to nothing after so long, in words. */
const char *web_explain(const char *said, int64_t took_us);

/* The same of an errno. */
const char *web_explain_error(int err);
