/* When a REMB is due, and what it says for plain ways; tests/sim/test_sim_upstream.c has networks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "receive_estimate.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { MS = 1000, S = 1000000, KBPS = 1000, PACKET = 1000 };

/* A publisher whose packets leave evenly, and a way on which each waits longer than the one before, or not.
 */
struct way {
    struct receive_estimate e;
    uint64_t now_us, delay_us;
    struct send_clock_stamp stamp; /* of what it sends: its kind, not the times */
    uint32_t told;                 /* REMBs */
};

static void set_up(struct way *v)
{
    *v = (struct way){.now_us = UINT64_C(1000000000), .stamp = {.has_send_time = true}};
    receive_estimate_init(&v->e, v->now_us);
}

/* For so long at that rate, each packet grow_us later than the one before. The last REMB of that time. */
static uint32_t run(struct way *v, uint64_t length_us, uint32_t bps, uint64_t grow_us)
{
    uint64_t step_us = PACKET * UINT64_C(8000000) / bps, until_us = v->now_us + length_us;
    uint32_t told = 0;
    for (; v->now_us < until_us; v->now_us += step_us) {
        v->delay_us += grow_us;
        v->stamp.send_time = (uint32_t)((v->now_us << 18) / S) & 0xffffff;
        v->stamp.timestamp = (uint32_t)(v->now_us * 90 / MS);
        receive_estimate_packet(&v->e, &v->stamp, PACKET, v->now_us + v->delay_us);
        uint32_t bps_due = receive_estimate_due(&v->e, v->now_us + v->delay_us);
        told = bps_due ? bps_due : told;
        v->told += bps_due != 0;
    }
    return told;
}

static bool due(struct way *v, uint64_t after_us)
{
    return receive_estimate_due(&v->e, v->now_us + v->delay_us + after_us) != 0;
}

static void the_first_is_told_when_something_is_known(void **state)
{
    struct way v;
    (void)state;
    set_up(&v);
    assert_false(due(&v, 5 * S));
    assert_int_equal(run(&v, 400 * MS, 300 * KBPS, 0), 0);
    assert_int_equal(run(&v, 300 * MS, 300 * KBPS, 0), RECEIVE_ESTIMATE_START_BPS);
}

static void one_a_second_while_something_comes(void **state)
{
    struct way v;
    (void)state;
    set_up(&v);
    run(&v, 2 * S, 300 * KBPS, 0);
    v.told = 0;
    run(&v, 20 * S, 300 * KBPS, 0);
    assert_in_range(v.told, 19, 20);
    due(&v, 1 * S);
    assert_false(due(&v, 60 * S)); /* nothing comes */
    v.now_us += 60 * S;
    assert_true(run(&v, 1 * MS, 300 * KBPS, 0) > 0);
}

static void a_decrease_is_told_at_once(void **state)
{
    static const struct {
        uint32_t told_kbps, now_kbps;
        bool due;
    } rows[] = {
        {1000, 1000, false}, {1000, 971, false},  {1000, 970, false},  {1000, 969, true},
        {1000, 500, true},   {1000, 1031, false}, {1000, 5000, false}, {100000, 30, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct way v;
        set_up(&v);
        run(&v, 2 * S, 300 * KBPS, 0);
        run(&v, 60 * MS, 300 * KBPS, 0);
        v.e.told_us = v.now_us - 500 * MS;
        v.e.told_bps = rows[i].told_kbps * KBPS;
        v.e.aimd.bps = rows[i].now_kbps * KBPS;
        if (due(&v, 0) != rows[i].due)
            fail_msg("row %zu", i);
        if (!rows[i].due)
            assert_true(due(&v, 500 * MS)); /* when the second is over */
        assert_int_equal(v.e.told_bps, rows[i].now_kbps * KBPS);
        assert_false(due(&v, 510 * MS));
    }
}

/* What a way does to the rate that is told. */
static void follows_delay(void **state)
{
    static const struct {
        const char *name;
        bool timestamps;
        uint32_t bps;
        uint64_t grow_us; /* each packet, from the fourth second to the seventh */
        uint32_t least, most;
    } rows[] = {
        {"free", false, 1000 * KBPS, 0, 1500 * KBPS, 2000 * KBPS},
        {"free, by timestamps", true, 1000 * KBPS, 0, 1500 * KBPS, 2000 * KBPS},
        {"full", false, 1000 * KBPS, 1600, 500 * KBPS, 850 * KBPS},
        {"full, by timestamps", true, 1000 * KBPS, 1600, 500 * KBPS, 850 * KBPS},
        {"little is sent, and too much even so", false, 100 * KBPS, 40000, 30 * KBPS, 85 * KBPS},
        {"one after the other", false, 1000 * KBPS, 300000, 30 * KBPS, 60 * KBPS},
        {"far more than there can be", false, 2000000 * KBPS, 0, 100000 * KBPS, 100000 * KBPS},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct way v;
        set_up(&v);
        if (rows[i].timestamps)
            v.stamp = (struct send_clock_stamp){.ssrc = 7, .clock_rate = 90000};
        run(&v, 4 * S, rows[i].bps, 0);
        uint32_t told = run(&v, 3 * S, rows[i].bps, rows[i].grow_us);
        if (told < rows[i].least || told > rows[i].most)
            fail_msg("%s: %u", rows[i].name, told);
    }
}

/* Sound alone without send times, RTX alone: there is no delay to go by. */
static void without_delays_nothing_is_told(void **state)
{
    struct way v;
    (void)state;
    set_up(&v);
    v.stamp = (struct send_clock_stamp){.ssrc = 7};
    assert_int_equal(run(&v, 10 * S, 300 * KBPS, 0), 0);
    assert_int_equal(run(&v, 10 * S, 300 * KBPS, 300), 0);
    assert_int_equal(v.e.aimd.bps, RECEIVE_ESTIMATE_START_BPS);
}

/* It is kept for each publisher that needs it, and promises to be small. */
_Static_assert(sizeof(struct receive_estimate) <= 1536, "");

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_told_when_something_is_known),
        cmocka_unit_test(one_a_second_while_something_comes),
        cmocka_unit_test(a_decrease_is_told_at_once),
        cmocka_unit_test(follows_delay),
        cmocka_unit_test(without_delays_nothing_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
