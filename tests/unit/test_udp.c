/* Real sockets on loopback. */
#include "udp.h"

#include "udp_tx.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct addr address(const char *ip, uint16_t port)
{
    struct addr a;
    assert_int_equal(addr_parse(&a, ip, port), 0);
    return a;
}

static struct udp_socket open_on(const char *ip)
{
    struct udp_socket s;
    struct addr a = address(ip, 0);
    assert_int_equal(udp_open(&s, &a), 0);
    return s;
}

static const char *const loopbacks[] = {"127.0.0.1", "::1"};

/* --- Opening ---------------------------------------------------------------------- */

static void opens_with_what_the_kernel_granted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(loopbacks); i++) {
        struct udp_socket s = open_on(loopbacks[i]);
        struct addr expected = address(loopbacks[i], s.local.port);
        assert_true(s.local.port != 0);
        assert_true(addr_equal(&s.local, &expected));
        assert_true(s.rcvbuf > 0 && s.sndbuf > 0);
        udp_close(&s);
        assert_int_equal(s.fd, -1);
        udp_close(&s);
    }
}

static void says_why_it_cannot_open(void **state)
{
    (void)state;
    struct udp_socket taken = open_on("127.0.0.1"), s;
    const struct {
        struct addr local;
        int err;
    } rows[] = {
        {taken.local, -EADDRINUSE},
        {address("192.0.2.1", 0), -EADDRNOTAVAIL},
        {address("2001:db8::1", 0), -EADDRNOTAVAIL},
        {{0}, -EAFNOSUPPORT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(udp_open(&s, &rows[i].local), rows[i].err);
        assert_int_equal(s.fd, -1);
    }
    udp_close(&taken);
}

static void both_families_share_a_port(void **state)
{
    (void)state;
    struct udp_socket four = open_on("0.0.0.0"), six;
    struct addr a = address("::", four.local.port);
    assert_int_equal(udp_open(&six, &a), 0);
    udp_close(&four);
    udp_close(&six);
}

/* --- Local addresses ---------------------------------------------------------------- */

static void reads_lists_of_literals(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        int err;
        size_t count; /* or where the bad word begins */
    } rows[] = {
        {"127.0.0.1", 0, 1},
        {"  127.0.0.1   ::1 ", 0, 2},
        {"::1 ::1 0:0:0:0:0:0:0:1", 0, 1},
        {"0.0.0.0 ::", 0, 2},
        {"127.0.0.1 localhost", -EINVAL, 10},
        {"127.0.0.1,::1", -EINVAL, 0},
        {"127.0.0.1:7900 ::1", -EINVAL, 0},
        {"::1 0000000000000000000000000000000000000000000000000000000000000000000000000000000:", -EINVAL, 4},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct udp_addresses out;
        const char *bad = "";
        assert_int_equal(udp_local_addresses(&out, rows[i].list, 7900, &bad), rows[i].err);
        if (rows[i].err < 0) {
            assert_ptr_equal(bad, rows[i].list + rows[i].count);
            continue;
        }
        assert_null(bad);
        assert_int_equal(out.count, rows[i].count);
        for (size_t k = 0; k < out.count; k++)
            assert_int_equal(out.at[k].port, 7900);
    }
}

static void refuses_more_addresses_than_fit(void **state)
{
    (void)state;
    char list[(UDP_ADDRESSES_MAX + 1) * 16] = "";
    for (int i = 0; i <= UDP_ADDRESSES_MAX; i++)
        snprintf(list + strlen(list), sizeof(list) - strlen(list), "10.0.0.%d ", i);
    struct udp_addresses out;
    const char *bad;
    assert_int_equal(udp_local_addresses(&out, list, 7900, &bad), -E2BIG);
    assert_int_equal(strcmp(bad, "10.0.0.32 "), 0);
    list[bad - list] = '\0';
    assert_int_equal(udp_local_addresses(&out, list, 7900, &bad), 0);
    assert_int_equal(out.count, UDP_ADDRESSES_MAX);
}

static void finds_the_machines_own_addresses(void **state)
{
    (void)state;
    struct udp_addresses out;
    const char *bad;
    assert_int_equal(udp_local_addresses(&out, " ", 0, &bad), 0);
    assert_true(out.count > 0);
    for (size_t i = 0; i < out.count; i++) {
        assert_false(addr_is_link_local(&out.at[i]));
        assert_false(addr_is_wildcard(&out.at[i]));
        assert_int_equal(addr_is_loopback(&out.at[i]), addr_is_loopback(&out.at[0]));
    }
}

/* --- Sending and receiving ------------------------------------------------------------ */

/* A sender, its queue and the scratch to receive with. */
struct bench {
    struct counters counters; /* of both directions */
    struct udp_tx tx;
    struct udp_rx rx;
    struct udp_socket sock;
};

