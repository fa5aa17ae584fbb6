/* Sockets of a thread, and which of them have something to read. While it may sleep that is epoll's work; a
 * thread that never sleeps asks by poll(), so that whoever sends to it finds nobody to wake: to put a socket
 * that epoll watches among the ready ones costs the sender, over loopback, some 0.1 us for each datagram. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { READY_MAX = 256 };

struct ready {
    int epoll;      /* -1 = this one spins */
    GArray *fds;    /* struct pollfd */
    GPtrArray *who; /* whose they are */
    size_t next;    /* where to begin, so that nobody is always last */
};

/* 0 or a negative errno; ready_finish() is due in any case. */
int ready_init(struct ready *r, bool spin) G_GNUC_WARN_UNUSED_RESULT;
void ready_finish(struct ready *r); /* zeroed is fine */

/* `who` is what ready_wait() says. All that is there is to be read each time: one event tells of it once. 0
 * or a negative errno. */
int ready_add(struct ready *r, int fd, void *who) G_GNUC_WARN_UNUSED_RESULT;

/* Before the socket is closed. */
void ready_remove(struct ready *r, const void *who);

/* Those with something to read, at most READY_MAX; waits up to that long where there are none, unless it
 * spins. */
size_t ready_wait(struct ready *r, uint64_t wait_us, void *who[READY_MAX]);
