#include "http_page.h"

#include "door.h"
#include "log.h"
#include "origin.h"
#include "site.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    HEAD_MAX = 2048,        /* bytes of our response headers */
    CHUNK = 32 << 10,       /* of a body, at a time */
    SPARE_CONNECTIONS = 64, /* above http.connections, to say 503 on */
    PATH_MAX_LEN = 300,
    VALUE_MAX = 256,
};

static const struct {
    const char *name, *value;
} always[] = {
    {"content-security-policy:", "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: "
                                 "blob:; media-src 'self' blob: mediastream:; "
                                 "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action "
                                 "'self'; frame-ancestors 'self'"},
    {"permissions-policy:", "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), "
                            "autoplay=(self), geolocation=(), payment=(), usb=()"},
    {"x-content-type-options:", "nosniff"},
    {"referrer-policy:", "no-referrer"},
    {"cache-control:", "no-cache"},
};

struct response {
    unsigned status;
    const char *mime;
    const char *etag;  /* or NULL */
    const char *allow; /* or NULL */
    GBytes *body;      /* or NULL */
};

static bool add_header(struct lws *wsi, const char *name, const char *value, unsigned char **at,
                       unsigned char *end)
{
    return lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value,
                                       (int)strlen(value), at, end) == 0;
}

static bool write_head(struct lws *wsi, const struct response *response)
{
    unsigned char head[LWS_PRE + HEAD_MAX], *start = head + LWS_PRE, *at = start,
                                            *end = head + sizeof(head) - 1;
    size_t len = response->body ? g_bytes_get_size(response->body) : 0;
    if (lws_add_http_common_headers(wsi, response->status, response->mime, len, &at, end))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(always); i++)
        if (!add_header(wsi, always[i].name, always[i].value, &at, end))
            return false;
    if (response->etag && !add_header(wsi, "etag:", response->etag, &at, end))
        return false;
    if (response->allow && !add_header(wsi, "allow:", response->allow, &at, end))
        return false;
    return lws_finalize_write_http_header(wsi, start, &at, end) == 0;
}

/* 0 goes on, -1 closes the connection. */
static int finish(struct lws *wsi)
{
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

/* Sends the head, and the body as the socket takes it; takes over response->body. */
static int respond(struct lws *wsi, struct http_page *page, bool head_only, struct response *response)
{
    bool written = write_head(wsi, response);
    bool has_body = response->body && g_bytes_get_size(response->body) > 0;
    g_autoptr(GBytes) body = g_steal_pointer(&response->body);
    if (!written)
        return -1;
    if (head_only || !has_body)
        return finish(wsi);
    page->body = g_steal_pointer(&body);
    page->sent = 0;
    lws_callback_on_writable(wsi);
    return 0;
}

static int say(struct lws *wsi, struct http_page *page, bool head_only, unsigned status, const char *text)
{
    struct response response = {.status = status,
                                .mime = "text/plain; charset=utf-8",
                                .allow = status == 405 ? "GET, HEAD" : NULL,
                                .body = g_bytes_new_static(text, strlen(text))};
    return respond(wsi, page, head_only, &response);
}

static int send_body(struct lws *wsi, struct http_page *page)
{
    unsigned char buffer[LWS_PRE + CHUNK];
    size_t size, len;
    if (!page || !page->body)
        return 0;
    const unsigned char *bytes = g_bytes_get_data(page->body, &size);
    len = MIN(size - page->sent, (size_t)CHUNK);
    memcpy(buffer + LWS_PRE, bytes + page->sent, len);
    page->sent += len;
    bool last = page->sent == size;
    if (lws_write(wsi, buffer + LWS_PRE, len, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < (int)len)
        return -1;
    if (!last) {
        lws_callback_on_writable(wsi);
        return 0;
    }
    g_clear_pointer(&page->body, g_bytes_unref);
    return finish(wsi);
}

static int health(struct lws *wsi, struct http_page *page, bool head_only, const struct door *door)
{
    const struct server *server = door->server;
    char *text = g_strdup_printf(
        "{\"status\":\"%s\",\"version\":\"%s\",\"rooms\":%u,\"participants\":%u,\"sockets\":%u}\n",
        server->draining ? "shutting down" : "ok", PLENUM_VERSION, g_hash_table_size(server->meetings),
        g_hash_table_size(server->sessions), door->sockets);
    struct response response = {.status = server->draining ? 503 : 200,
                                .mime = "application/json",
                                .body = g_bytes_new_take(text, strlen(text))};
    return respond(wsi, page, head_only, &response);
}

/* The header's value, "" where it is missing or too long to be a valid one. */
static void copy_header(struct lws *wsi, enum lws_token_indexes token, char value[VALUE_MAX])
{
    if (lws_hdr_copy(wsi, value, VALUE_MAX, token) < 0)
        value[0] = '\0';
}

static int serve_file(struct lws *wsi, struct http_page *page, bool head_only, const struct door *door,
                      const char *path)
{
    struct site_file file;
    char etag[VALUE_MAX];
    copy_header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, etag);
    if (site_read(door->root, path, etag, &file) < 0)
        return say(wsi, page, head_only, 404, "There is nothing here.\n");
    struct response response = {
        .status = file.body ? 200 : 304, .mime = file.mime, .etag = file.etag, .body = file.body};
    return respond(wsi, page, head_only, &response);
}

static int serve(struct lws *wsi, struct http_page *page, const char *path)
{
    const struct door *door = door_of(wsi);
    bool head_only = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
    if (!head_only && lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) == 0) {
        /* A body may follow that nobody reads: the connection goes with it. */
        (void)say(wsi, page, true, 405, "");
        return -1;
    }
    if (strcmp(path, "/health") == 0)
        return health(wsi, page, head_only, door);
    if (strcmp(path, "/ws") == 0)
        return say(wsi, page, head_only, 426, "Open a WebSocket here, with the subprotocol plenum.\n");
    return serve_file(wsi, page, head_only, door, path);
}

