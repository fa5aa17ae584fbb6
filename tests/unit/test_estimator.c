/* The estimator's rules one by one; how it fares in networks is tested in tests/sim/. */
#include "estimator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { KBPS = 1000, START_US = 50000000, FEEDBACK_US = 50000, SIZE = 1000 };

struct viewer {
    struct estimator e;
    struct flight_packet ring[FLIGHT_CAPACITY_MIN];
    uint64_t now_us;
    uint16_t first; /* number of the first packet not yet reported */
};

static int set_up(void **state)
{
    struct viewer *v = calloc(1, sizeof *v);
    *state = v;
    if (!v)
        return -1;
    v->now_us = START_US;
    estimator_init(&v->e, v->ring, COUNT(v->ring), v->now_us);
    v->first = estimator_number(&v->e);
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

/* One more packet in a feedback. */
static void note_arrival(struct rtcp_cc *cc, uint16_t seq, uint64_t at_us)
{
    static uint64_t before_us;
    if (cc->count == 0) {
        cc->reference = (int32_t)(at_us / RTCP_CC_REFERENCE_US);
        before_us = at_us / RTCP_CC_REFERENCE_US * RTCP_CC_REFERENCE_US;
    }
    int16_t delta = (int16_t)((at_us - before_us) / RTCP_CC_TICK_US);
    cc->status[cc->count++] = (struct rtcp_cc_status){.seq = seq, .received = true, .delta = delta};
    before_us += (uint64_t)delta * RTCP_CC_TICK_US;
}

/* Report on all packets sent since the last time as arrived, delay_us after they were sent. */
static void report(struct viewer *v, uint64_t delay_us)
{
    static struct rtcp_cc cc;
    uint64_t at_us = 0;
    cc = (struct rtcp_cc){.reference = 100, .count = (uint16_t)(estimator_number(&v->e) - v->first)};
    for (size_t i = 0; i < cc.count; i++) {
        uint16_t seq = (uint16_t)(v->first + i);
        uint64_t sent_us = v->ring[seq % FLIGHT_CAPACITY_MIN].sent_tick * (uint64_t)FLIGHT_TICK_US;
        uint64_t arrival_us = sent_us + delay_us;
        if (i == 0) {
            cc.reference = (int32_t)(arrival_us / RTCP_CC_REFERENCE_US);
            at_us = arrival_us / RTCP_CC_REFERENCE_US * RTCP_CC_REFERENCE_US;
        }
        int16_t delta = (int16_t)((int64_t)(arrival_us - at_us) / RTCP_CC_TICK_US);
        cc.status[i] = (struct rtcp_cc_status){.seq = seq, .received = true, .delta = delta};
        at_us += (uint64_t)delta * RTCP_CC_TICK_US;
    }
    v->first = estimator_number(&v->e);
    estimator_feedback(&v->e, &cc, v->now_us);
}

/* Report what has arrived by now over a way that carries so much, one packet after the other. */
static void run_behind(struct viewer *v, uint32_t kbps, uint32_t way_kbps, uint32_t ms)
{
    uint64_t end_us = v->now_us + ms * UINT64_C(1000), report_us = v->now_us + FEEDBACK_US;
    uint64_t free_us = v->now_us;
    uint16_t next = v->first;
    static struct rtcp_cc cc;
    cc = (struct rtcp_cc){.count = 0};
    while (v->now_us < end_us) {
        estimator_sent(&v->e, SIZE, true, v->now_us);
        v->now_us += SIZE * UINT64_C(8000) / kbps;
        while (free_us + 20000 < v->now_us && next != estimator_number(&v->e)) {
            uint64_t sent_us = v->ring[next % FLIGHT_CAPACITY_MIN].sent_tick * (uint64_t)FLIGHT_TICK_US;
            free_us = (sent_us > free_us ? sent_us : free_us) + SIZE * UINT64_C(8000) / way_kbps;
            note_arrival(&cc, next++, free_us + 20000);
        }
        if (v->now_us < report_us || !cc.count)
            continue;
        estimator_feedback(&v->e, &cc, v->now_us);
        cc.count = 0;
        v->first = next;
        report_us = v->now_us + FEEDBACK_US;
    }
}

static void run(struct viewer *v, uint32_t kbps, uint32_t ms, bool feedback)
{
    uint64_t end_us = v->now_us + ms * UINT64_C(1000), report_us = v->now_us + FEEDBACK_US;
    while (v->now_us < end_us) {
        estimator_sent(&v->e, SIZE, true, v->now_us);
        v->now_us += SIZE * UINT64_C(8000) / kbps;
        if (v->now_us >= report_us) {
            if (feedback)
                report(v, 20000);
            estimator_tick(&v->e, v->now_us);
            report_us = v->now_us + FEEDBACK_US;
        }
    }
}

/* The way becomes narrow: what it carries is known a moment after a queue has come to stand, and it is known
 * that what is sent is far too much for it, until it is no more. */
static void sees_a_cliff(void **state)
{
    struct viewer *v = *state;
    run_behind(v, 550, 1000, 3000);
    assert_false(estimator_swamped(&v->e, v->now_us));
    assert_true(v->e.delay.queue.wait_us < 1000);
    uint64_t narrow_us = v->now_us;
    run_behind(v, 550, 200, 400);
    assert_in_range(estimator_target_bps(&v->e), 140 * KBPS, 200 * KBPS);
    assert_true(estimator_swamped(&v->e, v->now_us));
    assert_in_range(v->e.delay.queue.wait_us, STANDING_QUEUE_US, 300000);
    assert_true(estimator_arrived(&v->e, narrow_us));
    assert_false(estimator_arrived(&v->e, v->now_us - 100000)); /* it is in the queue */
    run_behind(v, 100, 200, 3000);
    assert_false(estimator_swamped(&v->e, v->now_us));
    assert_true(estimator_arrived(&v->e, v->now_us - 100000));
    assert_in_range(estimator_target_bps(&v->e), 140 * KBPS, 200 * KBPS); /* it was low enough */
}

static void starts_at_the_start_rate(void **state)
{
    struct viewer *v = *state;
    assert_int_equal(estimator_target_bps(&v->e), ESTIMATOR_START_BPS);
    run(v, 500, 1000, false);
    assert_int_equal(estimator_target_bps(&v->e),
                     ESTIMATOR_START_BPS); /* transport-cc is not known to work */
}

/* Growth while what is sent is near the target; no growth where it is not. */
static void grows_with_use(void **state)
{
    struct viewer *v = *state;
    run(v, 550, 5000, true);
    assert_in_range(estimator_target_bps(&v->e), 660 * KBPS, 700 * KBPS);
    run(v, 550, 60000, true);
    uint32_t grown = estimator_target_bps(&v->e);
    assert_in_range(grown, 680 * KBPS, 700 * KBPS);
    run(v, 100, 30000, true);
    assert_int_equal(estimator_target_bps(&v->e), grown);
}

static void probes_only_while_more_is_wanted(void **state)
{
    struct viewer *v = *state;
    run(v, 500, 1000, true);
    assert_false(probe_active(&v->e.probe));
    estimator_want(&v->e, 500 * KBPS, v->now_us); /* there already */
    run(v, 500, 10000, true);
    assert_false(probe_active(&v->e.probe));
    estimator_want(&v->e, 5000 * KBPS, v->now_us);
    assert_true(probe_active(&v->e.probe));
    assert_true(estimator_probe_due(&v->e, v->now_us) > 0);
    assert_int_equal(v->e.probe.bps, 3 * estimator_target_bps(&v->e));
}

/* Nothing is heard for a while: down to the floor; when something is heard, back to where it may be. */
static void falls_in_silence(void **state)
{
    struct viewer *v = *state;
    run(v, 550, 3000, true);
    uint32_t before = estimator_target_bps(&v->e);
    run(v, 550, 900, false);
    assert_int_equal(estimator_target_bps(&v->e), before);
    run(v, 550, 1000, false);
    assert_in_range(estimator_target_bps(&v->e), before / 3, before * 3 / 4);
    run(v, 550, 30000, false);
    assert_int_equal(estimator_target_bps(&v->e), ESTIMATOR_FLOOR_BPS);
    v->first = (uint16_t)(estimator_number(&v->e) - 20);
    report(v, 20000);
    assert_in_range(estimator_target_bps(&v->e), before / 2 - 1, before / 2);
}

/* Then half of the rate before and all of it are tried, but no more than is of use, and only for somebody who
 * wants more than there is. */
static void probes_after_silence(void **state)
{
    static const struct {
        uint32_t wanted_kbps, second_kbps;
        bool probes;
    } rows[] = {{0, 0, false}, {200, 0, false}, {400, 600, true}, {5000, 0, true}};
    struct viewer *v = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct probe *probe = &v->e.probe;
        estimator_init(&v->e, v->ring, COUNT(v->ring), v->now_us);
        v->first = estimator_number(&v->e);
        run(v, 550, 3000, true);
        uint32_t before = estimator_target_bps(&v->e);
        run(v, 550, 30000, false);
        probe_want(&v->e.probe, rows[i].wanted_kbps * KBPS);
        v->e.probe.tried_us = v->now_us; /* none is due for another reason */
        v->first = (uint16_t)(estimator_number(&v->e) - 20);
        report(v, 20000);
        if (probe->queued != (rows[i].probes ? 2 : 0))
            fail_msg("%u kbit/s are wanted: %u clusters", rows[i].wanted_kbps, probe->queued);
        assert_int_equal(estimator_probe_due(&v->e, v->now_us) > 0, rows[i].probes);
        assert_true(!rows[i].probes || probe->bps == before / 2);
        uint32_t second = rows[i].second_kbps ? rows[i].second_kbps * KBPS : before;
        assert_true(!rows[i].probes || probe->queue[0] == second);
    }
}

