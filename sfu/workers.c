#include "workers.h"

#include "command.h"
#include "seal_engine.h"
#include "worker.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>

enum { EVENTS_MAILBOX = 16384 };

static int fail(int err, char *to, size_t len, const char *format, ...) __attribute__((format(printf, 4, 5)));

static int fail(int err, char *to, size_t len, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(to, len, format, args);
    va_end(args);
    return err;
}

static int addresses(struct udp_addresses *out, const char *key, const char *list, uint16_t port, char *err,
                     size_t err_len)
{
    const char *bad;
    int e = udp_local_addresses(out, list, port, &bad);
    if (e == -EINVAL)
        return fail(e, err, err_len, "rtc.%s: '%.40s' is not an IPv4 or IPv6 address", key, bad);
    if (e == -E2BIG)
        return fail(e, err, err_len, "rtc.%s: more than %d addresses", key, UDP_ADDRESSES_MAX);
    if (e)
        return fail(e, err, err_len, "rtc.%s: no local address to listen on (%s)", key, g_strerror(-e));
    return 0;
}

/* Interfaces list addresses that cannot be bound yet, or no more: those are left out. An address that was
 * asked for has to work. */
static void leave_out(struct udp_addresses *at, const struct addr *bad)
{
    for (size_t i = 0; i < at->count; i++) {
        if (addr_equal(&at->at[i], bad))
            at->at[i--] = at->at[--at->count];
    }
}

/* bad: the address that could not be bound, or none. */
static int explain(int e, const struct conf *conf, const struct addr *bad, unsigned i, char *err,
                   size_t err_len)
{
    char text[ADDR_TEXT_MAX];
    const char *key = *conf->rtc.address ? "rtc.address: " : "";
    const char *at = addr_format(bad, text);
    if (!bad->family)
        return fail(e, err, err_len, "cannot start media worker %u: %s", i, g_strerror(-e));
    if (e == -EADDRINUSE)
        return fail(e, err, err_len,
                    "rtc.port: UDP port %u is in use at %s: stop what uses it, or set rtc.port", bad->port,
                    at);
    if (e == -EADDRNOTAVAIL && *key)
        return fail(e, err, err_len,
                    "%s%s is not of this machine; an address that leads to it through NAT is a "
                    "rtc.public_address",
                    key, at);
    return fail(e, err, err_len, "%scannot listen on UDP %s: %s", key, at, g_strerror(-e));
}

static int make_worker(struct workers *w, const struct conf *conf, unsigned i, char *err, size_t err_len)
{
    struct udp_addresses at;
    struct addr bad = {0};
    unsigned port = conf->rtc.port ? conf->rtc.port + i : 0; /* 0: whichever are free */
    int e = addresses(&at, "address", conf->rtc.address, (uint16_t)port, err, err_len);
    if (e)
        return e;
    do {
        if (e == -EADDRNOTAVAIL)
            leave_out(&at, &bad);
        e = worker_init(&w->at[i], i, &at, w->dtls, &w->events, &bad);
    } while (e == -EADDRNOTAVAIL && !conf->rtc.address[0] && at.count > 1);
    if (e)
        return explain(e, conf, &bad, i, err, err_len);
    w->count++;
    shed_init(&w->at[i].shed, conf->limits.load * LOAD_FULL / 100);
    return 0;
}

static int start_threads(struct workers *w, char *err, size_t err_len)
{
    int e = 0;
    for (unsigned i = 0; i < w->count; i++)
        worker_link(&w->at[i], w->at, w->count);
    for (unsigned i = 0; i < w->count && !e; i++) {
        e = worker_start(&w->at[i]);
        if (e)
            fail(e, err, err_len, "cannot start the thread of media worker %u: %s", i, g_strerror(-e));
    }
    return e;
}

int workers_start(struct workers *w, const struct conf *conf, char *err, size_t err_len)
{
    unsigned n = conf_workers(conf);
    if (conf->rtc.port && conf->rtc.port + n - 1 > UINT16_MAX)
        return fail(-EINVAL, err, err_len, "rtc.port %u: %u workers need that many ports from there on",
                    conf->rtc.port, n);
    int e = 0;
    if (conf->rtc.public_address[0])
        e = addresses(&w->public, "public_address", conf->rtc.public_address, 0, err, err_len);
    if (e)
        return e;
    (void)seal_engine_best(); /* a library tests itself and takes 3 MB: not while the first viewer joins */
    w->dtls = dtls_context_new(NULL);
    if (!w->dtls)
        return fail(-EIO, err, err_len, "cannot make a DTLS certificate");
    e = mailbox_init(&w->events, EVENTS_MAILBOX);
    if (e)
        return fail(e, err, err_len, "cannot make a mailbox: %s", g_strerror(-e));
    w->at = g_new0(struct worker, n);
    for (unsigned i = 0; i < n && !e; i++)
        e = make_worker(w, conf, i, err, err_len);
    return e ? e : start_threads(w, err, err_len);
}

void workers_stop(struct workers *w)
{
    const struct mail stop = {.type = COMMAND_STOP};
    for (unsigned i = 0; i < w->count; i++) {
        struct mailbox_sender *to = &w->at[i].to_worker;
        mailbox_post(to, &stop);
        while (mailbox_sender_flush(to))
            poll(NULL, 0, 1); /* it works its mail off */
    }
    for (unsigned i = 0; i < w->count; i++)
        worker_join(&w->at[i]);
    for (unsigned i = 0; i < w->count; i++)
        worker_finish(&w->at[i]);
    mailbox_finish(&w->events);
    dtls_context_free(w->dtls);
    g_free(w->at);
}
