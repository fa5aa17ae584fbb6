#include "worker.h"

#include "clock.h"
#include "demux.h"
#include "room.h"
#include "transport.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* --- Tables ---------------------------------------------------------------- */

static uint64_t table_seed; /* the same for all workers; set before the first thread starts */

static guint hash_addr(gconstpointer key)
{
    return (guint)addr_hash(key, table_seed);
}

static gboolean equal_addr(gconstpointer a, gconstpointer b)
{
    return addr_equal(a, b);
}

static struct ice *ice_by_ufrag(void *arg, const char *ufrag, size_t len)
{
    struct worker *w = arg;
    char key[SFU_UFRAG_MAX + 1];
    if (len > SFU_UFRAG_MAX)
        return NULL;
    memcpy(key, ufrag, len);
    key[len] = '\0';
    struct transport *t = g_hash_table_lookup(w->by_ufrag, key);
    return t ? &t->ice : NULL;
}

static struct ice *ice_by_addr(void *arg, const struct addr *addr)
{
    struct worker *w = arg;
    struct transport *t = g_hash_table_lookup(w->by_addr, addr);
    return t ? &t->ice : NULL;
}

static const struct ice_tables ice_tables = {ice_by_ufrag, ice_by_addr};

static struct transport *of_ice(struct ice *ice)
{
    return (struct transport *)(void *)((char *)ice - offsetof(struct transport, ice));
}

void worker_set_address(struct worker *w, const struct addr *addr, struct transport *t)
{
    w->last = NULL;
    if (t)
        g_hash_table_replace(w->by_addr, g_memdup2(addr, sizeof(*addr)), t);
    else
        g_hash_table_remove(w->by_addr, addr);
}

static struct transport *by_address(struct worker *w, const struct addr *from)
{
    if (!w->last || !addr_equal(&w->last_addr, from)) {
        w->last = g_hash_table_lookup(w->by_addr, from);
        w->last_addr = *from;
    }
    return w->last;
}

/* --- What comes in by UDP ---------------------------------------------------- */

static const enum counter stun_counters[ICE_VERDICT_COUNT] = {
    [ICE_VALID] = COUNT_stun_requests,
    [ICE_CONFLICT] = COUNT_stun_requests,
    [ICE_UNKNOWN_ATTRIBUTE] = COUNT_drop_stun_bad,
    [ICE_METHOD] = COUNT_drop_stun_bad,
    [ICE_NO_CREDENTIALS] = COUNT_drop_stun_bad,
    [ICE_UNKNOWN_UFRAG] = COUNT_drop_stun_ufrag,
    [ICE_WRONG_PASSWORD] = COUNT_drop_stun_bad,
    [ICE_TAKEN] = COUNT_drop_stun_taken,
    [ICE_TOO_LONG] = COUNT_drop_stun_bad,
    [ICE_MALFORMED] = COUNT_drop_stun_bad,
    [ICE_INDICATION] = COUNT_stun_ignored,
    [ICE_RESPONSE] = COUNT_stun_ignored,
};

/* Bring the tables and the transport's destination in line with a valid check. */
static void follow_check(struct worker *w, struct udp_socket *sock, const struct ice_result *r,
                         const struct addr *from)
{
    struct transport *t = of_ice(r->ice);
    struct transport *former = r->moved ? g_hash_table_lookup(w->by_addr, from) : NULL;
    if (r->evicted)
        worker_set_address(w, &r->evicted_addr, NULL);
    if (r->added)
        worker_set_address(w, from, t);
    if (former) {
        counter_add(&w->counters, COUNT_ice_address_moved, 1);
        transport_selected(former, former->dest.sock, w->now_us);
    }
    if (r->retired)
        g_hash_table_remove(w->by_ufrag, r->ice->previous.ufrag);
    if (r->selected || (r->nominated && t->dest.sock != sock))
        transport_selected(t, sock, w->now_us);
}

