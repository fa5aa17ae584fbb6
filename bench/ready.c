#include "ready.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

int ready_init(struct ready *r, bool spin)
{
    *r = (struct ready){
        .epoll = -1, .fds = g_array_new(FALSE, FALSE, sizeof(struct pollfd)), .who = g_ptr_array_new()};
    if (spin)
        return 0;
    r->epoll = epoll_create1(EPOLL_CLOEXEC);
    return r->epoll < 0 ? -errno : 0;
}

void ready_finish(struct ready *r)
{
    if (!r->fds)
        return;
    if (r->epoll >= 0)
        close(r->epoll);
    g_array_free(r->fds, TRUE);
    g_ptr_array_free(r->who, TRUE);
    *r = (struct ready){.epoll = -1};
}

int ready_add(struct ready *r, int fd, void *who)
{
    /* By edges: all is read, and the kernel need not look again. */
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = who};
    if (r->epoll >= 0 && epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        return -errno;
    const struct pollfd p = {.fd = fd, .events = POLLIN};
    g_array_append_val(r->fds, p);
    g_ptr_array_add(r->who, who);
    return 0;
}

void ready_remove(struct ready *r, const void *who)
{
    guint at;
    if (!g_ptr_array_find(r->who, who, &at))
        return;
    if (r->epoll >= 0)
        (void)epoll_ctl(r->epoll, EPOLL_CTL_DEL, g_array_index(r->fds, struct pollfd, at).fd, NULL);
    g_array_remove_index_fast(r->fds, at);
    g_ptr_array_remove_index_fast(r->who, at);
}

static size_t wait_for(const struct ready *r, uint64_t wait_us, void *who[READY_MAX])
{
    struct epoll_event events[READY_MAX];
    const struct timespec wait = {.tv_sec = (time_t)(wait_us / 1000000),
                                  .tv_nsec = (long)(wait_us % 1000000 * 1000)};
    int n = epoll_pwait2(r->epoll, events, READY_MAX, &wait, NULL);
    for (int i = 0; i < n; i++)
        who[i] = events[i].data.ptr;
    return n > 0 ? (size_t)n : 0;
}

static size_t look(struct ready *r, void *who[READY_MAX])
{
    size_t found = 0, count = r->fds->len;
    int left = poll((struct pollfd *)(void *)r->fds->data, count, 0);
    for (size_t looked = 0; left > 0 && looked < count && found < READY_MAX; looked++) {
        size_t at = r->next++ % count;
        if (g_array_index(r->fds, struct pollfd, at).revents == 0)
            continue;
        who[found++] = g_ptr_array_index(r->who, at);
        left--;
    }
    return found;
}

size_t ready_wait(struct ready *r, uint64_t wait_us, void *who[READY_MAX])
{
    return r->epoll < 0 ? look(r, who) : wait_for(r, wait_us, who);
}