static uint64_t count(const struct bench *b, enum counter which)
{
    return counter_get(&b->counters, which);
}

/* What the fake sendmmsg does before it hands on to the real one. */
static struct {
    unsigned int most; /* messages it takes in one call */
    unsigned int room; /* messages until it says `error` */
    int error;
    bool gso_only; /* the error is for GSO messages alone */
    unsigned int calls;
} kernel;

static int fake_sendmmsg(int fd, struct mmsghdr *messages, unsigned int n, int flags)
{
    kernel.calls++;
    n = n < kernel.most ? n : kernel.most;
    unsigned int taken = 0;
    for (; taken < n; taken++) {
        bool gso = messages[taken].msg_hdr.msg_iovlen > 1;
        if (kernel.gso_only ? gso : taken == kernel.room)
            break;
    }
    if (!kernel.gso_only)
        kernel.room -= taken;
    if (taken > 0)
        return sendmmsg(fd, messages, taken, flags);
    errno = kernel.error;
    return -1;
}

static void set_up(struct bench *b, const char *ip, size_t slots)
{
    *b = (struct bench){0};
    assert_int_equal(udp_tx_init(&b->tx, slots, &b->counters), 0);
    assert_int_equal(udp_rx_init(&b->rx, &b->counters), 0);
    b->sock = open_on(ip);
    memset(&kernel, 0, sizeof(kernel));
    kernel.most = kernel.room = UINT32_MAX;
}

static void tear_down(struct bench *b)
{
    udp_tx_finish(&b->tx);
    udp_rx_finish(&b->rx);
    udp_close(&b->sock);
}

/* Queue a datagram that says which it is; the first four bytes are its number. */
static void queue(struct bench *b, struct udp_dest *d, uint32_t number, size_t len, enum udp_kind kind)
{
    uint8_t *slot = udp_tx_slot(&b->tx);
    assert_int_equal((uintptr_t)slot % 64, 0);
    put_u32(slot, number);
    memset(slot + 4, (int)number, len - 4);
    udp_tx_commit(&b->tx, d, len, kind);
}

/* Which of the numbered ones did not leave. */
static struct {
    struct udp_dest *dest[64];
    uint16_t numbers[64];
    size_t count;
} dropped;

static void note_dropped(struct udp_dest *dest, uint16_t number)
{
    assert_true(dropped.count < COUNT(dropped.numbers));
    dropped.dest[dropped.count] = dest;
    dropped.numbers[dropped.count++] = number;
}

static void queue_numbered(struct bench *b, struct udp_dest *d, uint16_t number, size_t len,
                           enum udp_kind kind)
{
    put_u32(udp_tx_slot(&b->tx), number);
    memset(udp_tx_slot(&b->tx) + 4, number, len - 4);
    udp_tx_commit_numbered(&b->tx, d, len, kind, number);
}

struct inbox {
    struct addr from;
    size_t count;
    uint32_t numbers[4096];
    size_t lens[4096];
};

static void collect(void *arg, uint8_t *data, size_t len, const struct addr *from)
{
    struct inbox *in = arg;
    assert_true(in->count < COUNT(in->numbers));
    in->from = *from;
    in->lens[in->count] = len;
    in->numbers[in->count++] = len < 4 ? 0 : get_u32(data);
    for (size_t i = 4; i < len; i++)
        if (data[i] != data[3])
            fail_msg("byte %zu of %zu differs", i, len);
}

static struct inbox *receive(struct bench *b, struct udp_socket *s)
{
    static struct inbox in;
    in.count = 0;
    size_t all = 0, now;
    while ((now = udp_receive(s, &b->rx, collect, &in)) > 0)
        all += now;
    assert_int_equal(all, in.count);
    return &in;
}

static void expect_numbers(const struct inbox *in, uint32_t first, size_t n)
{
    assert_int_equal(in->count, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(in->numbers[i], first + i);
}

static void a_burst_goes_as_few_messages_and_arrives_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(loopbacks); i++) {
        struct bench b;
        set_up(&b, loopbacks[i], UDP_TX_SLOTS);
        struct udp_socket to = open_on(loopbacks[i]);
        struct udp_dest d = {0};
        udp_dest_set(&b.tx, &d, &b.sock, &to.local);
        for (uint32_t n = 0; n < 200; n++)
            queue(&b, &d, n, 1200, UDP_VIDEO);
        assert_int_equal(receive(&b, &to)->count, 0);
        udp_tx_flush(&b.tx, 1);
        const struct inbox *in = receive(&b, &to);
        expect_numbers(in, 0, 200);
        assert_true(addr_equal(&in->from, &b.sock.local));
        assert_int_equal(count(&b, COUNT_tx_messages), 4); /* 54 x 1,200 < 65,000 */
        assert_int_equal(count(&b, COUNT_tx_gso_messages), 4);
        assert_int_equal(count(&b, COUNT_tx_calls), 1);
        assert_int_equal(count(&b, COUNT_tx_datagrams), 200);
        assert_int_equal(count(&b, COUNT_tx_bytes), 240000);
        assert_int_equal(count(&b, COUNT_rx_datagrams), 200);
        assert_int_equal(count(&b, COUNT_rx_bytes), 240000);
        assert_int_equal(count(&b, COUNT_rx_batches), 1); /* GRO */
        udp_close(&to);
        tear_down(&b);
    }
}

