/* A send queue whose socket takes nothing more. */
#include "udp_bench.h"

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
        struct udp_dest d[2] = {{0}};
        for (size_t i = 0; i < 2; i++) /* the same peer by two chains, the first half and the second */
            udp_dest_set(&b.tx, &d[i], &b.sock, &b.to.local);
        size_t len = strlen(rows[r].queued);
        for (size_t n = 0; n < len; n++) {
            const char *kind = memchr(letters, rows[r].queued[n], UDP_KIND_COUNT);
            queue(&b, &d[n >= len / 2], (uint32_t)*kind, 100, (enum udp_kind)(kind - letters));
        }
        kernel.room = UINT32_MAX;
        udp_tx_flush(&b.tx, 1);
        const struct inbox *in = receive(&b, &b.to);
        char left[32] = "";
        for (size_t i = 0; i < in->count; i++)
            left[i] = (char)in->numbers[i];
        assert_string_equal(left, rows[r].left);
        assert_int_equal(count(&b, COUNT_drop_tx_full_control), rows[r].shed[UDP_CONTROL]);
        assert_int_equal(count(&b, COUNT_drop_tx_full_audio), rows[r].shed[UDP_AUDIO]);
        assert_int_equal(count(&b, COUNT_drop_tx_full_video), rows[r].shed[UDP_VIDEO]);
        assert_int_equal(count(&b, COUNT_drop_tx_full_rtx), rows[r].shed[UDP_RTX]);
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
    struct udp_dest d[2] = {{0}}, nowhere = {0};
    for (size_t i = 0; i < 2; i++)
        udp_dest_set(&b.tx, &d[i], &b.sock, &b.to.local);
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
    expect_numbers(receive(&b, &b.to), 23, 1);
    assert_int_equal(dropped.count, 5);
    tear_down(&b);
}

/* One network that is stuck must not hold another. */
static void a_blocked_socket_leaves_others_alone(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, "127.0.0.1", 8);
    b.tx.sendmmsg = fake_sendmmsg;
    struct udp_socket open = open_on("127.0.0.1");
    struct udp_dest free_way = {0};
    udp_dest_set(&b.tx, &free_way, &open, &b.to.local);
    kernel.room = 0;
    kernel.error = EAGAIN;
    for (uint32_t n = 0; n < 4; n++)
        queue(&b, &b.way, 100 + n, 100, UDP_CONTROL);
    udp_tx_flush(&b.tx, 1);
    kernel.room = UINT32_MAX; /* for the open one; the other is not tried before the next flush */
    for (uint32_t n = 0; n < 30; n++)
        queue(&b, &free_way, n, 100, UDP_RTX);
    assert_true(b.sock.blocked);
    const struct inbox *in = receive(&b, &b.to);
    assert_true(in->count >= 26); /* all but those still in the queue */
    expect_numbers(in, 0, in->count);
    assert_int_equal(count(&b, COUNT_drop_tx_full_rtx), 0);
    udp_dest_forget(&b.tx, &b.way);
    udp_dest_forget(&b.tx, &free_way);
    assert_false(b.sock.blocked);
    assert_false(udp_tx_blocked(&b.tx));
    udp_close(&open);
    tear_down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocked_datagrams_wait_in_order),
        cmocka_unit_test(a_full_queue_sheds_the_least_important),
        cmocka_unit_test(what_does_not_leave_is_told),
        cmocka_unit_test(a_blocked_socket_leaves_others_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
