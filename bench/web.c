#include "web.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>

enum { RECEIVE_BYTES = 16 << 10, PATIENCE_S = WEB_PATIENCE_US / 1000000 };

const char *web_explain_error(int err)
{
    switch (err) {
    case ECONNREFUSED:
        return "connection refused: nothing listens there";
    case ETIMEDOUT:
        return "no answer in time: is the server there, and does a firewall let this through?";
    case ENETUNREACH:
    case EHOSTUNREACH:
        return "there is no way to that host";
    case EADDRNOTAVAIL:
    case EADDRINUSE:
        return "no port of this machine is left: the range net.ipv4.ip_local_port_range is too small for so "
               "many";
    case EMFILE:
        return "no file is left that this program may open: see ulimit -n";
    case 0:
        return "no connection";
    default:
        return g_strerror(err);
    }
}

const char *web_explain(const char *said, int64_t took_us)
{
    static const char nowhere[] = "Unable to connect"; /* refused, or in vain until time was up */
    static const char failed[] = "conn fail: ";        /* and a number of errno.h */
    static const struct {
        const char *part, *words;
    } table[] = {
        {nowhere, "connection refused: nothing listens there, or there is no way to it"},
        {"Timed out", "no answer in time"},
        {"ws upgrade", "the server is there, but this URL is no WebSocket of its, or it is full"},
        {"upgrade response", "the server is there, but this URL is no WebSocket of its, or it is full"},
        {"protocol", "the server does not speak this protocol there"},
        {"read failed", "the server does not speak HTTP there, or closed the connection"},
        {"SSL err", "no TLS there, or a certificate that is not trusted (--insecure takes any)"},
        {"tls", "no TLS there, or a certificate that is not trusted (--insecure takes any)"},
        {"certificate", "its certificate is not trusted (--insecure takes any)"},
        {"server's cert", "its certificate is not trusted (--insecure takes any)"},
    };
    if (said && strstr(said, nowhere) && took_us >= WEB_PATIENCE_US)
        return web_explain_error(ETIMEDOUT);
    const char *number = said ? strstr(said, failed) : NULL;
    if (number)
        return web_explain_error((int)g_ascii_strtoll(number + strlen(failed), NULL, 10));
    for (size_t i = 0; said && i < G_N_ELEMENTS(table); i++) {
        if (strstr(said, table[i].part))
            return table[i].words;
    }
    return said ? said : "no connection";
}

static bool take_apart(struct web *web, const char *url, const struct web_kind *kind, bool insecure)
{
    const char *scheme, *host, *path;
    web->url = g_strdup(url);
    if (lws_parse_uri(web->url, &scheme, &host, &web->port, &path) || !*host ||
        (strcmp(scheme, kind->plain) != 0 && strcmp(scheme, kind->tls) != 0))
        return false;
    web->scheme = scheme;
    web->host = host;
    web->host_header = g_strdup_printf(strchr(host, ':') ? "[%s]:%d" : "%s:%d", host, web->port);
    web->path = g_strconcat("/", path, NULL);
    if (strcmp(scheme, kind->tls) == 0)
        web->flags =
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

static bool start(struct web *web, const struct web_kind *kind, GMainLoop *loop)
{
    void *loops[] = {loop};
    web->protocols[0] = (struct lws_protocols){
        .name = kind->protocol, .callback = kind->callback, .rx_buffer_size = RECEIVE_BYTES};
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = web->protocols,
        /* Not libuv's loop, as the server: there a connection that fails does not tell why. */
        .options = LWS_SERVER_OPTION_GLIB | (web->flags ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0),
        .foreign_loops = loops,
        .timeout_secs = PATIENCE_S,
    };
    lws_set_log_level(0, NULL);
    web->context = lws_create_context(&info);
    return web->context;
}

struct web *web_new(const char *url, const struct web_kind *kind, bool insecure, GMainLoop *loop, char *err)
{
    struct web *web = g_new0(struct web, 1);
    if (!take_apart(web, url, kind, insecure))
        g_snprintf(err, WEB_ERROR_MAX,
                   "%s is no URL of this driver's: %s://HOST:PORT/PATH or %s://HOST:PORT/PATH", url,
                   kind->plain, kind->tls);
    else if (web->port < 1 || web->port > 65535)
        g_snprintf(err, WEB_ERROR_MAX, "%s: a port is a number from 1 to 65535", url);
    else if (!host_is_known(web->host))
        g_snprintf(err, WEB_ERROR_MAX, "there is no host %s", web->host);
    else if (!start(web, kind, loop))
        g_snprintf(err, WEB_ERROR_MAX, "libwebsockets cannot start");
    else
        return web;
    web_free(web);
    return NULL;
}

void web_free(struct web *web)
{
    if (!web)
        return;
    if (web->context)
        lws_context_destroy(web->context);
    g_free(web->url);
    g_free(web->host_header);
    g_free(web->path);
    g_free(web);
}

static bool is_same_server(GUri *a, GUri *b)
{
    return strcmp(g_uri_get_scheme(a), g_uri_get_scheme(b)) == 0 && g_uri_get_host(b) &&
           g_ascii_strcasecmp(g_uri_get_host(a), g_uri_get_host(b)) == 0 &&
           g_uri_get_port(a) == g_uri_get_port(b);
}

char *web_resolve(const struct web *web, const char *base, const char *reference)
{
    const GUriFlags flags = G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE;
    g_autofree char *at = g_strconcat(web->scheme, "://", web->host_header, base, NULL);
    g_autoptr(GUri) from = g_uri_parse(at, flags, NULL);
    g_autoptr(GUri) to = from ? g_uri_parse_relative(from, reference, flags, NULL) : NULL;
    if (!to || !is_same_server(from, to))
        return NULL;
    const char *query = g_uri_get_query(to);
    return g_strconcat(g_uri_get_path(to), query ? "?" : NULL, query, NULL);
}

bool web_connect(struct web *web, const char *method, const char *path, void *user, struct lws **wsi)
{
    const struct lws_client_connect_info info = {
        .context = web->context,
        .address = web->host,
        .host = web->host_header,
        .port = web->port,
        .path = path,
        .method = method,
        .protocol = web->protocols[0].name,
        .ssl_connection = web->flags | (method ? LCCSCF_HTTP_NO_FOLLOW_REDIRECT : 0),
        .userdata = user,
        .pwsi = wsi,
    };
    errno = 0;
    bool begun = lws_client_connect_via_info(&info);
    int err = errno;
    lws_cancel_service(web->context); /* else the GLib timer is not set for this one at once */
    errno = err;
    return begun;
}
