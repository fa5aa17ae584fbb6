#include "sockets.h"

#include "clock.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

/* What an event is about: of socket number n, kind * UDP_ADDRESSES_MAX + n. */
enum { RTCP, ROOM, MEDIA, INBOX };

static int watch(const struct sockets *s, int op, int fd, uint32_t events, unsigned kind, size_t n)
{
    struct epoll_event e = {.events = events, .data.u64 = kind * UDP_ADDRESSES_MAX + n};
    return epoll_ctl(s->epoll, op, fd, &e) == 0 ? 0 : -errno;
}

/* A socket that is asked nothing is not in epoll at all: to send by it costs nothing more. */
static int ask(struct sockets *s, size_t n, unsigned kind, int fd, uint32_t events)
{
    uint32_t *asked = &s->asked[n][kind];
    if (events == *asked)
        return 0;
    *asked = events;
    return watch(s, events ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, fd, events, kind, n);
}

static int ask_for_rtcp(struct sockets *s)
{
    int err = 0;
    for (size_t n = 0; n < s->count && err == 0; n++)
        err = ask(s, n, RTCP, s->at[n].rtcp.fd, s->rounds ? 0 : EPOLLIN);
    return err;
}

static int open_at(struct sockets *s, const struct addr *at)
{
    struct udp_socket *socket = &s->at[s->count];
    int err = udp_open(socket, at);
    if (err == 0)
        err = udp_split(socket);
    if (err < 0)
        return err;
    return watch(s, EPOLL_CTL_ADD, socket->in.fd, EPOLLIN, MEDIA, s->count++);
}

int sockets_open(struct sockets *s, const struct udp_addresses *at, int inbox, struct addr *bad)
{
    *s = (struct sockets){.epoll = epoll_create1(EPOLL_CLOEXEC)};
    int err = s->epoll < 0 ? -errno : watch(s, EPOLL_CTL_ADD, inbox, EPOLLIN, INBOX, 0);
    for (size_t i = 0; i < at->count && err == 0; i++) {
        *bad = at->at[i];
        err = open_at(s, &at->at[i]);
    }
    return err < 0 ? err : ask_for_rtcp(s);
}

void sockets_close(struct sockets *s)
{
    for (size_t i = 0; i < s->count; i++)
        udp_close(&s->at[i]);
    if (s->epoll >= 0)
        close(s->epoll);
    *s = (struct sockets){.epoll = -1};
}

void sockets_flushed(struct sockets *s)
{
    for (size_t n = 0; n < s->count; n++)
        (void)ask(s, n, ROOM, s->at[n].out, s->at[n].blocked ? EPOLLOUT : 0);
}

static void note(struct sockets *s, uint64_t about, struct sockets_ready *ready)
{
    size_t n = about % UDP_ADDRESSES_MAX;
    switch (about / UDP_ADDRESSES_MAX) {
    case RTCP:
        ready->rtcp = true;
        break;
    case ROOM:
        ready->room = true;
        break;
    case MEDIA:
        ready->media[ready->count++] = &s->at[n];
        break;
    default:
        ready->inbox = true;
    }
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void sockets_wait(struct sockets *s, uint64_t until_us, uint64_t *now_us, struct sockets_ready *ready)
{
    struct epoll_event events[3 * UDP_ADDRESSES_MAX + 1];
    uint64_t end_us = s->rounds ? earlier(until_us, s->looked_us + SOCKETS_ROUND_US) : until_us;
    uint64_t wait_us = end_us > *now_us ? end_us - *now_us : 0;
    const struct timespec wait = {.tv_sec = (time_t)(wait_us / 1000000),
                                  .tv_nsec = (long)(wait_us % 1000000 * 1000)};
    int n = epoll_pwait2(s->epoll, events, sizeof(events) / sizeof(*events), &wait, NULL);
    *now_us = clock_now_us();
    *ready = (struct sockets_ready){.rtcp = s->rounds && *now_us >= s->looked_us + SOCKETS_ROUND_US / 2};
    for (int i = 0; i < n; i++)
        note(s, events[i].data.u64, ready);
}

void sockets_looked(struct sockets *s, bool any, uint64_t now_us)
{
    bool dense = now_us < s->looked_us + SOCKETS_ROUND_US;
    s->rounds = any && (s->rounds || dense);
    s->looked_us = now_us;
    (void)ask_for_rtcp(s);
}
