#include "aimd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { KBPS = 1000, START_US = 1000000, TICK_US = 50000 };

/* One rate through all rows: for so long that verdict each 50 ms, then the rate lies there. */
static const struct {
    const char *what;
    uint32_t for_ms;
    enum trend trend;
    uint32_t acked_kbps;
    bool limited;
    uint32_t least_kbps, most_kbps;
} rows[] = {
    {"up by 8 % a second", 1050, TREND_NORMAL, 1000, false, 640, 652},
    {"not while little is sent", 5000, TREND_NORMAL, 100, true, 640, 652},
    {"nor beyond 1.5 of what arrives", 20000, TREND_NORMAL, 600, false, 905, 915},
    {"what arrives falls: kept, not raised", 1000, TREND_NORMAL, 300, false, 905, 915},
    {"a queue: 0.85 of what arrives, less a little", 50, TREND_OVERUSE, 800, false, 670, 680},
    {"not again at once", 100, TREND_OVERUSE, 790, false, 670, 680},
    {"but after a round trip", 150, TREND_OVERUSE, 700, false, 580, 600},
    {"at once where it is half", 50, TREND_OVERUSE, 250, false, 205, 210},
    {"held while the queue drains", 3000, TREND_UNDERUSE, 250, false, 205, 210},
    {"near the capacity by little", 2000, TREND_NORMAL, 250, false, 212, 245},
    {"more arrives than the capacity: up again", 5000, TREND_NORMAL, 900, false, 290, 350},
    {"never below the floor", 50, TREND_OVERUSE, 1, false, 30, 30},
};

static void goes_up_and_down(void **state)
{
    (void)state;
    struct aimd a;
    uint64_t now_us = START_US;
    aimd_init(&a, 600 * KBPS, 30 * KBPS, 5000 * KBPS, now_us);
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (uint32_t ms = 0; ms < rows[i].for_ms; ms += TICK_US / 1000)
            aimd_update(&a, rows[i].trend, rows[i].acked_kbps * KBPS, rows[i].limited, now_us += TICK_US);
        if (a.bps < rows[i].least_kbps * KBPS || a.bps > rows[i].most_kbps * KBPS)
            fail_msg("%s: %u", rows[i].what, a.bps);
    }
}

/* What is set is kept within the bounds, and so is what grows from it. */
static void keeps_its_bounds(void **state)
{
    (void)state;
    static const struct {
        uint32_t bps, kept_bps, later_bps;
    } sets[] = {{0, 30000, 30000},
                {30000, 30000, 30000},
                {4900000, 4900000, 5000000},
                {UINT32_MAX, 5000000, 5000000}};
    for (size_t i = 0; i < COUNT(sets); i++) {
        struct aimd a;
        uint64_t now_us = START_US;
        aimd_init(&a, 600 * KBPS, 30 * KBPS, 5000 * KBPS, now_us);
        aimd_set(&a, sets[i].bps, now_us);
        assert_int_equal(a.bps, sets[i].kept_bps);
        for (int tick = 0; tick < 100; tick++)
            aimd_update(&a, TREND_NORMAL, sets[i].bps, false, now_us += TICK_US);
        assert_in_range(a.bps, sets[i].later_bps, sets[i].later_bps * 3 / 2);
        assert_in_range(a.bps, 30000, 5000000);
    }
}

/* Before anything is known of what arrives the rate falls from where it is. */
static void falls_without_acknowledged_rate(void **state)
{
    (void)state;
    struct aimd a;
    aimd_init(&a, 600 * KBPS, 30 * KBPS, 5000 * KBPS, START_US);
    aimd_update(&a, TREND_OVERUSE, 0, false, START_US + TICK_US);
    assert_int_equal(a.bps, 505 * KBPS);
    aimd_update(&a, TREND_NORMAL, 0, false, START_US + 2 * TICK_US);
    assert_int_equal(a.bps, 505 * KBPS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_up_and_down),
        cmocka_unit_test(keeps_its_bounds),
        cmocka_unit_test(falls_without_acknowledged_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