static void only_the_last_of_a_message_is_shorter(void **state)
{
    (void)state;
    static const struct {
        size_t sizes[8]; /* 0 = end */
        size_t messages;
    } rows[] = {
        {{100}, 1},
        {{100, 100, 100}, 1},
        {{100, 100, 50}, 1},
        {{100, 50, 50}, 2},
        {{50, 100, 100}, 2},
        {{996, 996, 996, 996, 997}, 2},
        {{1043, 1043, 1044, 1044, 1044}, 2},
        {{100, 99, 98, 97}, 2},
        {{4, 1536, 4, 1536}, 3},
    };
    for (size_t r = 0; r < COUNT(rows); r++) {
        struct bench b;
        set_up(&b, "127.0.0.1", 16);
        struct udp_socket to = open_on("127.0.0.1");
        struct udp_dest d = {0};
        udp_dest_set(&b.tx, &d, &b.sock, &to.local);
        uint32_t n = 0;
        for (; n < 8 && rows[r].sizes[n]; n++)
            queue(&b, &d, n, rows[r].sizes[n], UDP_VIDEO);
        udp_tx_flush(&b.tx, 1);
        const struct inbox *in = receive(&b, &to);
        expect_numbers(in, 0, n);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(in->lens[i], rows[r].sizes[i]);
        assert_int_equal(count(&b, COUNT_tx_messages), rows[r].messages);
        udp_close(&to);
        tear_down(&b);
    }
}

static void a_message_has_64_segments_at_most(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 256);
    struct udp_socket to = open_on("127.0.0.1");
    struct udp_dest d = {0};
    udp_dest_set(&b.tx, &d, &b.sock, &to.local);
    for (uint32_t n = 0; n < 130; n++)
        queue(&b, &d, n, 80, UDP_AUDIO);
    udp_tx_flush(&b.tx, 1);
    expect_numbers(receive(&b, &to), 0, 130);
    assert_int_equal(count(&b, COUNT_tx_messages), 3);
    udp_close(&to);
    tear_down(&b);
}

enum { DESTS = 100, RECEIVERS = 4 };

static void many_destinations_get_what_is_theirs(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", UDP_TX_SLOTS);
    struct udp_socket six = open_on("::1");
    struct udp_socket to[RECEIVERS];
    static struct udp_dest dests[DESTS];
    memset(dests, 0, sizeof(dests));
    for (size_t i = 0; i < RECEIVERS; i++)
        to[i] = open_on(loopbacks[i % 2]);
    for (size_t i = 0; i < DESTS; i++)
        udp_dest_set(&b.tx, &dests[i], i % 2 ? &six : &b.sock, &to[i % RECEIVERS].local);
    /* Packet by packet over all destinations, as the fan-out does; 500 of them in all. */
    for (uint32_t n = 0; n < 5; n++)
        for (uint32_t i = 0; i < DESTS; i++)
            queue(&b, &dests[i], i * 5 + n, 300, UDP_VIDEO);
    udp_tx_flush(&b.tx, 1);
    assert_int_equal(count(&b, COUNT_tx_messages), DESTS);
    assert_int_equal(count(&b, COUNT_tx_calls), 2);
    for (uint32_t r = 0; r < RECEIVERS; r++) {
        const struct inbox *in = receive(&b, &to[r]);
        assert_int_equal(in->count, DESTS / RECEIVERS * 5);
        for (uint32_t i = 0; i < in->count; i++)
            assert_int_equal(in->numbers[i], (i / 5 * RECEIVERS + r) * 5 + i % 5);
        udp_close(&to[r]);
    }
    udp_close(&six);
    tear_down(&b);
}

static void a_full_queue_flushes_itself(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 8);
    struct udp_socket to = open_on("127.0.0.1");
    struct udp_dest d = {0};
    udp_dest_set(&b.tx, &d, &b.sock, &to.local);
    for (uint32_t n = 0; n < 100; n++)
        queue(&b, &d, n, 100, UDP_VIDEO);
    udp_tx_flush(&b.tx, 1);
    expect_numbers(receive(&b, &to), 0, 100);
    assert_int_equal(count(&b, COUNT_tx_messages), 13);
    udp_close(&to);
    tear_down(&b);
}