/* Old estimates are capped once more is wanted, though not below the start; and tried at once. */
static void distrusts_what_was_long_ago(void **state)
{
    static const struct {
        uint32_t idle_ms, sent_kbps, had_kbps;
        uint32_t target_kbps;
        bool probes;
    } rows[] = {
        {5000, 100, 0, 4000, false},     {11000, 100, 0, 600, true},    {11000, 500, 0, 1000, true},
        {11000, 500, 1600, 1800, true}, /* as much as is given already, and a little more */
        {11000, 500, 3000, 4000, false}, {11000, 3500, 0, 4390, false},
    };
    struct viewer *v = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        estimator_init(&v->e, v->ring, COUNT(v->ring), v->now_us);
        v->first = estimator_number(&v->e);
        run(v, 500, 1000, true);
        aimd_set(&v->e.aimd, 4000 * KBPS, v->now_us);
        run(v, rows[i].sent_kbps, rows[i].idle_ms, true);
        estimator_have(&v->e, rows[i].had_kbps * KBPS);
        if (i % 2)
            estimator_want(&v->e, 3000 * KBPS, v->now_us);
        else
            estimator_wish(&v->e, 3000 * KBPS, v->now_us);
        assert_in_range(estimator_target_bps(&v->e), rows[i].target_kbps * 950, rows[i].target_kbps * 1050);
        estimator_tick(&v->e, v->now_us);
        assert_int_equal(probe_active(&v->e.probe), rows[i].probes);
        for (size_t n = 0; n < v->e.probe.queued; n++)
            assert_true(v->e.probe.queue[n] >= 2 * estimator_target_bps(&v->e));
        estimator_wish(&v->e, 3000 * KBPS, v->now_us); /* no more than before */
        assert_in_range(estimator_target_bps(&v->e), rows[i].target_kbps * 950, rows[i].target_kbps * 1050);
    }
}

