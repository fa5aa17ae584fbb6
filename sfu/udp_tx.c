#include "udp_tx.h"

#include "udp_messages.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct udp_tx_arrays {
    struct udp_slots slots;
    uint16_t *free; /* a stack: what was sent last, and is in the cache, is used first */
    struct udp_messages messages;
};

static const enum counter shed_counter[UDP_KIND_COUNT] = {
    [UDP_CONTROL] = COUNT_drop_tx_full_control,
    [UDP_AUDIO] = COUNT_drop_tx_full_audio,
    [UDP_VIDEO] = COUNT_drop_tx_full_video,
    [UDP_RTX] = COUNT_drop_tx_full_rtx,
};

/* --- Life ----------------------------------------------------------------------- */

int udp_tx_init(struct udp_tx *tx, size_t slots, struct counters *counters)
{
    *tx = (struct udp_tx){.counters = counters, .sendmmsg = sendmmsg};
    if (slots < 1 || slots > UDP_TX_SLOTS_MAX)
        return -EINVAL;
    slots++; /* the spare one */
    struct udp_tx_arrays *a = tx->arrays = calloc(1, sizeof(*a));
    if (!a)
        return -ENOMEM;
    a->slots.at = calloc(slots, sizeof(*a->slots.at));
    a->free = calloc(slots, sizeof(*a->free));
    a->slots.data = aligned_alloc(64, slots * UDP_TX_SLOT_LEN);
    if (!a->slots.at || !a->free || !a->slots.data) {
        udp_tx_finish(tx);
        return -ENOMEM;
    }
    udp_messages_init(&a->messages);
    for (size_t i = slots; i-- > 1;)
        a->free[tx->free_count++] = (uint16_t)i;
    return 0;
}

void udp_tx_finish(struct udp_tx *tx)
{
    assert(!tx->sockets);
    if (tx->arrays) {
        free(tx->arrays->slots.at);
        free(tx->arrays->free);
        free(tx->arrays->slots.data);
        free(tx->arrays);
    }
    *tx = (struct udp_tx){0};
}

/* --- Lists: sockets of the queue, destinations of a socket, slots of a destination --- */

static void link_dest(struct udp_tx *tx, struct udp_dest *d)
{
    struct udp_socket *s = d->sock;
    d->queued = true;
    d->next = NULL;
    d->prev = s->last;
    if (s->last)
        s->last->next = d;
    else
        s->first = d;
    s->last = d;
    if (!s->queued) {
        s->queued = true;
        s->next = tx->sockets;
        tx->sockets = s;
    }
}

static void unlink_socket(struct udp_tx *tx, struct udp_socket *s)
{
    struct udp_socket **at = &tx->sockets;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    s->queued = false;
    s->blocked = false; /* nothing waits for it to become writable */
}

static void unlink_dest(struct udp_tx *tx, struct udp_dest *d)
{
    struct udp_socket *s = d->sock;
    *(d->prev ? &d->prev->next : &s->first) = d->next;
    *(d->next ? &d->next->prev : &s->last) = d->prev;
    d->queued = false;
    if (!s->first)
        unlink_socket(tx, s);
}

static void free_slot(struct udp_tx *tx, uint16_t i)
{
    tx->queued[tx->arrays->slots.at[i].kind]--;
    tx->arrays->free[tx->free_count++] = i;
}

/* Take the first `count` datagrams off dest's chain. */
static void pop(struct udp_tx *tx, struct udp_dest *d, size_t count)
{
    d->count = (uint16_t)(d->count - count);
    for (; count > 0; count--) {
        uint16_t i = d->first;
        d->first = tx->arrays->slots.at[i].next;
        free_slot(tx, i);
    }
    if (d->count == 0)
        unlink_dest(tx, d);
}

/* A voice lets a frame that comes behind it go first, as long as all before it is of that size: it is the
 * shorter last segment of their message then, and not a message of its own. */
static bool gives_way(const struct udp_tx *tx, const struct udp_dest *d, uint16_t i)
{
    const struct udp_slot *at = tx->arrays->slots.at, *last = &at[d->last], *new = &at[i];
    return last->kind == UDP_AUDIO && new->kind == UDP_VIDEO && last->len < new->len &&
           (d->count == 1 || at[d->last_but_one].len == new->len) && !d->sock->blocked;
}

static void append(struct udp_tx *tx, struct udp_dest *d, uint16_t i)
{
    struct udp_slot *at = tx->arrays->slots.at;
    bool ahead = d->count > 0 && gives_way(tx, d, i);
    *(d->count == ahead ? &d->first : &at[ahead ? d->last_but_one : d->last].next) = i;
    if (ahead) {
        at[i].next = d->last;
        d->last_but_one = i;
    } else {
        d->last_but_one = d->last;
        d->last = i;
    }
    d->count++;
    if (!d->queued)
        link_dest(tx, d);
}

