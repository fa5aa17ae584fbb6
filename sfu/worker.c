#include "worker.h"

#include "clock.h"
#include "demux.h"
#include "room.h"
#include "transport.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

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

static struct transport *of_ice(struct ice *ice)
{
    return (struct transport *)(void *)((char *)ice - offsetof(struct transport, connection.ice));
}

/* Bring the directory and the transport's destination in line with a valid check. */
static void follow_check(struct worker *w, struct udp_socket *sock, const struct ice_result *r,
                         const struct addr *from)
{
    struct transport *t = of_ice(r->ice);
    struct directory *d = &w->directory;
    struct transport *former = r->moved ? directory_at(d, from) : NULL;
    if (r->evicted)
        directory_set_address(d, &r->evicted_addr, NULL);
    if (r->added)
        directory_set_address(d, from, t);
    if (former) {
        counter_add(&w->counters, COUNT_ice_address_moved, 1);
        connection_selected(&former->connection, former->connection.dest.sock, w->now_us);
    }
    if (r->retired)
        directory_remove_ufrag(d, r->ice->previous.ufrag);
    if (r->selected || (r->nominated && t->connection.dest.sock != sock))
        connection_selected(&t->connection, sock, w->now_us);
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
    struct transport *t = directory_at(&w->directory, from);
    if (!t)
        counter_add(&w->counters, COUNT_drop_unknown_address, 1);
    else if (class == DEMUX_RTP)
        transport_rtp(t, data, len, from, w->now_us);
    else if (class == DEMUX_RTCP)
        transport_rtcp(t, data, len, from, w->now_us);
    else
        transport_dtls(t, data, len, from, w->now_us);
}

/* --- The loop -------------------------------------------------------------------- */

static void flush(struct worker *w)
{
    udp_tx_flush(&w->tx, w->now_us);
    sockets_flushed(&w->sockets);
}

