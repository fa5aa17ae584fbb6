#include "acked_rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* One rate through all rows: packets of 1,000 bytes so far apart, for so long; what it is then. */
static const struct {
    uint32_t for_ms, apart_us;
    bool limited;
    uint32_t least_bps, most_bps;
} rows[] = {
    {490, 10000, false, 0, 0},          /* the first window is half a second */
    {20, 10000, false, 780000, 820000}, /* 800 kbit/s */
    {2000, 10000, false, 795000, 805000},
    {150, 5000, false, 800000, 1300000},   /* twice of it: not believed at once */
    {2000, 5000, false, 1550000, 1610000}, /* but soon */
    {300, 20000, true, 1100000, 1590000},  /* less, since less is sent: slower */
    {10000, 20000, true, 390000, 460000},
    {3000, 1000, false, 7500000, 8100000},
};

static void follows_what_arrives(void **state)
{
    (void)state;
    struct acked_rate a = {.started = false};
    uint64_t now_us = 7000000;
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (uint64_t end = now_us + rows[i].for_ms * 1000; now_us < end; now_us += rows[i].apart_us)
            acked_rate_packet(&a, 1000, now_us, rows[i].limited);
        assert_in_range(acked_rate_bps(&a), rows[i].least_bps, rows[i].most_bps);
    }
}

/* Arrivals out of order count in the window that is open. */
static void bears_reordering(void **state)
{
    (void)state;
    struct acked_rate a = {.started = false};
    for (uint64_t i = 0; i < 1000; i++)
        acked_rate_packet(&a, 1000, 1000000 + i * 10000 - (i % 3) * 15000, false);
    assert_in_range(acked_rate_bps(&a), 760000, 840000);
}

static void believes_changes_that_are_expected(void **state)
{
    (void)state;
    uint32_t after[2];
    for (int expected = 0; expected < 2; expected++) {
        struct acked_rate a = {.started = false};
        uint64_t now_us = 1000000;
        for (; now_us < 3000000; now_us += 10000)
            acked_rate_packet(&a, 1000, now_us, false);
        if (expected)
            acked_rate_expect_change(&a);
        for (; now_us < 3200000; now_us += 2000)
            acked_rate_packet(&a, 1000, now_us, false);
        after[expected] = acked_rate_bps(&a);
    }
    assert_in_range(after[1], after[0] + after[0] / 10, 4200000);
}

/* What arrives in one go tells at once what the way carries. */
static void tells_of_bursts(void **state)
{
    static const struct {
        const char *what;
        uint32_t packets, apart_us; /* of the burst */
        uint32_t least_bps, most_bps;
    } bursts[] = {
        {"none", 0, 0, 790000, 1010000},
        {"too short to tell", 20, 2000, 3000000, 3600000}, /* with what came before */
        {"long enough", 40, 2000, 3990000, 4010000},
        {"longer than is looked at", 400, 2000, 3990000, 4010000},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(bursts); i++) {
        struct acked_rate a = {.started = false};
        uint64_t now_us = 1000000;
        assert_int_equal(acked_rate_burst_bps(&a), 0);
        for (int n = 0; n < 200; n++)
            acked_rate_packet(&a, 1000, now_us += 10000, true);
        for (uint32_t n = 0; n < bursts[i].packets; n++)
            acked_rate_packet(&a, 1000, now_us += bursts[i].apart_us, true);
        uint32_t bps = acked_rate_burst_bps(&a);
        if (bps < bursts[i].least_bps || bps > bursts[i].most_bps)
            fail_msg("%s: %u", bursts[i].what, bps);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_what_arrives),
        cmocka_unit_test(bears_reordering),
        cmocka_unit_test(believes_changes_that_are_expected),
        cmocka_unit_test(tells_of_bursts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