/* One viewer without transport-cc through all rows. */
static void follows_remb_and_reports(void **state)
{
    static const struct {
        uint64_t remb; /* kbit/s; 0 = none comes */
        uint32_t after_ms, expected;
        int32_t lost;
        uint32_t least_kbps, most_kbps;
    } rows[] = {
        {0, 1000, 100, 0, 640, 650},
        {0, 1000, 100, 50, 480, 490},
        {300, 100, 0, 0, 300, 300},
        {5000, 100, 0, 0, 480, 490}, /* the losses have the say for a while */
        {5000, 3000, 100, 0, 5000, 5000},
        {1, 100, 0, 0, 30, 30}, /* never below the floor */
        {UINT64_MAX / KBPS, 100, 0, 0, 100000, 100000},
        {800, 100, 0, 0, 800, 800},
        {0, 9000, 100, 0, 800, 800},
        {0, 1000, 100, 0, 100000, 100000}, /* an old REMB is no REMB */
        {0, 1000, 100, 100, 50000, 50000},
    };
    struct viewer *v = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (uint32_t ms = 0; ms < rows[i].after_ms; ms += 10, v->now_us += 10000)
            estimator_sent(&v->e, 1250, false, v->now_us); /* 1 Mbit/s */
        if (rows[i].remb)
            estimator_remb(&v->e, rows[i].remb * KBPS, v->now_us);
        if (rows[i].expected)
            estimator_report(&v->e, rows[i].expected, rows[i].lost, v->now_us);
        uint32_t kbps = estimator_target_bps(&v->e) / KBPS;
        if (kbps < rows[i].least_kbps || kbps > rows[i].most_kbps)
            fail_msg("row %d: %u", (int)i, kbps);
    }
}