static void short_counts_are_resumed(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 64);
    b.tx.sendmmsg = fake_sendmmsg;
    kernel.most = 1;
    struct udp_socket to = open_on("127.0.0.1");
    struct udp_dest d = {0};
    udp_dest_set(&b.tx, &d, &b.sock, &to.local);
    for (uint32_t n = 0; n < 10; n++)
        queue(&b, &d, n, 100 + n, UDP_VIDEO);
    udp_tx_flush(&b.tx, 1);
    expect_numbers(receive(&b, &to), 0, 10);
    assert_int_equal(kernel.calls, 10);
    udp_close(&to);
    tear_down(&b);
}

/* --- Refusals ------------------------------------------------------------------------- */

static void gso_refused_goes_plain_for_a_minute(void **state)
{
    (void)state;
    static const int errors[] = {EIO, EINVAL, EMSGSIZE};
    for (size_t e = 0; e < COUNT(errors); e++) {
        struct bench b;
        set_up(&b, "127.0.0.1", 64);
        b.tx.sendmmsg = fake_sendmmsg;
        kernel.error = errors[e];
        kernel.gso_only = true;
        struct udp_socket to = open_on("127.0.0.1");
        struct udp_dest d = {0};
        udp_dest_set(&b.tx, &d, &b.sock, &to.local);
        static const struct {
            uint64_t now_us;
            uint64_t refused; /* so far */
        } rows[] = {{1000, 1}, {1000 + UDP_TX_PLAIN_US - 1, 1}, {1000 + UDP_TX_PLAIN_US, 2}};
        for (uint32_t r = 0; r < COUNT(rows); r++) {
            for (uint32_t n = 0; n < 10; n++)
                queue(&b, &d, 10 * r + n, n == 4 ? 200 : 100, UDP_VIDEO);
            udp_tx_flush(&b.tx, rows[r].now_us);
            expect_numbers(receive(&b, &to), 10 * r, 10);
            assert_int_equal(count(&b, COUNT_tx_gso_refused), rows[r].refused);
        }
        assert_int_equal(count(&b, COUNT_tx_gso_messages), 0);

        /* Another way is tried afresh. */
        kernel.gso_only = false;
        struct udp_socket other = open_on("127.0.0.1");
        udp_dest_set(&b.tx, &d, &b.sock, &other.local);
        queue(&b, &d, 0, 100, UDP_VIDEO);
        queue(&b, &d, 1, 100, UDP_VIDEO);
        udp_tx_flush(&b.tx, 1000 + UDP_TX_PLAIN_US + 1);
        expect_numbers(receive(&b, &other), 0, 2);
        assert_int_equal(count(&b, COUNT_tx_gso_messages), 1);
        udp_close(&to);
        udp_close(&other);
        tear_down(&b);
    }
}

/* The kernel itself refuses GSO on a socket that sends without checksums. */
static void the_kernel_refusing_gso_loses_nothing(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 64);
    const int on = 1;
    assert_int_equal(setsockopt(b.sock.fd, SOL_SOCKET, SO_NO_CHECK, &on, sizeof(on)), 0);
    struct udp_socket to = open_on("127.0.0.1");
    struct udp_dest d = {0};
    udp_dest_set(&b.tx, &d, &b.sock, &to.local);
    for (uint32_t n = 0; n < 20; n++)
        queue(&b, &d, n, 500, UDP_VIDEO);
    udp_tx_flush(&b.tx, 1);
    expect_numbers(receive(&b, &to), 0, 20);
    assert_int_equal(count(&b, COUNT_tx_gso_refused), 1);
    udp_close(&to);
    tear_down(&b);
}

static void other_errors_cost_that_message_alone(void **state)
{
    (void)state;
    static const struct {
        int error;
        enum counter counter;
    } rows[] = {
        {ECONNREFUSED, COUNT_drop_tx_error}, {ENETUNREACH, COUNT_drop_tx_error}, {EPERM, COUNT_drop_tx_error},
        {ENOBUFS, COUNT_drop_tx_error},      {EMSGSIZE, COUNT_drop_tx_too_long},
    };
    for (size_t r = 0; r < COUNT(rows); r++) {
        struct bench b;
        set_up(&b, "127.0.0.1", 64);
        b.tx.sendmmsg = fake_sendmmsg;
        struct udp_socket to = open_on("127.0.0.1");
        struct udp_dest d = {0};
        udp_dest_set(&b.tx, &d, &b.sock, &to.local);
        queue(&b, &d, 0, 100, UDP_VIDEO);
        queue(&b, &d, 1, 101, UDP_VIDEO);
        kernel.room = 1;
        kernel.error = rows[r].error;
        kernel.most = 2;
        udp_tx_flush(&b.tx, 1);
        kernel.room = UINT32_MAX;
        queue(&b, &d, 2, 100, UDP_VIDEO);
        udp_tx_flush(&b.tx, 2);
        const struct inbox *in = receive(&b, &to);
        assert_int_equal(in->count, 2);
        assert_int_equal(in->numbers[0], 0);
        assert_int_equal(in->numbers[1], 2);
        assert_int_equal(count(&b, rows[r].counter), 1);
        udp_close(&to);
        tear_down(&b);
    }
}

