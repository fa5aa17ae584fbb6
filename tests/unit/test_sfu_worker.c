/* A worker by itself, told by mail: after any number of joins and leaves nothing
 * of them is left in its tables, and its packets are all back. */
#include "call.h"

#include "room.h"
#include "worker.h"

#include <glib.h>
#include <malloc.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHURN = 500, STAGES = 5, ROOM = 1 << 8 };

/* A worker with its end of the mail, and one participant at a time. */
struct world {
    struct worker worker;
    struct mailbox events;
    struct mailbox_sender to_worker;
    struct dtls_context *ctx, *client;
    uint64_t next_id;
    uint64_t gone, connected; /* events */
    enum sfu_gone why;        /* the last */
    int fd;
    struct sockaddr_in server;
};

static void world_begin(struct world *w)
{
    *w = (struct world){.ctx = dtls_context_new(NULL), .client = dtls_context_new(NULL), .next_id = ROOM};
    struct udp_addresses at = {.count = 1};
    struct addr bad;
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    assert_non_null(w->ctx);
    assert_non_null(w->client);
    assert_int_equal(addr_parse(&at.at[0], "127.0.0.1", 0), 0);
    assert_int_equal(mailbox_init(&w->events, 64), 0); /* small: the worker has to keep what does not fit */
    assert_int_equal(worker_init(&w->worker, 0, &at, w->ctx, &w->events, &bad), 0);
    mailbox_sender_init(&w->to_worker, &w->worker.inbox);
    w->server = any;
    w->server.sin_port = htons(w->worker.sockets.at[0].local.port);
    w->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(w->fd, (struct sockaddr *)&any, sizeof(any)), 0);
    assert_int_equal(worker_start(&w->worker), 0);
}

static void post(struct world *w, struct mail m)
{
    m.free_body = m.body ? g_free : NULL;
    mailbox_post(&w->to_worker, &m);
}

static void take_events(struct world *w)
{
    struct mail m;
    mailbox_sender_flush(&w->to_worker);
    mailbox_clear(&w->events);
    while (mailbox_take(&w->events, &m)) {
        w->connected += m.type == EVENT_CONNECTED;
        w->gone += m.type == EVENT_GONE;
        if (m.type == EVENT_GONE)
            w->why = (enum sfu_gone)m.a;
        mail_free(&m);
    }
}

/* Stop, and look at what is left before it is freed. */
static void world_end(struct world *w)
{
    post(w, (struct mail){.type = COMMAND_STOP});
    while (mailbox_sender_flush(&w->to_worker))
        poll(NULL, 0, 1);
    pthread_join(w->worker.thread, NULL);
    w->worker.running = false;
    assert_int_equal(g_hash_table_size(w->worker.rooms), 0);
    assert_int_equal(g_hash_table_size(w->worker.directory.by_id), 0);
    assert_int_equal(g_hash_table_size(w->worker.directory.by_ufrag), 0);
    assert_int_equal(g_hash_table_size(w->worker.directory.by_address), 0);
    assert_int_equal(w->worker.timers.count, 0);
    assert_int_equal(w->worker.packets.used, 0);
    assert_null(w->worker.telling);
    mailbox_sender_finish(&w->to_worker);
    worker_finish(&w->worker);
    mailbox_finish(&w->events);
    dtls_context_free(w->ctx);
    dtls_context_free(w->client);
    close(w->fd);
}

