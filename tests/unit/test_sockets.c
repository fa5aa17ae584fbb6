/* What a worker waits for, on real sockets; when RTCP wakes it. */
#include "sockets.h"

#include "clock.h"
#include "udp_bench.h"

#include <sys/eventfd.h>
#include <unistd.h>

struct desk {
    struct sockets sockets;
    struct bench bench; /* its sender, and the scratch to receive with */
    int inbox;
    uint64_t now_us;
};

static void set_up_desk(struct desk *d)
{
    struct udp_addresses at = {{address("127.0.0.1", 0), address("::1", 0)}, 2};
    struct addr bad;
    set_up(&d->bench, "127.0.0.1", 16);
    d->inbox = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert_int_equal(sockets_open(&d->sockets, &at, d->inbox, &bad), 0);
}

static void tear_down_desk(struct desk *d)
{
    sockets_close(&d->sockets);
    close(d->inbox);
    tear_down(&d->bench);
}

static void send_head(struct desk *d, uint8_t first, uint8_t second)
{
    uint8_t data[20] = {first, second};
    assert_int_equal(udp_send_to(&d->bench.tx, &d->bench.sock, &d->sockets.at[0].local, data, sizeof(data)),
                     0);
}

static void send_rtcp(struct desk *d)
{
    send_head(d, 0x80, 0xc9);
}

/* What is there by now, without waiting. */
static struct sockets_ready look(struct desk *d)
{
    struct sockets_ready ready;
    d->now_us = clock_now_us();
    sockets_wait(&d->sockets, 0, &d->now_us, &ready);
    return ready;
}

/* That long after the last look, as far as rounds go. */
static void looked(struct desk *d, bool any, uint64_t after_us)
{
    receive_at(&d->bench, &d->sockets.at[0].rtcp);
    sockets_looked(&d->sockets, any, d->sockets.looked_us + after_us);
}

static void tells_what_is_there(void **state)
{
    (void)state;
    struct desk d;
    set_up_desk(&d);
    struct sockets_ready ready = look(&d);
    assert_true(!ready.count && !ready.rtcp && !ready.inbox && !ready.room);

    send_head(&d, 0x80, 0x60);
    ready = look(&d);
    assert_int_equal(ready.count, 1);
    assert_ptr_equal(ready.media[0], &d.sockets.at[0]);
    assert_false(ready.rtcp);
    receive(&d.bench, &d.sockets.at[0]);
    assert_int_equal(look(&d).count, 0);

    send_rtcp(&d);
    ready = look(&d);
    assert_true(ready.rtcp && !ready.count);
    receive_at(&d.bench, &d.sockets.at[0].rtcp);

    assert_int_equal(eventfd_write(d.inbox, 1), 0);
    ready = look(&d);
    assert_true(ready.inbox && !ready.rtcp);
    tear_down_desk(&d);
}

static void room_for_sending_is_asked_for_while_it_is_wanted(void **state)
{
    (void)state;
    struct desk d;
    set_up_desk(&d);
    d.sockets.at[1].blocked = true;
    assert_false(look(&d).room);
    sockets_flushed(&d.sockets);
    assert_true(look(&d).room);
    d.sockets.at[1].blocked = false;
    sockets_flushed(&d.sockets);
    assert_false(look(&d).room);
    tear_down_desk(&d);
}

static void rtcp_that_is_rare_wakes_the_worker_each_time(void **state)
{
    (void)state;
    struct desk d;
    set_up_desk(&d);
    for (int i = 0; i < 3; i++) {
        send_rtcp(&d);
        assert_true(look(&d).rtcp);
        looked(&d, true, SOCKETS_ROUND_US);
    }
    assert_false(look(&d).rtcp);
    tear_down_desk(&d);
}

/* The last look as given, so that the clock of the machine decides nothing: one that is to come is not due,
 * one long ago is. */
static void rtcp_that_is_dense_waits_for_its_round(void **state)
{
    (void)state;
    struct desk d;
    set_up_desk(&d);
    uint64_t hour_us = UINT64_C(3600000000);
    looked(&d, true, clock_now_us() + hour_us);
    looked(&d, true, SOCKETS_ROUND_US - 1);
    send_rtcp(&d);
    assert_false(look(&d).rtcp);
    send_head(&d, 0x80, 0x60); /* others wake it as ever */
    struct sockets_ready ready = look(&d);
    assert_true(ready.count == 1 && !ready.rtcp);
    receive(&d.bench, &d.sockets.at[0]);

    d.sockets.looked_us = 0;
    assert_true(look(&d).rtcp);
    looked(&d, true, clock_now_us() + hour_us); /* rounds go on as long as each finds something */
    send_rtcp(&d);
    assert_false(look(&d).rtcp);
    looked(&d, true, SOCKETS_ROUND_US);
    looked(&d, false, SOCKETS_ROUND_US);
    send_rtcp(&d);
    assert_true(look(&d).rtcp); /* at once again */
    tear_down_desk(&d);
}

/* However far away what else is due may be. */
static void a_round_ends_the_wait(void **state)
{
    (void)state;
    struct desk d;
    struct sockets_ready ready;
    set_up_desk(&d);
    d.now_us = clock_now_us();
    sockets_looked(&d.sockets, true, d.now_us);
    sockets_looked(&d.sockets, true, d.now_us);
    sockets_wait(&d.sockets, UINT64_MAX, &d.now_us, &ready);
    assert_true(ready.rtcp);
    tear_down_desk(&d);
}

static void says_which_address_it_cannot_have(void **state)
{
    (void)state;
    struct udp_socket taken = open_on("::1");
    struct udp_addresses at = {{address("127.0.0.1", 0), taken.local}, 2};
    struct sockets s;
    struct addr bad;
    int inbox = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert_int_equal(sockets_open(&s, &at, inbox, &bad), -EADDRINUSE);
    assert_true(addr_equal(&bad, &taken.local));
    sockets_close(&s);
    udp_close(&taken);
    close(inbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_is_there),
        cmocka_unit_test(room_for_sending_is_asked_for_while_it_is_wanted),
        cmocka_unit_test(rtcp_that_is_rare_wakes_the_worker_each_time),
        cmocka_unit_test(rtcp_that_is_dense_waits_for_its_round),
        cmocka_unit_test(a_round_ends_the_wait),
        cmocka_unit_test(says_which_address_it_cannot_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