static void a_port_that_refuses_disturbs_nobody(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(loopbacks); i++) {
        struct bench b;
        set_up(&b, loopbacks[i], 64);
        struct udp_socket gone = open_on(loopbacks[i]), to = open_on(loopbacks[i]);
        struct udp_dest dead = {0}, alive = {0}, nowhere = {0};
        struct addr no_port = to.local;
        no_port.port = 0;
        udp_dest_set(&b.tx, &dead, &b.sock, &gone.local);
        udp_dest_set(&b.tx, &alive, &b.sock, &to.local);
        udp_dest_set(&b.tx, &nowhere, &b.sock, &no_port);
        udp_close(&gone);
        for (uint32_t n = 0; n < 5; n++) {
            queue(&b, &dead, n, 100, UDP_VIDEO);
            queue(&b, &nowhere, n, 100, UDP_VIDEO);
            queue(&b, &alive, n, 100, UDP_VIDEO);
            udp_tx_flush(&b.tx, n);
        }
        expect_numbers(receive(&b, &to), 0, 5);
        assert_int_equal(count(&b, COUNT_drop_tx_error), 5); /* port 0: EINVAL */
        assert_int_equal(receive(&b, &b.sock)->count, 0);
        udp_close(&to);
        tear_down(&b);
    }
}

/* --- A full send buffer ------------------------------------------------------------------ */

static void blocked_datagrams_wait_in_order(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 64);
    b.tx.sendmmsg = fake_sendmmsg;
    struct udp_socket to[2] = {open_on("127.0.0.1"), open_on("127.0.0.1")};
    struct udp_dest d[2] = {{0}};
    for (size_t i = 0; i < 2; i++)
        udp_dest_set(&b.tx, &d[i], &b.sock, &to[i].local);
    for (uint32_t n = 0; n < 10; n++)
        queue(&b, &d[n % 2], n / 2, 100 + n, UDP_VIDEO); /* growing: each a message */
    kernel.room = 7;
    kernel.error = EAGAIN;
    udp_tx_flush(&b.tx, 1);
    assert_true(b.sock.blocked);
    assert_true(udp_tx_blocked(&b.tx));
    expect_numbers(receive(&b, &to[0]), 0, 5);
    expect_numbers(receive(&b, &to[1]), 0, 2);
    for (uint32_t n = 10; n < 14; n++)
        queue(&b, &d[n % 2], n / 2, 100 + n, UDP_VIDEO);
    udp_tx_flush(&b.tx, 2);
    assert_true(b.sock.blocked);
    kernel.room = UINT32_MAX;
    udp_tx_flush(&b.tx, 3);
    assert_false(b.sock.blocked);
    assert_false(udp_tx_blocked(&b.tx));
    expect_numbers(receive(&b, &to[0]), 5, 2);
    expect_numbers(receive(&b, &to[1]), 2, 5);
    assert_int_equal(count(&b, COUNT_tx_blocked), 2);
    for (size_t i = 0; i < 2; i++)
        udp_close(&to[i]);
    tear_down(&b);
}

/* Room for nine, and a kernel that takes nothing: each letter is a
 * datagram (Control, Audio, Video, Rtx), `left` is what arrives in the end. */