static void receive_stun(struct worker *w, struct udp_socket *sock, const uint8_t *data, size_t len,
                         const struct addr *from)
{
    uint8_t reply[ICE_REPLY_MAX];
    struct ice_result r = ice_agent_handle(&w->ice, data, len, from, w->now_us, reply);
    counter_add(&w->counters, stun_counters[r.verdict], 1);
    if (r.verdict == ICE_VALID)
        follow_check(w, sock, &r, from);
    if (r.reply_len)
        (void)!udp_send_to(&w->tx, sock, from, reply, r.reply_len); /* counted there */
}

struct receiver {
    struct worker *worker;
    struct udp_socket *sock;
};

static void receive(void *arg, uint8_t *data, size_t len, const struct addr *from)
{
    struct receiver *r = arg;
    struct worker *w = r->worker;
    enum demux_class class = demux(data, len);
    if (class == DEMUX_STUN) {
        receive_stun(w, r->sock, data, len, from);
        return;
    }
    if (class == DEMUX_SHORT || class == DEMUX_UNKNOWN) {
        counter_add(&w->counters, class == DEMUX_SHORT ? COUNT_drop_short : COUNT_drop_unknown_class, 1);
        return;
    }
    struct transport *t = by_address(w, from);
    if (!t)
        counter_add(&w->counters, COUNT_drop_unknown_address, 1);
    else if (class == DEMUX_RTP)
        transport_rtp(t, data, len, from, w->now_us);
    else if (class == DEMUX_RTCP)
        transport_rtcp(t, data, len, from, w->now_us);
    else
        transport_dtls(t, data, len, from, w->now_us);
}

/* --- What comes in by mail ---------------------------------------------------- */

static void on_room_open(struct worker *w, struct mail *m)
{
    struct room *room = room_new(w, m->id, m->a);
    g_hash_table_insert(w->rooms, &room->id, room);
    worker_tell(w, EVENT_ROOM_OPENED, m->id, 0, (uint16_t)w->index, 0, NULL);
}

static void on_room_close(struct worker *w, struct mail *m)
{
    struct room *room = g_hash_table_lookup(w->rooms, &m->id);
    if (!room)
        return;
    while (room->transports->len)
        transport_end(g_ptr_array_index(room->transports, room->transports->len - 1), SFU_GONE_CLOSED);
    spread_finish(room);
    for (struct room **at = &w->dirty; *at; at = &(*at)->next_dirty) {
        if (*at == room) {
            *at = room->next_dirty;
            break;
        }
    }
    g_hash_table_remove(w->rooms, &m->id);
    room_free(room);
}

static void on_join(struct worker *w, struct mail *m)
{
    struct room *room = g_hash_table_lookup(w->rooms, &m->value);
    if (!room || !transport_new(w, room, m->id, m->b, m->body, w->now_us))
        worker_tell(w, EVENT_GONE, m->id, m->value, SFU_GONE_CLOSED, 0, NULL);
}

static void on_update(struct worker *w, struct transport *t, struct mail *m)
{
    transport_update(t, m->body, w->now_us);
}

static void on_leave(struct worker *w, struct transport *t, struct mail *m)
{
    (void)w;
    (void)m;
    transport_end(t, SFU_GONE_CLOSED);
}

static void on_view(struct worker *w, struct transport *t, struct mail *m)
{
    (void)w;
    transport_view(t, m->a, m->body, m->b);
}

static void on_mute(struct worker *w, struct transport *t, struct mail *m)
{
    (void)w;
    transport_mute(t, m->b, m->a);
}

static void on_stats(struct worker *w, struct transport *t, struct mail *m)
{
    struct sfu_transport_stats *stats = g_new0(struct sfu_transport_stats, 1);
    transport_stats(t, stats, w->now_us);
    worker_tell(w, EVENT_STATS, m->id, m->value, 0, 0, stats);
}

static void on_stop(struct worker *w, struct mail *m)
{
    (void)m;
    w->stopping = true;
}