static bool take_mail(struct worker *w)
{
    struct mail m;
    for (int i = 0, batches = 0; i < WORKER_MAILS_PER_TURN && batches < WORKER_BATCHES_PER_TURN; i++) {
        if (!mailbox_take(&w->inbox, &m))
            return false;
        command_obey(w, &m);
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

/* By the millisecond, so that timers gather. */
static uint64_t wait_us(struct worker *w, bool more_mail)
{
    uint64_t next = timer_next_us(&w->timers);
    uint64_t most = worker_has_backlog(w) ? 5000 : 1000000;
    if (more_mail || next <= w->now_us)
        return 0;
    uint64_t us = (next - w->now_us + 999) / 1000 * 1000;
    return us < most ? us : most;
}

static size_t receive_from(struct worker *w, struct udp_socket *sock, struct udp_inlet *inlet)
{
    struct receiver r = {w, sock};
    return udp_receive(inlet, &w->rx, receive, &r);
}

static void receive_media(struct worker *w, const struct sockets_ready *ready)
{
    for (size_t i = 0; i < ready->count; i++)
        receive_from(w, ready->media[i], &ready->media[i]->in);
    if (ready->count)
        sockets_came(&w->sockets, w->now_us);
}

static void receive_casual(struct worker *w)
{
    size_t got = 0;
    for (size_t i = 0; i < w->sockets.count; i++)
        got += receive_from(w, &w->sockets.at[i], &w->sockets.at[i].casual);
    sockets_looked(&w->sockets, got, w->now_us);
}

static void wait_until(struct worker *w, uint64_t until_us, struct sockets_ready *ready)
{
    uint64_t before_us = w->now_us = clock_now_us();
    sockets_wait(&w->sockets, until_us, &w->now_us, ready);
    shed_waited(&w->shed, w->now_us - before_us);
}

/* To be woken for each packet of a frame would cost more than to have them apart. */
static void doze(struct worker *w)
{
    uint64_t before_us = w->now_us = clock_now_us();
    (void)nanosleep(&(struct timespec){.tv_nsec = BATCH_DOZE_US * 1000}, NULL);
    w->now_us = clock_now_us();
    shed_waited(&w->shed, w->now_us - before_us);
}

enum waited { NOTHING_CAME, SOME_CAME, OTHER_WORK };

/* Wait for more packets of a lane (batch.h), or until all has been forwarded meanwhile. */
static enum waited wait_for_more(struct worker *w, const struct batch_lane *lane)
{
    const struct layer *layer = lane->layer;
    size_t count = lane->count;
    for (uint64_t end_us = w->now_us + BATCH_GAP_US; w->now_us < end_us;) {
        struct sockets_ready ready;
        doze(w);
        wait_until(w, w->now_us, &ready);
        receive_media(w, &ready);
        if (ready.casual)
            receive_casual(w);
        if (ready.inbox || ready.room)
            return OTHER_WORK;
        if (lane->layer != layer || lane->count != count)
            return SOME_CAME;
    }
    return NOTHING_CAME;
}

/* What is in the send queue already does not wait. */
static void gather(struct worker *w)
{
    uint64_t first_us = w->now_us;
    struct batch_lane *lane;
    enum waited how = SOME_CAME;
    while (how != OTHER_WORK && w->now_us - first_us < BATCH_BURST_US &&
           (lane = batch_partial(&w->batch)) != NULL) {
        struct layer *layer = lane->layer;
        flush(w);
        how = wait_for_more(w, lane);
        if (lane->layer == layer && how != OTHER_WORK)
            batch_waited(layer, how == SOME_CAME);
    }
}

/* Mail first: who has just been let in may have sent its first check already. */
static void turn(struct worker *w, bool *more_mail)
{
    struct sockets_ready ready;
    w->now_us = clock_now_us();
    wait_until(w, w->now_us + wait_us(w, *more_mail), &ready);
    shed_turn(&w->shed, w->now_us);
    if (ready.inbox)
        mailbox_clear(&w->inbox);
    *more_mail = take_mail(w);
    receive_media(w, &ready);
    gather(w);
    batch_flush(&w->batch, w->now_us);
    if (ready.casual || sockets_round_is_due(&w->sockets, w->now_us)) {
        flush(w); /* media does not wait for it */
        receive_casual(w);
        batch_flush(&w->batch, w->now_us); /* GRO may put media behind what is none */
    }
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
        room_end_transports(room, SFU_GONE_SHUTDOWN);
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
    (void)prctl(PR_SET_TIMERSLACK, 1ul); /* ns: microseconds are meant, where any are told */
    shed_begin(w, clock_now_us());
    while (!w->stopping)
        turn(w, &more_mail);
    shed_end(w);
    end_all(w);
    return NULL;
}

/* --- Life ------------------------------------------------------------------------- */

int worker_init(struct worker *w, unsigned index, const struct udp_addresses *at, struct dtls_context *dtls,
                struct mailbox *control, struct addr *bad)
{
    *w = (struct worker){.index = index,
                         .dtls = dtls,
                         .since_1970_us = clock_since_1970_us(),
                         .sockets = {.epoll = -1, .alarm = -1}};
    w->rooms = g_hash_table_new(g_int64_hash, g_int64_equal);
    directory_init(&w->directory);
    packet_pool_init(&w->packets, WORKER_PACKETS_MAX);
    shed_init(&w->shed, LOAD_FULL);
    ice_agent_init(&w->ice, &directory_ice_tables, &w->directory);
    mailbox_sender_init(&w->to_control, control);
    int err = mailbox_init(&w->inbox, WORKER_MAILBOX);
    if (!err)
        err = udp_rx_init(&w->rx, &w->counters);
    if (!err)
        err = udp_tx_init(&w->tx, UDP_TX_SLOTS, &w->counters);
    w->tx.dropped = transport_dropped;
    if (!err)
        err = sockets_open(&w->sockets, at, mailbox_fd(&w->inbox), bad);
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
    sockets_close(&w->sockets);
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
    directory_finish(&w->directory);
}

uint32_t worker_new_source(struct worker *w)
{
    return ++w->next_source;
}

void worker_tell(struct worker *w, enum event event, uint64_t id, uint64_t value, uint16_t a, uint32_t b,
                 void *body)
{
    struct mail m = {
        .type = (uint16_t)event, .a = a, .b = b, .id = id, .value = value, .body = body, .free_body = g_free};
    mailbox_post(&w->to_control, &m);
}