static void a_full_queue_sheds_the_least_important(void **state)
{
    (void)state;
    static const struct {
        const char *queued, *left;
        uint64_t shed[UDP_KIND_COUNT];
    } rows[] = {
        {"CAVRCAVRC", "CAVRCAVRC", {0}},
        {"CAVRCAVRCA", "CAVCAVCA", {[UDP_RTX] = 2}},
        {"CAVVCAVVCR", "CAVVCAVVC", {[UDP_RTX] = 1}},
        {"CAVVCAVVCV", "CACACV", {[UDP_VIDEO] = 4}},
        {"CACACACACV", "CACACACAC", {[UDP_VIDEO] = 1}},
        {"CACACACACC", "CCCCCC", {[UDP_AUDIO] = 4}},
        {"CCCCCCCCCA", "CCCCCCCCC", {[UDP_AUDIO] = 1}},
        {"CCCCCCCCCCA", "CA", {[UDP_CONTROL] = 9}},
        {"RRRRRRRRRRRRRRRRRRRRR", "RRR", {[UDP_RTX] = 18}},
        {"RVVVVVVVVVVVAAAAAAAAC", "AAAAAAAAC", {[UDP_RTX] = 1, [UDP_VIDEO] = 11}},
    };
    static const char letters[UDP_KIND_COUNT] = "CAVR";
    for (size_t r = 0; r < COUNT(rows); r++) {
        struct bench b;
        set_up(&b, "127.0.0.1", 9);
        b.tx.sendmmsg = fake_sendmmsg;
        kernel.room = 0;
        kernel.error = EAGAIN;
        struct udp_socket to = open_on("127.0.0.1");
        struct udp_dest d[2] = {{0}};
        for (size_t i = 0; i < 2; i++) /* the same peer by two chains, the first half and the second */
            udp_dest_set(&b.tx, &d[i], &b.sock, &to.local);
        size_t len = strlen(rows[r].queued);
        for (size_t n = 0; n < len; n++) {
            const char *kind = memchr(letters, rows[r].queued[n], UDP_KIND_COUNT);
            queue(&b, &d[n >= len / 2], (uint32_t)*kind, 100, (enum udp_kind)(kind - letters));
        }
        kernel.room = UINT32_MAX;
        udp_tx_flush(&b.tx, 1);
        const struct inbox *in = receive(&b, &to);
        char left[32] = "";
        for (size_t i = 0; i < in->count; i++)
            left[i] = (char)in->numbers[i];
        assert_string_equal(left, rows[r].left);
        assert_int_equal(count(&b, COUNT_drop_tx_full_control), rows[r].shed[UDP_CONTROL]);
        assert_int_equal(count(&b, COUNT_drop_tx_full_audio), rows[r].shed[UDP_AUDIO]);
        assert_int_equal(count(&b, COUNT_drop_tx_full_video), rows[r].shed[UDP_VIDEO]);
        assert_int_equal(count(&b, COUNT_drop_tx_full_rtx), rows[r].shed[UDP_RTX]);
        udp_close(&to);
        tear_down(&b);
    }
}

/* Each number that is not among those that arrive is told once, with its destination; others never. */
static void what_does_not_leave_is_told(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 4);
    b.tx.sendmmsg = fake_sendmmsg;
    b.tx.dropped = note_dropped;
    dropped.count = 0;
    struct udp_socket to = open_on("127.0.0.1");
    struct udp_dest d[2] = {{0}}, nowhere = {0};
    for (size_t i = 0; i < 2; i++)
        udp_dest_set(&b.tx, &d[i], &b.sock, &to.local);
    kernel.room = 0;
    kernel.error = EAGAIN;
    queue_numbered(&b, &d[0], 10, 100, UDP_RTX);
    queue_numbered(&b, &d[1], 20, 100, UDP_VIDEO);
    queue(&b, &d[0], 30, 100, UDP_RTX); /* has no number to tell */
    queue_numbered(&b, &d[1], 21, 100, UDP_RTX);
    queue_numbered(&b, &d[1], 22, 100, UDP_VIDEO); /* sheds three */
    queue_numbered(&b, &nowhere, 40, 100, UDP_VIDEO);
    assert_int_equal(dropped.count, 3);
    for (size_t i = 0; i < 2; i++) {
        bool first = dropped.dest[i] == &d[0];
        assert_int_equal(dropped.numbers[i], first ? 10 : 21);
        assert_ptr_equal(dropped.dest[i], first ? &d[0] : &d[1]);
    }
    assert_int_not_equal(dropped.numbers[0], dropped.numbers[1]);
    assert_int_equal(dropped.numbers[2], 40);
    assert_ptr_equal(dropped.dest[2], &nowhere);
    kernel.error = ENETUNREACH; /* two of one size, one message */
    kernel.room = 0;
    udp_tx_flush(&b.tx, 1);
    assert_int_equal(dropped.count, 5);
    assert_int_equal(dropped.numbers[3], 20);
    assert_int_equal(dropped.numbers[4], 22);
    kernel.room = UINT32_MAX;
    queue_numbered(&b, &d[1], 23, 100, UDP_VIDEO);
    udp_tx_flush(&b.tx, 2);
    expect_numbers(receive(&b, &to), 23, 1);
    assert_int_equal(dropped.count, 5);
    udp_close(&to);
    tear_down(&b);
}