/* What each command is about, and who carries it out. */
static const struct {
    void (*worker)(struct worker *, struct mail *);
    void (*room)(struct room *, struct mail *);
    void (*transport)(struct worker *, struct transport *, struct mail *);
} commands[COMMAND_COUNT] = {
    [COMMAND_ROOM_OPEN] = {.worker = on_room_open},
    [COMMAND_ROOM_CLOSE] = {.worker = on_room_close},
    [COMMAND_JOIN] = {.worker = on_join},
    [COMMAND_STOP] = {.worker = on_stop},
    [COMMAND_UPDATE] = {.transport = on_update},
    [COMMAND_LEAVE] = {.transport = on_leave},
    [COMMAND_VIEW] = {.transport = on_view},
    [COMMAND_MUTE] = {.transport = on_mute},
    [COMMAND_STATS] = {.transport = on_stats},
    [COMMAND_PACKETS] = {.worker = spread_on_packets},
    [COMMAND_ROOM_LINK] = {.room = spread_on_link},
    [COMMAND_TRACK_OPEN] = {.room = spread_on_track_open},
    [COMMAND_TRACK_CLOSE] = {.room = spread_on_track_close},
    [COMMAND_TRACK_STATE] = {.room = spread_on_track_state},
    [COMMAND_TRACK_WISH] = {.room = spread_on_wish},
    [COMMAND_LEVELS] = {.room = spread_on_levels},
    [COMMAND_SPEECH] = {.room = spread_on_speech},
    [COMMAND_EARS] = {.room = spread_on_ears},
};

static void obey(struct worker *w, struct mail *m)
{
    counter_add(&w->counters, COUNT_mail_received, 1);
    if (commands[m->type].worker) {
        commands[m->type].worker(w, m);
        return;
    }
    struct room *room = commands[m->type].room ? g_hash_table_lookup(w->rooms, &m->id) : NULL;
    struct transport *t = commands[m->type].transport ? g_hash_table_lookup(w->transports, &m->id) : NULL;
    if (room)
        commands[m->type].room(room, m);
    else if (t)
        commands[m->type].transport(w, t, m);
    else
        counter_add(&w->counters, COUNT_drop_mail_stale, 1);
}

void worker_tell(struct worker *w, enum event event, uint64_t id, uint64_t value, uint16_t a, uint32_t b,
                 void *body)
{
    struct mail m = {
        .type = (uint16_t)event, .a = a, .b = b, .id = id, .value = value, .body = body, .free_body = g_free};
    mailbox_post(&w->to_control, &m);
}

/* --- The loop -------------------------------------------------------------------- */

enum { EPOLL_INBOX = UDP_ADDRESSES_MAX }; /* sockets have their number */

static int watch_fd(struct worker *w, int op, int fd, uint32_t events, size_t which)
{
    struct epoll_event ev = {.events = events, .data.u64 = which};
    return epoll_ctl(w->epoll, op, fd, &ev) == 0 ? 0 : -errno;
}

/* Whose send buffer is full is asked for EPOLLOUT too. */
static void flush(struct worker *w)
{
    udp_tx_flush(&w->tx, w->now_us);
    for (size_t i = 0; i < w->socket_count; i++) {
        bool blocked = w->sockets[i].blocked;
        if (blocked != w->awaited[i])
            (void)watch_fd(w, EPOLL_CTL_MOD, w->sockets[i].fd, EPOLLIN | (blocked ? EPOLLOUT : 0u), i);
        w->awaited[i] = blocked;
    }
}

static bool take_mail(struct worker *w)
{
    struct mail m;
    for (int i = 0, batches = 0; i < WORKER_MAILS_PER_TURN && batches < WORKER_BATCHES_PER_TURN; i++) {
        if (!mailbox_take(&w->inbox, &m))
            return false;
        obey(w, &m);
        batches += m.type == COMMAND_PACKETS;
        mail_free(&m);
    }
    return true;
}

bool worker_has_backlog(const struct worker *w)
{
    size_t waiting = mailbox_sender_backlog(&w->to_control);
    for (unsigned i = 0; i < w->link_count; i++)
        waiting += mailbox_sender_backlog(&w->links[i].to);
    return waiting > 0;
}

static void send_mail(struct worker *w)
{
    spread_run_errands(w);
    mailbox_sender_flush(&w->to_control);
    for (unsigned i = 0; i < w->link_count; i++)
        link_flush(&w->links[i]);
}

