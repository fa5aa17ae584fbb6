#include "loss_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* One rate through all rows; a report after each time. */
static const struct {
    uint32_t after_ms, expected;
    int32_t lost;
    uint32_t bps;
} rows[] = {
    {1000, 100, 0, 648000},        {1000, 100, 1, 699840}, /* below 2 % */
    {500, 100, 0, 727833},                                 /* 4 % for half a second */
    {10000, 100, 0, 786059},                               /* never more than a second's worth */
    {1000, 100, 2, 786059},                                /* kept from 2 ... */
    {1000, 100, 10, 786059},                               /* ... to 10 % */
    {1000, 100, 20, 707453},                               /* x (1 - 0.2 / 2) */
    {200, 100, 20, 707453},                                /* not again before it can show */
    {300, 100, 20, 636707},        {1000, 10, 10, 636707}, /* too few to tell, but not forgotten: */
    {1000, 10, 0, 477530},                                 /* 10 of 20 */
    {1000, 0, 50, 477530},                                 /* nothing expected */
    {1000, 100, -5, 358147},                               /* the 50 of before; duplicates are no gain */
    {1000, 100, 1000000, 179073},                          /* more than all */
    {1000, 100, 100, 100000},                              /* the floor */
    {1000, UINT32_MAX, 0, 108000}, {1000, 100, 0, 116640},
};

static void follows_reports(void **state)
{
    (void)state;
    struct loss_report l;
    uint64_t now_us = 5000000;
    loss_report_init(&l, 600000, 100000, now_us);
    for (size_t i = 0; i < COUNT(rows); i++) {
        now_us += rows[i].after_ms * 1000;
        loss_report_update(&l, rows[i].expected, rows[i].lost, 2000000, 100000, now_us);
        if (l.bps != rows[i].bps)
            fail_msg("row %d: %u", (int)i, l.bps);
    }
}

static void does_not_pass_its_limit(void **state)
{
    (void)state;
    static const struct {
        uint32_t max_bps, bps;
    } limits[] = {{620000, 620000}, {600000, 600000}, {100000, 600000}, {UINT32_MAX, 648000}};
    for (size_t i = 0; i < COUNT(limits); i++) {
        struct loss_report l;
        loss_report_init(&l, 600000, 30000, 0);
        loss_report_update(&l, 100, 0, limits[i].max_bps, 0, 1000000);
        assert_int_equal(l.bps, limits[i].bps);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_reports),
        cmocka_unit_test(does_not_pass_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
