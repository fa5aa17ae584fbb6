#include "http_page.h"

#include "door.h"
#include "http_reply.h"
#include "log.h"
#include "origin.h"
#include "site.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    CHUNK = 32 << 10,       /* of a body, at a time */
    SPARE_CONNECTIONS = 64, /* above http.connections, to say 503 on */
    PATH_MAX_LEN = 300,
    VALUE_MAX = 256,
};

/* 0 goes on, -1 closes the connection. */
static int finish(struct lws *wsi)
{
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

/* Sends the head, and the body as the socket takes it; empties the reply. */
static int respond(struct lws *wsi, struct http_page *page, bool head_only, struct http_reply *reply)
{
    bool written = http_reply_head(wsi, reply);
    bool has_body = reply->body && g_bytes_get_size(reply->body) > 0;
    g_autoptr(GBytes) body = g_steal_pointer(&reply->body);
    http_reply_clear(reply);
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
    struct http_reply reply = {0};
    http_reply_say(&reply, status, "%s", text);
    if (status == 405)
        http_reply_header(&reply, "allow:", "GET, HEAD");
    return respond(wsi, page, head_only, &reply);
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
    static const char *const shed[] = {
        [SFU_SHED_NOTHING] = "nothing",
        [SFU_SHED_LAYERS] = "layers",
        [SFU_SHED_VIDEO] = "video",
        [SFU_SHED_AUDIO] = "audio",
    };
    const struct sfu_load load = sfu_load(server->plane.sfu);
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text,
                    "{\"status\":\"%s\",\"version\":\"%s\",\"rooms\":%u,\"participants\":%u,\"sockets\":%u,"
                    "\"streams\":%u,\"load\":%u,\"shed\":\"%s\",\"turned_away\":%" G_GUINT64_FORMAT,
                    server->draining ? "shutting down" : "ok", PLENUM_VERSION,
                    g_hash_table_size(server->meetings), g_hash_table_size(server->sessions), door->sockets,
                    server->streams, load.busy, shed[load.shed], server->turned_away);
#define X(name) g_string_append_printf(text, ",\"" #name "\":%" G_GUINT64_FORMAT, server->whip.name);
    WHIP_COUNTERS(X)
#undef X
    g_string_append(text, "}\n");
    struct http_reply reply = {.status = server->draining ? 503 : 200,
                               .mime = "application/json",
                               .body = g_bytes_new(text->str, text->len)};
    return respond(wsi, page, head_only, &reply);
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
    struct http_reply reply = {.status = file.body ? 200 : 304, .mime = file.mime, .body = file.body};
    http_reply_header(&reply, "etag:", "%s", file.etag);
    return respond(wsi, page, head_only, &reply);
}

static int serve(struct lws *wsi, struct http_page *page, const char *path)
{
    const struct door *door = door_of(wsi);
    bool head_only = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
    if (whip_path_is(path))
        return http_whip_begin(wsi, &page->whip, path);
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
    else if (server_is_full(door->server) || door->server->draining)
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
    case LWS_CALLBACK_HTTP_BODY:
        return http_whip_body(wsi, &page->whip, in, len);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return http_whip_end(wsi, &page->whip);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return send_body(wsi, page);
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        if (page) {
            g_clear_pointer(&page->body, g_bytes_unref);
            http_whip_drop(&page->whip);
        }
        return 0;
    default:
        return lws_callback_http_dummy(wsi, reason, user, in, len);
    }
}
