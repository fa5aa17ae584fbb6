#include "signaling.h"

#include "http.h"
#include "log.h"
#include "methods.h"
#include "site.h"
#include "tls_cert.h"
#include "upcalls.h"

#include <arpa/inet.h>
#include <glib-unix.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

enum { SHUTDOWN_SECONDS = 3 };

struct signaling {
    struct server server; /* first: it is what the upcalls get as their argument */
    struct http http;
    bool listening;
    unsigned event_source, shutdown_timer;
    void (*stopped)(void *arg);
    void *stopped_arg;
};

struct signaling *signaling_new(const struct conf *conf)
{
    struct signaling *signaling = g_new0(struct signaling, 1);
    server_init(&signaling->server, conf, methods);
    return signaling;
}

int signaling_check(const struct conf *conf, char *err, size_t err_len)
{
    g_autofree char *root = site_root(conf->http.root);
    int result = site_check(root, err, err_len);
    if (result == 0 && conf->http.tls == CONF_TLS_FILES)
        result = tls_cert_check(conf->http.certificate, conf->http.key, err, err_len);
    return result;
}

const struct sfu_upcalls *signaling_upcalls(void)
{
    return &upcalls;
}

static gboolean dispatch(int fd, GIOCondition condition, void *arg)
{
    (void)fd;
    (void)condition;
    sfu_dispatch(arg);
    return G_SOURCE_CONTINUE;
}

int signaling_start(struct signaling *signaling, struct sfu *sfu, GMainLoop *loop, char *err, size_t err_len)
{
    signaling->server.plane.sfu = sfu;
    int result = http_start(&signaling->http, &signaling->server, loop, err, err_len);
    if (result < 0)
        return result;
    signaling->listening = true;
    signaling->event_source = g_unix_fd_add(sfu_event_fd(sfu), G_IO_IN, dispatch, sfu);
    return 0;
}

/* --- Where it can be reached ------------------------------------------------ */

static void add_url(GString *urls, const struct conf *conf, const char *host)
{
    const char *scheme = conf->http.tls == CONF_TLS_OFF ? "http" : "https";
    bool brackets = strchr(host, ':') != NULL;
    g_string_append_printf(urls, "%s://%s%s%s:%u/\n", scheme, brackets ? "[" : "", host, brackets ? "]" : "",
                           conf->http.port);
}

static void add_interfaces(GString *urls, const struct conf *conf)
{
    struct ifaddrs *list = NULL;
    if (getifaddrs(&list) < 0)
        return;
    for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
        char text[INET_ADDRSTRLEN];
        if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || (i->ifa_flags & IFF_LOOPBACK))
            continue;
        const struct sockaddr_in *address = (const void *)i->ifa_addr;
        if (inet_ntop(AF_INET, &address->sin_addr, text, sizeof(text)))
            add_url(urls, conf, text);
    }
    freeifaddrs(list);
}

char *signaling_urls(const struct signaling *signaling)
{
    const struct conf *conf = signaling->server.conf;
    const char *address = conf->http.address;
    GString *urls = g_string_new(NULL);
    bool any = !*address || strcmp(address, "::") == 0 || strcmp(address, "0.0.0.0") == 0;
    add_url(urls, conf, any ? "localhost" : address);
    if (any)
        add_interfaces(urls, conf);
    return g_string_free(urls, FALSE);
}

/* --- Going down ------------------------------------------------------------- */

static gboolean is_down(void *arg)
{
    struct signaling *signaling = arg;
    signaling->shutdown_timer = 0;
    if (signaling->http.door.sockets > 0)
        log_warning(NULL, 0, "%u sockets did not close in time", signaling->http.door.sockets);
    signaling->stopped(signaling->stopped_arg);
    return G_SOURCE_REMOVE;
}

/* The last socket was closed, in the middle of its own callback: go on from the loop. */
static void drained(void *arg)
{
    struct signaling *signaling = arg;
    if (signaling->shutdown_timer)
        g_source_remove(signaling->shutdown_timer);
    signaling->shutdown_timer = g_idle_add(is_down, signaling);
}

void signaling_shutdown(struct signaling *signaling, void (*stopped)(void *arg), void *arg)
{
    if (signaling->server.draining)
        return;
    log_info(NULL, 0, "going down: %u participants in %u rooms are told",
             g_hash_table_size(signaling->server.sessions), g_hash_table_size(signaling->server.meetings));
    signaling->stopped = stopped;
    signaling->stopped_arg = arg;
    server_drain(&signaling->server);
    signaling->shutdown_timer = g_timeout_add_seconds(SHUTDOWN_SECONDS, is_down, signaling);
    door_drain(&signaling->http.door, drained, signaling);
}

void signaling_free(struct signaling *signaling)
{
    if (!signaling)
        return;
    if (signaling->shutdown_timer)
        g_source_remove(signaling->shutdown_timer);
    if (signaling->event_source)
        g_source_remove(signaling->event_source);
    if (signaling->listening)
        http_finish(&signaling->http);
    server_finish(&signaling->server);
    g_free(signaling);
}
