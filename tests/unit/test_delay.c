/* What follows from trend and queue together; each has its own tests. */
#include "delay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { BPS = 1000000, PACKET_US = 10000, PACKETS = 5, STEPS_MAX = 5 };

/* Packets 10 ms apart, of which each feedback tells five. */
struct way {
    struct delay d;
    uint64_t now_us, lowered_us;
    int64_t line_us; /* arrival minus sending, where nothing waits */
    int64_t wait_us;
};

static void set_up(struct way *w)
{
    *w = (struct way){.now_us = UINT64_C(1000000000), .line_us = -7000000};
    delay_init(&w->d);
}

/* So many feedbacks, each packet grow_us later than the one before; the last verdict. */
static enum trend run(struct way *w, int feedbacks, int grow_us)
{
    enum trend trend = TREND_NORMAL;
    for (int i = 0; i < feedbacks; i++) {
        for (int k = 0; k < PACKETS; k++) {
            w->now_us += PACKET_US;
            w->wait_us += grow_us;
            delay_packet(&w->d, w->now_us, w->now_us + (uint64_t)(w->line_us + w->wait_us), false, w->now_us);
        }
        delay_feedback(&w->d, 0, w->now_us);
        trend = delay_verdict(&w->d, BPS, w->lowered_us, w->now_us);
    }
    return trend;
}

static void lower(struct way *w)
{
    w->lowered_us = w->now_us;
    delay_lowered(&w->d, w->now_us);
}

static void judges_trend_by_queue(void **state)
{
    static const struct {
        const char *name;
        struct {
            int feedbacks, wait_ms, grow_us;
            bool lowered;
            enum trend trend;
        } steps[STEPS_MAX];
    } rows[] = {
        {"nothing waits", {{40, 0, 0, false, TREND_NORMAL}}},
        {"a queue that grows", {{40, 0, 0, false, TREND_NORMAL}, {8, 0, 2000, false, TREND_OVERUSE}}},
        {"a burst: the trend alone", {{40, 0, 0, false, TREND_NORMAL}, {2, 0, 3000, false, TREND_UNDERUSE}}},
        {"it sinks after a decrease",
         {{40, 0, 0, false, TREND_NORMAL},
          {8, 0, 2000, true, TREND_OVERUSE},
          {1, 20, 0, false, TREND_UNDERUSE}}},
        {"it is long at once",
         {{40, 0, 0, false, TREND_NORMAL},
          {2, 150, 0, false, TREND_UNDERUSE},
          {1, 150, 0, true, TREND_OVERUSE},
          {1, 150, 0, false, TREND_UNDERUSE}}},
        {"and stays: somebody else's",
         {{40, 0, 0, false, TREND_NORMAL},
          {3, 150, 0, true, TREND_OVERUSE},
          {98, 150, 0, false, TREND_UNDERUSE},
          {4, 150, 0, false, TREND_NORMAL}}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct way w;
        set_up(&w);
        for (size_t k = 0; k < STEPS_MAX && rows[i].steps[k].feedbacks; k++) {
            w.wait_us = rows[i].steps[k].wait_ms * INT64_C(1000);
            enum trend trend = run(&w, rows[i].steps[k].feedbacks, rows[i].steps[k].grow_us);
            if (trend != rows[i].steps[k].trend)
                fail_msg("%s, step %zu: %d, queue %d ms", rows[i].name, k, (int)trend,
                         (int)(w.d.queue.wait_us / 1000));
            if (rows[i].steps[k].lowered)
                lower(&w);
        }
    }
}

/* Without delay_begin_line() the same would be a queue of 10 s. */
static void begins_a_line(void **state)
{
    struct way w;
    (void)state;
    set_up(&w);
    run(&w, 40, 0);
    w.line_us += 10000000;
    delay_begin_line(&w.d);
    assert_int_equal(run(&w, 1, 0), TREND_NORMAL);
    assert_int_equal(run(&w, 40, 0), TREND_NORMAL);
    assert_int_equal(w.d.queue.wait_us, 0);
    assert_int_equal(run(&w, 8, 2000), TREND_OVERUSE);
}

/* What the caller calls overuse counts like a verdict: the queue that was there then is seen to sink. */
static void takes_the_callers_word(void **state)
{
    (void)state;
    for (int told = 0; told <= 1; told++) {
        struct way w;
        set_up(&w);
        run(&w, 40, 0);
        w.wait_us = 90000;
        assert_int_equal(run(&w, 40, 0), TREND_NORMAL);
        w.d.overuse_wait_us = 0;
        if (told)
            delay_overuse(&w.d);
        w.lowered_us = w.now_us;
        w.wait_us = 30000;
        run(&w, 1, 0);
        w.d.trendline.trend = TREND_OVERUSE;
        assert_int_equal(delay_verdict(&w.d, BPS, w.lowered_us, w.now_us),
                         told ? TREND_UNDERUSE : TREND_OVERUSE);
    }
}

static void waits_beyond_jitter(void **state)
{
    struct way w;
    (void)state;
    set_up(&w);
    run(&w, 40, 0);
    w.wait_us = 20000;
    run(&w, 10, 0);
    w.d.jitter_us = 0;
    assert_true(delay_waits(&w.d, 20000, BPS));
    assert_false(delay_waits(&w.d, 20001, BPS));
    w.d.jitter_us = 14800; /* of which 4.8 ms are of 600 bytes at 1 Mbit/s */
    assert_int_equal(delay_foreign_jitter_us(&w.d, BPS), 10000);
    assert_true(delay_waits(&w.d, 10000, BPS));
    assert_false(delay_waits(&w.d, 10001, BPS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_trend_by_queue),
        cmocka_unit_test(begins_a_line),
        cmocka_unit_test(takes_the_callers_word),
        cmocka_unit_test(waits_beyond_jitter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