/* --- Destinations ----------------------------------------------------------------- */

void udp_dest_set(struct udp_tx *tx, struct udp_dest *dest, struct udp_socket *sock, const struct addr *addr)
{
    if (dest->sock == sock && addr_equal(&dest->addr, addr))
        return;
    bool queued = dest->queued;
    if (queued)
        unlink_dest(tx, dest);
    dest->sock = sock;
    dest->addr = *addr;
    dest->sa_len = addr_to_sockaddr(addr, &dest->sa);
    dest->plain_until_us = 0;
    if (queued)
        link_dest(tx, dest);
}

void udp_dest_forget(struct udp_tx *tx, struct udp_dest *dest)
{
    if (dest->queued)
        pop(tx, dest, dest->count);
    *dest = (struct udp_dest){0};
}

static void tell_dropped(const struct udp_tx *tx, struct udp_dest *d, const struct udp_slot *s)
{
    if (s->numbered && tx->dropped)
        tx->dropped(d, s->number);
}

/* --- Sending ---------------------------------------------------------------------- */

/* Messages from..to-1 of the batch have left. */
static void sent(struct udp_tx *tx, size_t from, size_t to)
{
    const struct udp_messages *messages = &tx->arrays->messages;
    size_t datagrams = 0, bytes = 0, gso = 0;
    for (size_t m = from; m < to; m++) {
        const struct msghdr *h = &messages->at[m].msg_hdr;
        for (size_t i = 0; i < h->msg_iovlen; i++)
            bytes += h->msg_iov[i].iov_len;
        datagrams += h->msg_iovlen;
        gso += h->msg_iovlen > 1;
        pop(tx, messages->dests[m], h->msg_iovlen);
    }
    counter_add(tx->counters, COUNT_tx_datagrams, datagrams);
    counter_add(tx->counters, COUNT_tx_bytes, bytes);
    counter_add(tx->counters, COUNT_tx_messages, to - from);
    counter_add(tx->counters, COUNT_tx_gso_messages, gso);
}

static enum counter error_counter(int err)
{
    if (err == EAGAIN)
        return COUNT_drop_tx_full_control;
    return err == EMSGSIZE ? COUNT_drop_tx_too_long : COUNT_drop_tx_error;
}

/* The kernel did not take message m. true = go on behind it; false = build the
 * batch anew. */
static bool refused(struct udp_tx *tx, size_t m, int err)
{
    struct udp_dest *d = tx->arrays->messages.dests[m];
    size_t count = tx->arrays->messages.at[m].msg_hdr.msg_iovlen;
    if (count > 1 && (err == EIO || err == EINVAL || err == EMSGSIZE)) {
        d->plain_until_us = tx->now_us + UDP_TX_PLAIN_US;
        counter_add(tx->counters, COUNT_tx_gso_refused, 1);
        return false;
    }
    counter_add(tx->counters, error_counter(err), count);
    for (size_t i = 0, at = d->first; i < count; i++, at = tx->arrays->slots.at[at].next)
        tell_dropped(tx, d, &tx->arrays->slots.at[at]);
    pop(tx, d, count);
    return true;
}

/* Send the messages built last. What does not leave stays in its chain.
 * false = the send buffer is full. */
static bool send_batch(struct udp_tx *tx, const struct udp_socket *s, size_t count)
{
    for (size_t done = 0; done < count;) {
        int n =
            tx->sendmmsg(s->out, tx->arrays->messages.at + done, (unsigned int)(count - done), MSG_DONTWAIT);
        counter_add(tx->counters, COUNT_tx_calls, 1);
        if (n > 0) {
            sent(tx, done, done + (size_t)n);
            done += (size_t)n;
        } else if (errno == EAGAIN) {
            return false;
        } else if (errno != EINTR) {
            if (!refused(tx, done, errno))
                return true;
            done++;
        }
    }
    return true;
}

/* Empties s, or its list up to a destination that is in it, or marks it blocked; an emptied socket leaves
 * tx's list. */
static void flush_socket(struct udp_tx *tx, struct udp_socket *s, const struct udp_dest *upto)
{
    s->blocked = false;
    while (s->first && (!upto || upto->queued)) {
        size_t count = udp_messages_build(&tx->arrays->messages, &tx->arrays->slots, s, upto, tx->now_us);
        if (!send_batch(tx, s, count)) {
            s->blocked = true;
            counter_add(tx->counters, COUNT_tx_blocked, 1);
            return;
        }
    }
}

static void flush_sockets(struct udp_tx *tx, bool blocked_too)
{
    for (struct udp_socket **at = &tx->sockets, *s; (s = *at) != NULL;) {
        if (blocked_too || !s->blocked)
            flush_socket(tx, s, NULL);
        if (*at == s)
            at = &s->next;
    }
}