/* Without anything to go by what is wanted is sent, until losses speak against it; and it is tried again when
 * nothing is sent that could be lost. */
static void without_feedback_wishes_are_granted(void **state)
{
    struct viewer *v = *state;
    estimator_expect(&v->e, false);
    estimator_want(&v->e, 3000 * KBPS, v->now_us);
    assert_int_equal(estimator_target_bps(&v->e), 3000 * KBPS);
    assert_false(probe_active(&v->e.probe));
    estimator_report(&v->e, 100, 0, v->now_us += 1000000);
    estimator_want(&v->e, 0, v->now_us); /* nothing is held back */
    assert_in_range(estimator_target_bps(&v->e), 3000 * KBPS, 3300 * KBPS);
    estimator_want(&v->e, 4000 * KBPS, v->now_us);
    assert_int_equal(estimator_target_bps(&v->e), 4000 * KBPS);
    for (int i = 0; i < 10; i++)
        estimator_report(&v->e, 100, 60, v->now_us += 1000000);
    estimator_want(&v->e, 4000 * KBPS, v->now_us);
    uint32_t fallen = estimator_target_bps(&v->e);
    assert_in_range(fallen, 100 * KBPS, 150 * KBPS);
    for (int i = 0; i < 600; i++)
        estimator_tick(&v->e, v->now_us += 100000);
    assert_int_equal(estimator_target_bps(&v->e), 4000 * KBPS);
    estimator_remb(&v->e, 700 * KBPS, v->now_us);
    assert_int_equal(estimator_target_bps(&v->e), 700 * KBPS);
}

/* It negotiated transport-cc and does not send it. */
static void promises_are_waited_for(void **state)
{
    struct viewer *v = *state;
    estimator_want(&v->e, 3000 * KBPS, v->now_us);
    assert_true(estimator_hungry(&v->e) && probe_active(&v->e.probe)); /* before anything was sent */
    run(v, 500, 4500, false);
    assert_int_equal(estimator_target_bps(&v->e), ESTIMATOR_START_BPS);
    run(v, 500, 1000, false);
    assert_int_equal(estimator_target_bps(&v->e), 3000 * KBPS);
    assert_false(estimator_hungry(&v->e));
    run(v, 500, 1000, true); /* late, but it counts */
    assert_in_range(estimator_target_bps(&v->e), ESTIMATOR_START_BPS, 1000 * KBPS);
}

static void ignores_them_with_transport_cc(void **state)
{
    struct viewer *v = *state;
    run(v, 500, 1000, true);
    uint32_t target = estimator_target_bps(&v->e);
    estimator_remb(&v->e, 100000, v->now_us);
    estimator_report(&v->e, 100, 90, v->now_us);
    assert_int_equal(estimator_target_bps(&v->e), target);
}

/* What was dropped on this side is no loss; packets without a number do not use one up. */
static void counts_only_what_left(void **state)
{
    struct viewer *v = *state;
    uint16_t number = estimator_number(&v->e);
    estimator_sent(&v->e, SIZE, false, v->now_us);
    assert_int_equal(estimator_number(&v->e), number);
    for (int i = 0; i < 200; i++) {
        number = estimator_number(&v->e);
        estimator_sent(&v->e, SIZE, true, v->now_us += 10000);
        if (i % 2)
            estimator_dropped(&v->e, number);
    }
    static struct rtcp_cc cc;
    cc = (struct rtcp_cc){.reference = 5, .count = 200};
    for (size_t i = 0; i < 200; i++)
        cc.status[i] = (struct rtcp_cc_status){
            .seq = (uint16_t)(v->first + i), .received = i % 2 == 0, .delta = i % 2 ? 0 : 80};
    estimator_feedback(&v->e, &cc, v->now_us);
    assert_true(loss_estimate_share(&v->e.loss) <= 0);
    assert_true(estimator_target_bps(&v->e) >= ESTIMATOR_START_BPS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(starts_at_the_start_rate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sees_a_cliff, set_up, tear_down),
        cmocka_unit_test_setup_teardown(grows_with_use, set_up, tear_down),
        cmocka_unit_test_setup_teardown(probes_only_while_more_is_wanted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(falls_in_silence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(probes_after_silence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(distrusts_what_was_long_ago, set_up, tear_down),
        cmocka_unit_test_setup_teardown(follows_remb_and_reports, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_feedback_wishes_are_granted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(promises_are_waited_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ignores_them_with_transport_cc, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_only_what_left, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
