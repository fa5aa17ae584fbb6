/* What a worker waits for, on real sockets; when casual datagrams and the time wake it. */
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

static void send_report(struct desk *d)
{
    send_head(d, 0x80, 0xc9);
}

/* What is there by now, without waiting. */
static struct sockets_ready look(struct desk *d)
{
    struct sockets_ready ready;
    d->now_us = clock_now_us();
    sockets_wait(&d->sockets, 0, &d->now_us, &ready);
    ready.casual |= sockets_round_is_due(&d->sockets, d->now_us);
    return ready;
}

/* That long after the last look, as far as rounds go. */
static void looked(struct desk *d, size_t came, uint64_t after_us)
{
    receive_at(&d->bench, &d->sockets.at[0].casual);
    sockets_looked(&d->sockets, came, d->sockets.looked_us + after_us);
}

static void tells_what_is_there(void **state)
{
    (void)state;
    struct desk d;
    set_up_desk(&d);
    struct sockets_ready ready = look(&d);
    assert_true(!ready.count && !ready.casual && !ready.inbox && !ready.room);

    send_head(&d, 0x80, 0x60);
    ready = look(&d);
    assert_int_equal(ready.count, 1);
    assert_ptr_equal(ready.media[0], &d.sockets.at[0]);
    assert_false(ready.casual);
    receive(&d.bench, &d.sockets.at[0]);
    assert_int_equal(look(&d).count, 0);

    send_report(&d);
    ready = look(&d);
    assert_true(ready.casual && !ready.count);
    receive_at(&d.bench, &d.sockets.at[0].casual);

    assert_int_equal(eventfd_write(d.inbox, 1), 0);
    ready = look(&d);
    assert_true(ready.inbox && !ready.casual);
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

static void a_report_that_is_rare_wakes_the_worker(void **state)
{
    (void)state;
    struct desk d;
    set_up_desk(&d);
    for (int i = 0; i < 20; i++) {
        send_report(&d);
        assert_true(look(&d).casual);
        looked(&d, 1, SOCKETS_ROUND_US + 1);
    }
    assert_false(look(&d).casual);
    tear_down_desk(&d);
}

/* The last look as given, so that the clock of the machine decides nothing: one that is to come is not due,
 * one long ago is. */
static void reports_that_are_dense_wait_for_their_round(void **state)
{
    (void)state;
    struct desk d;
    set_up_desk(&d);
    uint64_t hour_us = UINT64_C(3600000000);
    looked(&d, 0, clock_now_us() + hour_us);
    looked(&d, SOCKETS_COUNT_US / SOCKETS_ROUND_US, SOCKETS_COUNT_US - 1);
    assert_false(d.sockets.rounds); /* one burst is not yet a crowd */
    looked(&d, 0, 1);
    send_report(&d);
    assert_false(look(&d).casual);
    send_head(&d, 0x80, 0x60); /* others wake it as ever */
    struct sockets_ready ready = look(&d);
    assert_true(ready.count == 1 && !ready.casual);
    receive(&d.bench, &d.sockets.at[0]);

    d.sockets.looked_us = d.sockets.round_us = 0;
    assert_true(look(&d).casual);
    looked(&d, 0, clock_now_us() + hour_us + SOCKETS_COUNT_US - 1); /* one that finds nothing ends nothing */
    send_report(&d);
    assert_false(look(&d).casual);
    looked(&d, SOCKETS_COUNT_US / SOCKETS_ROUND_US - 1, SOCKETS_COUNT_US);
    send_report(&d);
    assert_true(look(&d).casual); /* at once again */
    tear_down_desk(&d);
}

/* Rounds are due at multiples of their length, between half of it and half as much again away; where a turn
 * is due anyway, after half of it; and where more is there than one look fetches, at once. */
static void rounds_are_due_together_with_timers(void **state)
{
    (void)state;
    static const struct {
        uint64_t looked_us; /* after a multiple */
        size_t came;
        uint64_t round_us; /* likewise */
    } rows[] = {
        {0, 1, SOCKETS_ROUND_US},
        {SOCKETS_ROUND_US / 2, 1, SOCKETS_ROUND_US},
        {SOCKETS_ROUND_US / 2 + 1, 1, 2 * SOCKETS_ROUND_US},
        {SOCKETS_ROUND_US - 1, UDP_RX_MOST - 1, 2 * SOCKETS_ROUND_US},
        {1234, UDP_RX_MOST, 1234},
    };
    struct desk d;
    set_up_desk(&d);
    for (size_t r = 0; r < COUNT(rows); r++) {
        sockets_looked(&d.sockets, rows[r].came, 7 * SOCKETS_ROUND_US + rows[r].looked_us);
        assert_int_equal(d.sockets.round_us, 7 * SOCKETS_ROUND_US + rows[r].round_us);
    }
    d.sockets.rounds = true;
    uint64_t now_us = clock_now_us();
    d.sockets.round_us = now_us + UINT64_C(3600000000);
    d.sockets.looked_us = now_us - SOCKETS_ROUND_US / 2;
    assert_true(look(&d).casual);
    d.sockets.looked_us = now_us + UINT64_C(3600000000);
    assert_false(look(&d).casual);
    d.sockets.round_us = now_us;
    assert_true(look(&d).casual);
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
    sockets_looked(&d.sockets, 1, d.now_us - SOCKETS_COUNT_US);
    sockets_looked(&d.sockets, SOCKETS_COUNT_US / SOCKETS_ROUND_US, d.now_us);
    sockets_wait(&d.sockets, UINT64_MAX, &d.now_us, &ready);
    assert_true(sockets_round_is_due(&d.sockets, d.now_us));
    tear_down_desk(&d);
}

/* Media now, and densely, with something due at that time: what the wait comes back with. */
static struct sockets_ready wait_densely(struct desk *d, uint64_t due_us)
{
    struct sockets_ready ready;
    d->sockets.pace_us = SOCKETS_DENSE_US - 1;
    d->sockets.media_us = d->now_us = due_us - 2000;
    sockets_wait(&d->sockets, due_us, &d->now_us, &ready);
    return ready;
}

/* What is due comes a little late then, but it comes, each time. */
static void what_is_due_waits_for_dense_media(void **state)
{
    (void)state;
    struct desk d;
    set_up_desk(&d);
    for (int i = 0; i < 3; i++) {
        uint64_t due_us = clock_now_us() + 2000;
        assert_false(wait_densely(&d, due_us).count);
        assert_true(d.now_us >= due_us + SOCKETS_LATE_US);
    }
    uint64_t due_us = clock_now_us() + 2000;
    struct sockets_ready ready;
    sockets_wait(&d.sockets, due_us, &d.now_us, &ready); /* it does not go on ringing */
    assert_true(d.now_us >= due_us);
    tear_down_desk(&d);
}

/* In all other cases the alarm has nothing to do with it. */
static void what_is_due_waits_for_nothing_else(void **state)
{
    (void)state;
    static const struct {
        int32_t pace_us;
        uint64_t media_us, due_us; /* ago, from now */
    } rows[] = {
        {SOCKETS_DENSE_US, 0, 2000},                     /* seldom */
        {SOCKETS_DENSE_US - 1, SOCKETS_DENSE_US, 2000},  /* no longer */
        {SOCKETS_DENSE_US - 1, 0, SOCKETS_SHORT_US - 1}, /* within a burst */
    };
    struct desk d;
    set_up_desk(&d);
    for (size_t r = 0; r < COUNT(rows); r++) {
        struct sockets_ready ready;
        uint64_t now_us = d.now_us = clock_now_us();
        d.sockets.pace_us = rows[r].pace_us;
        d.sockets.media_us = now_us - rows[r].media_us;
        sockets_wait(&d.sockets, now_us + rows[r].due_us, &d.now_us, &ready);
        assert_true(d.now_us >= now_us + rows[r].due_us);
        assert_int_equal(d.sockets.alarm_us, 0);
    }
    tear_down_desk(&d);
}

/* One does for all that is due about then. */
static void the_alarm_is_seldom_set(void **state)
{
    (void)state;
    static const struct {
        uint64_t due_us; /* after the first */
        bool set;
    } rows[] = {{0, true},
                {1000, false},
                {SOCKETS_LATE_US, false},
                {SOCKETS_LATE_US + 1, true},
                {SOCKETS_LATE_US + 1, false},
                {0, true}};
    struct desk d;
    set_up_desk(&d);
    uint64_t first_us = clock_now_us() + UINT64_C(3600000000);
    for (size_t r = 0; r < COUNT(rows); r++) {
        uint64_t was_us = d.sockets.alarm_us;
        send_head(&d, 0x80, 0x60);
        assert_int_equal(wait_densely(&d, first_us + rows[r].due_us).count, 1);
        assert_int_equal(d.sockets.alarm_us != was_us, rows[r].set);
        receive(&d.bench, &d.sockets.at[0]);
    }
    tear_down_desk(&d);
}

static void media_is_dense_by_its_pace(void **state)
{
    (void)state;
    static const struct {
        uint64_t gap_us;
        int times;
        bool dense;
    } rows[] = {{2000, 10, false}, {2000, 40, true}, {10000, 1, true}, {10000, 4, false}, {0, 40, true}};
    struct desk d;
    set_up_desk(&d);
    assert_true(d.sockets.pace_us >= SOCKETS_DENSE_US);
    for (size_t r = 0; r < COUNT(rows); r++) {
        for (int i = 0; i < rows[r].times; i++)
            sockets_came(&d.sockets, d.now_us += rows[r].gap_us);
        assert_int_equal(d.sockets.pace_us < SOCKETS_DENSE_US, rows[r].dense);
    }
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
        cmocka_unit_test(a_report_that_is_rare_wakes_the_worker),
        cmocka_unit_test(reports_that_are_dense_wait_for_their_round),
        cmocka_unit_test(rounds_are_due_together_with_timers),
        cmocka_unit_test(a_round_ends_the_wait),
        cmocka_unit_test(what_is_due_waits_for_dense_media),
        cmocka_unit_test(what_is_due_waits_for_nothing_else),
        cmocka_unit_test(the_alarm_is_seldom_set),
        cmocka_unit_test(media_is_dense_by_its_pace),
        cmocka_unit_test(says_which_address_it_cannot_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