static int wait_ms(struct worker *w, bool more_mail, uint64_t now)
{
    uint64_t next = timer_next_us(&w->timers);
    uint64_t backlog = worker_has_backlog(w) ? 5 : UINT64_MAX;
    if (more_mail || next <= now)
        return 0;
    uint64_t ms = next == TIMER_NEVER ? UINT64_MAX : (next - now + 999) / 1000;
    ms = ms < backlog ? ms : backlog;
    return ms > 1000 ? 1000 : (int)ms;
}

/* False where there was something else than datagrams. */
static bool receive_ready(struct worker *w, const struct epoll_event *events, int count)
{
    bool only = true;
    for (int i = 0; i < count; i++) {
        only &= events[i].data.u64 != EPOLL_INBOX && events[i].events == EPOLLIN;
        if (events[i].data.u64 == EPOLL_INBOX || !(events[i].events & EPOLLIN))
            continue;
        struct receiver r = {w, &w->sockets[events[i].data.u64]};
        udp_receive(r.sock, &w->rx, receive, &r);
    }
    return only;
}

/* Wait for the next packet of a batch (batch.h): true where it came, or something else that ends the batch.
 */
static bool wait_for_more(struct worker *w)
{
    const struct layer *layer = w->batch.layer;
    size_t count = w->batch.count;
    for (uint64_t end_us = w->now_us + BATCH_GAP_US; w->now_us < end_us;) {
        struct epoll_event events[UDP_ADDRESSES_MAX + 1];
        const struct timespec left = {.tv_nsec = (long)(end_us - w->now_us) * 1000};
        uint64_t before_us = clock_now_us();
        int n = epoll_pwait2(w->epoll, events, UDP_ADDRESSES_MAX + 1, &left, NULL);
        w->now_us = clock_now_us();
        shed_waited(&w->shed, w->now_us - before_us);
        if (n <= 0 || !receive_ready(w, events, n))
            break;
        if (w->batch.layer != layer || w->batch.count != count)
            return true;
    }
    return false;
}

/* What is to leave already does not wait. */
static void gather(struct worker *w)
{
    uint64_t first_us = w->now_us;
    while (w->now_us - first_us < BATCH_BURST_US && batch_is_partial(&w->batch)) {
        flush(w);
        bool came = wait_for_more(w);
        batch_waited(&w->batch, came);
        if (!came)
            break;
    }
}

static void receive_all(struct worker *w, const struct epoll_event *events, int count)
{
    receive_ready(w, events, count);
    gather(w);
    batch_flush(&w->batch, w->now_us);
}

/* Mail first: who has just been let in may have sent its first check already. */
static void turn(struct worker *w, bool *more_mail)
{
    struct epoll_event events[UDP_ADDRESSES_MAX + 1];
    uint64_t now_us = clock_now_us();
    int n = epoll_wait(w->epoll, events, UDP_ADDRESSES_MAX + 1, wait_ms(w, *more_mail, now_us));
    w->now_us = clock_now_us();
    shed_waited(&w->shed, w->now_us - now_us);
    shed_turn(&w->shed, w->now_us);
    for (int i = 0; i < n; i++) {
        if (events[i].data.u64 == EPOLL_INBOX)
            mailbox_clear(&w->inbox);
    }
    *more_mail = take_mail(w);
    receive_all(w, events, n);
    timer_run(&w->timers, w->now_us);
    while (w->dirty) {
        struct room *room = w->dirty;
        w->dirty = room->next_dirty;
        room_fill(room, w->now_us);
    }
    while (w->telling) {
        struct transport *t = w->telling;
        w->telling = t->next_telling;
        transport_flush_slot_events(t, w->now_us);
    }
    send_mail(w);
    flush(w);
}

static void end_all(struct worker *w)
{
    GHashTableIter iter;
    gpointer room;
    g_hash_table_iter_init(&iter, w->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &room)) {
        GPtrArray *there = ((struct room *)room)->transports;
        while (there->len)
            transport_end(g_ptr_array_index(there, there->len - 1), SFU_GONE_SHUTDOWN);
        g_hash_table_iter_remove(&iter);
        room_free(room);
    }
    mailbox_sender_flush(&w->to_control);
    udp_tx_flush(&w->tx, w->now_us);
}

