#include "sockets.h"

#include "clock.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { PACE_MAX_US = 100000 };

/* What an event is about: of socket number n, kind * UDP_ADDRESSES_MAX + n. */
enum { CASUAL, ROOM, MEDIA, INBOX, ALARM };

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

static int ask_for_casual(struct sockets *s)
{
    int err = 0;
    for (size_t n = 0; n < s->count && err == 0; n++)
        err = ask(s, n, CASUAL, s->at[n].casual.fd, s->rounds ? 0 : EPOLLIN);
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

/* By edges, so that nobody need read it. */
static int open_alarm(struct sockets *s)
{
    s->alarm = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return s->alarm < 0 ? -errno : watch(s, EPOLL_CTL_ADD, s->alarm, EPOLLIN | EPOLLET, ALARM, 0);
}

int sockets_open(struct sockets *s, const struct udp_addresses *at, int inbox, struct addr *bad)
{
    *s = (struct sockets){.alarm = -1, .epoll = epoll_create1(EPOLL_CLOEXEC), .pace_us = PACE_MAX_US};
    int err = s->epoll < 0 ? -errno : watch(s, EPOLL_CTL_ADD, inbox, EPOLLIN, INBOX, 0);
    if (err == 0)
        err = open_alarm(s);
    for (size_t i = 0; i < at->count && err == 0; i++) {
        *bad = at->at[i];
        err = open_at(s, &at->at[i]);
    }
    return err < 0 ? err : ask_for_casual(s);
}

void sockets_close(struct sockets *s)
{
    for (size_t i = 0; i < s->count; i++)
        udp_close(&s->at[i]);
    if (s->epoll >= 0)
        close(s->epoll);
    if (s->alarm >= 0)
        close(s->alarm);
    *s = (struct sockets){.epoll = -1, .alarm = -1};
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
    case CASUAL:
        ready->casual = true;
        break;
    case ROOM:
        ready->room = true;
        break;
    case MEDIA:
        ready->media[ready->count++] = &s->at[n];
        break;
    case INBOX:
        ready->inbox = true;
        break;
    default: /* the alarm: it is time, that is all */
        break;
    }
}

static struct timespec timespec_of(uint64_t us)
{
    return (struct timespec){.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000 * 1000)};
}

/* Have it ring when that is due, or a little later. Most turns find it set well already. */
static void set_alarm(struct sockets *s, uint64_t due_us)
{
    if (s->alarm_us >= due_us && s->alarm_us <= due_us + SOCKETS_LATE_US)
        return;
    s->alarm_us = due_us + SOCKETS_LATE_US;
    const struct itimerspec at = {.it_value = timespec_of(s->alarm_us)};
    (void)timerfd_settime(s->alarm, TFD_TIMER_ABSTIME, &at, NULL);
}

/* Media comes so often that what is due can wait for it. */
static bool is_dense(const struct sockets *s, uint64_t now_us)
{
    return s->pace_us < SOCKETS_DENSE_US && now_us < s->media_us + SOCKETS_DENSE_US;
}

void sockets_wait(struct sockets *s, uint64_t until_us, uint64_t *now_us, struct sockets_ready *ready)
{
    struct epoll_event events[3 * UDP_ADDRESSES_MAX + 2];
    uint64_t end_us = s->rounds ? timer_earlier(until_us, s->round_us) : until_us;
    uint64_t wait_us = end_us > *now_us ? end_us - *now_us : 0;
    bool late = until_us >= *now_us + SOCKETS_SHORT_US && is_dense(s, *now_us);
    if (late)
        set_alarm(s, end_us);
    const struct timespec wait = timespec_of(wait_us);
    int n = epoll_pwait2(s->epoll, events, sizeof(events) / sizeof(*events), late ? NULL : &wait, NULL);
    *now_us = clock_now_us();
    *ready = (struct sockets_ready){0};
    for (int i = 0; i < n; i++)
        note(s, events[i].data.u64, ready);
}

void sockets_came(struct sockets *s, uint64_t now_us)
{
    uint64_t gap_us = timer_earlier(now_us - s->media_us, PACE_MAX_US);
    s->pace_us += ((int32_t)gap_us - s->pace_us) / 8;
    s->media_us = now_us;
}

bool sockets_round_is_due(const struct sockets *s, uint64_t now_us)
{
    return s->rounds && (now_us >= s->round_us || now_us >= s->looked_us + SOCKETS_ROUND_US / 2);
}

/* The first time of the grid that is at least half a round away. */
static uint64_t next_round_us(uint64_t now_us)
{
    uint64_t us = now_us + SOCKETS_ROUND_US * 3 / 2 - 1;
    return us - us % SOCKETS_ROUND_US;
}

void sockets_looked(struct sockets *s, size_t came, uint64_t now_us)
{
    s->looked_us = now_us;
    s->round_us = came < UDP_RX_MOST ? next_round_us(now_us) : now_us;
    s->came += came;
    if (now_us < s->counted_us + SOCKETS_COUNT_US)
        return;
    s->rounds = s->came * SOCKETS_ROUND_US >= now_us - s->counted_us;
    s->counted_us = now_us;
    s->came = 0;
    (void)ask_for_casual(s);
}
