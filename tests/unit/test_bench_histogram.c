#include "histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void tells_any_value_within_three_percent(void **state)
{
    (void)state;
    static const uint64_t values[] = {0,    1,    31,   32,   33,    63,     64,       65,
                                      1000, 1023, 1024, 1025, 20000, 999999, 60000000, UINT32_MAX};
    for (size_t i = 0; i < COUNT(values); i++) {
        struct histogram h = {0};
        histogram_add(&h, values[i]);
        uint64_t told = histogram_quantile(&h, 1);
        assert_true(told >= values[i]);
        assert_true(told - values[i] <= values[i] / 32);
    }
    struct histogram h = {0};
    histogram_add(&h, UINT64_MAX);
    assert_int_equal(histogram_quantile(&h, 1), UINT32_MAX);
}

static void buckets_are_in_order(void **state)
{
    (void)state;
    uint64_t last = 0;
    for (uint64_t value = 0; value < 200000; value += 7) {
        struct histogram h = {0};
        histogram_add(&h, value);
        uint64_t told = histogram_quantile(&h, 1);
        assert_true(told >= last);
        last = told;
    }
}

/* 1 to 1,000, each once. */
static void tells_quantiles(void **state)
{
    (void)state;
    static const struct {
        double share;
        uint64_t exact;
    } rows[] = {{0, 1},      {0.001, 1},  {0.01, 10},   {0.5, 500},
                {0.95, 950}, {0.99, 990}, {0.999, 999}, {1, 1000}};
    struct histogram h = {0};
    assert_int_equal(histogram_quantile(&h, 0.5), 0);
    for (uint64_t i = 1; i <= 1000; i++)
        histogram_add(&h, i);
    assert_int_equal(h.count, 1000);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_in_range(histogram_quantile(&h, rows[i].share), rows[i].exact,
                        rows[i].exact + rows[i].exact / 32);
}

static void adds_up_and_takes_away(void **state)
{
    (void)state;
    struct histogram early = {0}, late = {0};
    for (uint64_t i = 0; i < 100; i++)
        histogram_add(&early, 10);
    for (uint64_t i = 0; i < 50; i++)
        histogram_add(&late, 20);
    histogram_merge(&late, &early);
    assert_int_equal(late.count, 150);
    assert_int_equal(histogram_quantile(&late, 0.5), 10);
    histogram_subtract(&late, &early);
    assert_int_equal(late.count, 50);
    assert_int_equal(histogram_quantile(&late, 0), 20);
    assert_int_equal(histogram_quantile(&late, 1), 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_any_value_within_three_percent),
        cmocka_unit_test(buckets_are_in_order),
        cmocka_unit_test(tells_quantiles),
        cmocka_unit_test(adds_up_and_takes_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
