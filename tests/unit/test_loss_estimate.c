#include "loss_estimate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { KBPS = 1000, SIZE = 1000, UPDATE_US = 50000 };

struct way {
    uint32_t random; /* of 1,000 packets, lost at any rate */
    uint32_t kbps;   /* capacity; 0 = any; what is sent above it is lost */
};

/* Evenly spread losses, so that every run is the same. */
struct loss_run {
    struct loss_estimate l;
    uint64_t now_us;
    uint32_t bps;
    double random, over;
};

static void run(struct loss_run *r, struct way way, uint32_t delay_bps, int seconds)
{
    uint64_t end_us = r->now_us + (uint64_t)seconds * 1000000, update_us = r->now_us;
    double carried_bps = way.kbps ? way.kbps * 1000.0 : 1e12;
    while (r->now_us < end_us) {
        bool lost = false;
        double over = r->bps > carried_bps ? 1 - carried_bps / r->bps : 0;
        if ((r->over += over) >= 1) {
            r->over -= 1;
            lost = true;
        } else if ((r->random += way.random / 1000.0) >= 1) {
            r->random -= 1;
            lost = true;
        }
        loss_estimate_packet(&r->l, r->now_us, SIZE, lost, false);
        r->now_us += SIZE * UINT64_C(8000000) / r->bps;
        if (r->now_us >= update_us) {
            double acked = (r->bps < carried_bps ? r->bps : carried_bps) * (1 - way.random / 1000.0);
            r->bps = loss_estimate_update(&r->l, delay_bps, (uint32_t)acked);
            update_us += UPDATE_US;
        }
    }
}

/* The delay allows 2 Mbit/s all the time. */
static const struct {
    const char *what;
    struct way first, then;
    uint32_t least_kbps, most_kbps; /* after 30 s of each */
} rows[] = {
    {"no loss", {0, 0}, {0, 0}, 2000, 2000},
    {"2 % at random", {20, 0}, {20, 0}, 2000, 2000},
    {"10 % at random", {100, 0}, {100, 0}, 2000, 2000},
    {"10 % at random from some time on", {0, 0}, {100, 0}, 1900, 2000},
    {"half of it lost", {500, 0}, {500, 0}, 30, 300},
    {"a capacity without a queue", {0, 0}, {0, 1000}, 850, 1300},
    {"a capacity, and 5 % at random", {50, 0}, {50, 1000}, 800, 1300},
    {"a capacity that goes away", {0, 800}, {0, 0}, 2000, 2000},
    {"losses that go away", {400, 0}, {0, 0}, 250, 2000},
};

static void tells_what_the_rate_causes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct loss_run r = {.now_us = 1000000, .bps = 2000 * KBPS};
        loss_estimate_init(&r.l, 30 * KBPS);
        run(&r, rows[i].first, 2000 * KBPS, 30);
        run(&r, rows[i].then, 2000 * KBPS, 30);
        if (r.bps < rows[i].least_kbps * KBPS || r.bps > rows[i].most_kbps * KBPS)
            fail_msg("%s: %u", rows[i].what, r.bps);
    }
}

static void never_allows_more_than_the_delay(void **state)
{
    (void)state;
    static const uint32_t delays_kbps[] = {30, 100, 600, 2000};
    for (size_t i = 0; i < COUNT(delays_kbps); i++) {
        struct loss_run r = {.now_us = 1000000, .bps = 2000 * KBPS};
        loss_estimate_init(&r.l, 30 * KBPS);
        run(&r, (struct way){100, 0}, 2000 * KBPS, 10);
        run(&r, (struct way){100, 0}, delays_kbps[i] * KBPS, 1);
        assert_in_range(r.bps, 1, delays_kbps[i] * KBPS);
    }
}

/* A packet that comes after all is no loss any more. */
static void takes_late_arrivals_back(void **state)
{
    (void)state;
    struct loss_estimate l;
    loss_estimate_init(&l, 30 * KBPS);
    for (uint64_t i = 0; i < 1000; i++) {
        loss_estimate_packet(&l, 1000000 + i * 5000, SIZE, i % 5 == 0, false);
        if (i % 5 == 1)
            loss_estimate_packet(&l, 1000000 + (i - 1) * 5000, SIZE, false, true);
    }
    assert_true(loss_estimate_share(&l) < 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_the_rate_causes),
        cmocka_unit_test(never_allows_more_than_the_delay),
        cmocka_unit_test(takes_late_arrivals_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