static void *run(void *arg)
{
    struct worker *w = arg;
    bool more_mail = false;
    shed_begin(w, clock_now_us());
    while (!w->stopping)
        turn(w, &more_mail);
    shed_end(w);
    end_all(w);
    return NULL;
}

/* --- Life ------------------------------------------------------------------------- */

static int open_sockets(struct worker *w, const struct udp_addresses *at, struct addr *bad)
{
    for (size_t i = 0; i < at->count; i++) {
        int err = udp_open(&w->sockets[i], &at->at[i]);
        if (err) {
            *bad = at->at[i];
            return err;
        }
        w->socket_count++;
        err = watch_fd(w, EPOLL_CTL_ADD, w->sockets[i].fd, EPOLLIN, i);
        if (err)
            return err;
    }
    return watch_fd(w, EPOLL_CTL_ADD, mailbox_fd(&w->inbox), EPOLLIN, EPOLL_INBOX);
}

int worker_init(struct worker *w, unsigned index, const struct udp_addresses *at, struct dtls_context *dtls,
                struct mailbox *control, struct addr *bad)
{
    *w = (struct worker){.index = index, .dtls = dtls, .since_1970_us = clock_since_1970_us(), .epoll = -1};
    if (!table_seed)
        table_seed = (uint64_t)g_random_int() << 32 | g_random_int();
    w->rooms = g_hash_table_new(g_int64_hash, g_int64_equal);
    w->transports = g_hash_table_new(g_int64_hash, g_int64_equal);
    w->by_ufrag = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    w->by_addr = g_hash_table_new_full(hash_addr, equal_addr, g_free, NULL);
    packet_pool_init(&w->packets, WORKER_PACKETS_MAX);
    shed_init(&w->shed, LOAD_FULL);
    ice_agent_init(&w->ice, &ice_tables, w);
    mailbox_sender_init(&w->to_control, control);
    int err = mailbox_init(&w->inbox, WORKER_MAILBOX);
    if (!err)
        err = udp_rx_init(&w->rx, &w->counters);
    if (!err)
        err = udp_tx_init(&w->tx, UDP_TX_SLOTS, &w->counters);
    w->tx.dropped = transport_dropped;
    if (!err && (w->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
        err = -errno;
    if (!err)
        err = open_sockets(w, at, bad);
    if (err) {
        worker_finish(w);
        return err;
    }
    mailbox_sender_init(&w->to_worker, &w->inbox);
    return 0;
}

int worker_start(struct worker *w)
{
    int err = pthread_create(&w->thread, NULL, run, w);
    w->running = err == 0;
    return -err;
}

void worker_link(struct worker *w, struct worker *workers, unsigned count)
{
    w->links = g_new0(struct link, count);
    w->link_count = count;
    for (unsigned i = 0; i < count; i++)
        link_init(&w->links[i], &workers[i].inbox);
}

void worker_join(struct worker *w)
{
    if (w->running)
        pthread_join(w->thread, NULL);
    w->running = false;
}

void worker_finish(struct worker *w)
{
    worker_join(w);
    for (size_t i = 0; i < w->socket_count; i++)
        udp_close(&w->sockets[i]);
    if (w->epoll >= 0)
        close(w->epoll);
    udp_tx_finish(&w->tx);
    udp_rx_finish(&w->rx);
    mailbox_sender_finish(&w->to_worker);
    mailbox_sender_finish(&w->to_control);
    for (unsigned i = 0; i < w->link_count; i++)
        link_finish(&w->links[i]);
    g_free(w->links);
    mailbox_finish(&w->inbox);
    timer_heap_finish(&w->timers);
    packet_pool_finish(&w->packets);
    g_hash_table_destroy(w->rooms);
    g_hash_table_destroy(w->transports);
    g_hash_table_destroy(w->by_ufrag);
    g_hash_table_destroy(w->by_addr);
}

uint32_t worker_new_source(struct worker *w)
{
    return ++w->next_source;
}
