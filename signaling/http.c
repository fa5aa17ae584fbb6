#include "http.h"

#include "http_page.h"
#include "log.h"
#include "site.h"
#include "tls_cert.h"
#include "ws.h"

#include <errno.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    HEADER_BYTES_MAX = 8192,
    HEADER_SECONDS = 10, /* for a request's headers, and for a TLS handshake */
    KEEPALIVE_SECONDS = 15,
    RECEIVE_BYTES = 2 << 10, /* of a message at a time; each WebSocket has a buffer of that size for good */
};

/* Messages are written whole: while it keeps the rest of one, libwebsockets takes a close frame for the end
 * of the connection and says nothing of it, and who has left would seem to have lost the network. */
static const struct lws_protocols protocols[] = {
    {.name = "http", .callback = http_page_callback, .per_session_data_size = sizeof(struct http_page)},
    {.name = "plenum",
     .callback = ws_callback,
     .per_session_data_size = sizeof(struct ws),
     .rx_buffer_size = RECEIVE_BYTES,
     .tx_packet_size = WS_QUEUE_BYTES_MAX},
    {.name = NULL},
};

static void log_lws(int level, const char *line)
{
    g_autofree char *text = g_strchomp(g_strdup(line));
    if (level == LLL_ERR)
        log_warning(NULL, 0, "libwebsockets: %s", text);
    else
        log_debug(NULL, 0, "libwebsockets: %s", text);
}

static bool has_ipv6(void)
{
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* libwebsockets fails without saying why: find out whether the address can be had. */
static int try_to_bind(const struct conf *conf, char *err, size_t err_len)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST}, *list;
    const char *address = *conf->http.address ? conf->http.address : has_ipv6() ? "::" : "0.0.0.0";
    char port[8];
    snprintf(port, sizeof(port), "%u", conf->http.port);
    if (getaddrinfo(address, port, &hints, &list) != 0) {
        snprintf(err, err_len, "http.address: %s is not an IP address", address);
        return -EINVAL;
    }
    int fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, result = 0;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        bind(fd, list->ai_addr, list->ai_addrlen) < 0 || listen(fd, 1) < 0)
        result = -errno;
    if (result == -EADDRINUSE)
        snprintf(err, err_len, "http.port: TCP port %u is in use%s%s: stop what uses it, or set http.port",
                 conf->http.port, *conf->http.address ? " at " : "", conf->http.address);
    else if (result == -EADDRNOTAVAIL)
        snprintf(err, err_len, "http.address: %s is not an address of this machine", address);
    else if (result < 0)
        snprintf(err, err_len, "http.port: cannot listen on %s port %u: %s", address, conf->http.port,
                 g_strerror(-result));
    if (fd >= 0)
        close(fd);
    freeaddrinfo(list);
    return result;
}

static int find_certificate(struct http *http, char *err, size_t err_len)
{
    const struct conf *conf = http->door.conf;
    if (conf->http.tls == CONF_TLS_OFF)
        return 0;
    if (conf->http.tls == CONF_TLS_AUTO)
        return tls_cert_make(conf->http.tls_dir, &http->certificate, &http->key, err, err_len);
    http->certificate = g_strdup(conf->http.certificate);
    http->key = g_strdup(conf->http.key);
    return 0;
}

static void describe(struct http *http, struct lws_context_creation_info *info)
{
    const struct conf *conf = http->door.conf;
    bool ipv4 = *conf->http.address && !strchr(conf->http.address, ':');
    info->port = conf->http.port;
    info->iface = *conf->http.address ? conf->http.address : NULL;
    info->protocols = protocols;
    info->user = &http->door;
    info->options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND | LWS_SERVER_OPTION_VALIDATE_UTF8 |
                    LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME;
    if (ipv4 || !has_ipv6())
        info->options |= LWS_SERVER_OPTION_DISABLE_IPV6;
    info->max_http_header_data = HEADER_BYTES_MAX;
    info->timeout_secs = HEADER_SECONDS;
    info->timeout_secs_ah_idle = HEADER_SECONDS;
    info->keepalive_timeout = KEEPALIVE_SECONDS;
    http->liveness = (lws_retry_bo_t){
        .secs_since_valid_ping = (uint16_t)conf->signaling.ping,
        .secs_since_valid_hangup = (uint16_t)(conf->signaling.ping + conf->signaling.timeout),
    };
    info->retry_and_idle_policy = &http->liveness;
    if (!http->certificate)
        return;
    info->options |= LWS_SERVER_OPTION_REDIRECT_HTTP_TO_HTTPS;
    info->options |= LWS_SERVER_OPTION_ALLOW_NON_SSL_ON_SSL_PORT;
    info->ssl_cert_filepath = http->certificate;
    info->ssl_private_key_filepath = http->key;
    info->ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;
    info->alpn = "http/1.1";
}

int http_start(struct http *http, struct server *server, GMainLoop *loop, char *err, size_t err_len)
{
    struct lws_context_creation_info info = {0};
    *http = (struct http){.door = {.conf = server->conf, .server = server}};
    http->door.root = site_root(server->conf->http.root);
    http->door.scratch = g_byte_array_new();
    http->door.tls = server->conf->http.tls != CONF_TLS_OFF;
    int result = try_to_bind(server->conf, err, err_len);
    if (result == 0)
        result = find_certificate(http, err, err_len);
    if (result < 0) {
        http_finish(http);
        return result;
    }
    lws_set_log_level(LLL_ERR | LLL_WARN, log_lws);
    describe(http, &info);
    http->web = web_loop_new(&info, g_main_loop_get_context(loop));
    if (http->web)
        return 0;
    snprintf(err, err_len, "the web server cannot start%s",
             http->certificate ? ": see the certificate and its key" : "");
    http_finish(http);
    return -EIO;
}

void http_finish(struct http *http)
{
    http->door.drained = NULL;
    g_clear_pointer(&http->web, web_loop_free);
    if (http->door.scratch)
        g_byte_array_unref(http->door.scratch);
    http->door.scratch = NULL;
    g_clear_pointer(&http->door.root, g_free);
    g_clear_pointer(&http->certificate, g_free);
    g_clear_pointer(&http->key, g_free);
}
