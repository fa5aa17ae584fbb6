#include "ws_client.h"

#include <errno.h>
#include <libwebsockets.h>
#include <netdb.h>
#include <string.h>

enum { CLOSE_SECONDS = 2, RECEIVE_BYTES = 16 << 10 };

struct ws_hub {
    struct lws_context *context;
    struct lws_protocols protocols[2];
    char *url; /* taken apart in place; host points into it */
    const char *host;
    char *host_header, *slash_path;
    int port, flags;
    size_t count;
};

struct ws_client {
    struct ws_hub *hub;
    const struct ws_client_upcalls *up; /* NULL = freed by its owner */
    void *arg;
    struct lws *wsi; /* NULL = gone, or never there */
    GQueue out;      /* of GBytes */
    GString *in;
    char *why;
    guint tell; /* idle source that tells why it was closed */
    bool open;
};

/* --- One connection ------------------------------------------------------------ */

static void destroy(struct ws_client *c)
{
    if (c->tell)
        g_source_remove(c->tell);
    g_queue_clear_full(&c->out, (GDestroyNotify)g_bytes_unref);
    g_string_free(c->in, TRUE);
    g_free(c->why);
    g_free(c);
}

static gboolean tell_closed(void *arg)
{
    struct ws_client *c = arg;
    c->tell = 0;
    c->up->closed(c->arg, c->why);
    return G_SOURCE_REMOVE;
}

/* libwebsockets has done with it. */
static void gone(struct ws_client *c, const char *why)
{
    c->wsi = NULL;
    c->open = false;
    c->hub->count--;
    if (!c->up) {
        destroy(c);
        return;
    }
    c->why = g_strdup(why);
    c->tell = g_idle_add(tell_closed, c);
}

/* What libwebsockets says of a connection that came to nothing, in words. */
static const char *explain(const char *said)
{
    static const struct {
        const char *part, *words;
    } table[] = {
        {"conn fail: 111", "connection refused: nothing listens there"},
        {"Unable to connect", "connection refused: nothing listens there, or there is no way to it"},
        {"Timed out", "no answer in time"},
        {"ws upgrade", "the server is there, but this URL is no WebSocket of its, or it is full"},
        {"upgrade response", "the server is there, but this URL is no WebSocket of its, or it is full"},
        {"protocol", "the server does not speak this protocol there"},
        {"tls", "no TLS there, or a certificate that is not trusted (--insecure takes any)"},
        {"certificate", "its certificate is not trusted (--insecure takes any)"},
        {"server's cert", "its certificate is not trusted (--insecure takes any)"},
    };
    for (size_t i = 0; said && i < G_N_ELEMENTS(table); i++) {
        if (strstr(said, table[i].part))
            return table[i].words;
    }
    return said ? said : "no connection";
}

static int write_next(struct ws_client *c)
{
    g_autoptr(GBytes) bytes = g_queue_pop_head(&c->out);
    if (bytes) {
        size_t len;
        const void *text = g_bytes_get_data(bytes, &len);
        g_autofree unsigned char *room = g_malloc(LWS_PRE + len);
        memcpy(room + LWS_PRE, text, len);
        if (lws_write(c->wsi, room + LWS_PRE, len, LWS_WRITE_TEXT) < (int)len)
            return -1;
    }
    if (c->out.length) {
        lws_callback_on_writable(c->wsi);
        return 0;
    }
    if (c->up)
        return 0;
    lws_close_reason(c->wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
    return -1;
}

static void received(struct ws_client *c, const char *bytes, size_t len)
{
    g_string_append_len(c->in, bytes, (gssize)len);
    if (!lws_is_final_fragment(c->wsi) || lws_remaining_packet_payload(c->wsi) > 0)
        return;
    if (c->up)
        c->up->text(c->arg, c->in->str, c->in->len);
    g_string_truncate(c->in, 0);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct ws_client *c = user;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        c->wsi = wsi;
        c->open = true;
        if (c->up)
            c->up->opened(c->arg);
        lws_callback_on_writable(wsi);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        received(c, in, len);
        return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return write_next(c);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        if (len > 2 && !c->why)
            c->why = g_strndup((const char *)in + 2, len - 2);
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: {
        g_autofree char *said = in ? g_strndup(in, len) : NULL;
        gone(c, explain(said));
        return 0;
    }
    case LWS_CALLBACK_CLIENT_CLOSED: {
        g_autofree char *why = g_steal_pointer(&c->why);
        gone(c, why ? why : "the server closed the connection");
        return 0;
    }
    default:
        return 0;
    }
}