/* One network that is stuck must not hold another. */
static void a_blocked_socket_leaves_others_alone(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 8);
    b.tx.sendmmsg = fake_sendmmsg;
    struct udp_socket open = open_on("127.0.0.1"), to = open_on("127.0.0.1");
    struct udp_dest stuck = {0}, free_way = {0};
    udp_dest_set(&b.tx, &stuck, &b.sock, &to.local);
    udp_dest_set(&b.tx, &free_way, &open, &to.local);
    kernel.room = 0;
    kernel.error = EAGAIN;
    for (uint32_t n = 0; n < 4; n++)
        queue(&b, &stuck, 100 + n, 100, UDP_CONTROL);
    udp_tx_flush(&b.tx, 1);
    kernel.room = UINT32_MAX; /* for the open one; the stuck one is not tried before the next flush */
    for (uint32_t n = 0; n < 30; n++)
        queue(&b, &free_way, n, 100, UDP_RTX);
    assert_true(b.sock.blocked);
    const struct inbox *in = receive(&b, &to);
    assert_true(in->count >= 26); /* all but those still in the queue */
    expect_numbers(in, 0, in->count);
    assert_int_equal(count(&b, COUNT_drop_tx_full_rtx), 0);
    udp_dest_forget(&b.tx, &stuck);
    udp_dest_forget(&b.tx, &free_way);
    assert_false(b.sock.blocked);
    assert_false(udp_tx_blocked(&b.tx));
    udp_close(&open);
    udp_close(&to);
    tear_down(&b);
}

/* --- Destinations --------------------------------------------------------------------- */

static void destinations_move_and_are_forgotten(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 64);
    struct udp_socket six = open_on("::1"), to4 = open_on("127.0.0.1"), to6 = open_on("::1");
    struct udp_dest d[3] = {{0}};
    queue(&b, &d[0], 0, 100, UDP_VIDEO); /* no address yet */
    assert_int_equal(count(&b, COUNT_drop_tx_no_address), 1);
    for (size_t i = 0; i < 3; i++)
        udp_dest_set(&b.tx, &d[i], &b.sock, &to4.local);
    for (uint32_t n = 0; n < 4; n++)
        for (uint32_t i = 0; i < 3; i++)
            queue(&b, &d[i], 10 * i + n, 100, UDP_VIDEO);
    udp_dest_forget(&b.tx, &d[1]);
    assert_null(d[1].sock);
    udp_dest_set(&b.tx, &d[2], &six, &to6.local);
    udp_dest_set(&b.tx, &d[2], &six, &to6.local);
    udp_tx_flush(&b.tx, 1);
    expect_numbers(receive(&b, &to4), 0, 4);
    expect_numbers(receive(&b, &to6), 20, 4);
    udp_dest_forget(&b.tx, &d[1]);
    udp_close(&six);
    udp_close(&to4);
    udp_close(&to6);
    tear_down(&b);
}

static void a_slot_may_be_given_up(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 1);
    struct udp_socket to = open_on("127.0.0.1");
    struct udp_dest d = {0};
    udp_dest_set(&b.tx, &d, &b.sock, &to.local);
    for (uint32_t n = 0; n < 10; n++) {
        uint8_t *slot = udp_tx_slot(&b.tx);
        memset(slot, 0xee, UDP_TX_SLOT_LEN);
        assert_ptr_equal(slot, udp_tx_slot(&b.tx));
        queue(&b, &d, n, UDP_TX_SLOT_LEN, UDP_VIDEO);
    }
    udp_tx_flush(&b.tx, 1);
    expect_numbers(receive(&b, &to), 0, 10);
    udp_close(&to);
    tear_down(&b);
}

static void answers_go_past_the_queue(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "::1", 16);
    struct udp_socket to = open_on("::1");
    const uint8_t data[8] = {0, 0, 0, 9, 9, 9, 9, 9};
    assert_int_equal(udp_send_to(&b.tx, &b.sock, &to.local, data, sizeof(data)), 0);
    expect_numbers(receive(&b, &to), 9, 1);

    static const uint8_t huge[65536];
    struct addr four = address("127.0.0.1", 9);
    assert_int_equal(udp_send_to(&b.tx, &b.sock, &to.local, huge, sizeof(huge)), -EMSGSIZE);
    assert_true(udp_send_to(&b.tx, &b.sock, &four, data, sizeof(data)) < 0);
    assert_int_equal(count(&b, COUNT_drop_tx_too_long), 1);
    assert_int_equal(count(&b, COUNT_drop_tx_error), 1);
    assert_int_equal(count(&b, COUNT_tx_datagrams), 1);
    udp_close(&to);
    tear_down(&b);
}

static void refuses_silly_queues(void **state)
{
    (void)state;
    struct counters c = {0};
    struct udp_tx tx;
    assert_int_equal(udp_tx_init(&tx, 0, &c), -EINVAL);
    assert_int_equal(udp_tx_init(&tx, UDP_TX_SLOTS_MAX + 1, &c), -EINVAL);
}