static void describe(struct world *w, struct sfu_transport_desc *d, uint32_t participant)
{
    *d = (struct sfu_transport_desc){.fingerprint = *dtls_context_fingerprint(w->client)};
    assert_int_equal(ice_random_string(d->ufrag, ICE_UFRAG_LEN), 0);
    assert_int_equal(ice_random_string(d->pwd, ICE_PWD_LEN), 0);
    assert_int_equal(ice_random_string(d->remote_ufrag, ICE_UFRAG_LEN), 0);
    struct sfu_media_desc *m = &d->media;
    m->exts.id[RTP_EXT_MID] = 1;
    m->exts.id[RTP_EXT_AUDIO_LEVEL] = 2;
    m->formats[m->format_count++] = (struct sfu_format){.codec = RTP_CODEC_OPUS, .pt = 111};
    m->formats[m->format_count++] =
        (struct sfu_format){.codec = RTP_CODEC_VP8, .pt = 96, .rtx_pt = 97, .nack = true, .pli = true};
    m->tracks[m->track_count++] =
        (struct sfu_track_desc){.id = participant * 2, .kind = RTP_AUDIO, .source = SFU_MIC, .mid = "0"};
    m->tracks[m->track_count++] = (struct sfu_track_desc){
        .id = participant * 2 + 1, .kind = RTP_VIDEO, .source = SFU_CAMERA, .mid = "1"};
    for (uint32_t i = 0; i < 6; i++)
        m->slots[m->slot_count++] = (struct sfu_slot_desc){
            .kind = i < 2 ? RTP_AUDIO : RTP_VIDEO, .mid = "s", .ssrc = 10 + i * 2, .rtx_ssrc = 11 + i * 2};
}

static uint64_t join(struct world *w, const struct sfu_transport_desc *d, uint32_t participant)
{
    uint64_t id = w->next_id += 1 << 8;
    post(w, (struct mail){.type = COMMAND_JOIN,
                          .id = id,
                          .value = ROOM,
                          .b = participant,
                          .body = g_memdup2(d, sizeof(*d))});
    return id;
}

static void join_and_leave_at_once(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w);
    post(&w, (struct mail){.type = COMMAND_ROOM_OPEN, .id = ROOM});
    for (uint32_t i = 1; i <= CHURN; i++) {
        struct sfu_transport_desc d;
        describe(&w, &d, i);
        uint64_t id = join(&w, &d, i);
        if (i % 3 == 0) { /* an ICE restart on the way */
            assert_int_equal(ice_random_string(d.ufrag, ICE_UFRAG_LEN), 0);
            post(&w, (struct mail){.type = COMMAND_UPDATE, .id = id, .body = g_memdup2(&d, sizeof(d))});
        }
        post(&w, (struct mail){.type = COMMAND_LEAVE, .id = id});
        post(&w, (struct mail){.type = COMMAND_LEAVE, .id = id}); /* twice */
    }
    for (uint64_t end_us = clock_now_us() + CALL_PATIENCE_US; w.gone < CHURN && clock_now_us() < end_us;) {
        take_events(&w);
        poll(NULL, 0, 1);
    }
    assert_int_equal(w.gone, CHURN);
    assert_int_equal(w.why, SFU_GONE_CLOSED);
    assert_int_equal(counter_get(&w.worker.counters, COUNT_drop_mail_stale), CHURN);
    world_end(&w);
}

static void output(void *arg, const uint8_t *datagram, size_t len)
{
    const struct world *w = arg;
    (void)!sendto(w->fd, datagram, len, 0, (const struct sockaddr *)&w->server, sizeof(w->server));
}

static const struct peer_upcalls upcalls = {.output = output};

static void run_peer(struct world *w, struct peer *p)
{
    uint8_t datagram[2048];
    ssize_t len;
    struct pollfd fd = {w->fd, POLLIN, 0};
    (void)peer_tick(p, clock_now_us());
    (void)poll(&fd, 1, 2);
    while ((len = recv(w->fd, datagram, sizeof(datagram), 0)) > 0)
        peer_receive(p, datagram, (size_t)len, clock_now_us());
    take_events(w);
}