/* Whether the subprotocols that the client offers name ours; libwebsockets takes a client that offers none.
 */
static bool speaks_plenum(struct lws *wsi)
{
    char offered[VALUE_MAX];
    copy_header(wsi, WSI_TOKEN_PROTOCOL, offered);
    g_auto(GStrv) list = g_strsplit(offered, ",", -1);
    for (char **one = list; *one; one++)
        if (strcmp(g_strstrip(*one), "plenum") == 0)
            return true;
    return false;
}

/* 0 lets the WebSocket in, 1 has answered otherwise, -1 hangs up. */
static int confirm_upgrade(struct lws *wsi)
{
    const struct door *door = door_of(wsi);
    char path[PATH_MAX_LEN] = "", origin[VALUE_MAX], host[VALUE_MAX];
    unsigned status = 0;
    if (lws_hdr_copy(wsi, path, sizeof(path), WSI_TOKEN_GET_URI) < 0)
        return -1;
    copy_header(wsi, WSI_TOKEN_ORIGIN, origin);
    copy_header(wsi, WSI_TOKEN_HOST, host);
    if (strcmp(path, "/ws") != 0)
        status = 404;
    else if (!speaks_plenum(wsi))
        status = 400;
    else if ((door->tls && !lws_is_ssl(wsi)) || /* only the redirect to https is spoken in the clear */
             lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) >= VALUE_MAX ||
             !origin_allowed(door->conf->http.origins, origin, host))
        status = 403;
    else if (door->sockets >= door->conf->http.connections || door->server->draining)
        status = 503;
    if (status == 0)
        return 0;
    log_info(NULL, 0, "a WebSocket was refused with %u, origin %s", status, *origin ? origin : "none");
    return lws_return_http_status(wsi, status, NULL) < 0 ? -1 : 1;
}

int http_page_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct door *door = door_of(wsi);
    struct http_page *page = user;
    switch (reason) {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
        return door->connections >= door->conf->http.connections + SPARE_CONNECTIONS;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        door->connections++;
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        door_connection_closed(door);
        return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return in && strcmp(in, "websocket") == 0 ? confirm_upgrade(wsi) : -1;
    case LWS_CALLBACK_HTTP:
        return serve(wsi, page, in);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return send_body(wsi, page);
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        if (page)
            g_clear_pointer(&page->body, g_bytes_unref);
        return 0;
    default:
        return lws_callback_http_dummy(wsi, reason, user, in, len);
    }
}