struct ws_client *ws_client_new(struct ws_hub *hub, const struct ws_client_upcalls *up, void *arg)
{
    struct ws_client *c = g_new0(struct ws_client, 1);
    *c = (struct ws_client){.hub = hub, .up = up, .arg = arg, .in = g_string_new(NULL)};
    g_queue_init(&c->out);
    hub->count++;
    const struct lws_client_connect_info info = {
        .context = hub->context,
        .address = hub->host,
        .host = hub->host_header,
        .port = hub->port,
        .path = hub->slash_path,
        .protocol = hub->protocols[0].name,
        .ssl_connection = hub->flags,
        .userdata = c,
        .pwsi = &c->wsi,
    };
    if (!lws_client_connect_via_info(&info) && !c->tell)
        gone(c, "no connection");
    return c;
}

void ws_client_send(struct ws_client *c, const char *text)
{
    g_queue_push_tail(&c->out, g_bytes_new(text, strlen(text)));
    if (c->open)
        lws_callback_on_writable(c->wsi);
}

void ws_client_free(struct ws_client *c)
{
    if (!c)
        return;
    c->up = NULL;
    if (!c->wsi) {
        destroy(c);
        return;
    }
    /* Whoever does not answer is left behind. */
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_REASON_BASE, CLOSE_SECONDS);
    lws_callback_on_writable(c->wsi);
}

/* --- All of them ---------------------------------------------------------------- */

static bool take_apart(struct ws_hub *hub, const char *url, bool insecure)
{
    const char *scheme, *host, *path;
    hub->url = g_strdup(url);
    if (!g_str_has_prefix(url, "ws://") && !g_str_has_prefix(url, "wss://"))
        return false;
    if (lws_parse_uri(hub->url, &scheme, &host, &hub->port, &path) || !*host || hub->port < 1 ||
        hub->port > 65535)
        return false;
    hub->host = host;
    hub->host_header = g_strdup_printf(strchr(host, ':') ? "[%s]:%d" : "%s:%d", host, hub->port);
    hub->slash_path = g_strconcat("/", path, NULL);
    if (strcmp(scheme, "wss") == 0)
        hub->flags =
            LCCSCF_USE_SSL | (insecure ? LCCSCF_ALLOW_SELFSIGNED | LCCSCF_ALLOW_INSECURE |
                                             LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK | LCCSCF_ALLOW_EXPIRED
                                       : 0);
    return true;
}

/* libwebsockets does not say why a name leads nowhere. */
static bool host_is_known(const char *host)
{
    struct addrinfo *list = NULL;
    bool known = getaddrinfo(host, NULL, NULL, &list) == 0;
    if (known)
        freeaddrinfo(list);
    return known;
}

struct ws_hub *ws_hub_new(const char *url, const char *protocol, bool insecure, GMainLoop *loop, char *err)
{
    struct ws_hub *hub = g_new0(struct ws_hub, 1);
    void *loops[] = {loop};
    if (!take_apart(hub, url, insecure)) {
        g_snprintf(err, WS_ERROR_MAX, "%s is no URL of a WebSocket: ws://HOST:PORT/ws or wss://HOST:PORT/ws",
                   url);
        ws_hub_free(hub);
        return NULL;
    }
    if (!host_is_known(hub->host)) {
        g_snprintf(err, WS_ERROR_MAX, "there is no host %s", hub->host);
        ws_hub_free(hub);
        return NULL;
    }
    hub->protocols[0] =
        (struct lws_protocols){.name = protocol, .callback = callback, .rx_buffer_size = RECEIVE_BYTES};
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = hub->protocols,
        .options = LWS_SERVER_OPTION_GLIB | (hub->flags ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0),
        .foreign_loops = loops,
    };
    lws_set_log_level(0, NULL);
    hub->context = lws_create_context(&info);
    if (hub->context)
        return hub;
    g_snprintf(err, WS_ERROR_MAX, "libwebsockets cannot start");
    ws_hub_free(hub);
    return NULL;
}

void ws_hub_free(struct ws_hub *hub)
{
    if (!hub)
        return;
    if (hub->context)
        lws_context_destroy(hub->context);
    g_free(hub->url);
    g_free(hub->host_header);
    g_free(hub->slash_path);
    g_free(hub);
}

size_t ws_hub_count(const struct ws_hub *hub)
{
    return hub->count;
}