/* Stage 0: until the first check; 1: until it was answered; 2: a flight of DTLS; 3: connected; 4: media. */
static bool far_enough(const struct world *w, const struct peer *p, unsigned stage, uint64_t connected)
{
    switch (stage) {
    case 0:
        return true;
    case 1:
        return p->reached;
    case 2:
        return dtls_state(p->dtls) == DTLS_CONNECTED;
    case 3: /* the peer as well, or it would have no alert to send */
        return w->connected > connected && dtls_state(p->dtls) == DTLS_CONNECTED;
    default:
        return w->connected > connected && p->sources[1].sent > 20;
    }
}

/* The i-th of them joins, gets on to one of the stages, and leaves. */
static void come_and_go(struct world *w, uint32_t i)
{
    struct sfu_transport_desc d;
    describe(w, &d, i + 1);
    uint64_t id = join(w, &d, i + 1), connected = w->connected, gone = w->gone;
    const struct peer_conf conf = {.server = &d, .server_fingerprint = *dtls_context_fingerprint(w->ctx)};
    struct peer *p = peer_new(w->client, &conf, &upcalls, w, i * 7919 + 1, clock_now_us());
    assert_non_null(p);
    uint64_t end_us = clock_now_us() + CALL_PATIENCE_US;
    while (!far_enough(w, p, i % STAGES, connected) && clock_now_us() < end_us)
        run_peer(w, p);
    assert_true(far_enough(w, p, i % STAGES, connected));
    if (i % 2 == 0 && i % STAGES >= 3)
        peer_close(p);
    else
        post(w, (struct mail){.type = COMMAND_LEAVE, .id = id});
    while (w->gone == gone && clock_now_us() < end_us)
        run_peer(w, p);
    assert_int_equal(w->gone, gone + 1);
    peer_free(p);
}

/* Bytes; 0 under a sanitizer, which finds what leaks by itself. */
static size_t allocated(void)
{
    return mallinfo2().uordblks;
}

/* All from one address: each transport's address is free again for the next one. And what they took is given
 * back: the first ones make what stays, the packet pool above all, and later ones add next to nothing. */
static void leave_at_each_stage(void **state)
{
    enum {
        FIRST = 20,
        ALL = 120,
        SLACK = 32 /* bytes each: less than the smallest thing that could be left */
    };
    size_t before = 0;
    (void)state;
    struct world w;
    world_begin(&w);
    post(&w, (struct mail){.type = COMMAND_ROOM_OPEN, .id = ROOM});
    for (uint32_t i = 0; i < ALL; i++) {
        if (i == FIRST)
            before = allocated();
        come_and_go(&w, i);
    }
    size_t after = allocated();
    print_message("  %zu bytes, then %zu\n", before, after);
    assert_true(after <= before + (size_t)SLACK * (ALL - FIRST));
    world_end(&w);
}

static void the_room_closes_and_the_worker_stops(void **state)
{
    (void)state;
    struct world w;
    struct sfu_transport_desc d;
    world_begin(&w);
    for (uint64_t round = 0; round < 3; round++) {
        post(&w, (struct mail){.type = COMMAND_ROOM_OPEN, .id = ROOM});
        for (uint32_t i = 1; i <= 20; i++) {
            describe(&w, &d, i);
            join(&w, &d, i);
        }
        if (round < 2) /* the last time they are in it when the worker stops */
            post(&w, (struct mail){.type = COMMAND_ROOM_CLOSE, .id = ROOM});
    }
    world_end(&w);
}

/* malloc()'s caches for each thread fill little by little, and count as allocated. They can only be left out
 * from the start. */
static void begin_without_caches(char **argv)
{
    static const char name[] = "GLIBC_TUNABLES";
    if (getenv(name))
        return;
    if (setenv(name, "glibc.malloc.tcache_count=0", 1) == 0)
        execv("/proc/self/exe", argv);
    perror("it cannot begin again");
    exit(1);
}

int main(int argc, char **argv)
{
    (void)argc;
    begin_without_caches(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(join_and_leave_at_once),
        cmocka_unit_test(leave_at_each_stage),
        cmocka_unit_test(the_room_closes_and_the_worker_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
