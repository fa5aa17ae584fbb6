#include "http_request.h"

#include <errno.h>
#include <string.h>

enum { BODY_MAX = 1 << 20, LOCATION_MAX = 1024, READ_BYTES = 4096 };

struct http_request {
    struct web *web;
    struct lws *wsi;
    gint64 began_us;
    char *path, *type, *body, *authorization; /* of the request */
    http_request_fn *done;                    /* NULL = nobody waits */
    void *arg;
    unsigned status; /* 0 = no answer yet */
    char location[LOCATION_MAX];
    GString *answer;
    char *why;
    guint tell;
};

static void destroy(struct http_request *r)
{
    g_free(r->path);
    g_free(r->type);
    g_free(r->body);
    g_free(r->authorization);
    g_free(r->why);
    g_string_free(r->answer, TRUE);
    g_free(r);
}

static gboolean tell(void *arg)
{
    struct http_request *r = arg;
    g_autofree char *resource = *r->location ? web_resolve(r->web, r->path, r->location) : NULL;
    const struct http_answer answer = {r->status, r->location, resource, r->answer->str};
    if (r->done)
        r->done(r->arg, r->status ? &answer : NULL,
                r->why ? r->why : "no answer in time, or the server closed the connection");
    destroy(r);
    return G_SOURCE_REMOVE;
}

/* libwebsockets has done with it. */
static void over(struct http_request *r, const char *why)
{
    if (r->tell)
        return;
    r->web->count--;
    r->why = g_strdup(why);
    r->tell = g_idle_add(tell, r);
}

static bool add_header(struct lws *wsi, enum lws_token_indexes name, const char *value, unsigned char **at,
                       unsigned char *end)
{
    return !value || lws_add_http_header_by_token(wsi, name, (const unsigned char *)value, (int)strlen(value),
                                                  at, end) == 0;
}

/* `in` points to where the headers go on; len bytes are there. */
static int add_headers(struct http_request *r, struct lws *wsi, unsigned char **at, size_t len)
{
    unsigned char *end = *at + len - 1;
    g_autofree char *length = r->body ? g_strdup_printf("%zu", strlen(r->body)) : NULL;
    if (!add_header(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, r->type, at, end) ||
        !add_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, length, at, end) ||
        !add_header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, r->authorization, at, end))
        return -1;
    if (r->body) {
        lws_client_http_body_pending(wsi, 1);
        lws_callback_on_writable(wsi);
    }
    return 0;
}

static int write_body(struct http_request *r, struct lws *wsi)
{
    if (!r->body)
        return 0;
    size_t len = strlen(r->body);
    g_autofree unsigned char *room = g_malloc(LWS_PRE + len);
    memcpy(room + LWS_PRE, r->body, len);
    g_clear_pointer(&r->body, g_free);
    lws_client_http_body_pending(wsi, 0);
    return lws_write(wsi, room + LWS_PRE, len, LWS_WRITE_HTTP_FINAL) < (int)len ? -1 : 0;
}

static int read_some(struct lws *wsi)
{
    char room[LWS_PRE + READ_BYTES], *at = room + LWS_PRE;
    int len = READ_BYTES;
    return lws_http_client_read(wsi, &at, &len);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct http_request *r = user;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return add_headers(r, wsi, in, len);
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
        return write_body(r, wsi);
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
        r->status = lws_http_client_http_response(wsi);
        if (lws_hdr_copy(wsi, r->location, sizeof(r->location), WSI_TOKEN_HTTP_LOCATION) < 0)
            r->location[0] = '\0';
        return 0;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
        return read_some(wsi);
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
        if (r->answer->len + len > BODY_MAX)
            return -1;
        g_string_append_len(r->answer, in, (gssize)len);
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: {
        g_autofree char *said = in ? g_strndup(in, len) : NULL;
        over(r, web_explain(said, g_get_monotonic_time() - r->began_us));
        return 0;
    }
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
        return -1; /* no other request follows */
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
        over(r, NULL);
        return 0;
    default:
        return 0;
    }
}

const struct web_kind http_request_kind = {"http", "https", "http", callback};

struct http_request *http_request_send(struct web *web, const char *method, const char *path,
                                       const char *type, const char *body, const char *token,
                                       http_request_fn *done, void *arg)
{
    struct http_request *r = g_new0(struct http_request, 1);
    *r = (struct http_request){
        .web = web,
        .began_us = g_get_monotonic_time(),
        .path = g_strdup(path),
        .type = body ? g_strdup(type) : NULL,
        .body = g_strdup(body),
        .authorization = token ? g_strconcat("Bearer ", token, NULL) : NULL,
        .done = done,
        .arg = arg,
        .answer = g_string_new(NULL),
    };
    web->count++;
    if (!web_connect(web, method, path, r, &r->wsi))
        over(r, web_explain_error(errno));
    return r;
}

void http_request_hand_over(struct http_request *r, http_request_fn *done, void *arg)
{
    r->done = done;
    r->arg = arg;
}