void udp_tx_flush(struct udp_tx *tx, uint64_t now_us)
{
    tx->now_us = now_us;
    flush_sockets(tx, true);
    tx->fresh = 0;
}

void udp_tx_relieve(struct udp_tx *tx, const struct udp_dest *dest)
{
    if (tx->fresh < UDP_TX_BURST || !dest->queued || dest->sock->blocked)
        return;
    flush_socket(tx, dest->sock, dest);
    tx->fresh = 0;
}

bool udp_tx_blocked(const struct udp_tx *tx)
{
    for (const struct udp_socket *s = tx->sockets; s; s = s->next)
        if (s->blocked)
            return true;
    return false;
}

/* --- Queueing --------------------------------------------------------------------- */

static void shed_dest(struct udp_tx *tx, struct udp_dest *d, enum udp_kind kind)
{
    uint16_t at = d->first;
    size_t count = d->count;
    d->count = 0;
    for (; count > 0; count--) {
        uint16_t i = at;
        at = tx->arrays->slots.at[i].next;
        if (tx->arrays->slots.at[i].kind == kind) {
            tell_dropped(tx, d, &tx->arrays->slots.at[i]);
            free_slot(tx, i);
        } else {
            append(tx, d, i);
        }
    }
    if (d->count == 0)
        unlink_dest(tx, d);
}

/* Drop all that is queued of a kind: rarely, then, and alike for everyone. */
static void shed(struct udp_tx *tx, enum udp_kind kind)
{
    counter_add(tx->counters, shed_counter[kind], tx->queued[kind]);
    for (struct udp_socket *s = tx->sockets, *next_socket; s; s = next_socket) {
        next_socket = s->next;
        for (struct udp_dest *d = s->first, *next; d; d = next) {
            next = d->next;
            shed_dest(tx, d, kind);
        }
    }
}

/* Have a free slot. false = the queue is full of what is more important than kind. */
static bool make_room(struct udp_tx *tx, enum udp_kind kind)
{
    if (tx->free_count > 0)
        return true;
    flush_sockets(tx, false);
    if (tx->free_count > 0)
        return true;
    enum udp_kind worst = UDP_KIND_COUNT - 1;
    while (tx->queued[worst] == 0)
        worst--;
    if (kind > worst)
        return false;
    shed(tx, worst);
    return true;
}

uint8_t *udp_tx_slot(struct udp_tx *tx)
{
    return tx->arrays->slots.data + (size_t)tx->spare * UDP_TX_SLOT_LEN;
}

static void commit(struct udp_tx *tx, struct udp_dest *dest, const struct udp_slot *s)
{
    assert(s->len > 0 && s->len <= UDP_TX_SLOT_LEN);
    if (!dest->sock) {
        counter_add(tx->counters, COUNT_drop_tx_no_address, 1);
        tell_dropped(tx, dest, s);
        return;
    }
    if (!make_room(tx, s->kind)) {
        counter_add(tx->counters, shed_counter[s->kind], 1);
        tell_dropped(tx, dest, s);
        return;
    }
    tx->arrays->slots.at[tx->spare] = *s;
    tx->fresh += s->kind == UDP_VIDEO && dest->count == 0 ? UDP_TX_FIRST : 1;
    append(tx, dest, tx->spare);
    tx->queued[s->kind]++;
    tx->spare = tx->arrays->free[--tx->free_count];
}

void udp_tx_commit(struct udp_tx *tx, struct udp_dest *dest, size_t len, enum udp_kind kind)
{
    commit(tx, dest, &(struct udp_slot){.len = (uint16_t)len, .kind = (uint8_t)kind});
}

void udp_tx_commit_numbered(struct udp_tx *tx, struct udp_dest *dest, size_t len, enum udp_kind kind,
                            uint16_t number)
{
    commit(
        tx, dest,
        &(struct udp_slot){.len = (uint16_t)len, .number = number, .numbered = true, .kind = (uint8_t)kind});
}

/* --- Past the queue ------------------------------------------------------------------ */

int udp_send_to(struct udp_tx *tx, struct udp_socket *sock, const struct addr *to, const void *data,
                size_t len)
{
    union addr_sa sa;
    socklen_t sa_len = addr_to_sockaddr(to, &sa);
    struct iovec io = {(void *)data, len};
    struct mmsghdr m = {.msg_hdr = {.msg_name = &sa, .msg_namelen = sa_len, .msg_iov = &io, .msg_iovlen = 1}};
    counter_add(tx->counters, COUNT_tx_calls, 1);
    if (tx->sendmmsg(sock->out, &m, 1, MSG_DONTWAIT) < 0) {
        int err = errno;
        counter_add(tx->counters, error_counter(err), 1);
        return -err;
    }
    counter_add(tx->counters, COUNT_tx_datagrams, 1);
    counter_add(tx->counters, COUNT_tx_bytes, len);
    counter_add(tx->counters, COUNT_tx_messages, 1);
    return 0;
}
