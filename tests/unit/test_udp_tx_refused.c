/* What the kernel or a port refuses costs what was refused, and nobody else anything. */
#include "udp_bench.h"

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
        static const struct {
            uint64_t now_us;
            uint64_t refused; /* so far */
        } rows[] = {{1000, 1}, {1000 + UDP_TX_PLAIN_US - 1, 1}, {1000 + UDP_TX_PLAIN_US, 2}};
        for (uint32_t r = 0; r < COUNT(rows); r++) {
            for (uint32_t n = 0; n < 10; n++)
                queue(&b, &b.way, 10 * r + n, n == 4 ? 200 : 100, UDP_VIDEO);
            udp_tx_flush(&b.tx, rows[r].now_us);
            expect_numbers(receive(&b, &b.to), 10 * r, 10);
            assert_int_equal(count(&b, COUNT_tx_gso_refused), rows[r].refused);
        }
        assert_int_equal(count(&b, COUNT_tx_gso_messages), 0);

        /* Another way is tried afresh. */
        kernel.gso_only = false;
        struct udp_socket other = open_on("127.0.0.1");
        udp_dest_set(&b.tx, &b.way, &b.sock, &other.local);
        queue(&b, &b.way, 0, 100, UDP_VIDEO);
        queue(&b, &b.way, 1, 100, UDP_VIDEO);
        udp_tx_flush(&b.tx, 1000 + UDP_TX_PLAIN_US + 1);
        expect_numbers(receive(&b, &other), 0, 2);
        assert_int_equal(count(&b, COUNT_tx_gso_messages), 1);
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
    assert_int_equal(setsockopt(b.sock.in.fd, SOL_SOCKET, SO_NO_CHECK, &on, sizeof(on)), 0);
    for (uint32_t n = 0; n < 20; n++)
        queue(&b, &b.way, n, 500, UDP_VIDEO);
    udp_tx_flush(&b.tx, 1);
    expect_numbers(receive(&b, &b.to), 0, 20);
    assert_int_equal(count(&b, COUNT_tx_gso_refused), 1);
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
        queue(&b, &b.way, 0, 100, UDP_VIDEO);
        queue(&b, &b.way, 1, 101, UDP_VIDEO);
        kernel.room = 1;
        kernel.error = rows[r].error;
        kernel.most = 2;
        udp_tx_flush(&b.tx, 1);
        kernel.room = UINT32_MAX;
        queue(&b, &b.way, 2, 100, UDP_VIDEO);
        udp_tx_flush(&b.tx, 2);
        const struct inbox *in = receive(&b, &b.to);
        assert_int_equal(in->count, 2);
        assert_int_equal(in->numbers[0], 0);
        assert_int_equal(in->numbers[1], 2);
        assert_int_equal(count(&b, rows[r].counter), 1);
        tear_down(&b);
    }
}

static void a_port_that_refuses_disturbs_nobody(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(loopbacks); i++) {
        struct bench b;
        set_up(&b, loopbacks[i], 64);
        struct udp_socket gone = open_on(loopbacks[i]);
        struct udp_dest dead = {0}, nowhere = {0};
        struct addr no_port = b.to.local;
        no_port.port = 0;
        udp_dest_set(&b.tx, &dead, &b.sock, &gone.local);
        udp_dest_set(&b.tx, &nowhere, &b.sock, &no_port);
        udp_close(&gone);
        for (uint32_t n = 0; n < 5; n++) {
            queue(&b, &dead, n, 100, UDP_VIDEO);
            queue(&b, &nowhere, n, 100, UDP_VIDEO);
            queue(&b, &b.way, n, 100, UDP_VIDEO);
            udp_tx_flush(&b.tx, n);
        }
        expect_numbers(receive(&b, &b.to), 0, 5);
        assert_int_equal(count(&b, COUNT_drop_tx_error), 5); /* port 0: EINVAL */
        assert_int_equal(receive(&b, &b.sock)->count, 0);
        tear_down(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gso_refused_goes_plain_for_a_minute),
        cmocka_unit_test(the_kernel_refusing_gso_loses_nothing),
        cmocka_unit_test(other_errors_cost_that_message_alone),
        cmocka_unit_test(a_port_that_refuses_disturbs_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
