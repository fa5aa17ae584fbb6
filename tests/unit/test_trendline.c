#include "trendline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Groups sent 10 ms apart, after 30 steady ones: each later by that than the one before. */
static const struct {
    const char *what;
    int groups;
    int later_us;
    int noise_us; /* added to every other group, and taken off again */
    enum trend trend;
} rows[] = {
    {"steady", 100, 0, 0, TREND_NORMAL},
    {"a queue that grows by 2 ms each group", 30, 2000, 0, TREND_OVERUSE},
    {"one that grows slowly", 100, 1000, 0, TREND_OVERUSE},
    {"a clock that drifts by 50 ppm", 1000, 1, 0, TREND_NORMAL},
    {"a queue that empties", 30, -2000, 0, TREND_UNDERUSE},
    {"too short to tell", 1, 5000, 0, TREND_NORMAL},
    {"jitter of 5 ms", 200, 0, 2500, TREND_NORMAL},
    {"jitter of 5 ms over a queue", 40, 2000, 2500, TREND_OVERUSE},
};

static void feed(struct trendline *t, int groups, int later_us, int noise_us, uint64_t *at_us,
                 enum trend *worst)
{
    for (int i = 0; i < groups; i++) {
        int64_t noise = i % 2 ? -noise_us : noise_us;
        struct inter_arrival_delta d = {.sent_us = 10000, .arrival_us = 10000 + later_us + noise};
        *at_us += (uint64_t)d.arrival_us;
        d.at_us = *at_us;
        trendline_delta(t, &d);
        if (t->trend != TREND_NORMAL)
            *worst = t->trend;
    }
}

static void tells_queues_from_noise(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct trendline t;
        uint64_t at_us = 1000000;
        enum trend trend = TREND_NORMAL;
        trendline_init(&t);
        feed(&t, 30, 0, 0, &at_us, &trend);
        assert_int_equal(trend, TREND_NORMAL);
        feed(&t, rows[i].groups, rows[i].later_us, rows[i].noise_us, &at_us, &trend);
        if (trend != rows[i].trend)
            fail_msg("%s: %d", rows[i].what, (int)trend);
    }
}

/* The threshold follows noise, within its bounds, and sinks when it is quiet. */
static void adapts_its_threshold(void **state)
{
    (void)state;
    struct trendline t;
    uint64_t at_us = 1000000;
    enum trend trend;
    trendline_init(&t);
    double start = t.threshold_ms;
    feed(&t, 500, 0, 0, &at_us, &trend);
    assert_true(t.threshold_ms >= 6 && t.threshold_ms < start);
    double quiet = t.threshold_ms;
    feed(&t, 2000, 600, 0, &at_us, &trend);
    assert_true(t.threshold_ms > quiet && t.threshold_ms <= 600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_queues_from_noise),
        cmocka_unit_test(adapts_its_threshold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
