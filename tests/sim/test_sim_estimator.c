/* The estimator in a simulated network: what is asserted of each scenario, for
 * several seeds of its random numbers. */
#include "scenario.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { SEEDS = 10, KBPS = 1000, NONE = 0 };

/* From one second to another, for each flow; 0 = not asserted. */
static const struct check {
    const char *scenario;
    double from_s, to_s;
    double reached_kbps; /* the target gets there at least once */
    double least_kbps;   /* what is received, on the mean ... */
    double most_kbps;
    double never_below_kbps; /* ... and at any time */
    double wait_ms;          /* in the bottleneck: p95 */
    double target_most_kbps; /* at any time */
} checks[] = {
    /* 90 % of a bottleneck of 1 Mbit/s within 8 s, and kept */
    {"start", 0, 8, .reached_kbps = 900},
    {"start", 8, 60, .least_kbps = 870, .never_below_kbps = 650, .wait_ms = 100},
    /* within 5 s after a drop: no more than the link, without the queue that it made */
    {"drop", 8, 30, .least_kbps = 1750, .wait_ms = 100},
    {"drop", 35, 60, .least_kbps = 420, .never_below_kbps = 280, .wait_ms = 100, .target_most_kbps = 650},
    {"drop", 30, 35, .reached_kbps = 450},
    /* the top rate within 10 s after the bottleneck has gone */
    {"recovery", 60, 70, .reached_kbps = 2500},
    {"recovery", 72, 90, .least_kbps = 2300},
    {"layers", 30, 40, .reached_kbps = 2540},
    {"layers", 42, 60, .least_kbps = 2300},
    /* 10 % random loss: the media that is left is nearly 90 % */
    {"loss", 10, 120, .least_kbps = 2100, .never_below_kbps = 1200},
    {"lossy-bottleneck", 20, 120, .least_kbps = 950, .never_below_kbps = 500, .wait_ms = 100},
    /* a queue too short for delay to tell: losses have to */
    {"policer", 20, 120, .least_kbps = 850, .target_most_kbps = 1600},
    /* traffic returns after silence */
    {"silence", 80, 83, .reached_kbps = 2500},
    {"silence", 85, 110, .least_kbps = 2300},
    {"silence-drop", 81, 84, .target_most_kbps = 1300},
    {"silence-drop", 85, 110, .least_kbps = 400, .wait_ms = 100, .target_most_kbps = 700},
    {"small", 60, 65, .reached_kbps = 2500},
    {"small", 68, 90, .least_kbps = 2300},
    /* noise of the network */
    {"jitter", 0, 30, .reached_kbps = 2000},
    {"jitter", 20, 120, .least_kbps = 2300, .never_below_kbps = 1500},
    {"reorder", 0, 20, .reached_kbps = 2000},
    {"reorder", 20, 120, .least_kbps = 2300, .never_below_kbps = 1300},
    {"feedback-loss", 10, 60, .least_kbps = 1100, .wait_ms = 100},
    /* others, and the way itself */
    {"cross", 40, 60, .least_kbps = 750, .most_kbps = 1100},
    {"cross", 60, 70, .reached_kbps = 2300},
    {"blackout", 35, 40, .target_most_kbps = 250},
    {"blackout", 40, 45, .reached_kbps = 2500},
    {"blackout", 47, 70, .least_kbps = 2300},
    {"slow", 12, 90, .least_kbps = 70, .wait_ms = 150, .target_most_kbps = 160},
    {"fast", 0, 3, .reached_kbps = 20000},
    {"fast", 5, 30, .least_kbps = 18500},
    {"far", 10, 90, .least_kbps = 830, .wait_ms = 100},
    /* without transport-cc */
    {"reports", 20, 120, .least_kbps = 900, .target_most_kbps = 1400},
    {"remb", 5, 60, .least_kbps = 700, .most_kbps = 850, .target_most_kbps = 800},
};

static void checked(const struct check *c, const struct record *r, uint64_t seed)
{
    struct range target = record_target(r, c->from_s, c->to_s),
                 received = record_received(r, c->from_s, c->to_s);
    double wait_ms = record_wait_ms(r, 0.95, c->from_s, c->to_s);
    bool good = target.most >= c->reached_kbps * KBPS && received.mean >= c->least_kbps * KBPS &&
                (c->most_kbps <= 0 || received.mean <= c->most_kbps * KBPS) &&
                received.least >= c->never_below_kbps * KBPS && (c->wait_ms <= 0 || wait_ms <= c->wait_ms) &&
                (c->target_most_kbps <= 0 || target.most <= c->target_most_kbps * KBPS);
    if (!good)
        fail_msg("%s, seed %d, %.0f to %.0f s: target %.0f .. %.0f, received %.0f .. %.0f, mean %.0f kbit/s, "
                 "p95 of waiting %.0f ms",
                 c->scenario, (int)seed, c->from_s, c->to_s, target.least / KBPS, target.most / KBPS,
                 received.least / KBPS, received.most / KBPS, received.mean / KBPS, wait_ms);
}

static void keeps_to_its_figures(void **state)
{
    const struct scenario *s = *state;
    struct record records[SCENARIO_FLOWS_MAX];
    size_t count = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        scenario_run(s, seed, records);
        for (size_t i = 0; i < COUNT(checks); i++) {
            if (strcmp(checks[i].scenario, s->name) == 0) {
                checked(&checks[i], &records[0], seed);
                count++;
            }
        }
        record_finish(&records[0]);
    }
    assert_true(count > 0);
}

/* Two viewers behind one link: neither gets more than twice of what the other gets, and the link is used. */
static void shares(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct record records[SCENARIO_FLOWS_MAX];
        scenario_run(scenario_find("share"), seed, records);
        double a = record_received(&records[0], 40, 180).mean, b = record_received(&records[1], 40, 180).mean;
        double wait_ms = record_wait_ms(&records[0], 0.95, 40, 180);
        if (fmax(a, b) > 2 * fmin(a, b) || a + b < 1600 * KBPS || wait_ms > 100)
            fail_msg("seed %d: %.0f and %.0f kbit/s, waiting %.0f ms", (int)seed, a / KBPS, b / KBPS,
                     wait_ms);
        record_finish(&records[0]);
        record_finish(&records[1]);
    }
}

int main(void)
{
    struct CMUnitTest tests[64];
    size_t count = 0;
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(shares);
    for (size_t i = 0; i < scenarios_count; i++) {
        if (strcmp(scenarios[i].name, "share") == 0)
            continue;
        tests[count] = (struct CMUnitTest)cmocka_unit_test(keeps_to_its_figures);
        tests[count].name = scenarios[i].title;
        tests[count++].initial_state = (void *)(uintptr_t)&scenarios[i];
    }
    return _cmocka_run_group_tests("estimator", tests, count, NULL, NULL);
}
