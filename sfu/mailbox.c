/* The ring is Dmitry Vyukov's bounded queue with a turn number in each cell: a
 * cell of index i is free for the producer of position p (p & mask == i) while
 * its turn is p, and full for the consumer while it is p + 1.
 *
 * Sleeping: the consumer sets asleep and then looks at the next cell once more;
 * a producer fills its cell and then looks at asleep. All four are sequentially
 * consistent, so at least one of the two sees the other: the consumer does not
 * sleep, or the producer writes the eventfd. */
#include "mailbox.h"

#include <errno.h>
#include <glib.h>
#include <stdalign.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mailbox_cell {
    alignas(64) _Atomic size_t turn;
    struct mail mail;
};

int mailbox_init(struct mailbox *box, size_t capacity)
{
    size_t cells = 2;
    while (cells < capacity)
        cells *= 2;
    *box = (struct mailbox){.mask = cells - 1, .fd = -1};
    box->cells = aligned_alloc(alignof(struct mailbox_cell), cells * sizeof(*box->cells));
    if (!box->cells)
        return -ENOMEM;
    box->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (box->fd < 0) {
        int err = -errno;
        free(box->cells);
        *box = (struct mailbox){0};
        return err;
    }
    for (size_t i = 0; i < cells; i++)
        atomic_init(&box->cells[i].turn, i);
    atomic_init(&box->asleep, true);
    return 0;
}

void mailbox_finish(struct mailbox *box)
{
    if (!box->cells)
        return;
    struct mail m;
    while (mailbox_take(box, &m))
        mail_free(&m);
    close(box->fd);
    free(box->cells);
    *box = (struct mailbox){0};
}

int mailbox_fd(const struct mailbox *box)
{
    return box->fd;
}

void mailbox_clear(struct mailbox *box)
{
    uint64_t count;
    /* EAGAIN, where nobody had written, is as good. */
    ssize_t got = read(box->fd, &count, sizeof(count));
    (void)got;
}

uint64_t mailbox_dropped(const struct mailbox *box)
{
    return atomic_load_explicit(&box->dropped, memory_order_relaxed);
}

bool mailbox_take(struct mailbox *box, struct mail *out)
{
    struct mailbox_cell *cell = &box->cells[box->head & box->mask];
    if (atomic_load_explicit(&cell->turn, memory_order_acquire) != box->head + 1) {
        atomic_store(&box->asleep, true);
        if (atomic_load(&cell->turn) != box->head + 1)
            return false;
    }
    if (atomic_load_explicit(&box->asleep, memory_order_relaxed))
        atomic_store_explicit(&box->asleep, false, memory_order_relaxed);
    *out = cell->mail;
    atomic_store_explicit(&cell->turn, box->head + box->mask + 1, memory_order_release);
    box->head++;
    return true;
}

static void wake(struct mailbox *box)
{
    if (!atomic_load(&box->asleep) || !atomic_exchange(&box->asleep, false))
        return;
    const uint64_t one = 1;
    /* It can only fail where the fd is readable already. */
    ssize_t put = write(box->fd, &one, sizeof(one));
    (void)put;
}

/* false = the ring is full. */
static bool put(struct mailbox *box, const struct mail *m)
{
    size_t at = atomic_load_explicit(&box->tail, memory_order_relaxed);
    for (;;) {
        struct mailbox_cell *cell = &box->cells[at & box->mask];
        size_t turn = atomic_load_explicit(&cell->turn, memory_order_acquire);
        if (turn == at) {
            if (!atomic_compare_exchange_weak_explicit(&box->tail, &at, at + 1, memory_order_relaxed,
                                                       memory_order_relaxed))
                continue;
            cell->mail = *m;
            atomic_store(&cell->turn, at + 1);
            wake(box);
            return true;
        }
        if ((ptrdiff_t)(turn - at) < 0)
            return false; /* still holds the mail of one round ago */
        at = atomic_load_explicit(&box->tail, memory_order_relaxed);
    }
}

void mailbox_sender_init(struct mailbox_sender *s, struct mailbox *to)
{
    *s = (struct mailbox_sender){.to = to};
}

void mailbox_sender_finish(struct mailbox_sender *s)
{
    for (size_t i = 0; i < s->count; i++)
        mail_free(&s->waiting[(s->first + i) & (s->cap - 1)]);
    g_free(s->waiting);
    *s = (struct mailbox_sender){0};
}

static void wait_in_line(struct mailbox_sender *s, const struct mail *m)
{
    if (s->count == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 64;
        struct mail *waiting = g_new(struct mail, cap);
        for (size_t i = 0; i < s->count; i++)
            waiting[i] = s->waiting[(s->first + i) & (s->cap - 1)];
        g_free(s->waiting);
        s->waiting = waiting;
        s->first = 0;
        s->cap = cap;
    }
    s->waiting[(s->first + s->count++) & (s->cap - 1)] = *m;
}

size_t mailbox_sender_flush(struct mailbox_sender *s)
{
    while (s->count && put(s->to, &s->waiting[s->first])) {
        s->first = (s->first + 1) & (s->cap - 1);
        s->count--;
    }
    return s->count;
}

void mailbox_post(struct mailbox_sender *s, const struct mail *m)
{
    if (mailbox_sender_flush(s) || !put(s->to, m))
        wait_in_line(s, m);
}

bool mailbox_offer(struct mailbox_sender *s, const struct mail *m)
{
    if (mailbox_sender_flush(s) == 0 && put(s->to, m))
        return true;
    struct mail mine = *m;
    mail_free(&mine);
    atomic_fetch_add_explicit(&s->to->dropped, 1, memory_order_relaxed);
    return false;
}