/* --- Receiving ---------------------------------------------------------------------------- */

static void empty_and_overlong_datagrams(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 16);
    struct udp_socket to = open_on("127.0.0.1");
    static const uint8_t data[500];
    assert_int_equal(udp_send_to(&b.tx, &b.sock, &to.local, data, 0), 0);
    assert_int_equal(udp_send_to(&b.tx, &b.sock, &to.local, data, 500), 0);
    assert_int_equal(udp_send_to(&b.tx, &b.sock, &to.local, data, 100), 0);
    b.rx.buffer_len = 100;
    const struct inbox *in = receive(&b, &to);
    assert_int_equal(in->count, 2);
    assert_int_equal(in->lens[0], 0);
    assert_int_equal(in->lens[1], 100);
    assert_int_equal(count(&b, COUNT_drop_truncated), 1);
    udp_close(&to);
    tear_down(&b);
}

static void an_overflow_of_the_receive_buffer_is_counted(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 16);
    struct udp_socket to = open_on("127.0.0.1");
    const int tiny = 4096;
    assert_int_equal(setsockopt(to.fd, SOL_SOCKET, SO_RCVBUF, &tiny, sizeof(tiny)), 0);
    static const uint8_t data[1000];
    size_t received = 0;
    for (int round = 1; round <= 2; round++) {
        for (int n = 0; n < 99; n++)
            assert_int_equal(udp_send_to(&b.tx, &b.sock, &to.local, data, sizeof(data)), 0);
        received += receive(&b, &to)->count;
        /* The kernel tells with the next datagram that it takes. */
        assert_int_equal(udp_send_to(&b.tx, &b.sock, &to.local, data, sizeof(data)), 0);
        received += receive(&b, &to)->count;
        assert_true(count(&b, COUNT_drop_rxq_overflow) > 0);
        assert_int_equal(count(&b, COUNT_drop_rxq_overflow) + received, 100 * round);
    }
    udp_close(&to);
    tear_down(&b);
}

static void one_call_is_bounded(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 16);
    struct udp_socket to = open_on("127.0.0.1");
    static struct inbox in;
    in.count = 0;
    const size_t most = UDP_RX_BATCH * UDP_RX_ROUNDS;
    uint8_t data[8] = {0};
    for (uint32_t n = 0; n < most + 5; n++) {
        put_u32(data, n);
        memset(data + 4, data[3], 4);
        assert_int_equal(udp_send_to(&b.tx, &b.sock, &to.local, data, sizeof(data)), 0);
    }
    assert_int_equal(udp_receive(&to, &b.rx, collect, &in), most);
    assert_int_equal(udp_receive(&to, &b.rx, collect, &in), 5);
    assert_int_equal(udp_receive(&to, &b.rx, collect, &in), 0);
    expect_numbers(&in, 0, most + 5);
    udp_close(&to);
    tear_down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_with_what_the_kernel_granted),
        cmocka_unit_test(says_why_it_cannot_open),
        cmocka_unit_test(both_families_share_a_port),
        cmocka_unit_test(reads_lists_of_literals),
        cmocka_unit_test(refuses_more_addresses_than_fit),
        cmocka_unit_test(finds_the_machines_own_addresses),
        cmocka_unit_test(a_burst_goes_as_few_messages_and_arrives_whole),
        cmocka_unit_test(only_the_last_of_a_message_is_shorter),
        cmocka_unit_test(a_message_has_64_segments_at_most),
        cmocka_unit_test(many_destinations_get_what_is_theirs),
        cmocka_unit_test(a_full_queue_flushes_itself),
        cmocka_unit_test(short_counts_are_resumed),
        cmocka_unit_test(gso_refused_goes_plain_for_a_minute),
        cmocka_unit_test(the_kernel_refusing_gso_loses_nothing),
        cmocka_unit_test(other_errors_cost_that_message_alone),
        cmocka_unit_test(a_port_that_refuses_disturbs_nobody),
        cmocka_unit_test(blocked_datagrams_wait_in_order),
        cmocka_unit_test(a_full_queue_sheds_the_least_important),
        cmocka_unit_test(what_does_not_leave_is_told),
        cmocka_unit_test(a_blocked_socket_leaves_others_alone),
        cmocka_unit_test(destinations_move_and_are_forgotten),
        cmocka_unit_test(a_slot_may_be_given_up),
        cmocka_unit_test(answers_go_past_the_queue),
        cmocka_unit_test(refuses_silly_queues),
        cmocka_unit_test(empty_and_overlong_datagrams),
        cmocka_unit_test(an_overflow_of_the_receive_buffer_is_counted),
        cmocka_unit_test(one_call_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
