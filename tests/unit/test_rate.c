#include "rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* One counter through all rows: add the bytes at that time, then read. */
static void follows_the_last_second(void **state)
{
    (void)state;
    static const struct {
        uint64_t at_ms;
        uint32_t bytes, bps;
    } rows[] = {
        {5000, 0, 0},
        {5000, 1000, 8421},  /* 8,000 bits over 950 ms: the newest bucket is empty but for this */
        {5049, 0, 8008},     /* 999 ms */
        {5050, 0, 8421},     /* the next bucket */
        {5500, 1000, 16842}, /* both */
        {5999, 0, 16016},
        {6000, 0, 8421},     /* the first has left */
        {5990, 1000, 24242}, /* only adding moves the window on: the first is in it again */
        {6499, 0, 16016},
        {6500, 0, 8421},
        {6990, 0, 0},
        {999999999, 0, 0},
        {999999999, 125000, 1001001},
        {999999000, 0, 1000000},      /* an older time is that of the newest bucket ... */
        {999999000, 125000, 2000000}, /* ... when adding, too */
        {1000001500, 0, 0},
        {1000001500, UINT32_MAX, UINT32_MAX}, /* more bits than fit */
        {1000001500, UINT32_MAX, UINT32_MAX}, /* the bucket is full */
    };
    struct rate r = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rows[i].bytes)
            rate_add(&r, rows[i].bytes, rows[i].at_ms * 1000);
        assert_int_equal(rate_bps(&r, rows[i].at_ms * 1000), rows[i].bps);
    }
}

static void is_steady_for_a_steady_stream(void **state)
{
    (void)state;
    struct rate r = {0};
    for (uint64_t us = 0; us < 10000000; us += 4000) { /* 250 packets of 1,200 bytes a second: 2.4 Mbit/s */
        rate_add(&r, 1200, us);
        if (us > 1000000)
            assert_in_range(rate_bps(&r, us), 2380000, 2420000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_last_second),
        cmocka_unit_test(is_steady_for_a_steady_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
