/* Real sockets on loopback: opening them, and receiving. */
#include "udp_bench.h"

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
        assert_int_equal(s.in.fd, -1);
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
        assert_int_equal(s.in.fd, -1);
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

/* --- Split: what is casual, and what leaves, by sockets of their own ---------------------------- */

static void what_is_casual_comes_in_by_itself(void **state)
{
    (void)state;
    static const struct {
        uint8_t head[2];
        size_t len;
        bool casual;
    } rows[] = {
        {{0x80, 0xc8}, 28, true},   /* sender report */
        {{0x81, 0xc9}, 32, true},   /* receiver report */
        {{0x8f, 0xcd}, 20, true},   /* transport-wide feedback */
        {{0xaf, 0xcd}, 20, true},   /* padded */
        {{0x8f, 0xce}, 24, true},   /* REMB */
        {{0x81, 0xcd}, 16, false},  /* NACK */
        {{0x81, 0xce}, 12, false},  /* PLI */
        {{0xa4, 0xce}, 20, false},  /* FIR, padded */
        {{0x9f, 0xcd}, 16, false},  /* a format of no meaning */
        {{0x8f, 0xcc}, 12, true},   /* APP */
        {{0x81, 0xcf}, 12, true},   /* XR */
        {{0xbf, 0xdf}, 4, true},    /* the last payload type; padding, 31 blocks */
        {{0x80, 0xc0}, 2, true},    /* the first, and nothing else */
        {{0x80, 0x60}, 999, false}, /* RTP: 96 */
        {{0x90, 0xe0}, 999, false}, /* with its marker */
        {{0xbf, 0xbf}, 12, false},  /* 63 with a marker */
        {{0x80, 0xff}, 12, false},  /* 127 with a marker */
        {{0x00, 0x01}, 20, true},   /* STUN: a check */
        {{0x01, 0x01}, 20, true},   /* and its answer */
        {{0x03, 0xff}, 20, true},   /* the last that its first byte tells */
        {{0x04, 0x01}, 20, false},  /* none */
        {{0}, 1, true},
        {{0x16, 0xfe}, 60, false}, /* DTLS */
        {{0x7f, 0xc8}, 60, false},
        {{0xc0, 0xc8}, 60, false},
        {{0x80}, 1, false},
        {{0}, 0, false},
    };
    for (size_t k = 0; k < COUNT(loopbacks) * COUNT(rows); k++) {
        size_t i = k % COUNT(rows);
        struct bench b;
        set_up(&b, loopbacks[k / COUNT(rows)], 16);
        assert_int_equal(udp_split(&b.to), 0);
        uint8_t data[999] = {rows[i].head[0], rows[i].head[1]};
        assert_int_equal(udp_send_to(&b.tx, &b.sock, &b.to.local, data, rows[i].len), 0);
        assert_int_equal(receive_at(&b, &b.to.casual)->count, rows[i].casual);
        assert_int_equal(receive_at(&b, &b.to.in)->count, !rows[i].casual);
        tear_down(&b);
    }
}

static void what_leaves_has_the_same_address(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(loopbacks); i++) {
        struct bench b;
        set_up(&b, loopbacks[i], 16);
        assert_int_equal(udp_split(&b.sock), 0);
        assert_true(b.sock.out != b.sock.in.fd && b.sock.out != b.sock.casual.fd);
        assert_int_equal(udp_send_to(&b.tx, &b.sock, &b.to.local, "", 1), 0);
        const struct inbox *in = receive(&b, &b.to);
        assert_int_equal(in->count, 1);
        assert_true(addr_equal(&in->from, &b.sock.local));
        tear_down(&b);
    }
}

/* Sockets that share a port would share its datagrams, too. */
static void a_second_server_finds_the_port_in_use(void **state)
{
    (void)state;
    struct udp_socket first = open_on("127.0.0.1"), second;
    assert_int_equal(udp_split(&first), 0);
    assert_int_equal(udp_open(&second, &first.local), -EADDRINUSE);
    struct addr local = first.local;
    udp_close(&first);
    assert_int_equal(udp_open(&second, &local), 0);
    assert_int_equal(udp_split(&second), 0);
    udp_close(&second);
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

/* --- Receiving ---------------------------------------------------------------------------- */

static void empty_and_overlong_datagrams(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 16);
    static const uint8_t data[500];
    assert_int_equal(udp_send_to(&b.tx, &b.sock, &b.to.local, data, 0), 0);
    assert_int_equal(udp_send_to(&b.tx, &b.sock, &b.to.local, data, 500), 0);
    assert_int_equal(udp_send_to(&b.tx, &b.sock, &b.to.local, data, 100), 0);
    b.rx.buffer_len = 100;
    const struct inbox *in = receive(&b, &b.to);
    assert_int_equal(in->count, 2);
    assert_int_equal(in->lens[0], 0);
    assert_int_equal(in->lens[1], 100);
    assert_int_equal(count(&b, COUNT_drop_truncated), 1);
    tear_down(&b);
}

static void an_overflow_of_the_receive_buffer_is_counted(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 16);
    const int tiny = 4096;
    assert_int_equal(setsockopt(b.to.in.fd, SOL_SOCKET, SO_RCVBUF, &tiny, sizeof(tiny)), 0);
    static const uint8_t data[1000];
    size_t received = 0;
    for (int round = 1; round <= 2; round++) {
        for (int n = 0; n < 99; n++)
            assert_int_equal(udp_send_to(&b.tx, &b.sock, &b.to.local, data, sizeof(data)), 0);
        received += receive(&b, &b.to)->count;
        /* The kernel tells with the next datagram that it takes. */
        assert_int_equal(udp_send_to(&b.tx, &b.sock, &b.to.local, data, sizeof(data)), 0);
        received += receive(&b, &b.to)->count;
        assert_true(count(&b, COUNT_drop_rxq_overflow) > 0);
        assert_int_equal(count(&b, COUNT_drop_rxq_overflow) + received, 100 * round);
    }
    tear_down(&b);
}

static void one_call_is_bounded(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 16);
    static struct inbox in;
    in.count = 0;
    const size_t most = UDP_RX_MOST;
    uint8_t data[8] = {0};
    for (uint32_t n = 0; n < most + 5; n++) {
        put_u32(data, n);
        memset(data + 4, data[3], 4);
        assert_int_equal(udp_send_to(&b.tx, &b.sock, &b.to.local, data, sizeof(data)), 0);
    }
    assert_int_equal(udp_receive(&b.to.in, &b.rx, collect, &in), most);
    assert_int_equal(udp_receive(&b.to.in, &b.rx, collect, &in), 5);
    assert_int_equal(udp_receive(&b.to.in, &b.rx, collect, &in), 0);
    expect_numbers(&in, 0, most + 5);
    tear_down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_with_what_the_kernel_granted),
        cmocka_unit_test(says_why_it_cannot_open),
        cmocka_unit_test(both_families_share_a_port),
        cmocka_unit_test(what_is_casual_comes_in_by_itself),
        cmocka_unit_test(what_leaves_has_the_same_address),
        cmocka_unit_test(a_second_server_finds_the_port_in_use),
        cmocka_unit_test(reads_lists_of_literals),
        cmocka_unit_test(refuses_more_addresses_than_fit),
        cmocka_unit_test(finds_the_machines_own_addresses),
        cmocka_unit_test(empty_and_overlong_datagrams),
        cmocka_unit_test(an_overflow_of_the_receive_buffer_is_counted),
        cmocka_unit_test(one_call_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
