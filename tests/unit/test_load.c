#include "load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { MS = 1000, LIMIT = 950, VIEWERS = 1000 };

/* --- One look after another -------------------------------------------------------- */

static void follows_the_load(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned limit;
        struct {
            unsigned looks, ms, busy_ms, drops, least, most; /* of the level after that */
        } runs[6];                                           /* looks 0 ends them */
    } rows[] = {
        {"idle", LIMIT, {{100, 100, 0, 0, 0, 0}}},
        {"busy, and well", LIMIT, {{100, 100, 95, 0, 0, 0}}},
        {"a key frame for many is no overload", LIMIT, {{50, 100, 60, 0, 0, 0}, {3, 100, 100, 0, 0, 0}}},
        {"... nor one long turn", LIMIT, {{50, 100, 60, 0, 0, 0}, {1, 300, 300, 0, 0, 0}}},
        {"overloaded for some hundred ms", LIMIT, {{50, 100, 60, 0, 0, 0}, {10, 100, 100, 0, 30, 300}}},
        {"... for seconds: all stages", LIMIT, {{110, 100, 100, 0, 3000, 3000}}},
        {"a little above the limit it rises slowly", LIMIT, {{20, 100, 96, 0, 100, 300}}},
        {"drops alone raise it", LIMIT, {{1, 100, 10, 1, 100, 100}, {1, 100, 10, 1, 200, 200}}},
        {"a long turn counts for as many looks", LIMIT, {{1, 300, 300, 1, 300, 300}}},
        {"... up to a bound", LIMIT, {{1, 60000, 60000, 1, 500, 500}}},
        {"between margin and limit it stays",
         LIMIT,
         {{1, 100, 100, 9, 100, 100}, {30, 100, 90, 0, 100, 100}}},
        {"below the margin it falls slowly",
         LIMIT,
         {{10, 100, 90, 9, 1000, 1000}, {100, 100, 84, 0, 800, 950}}},
        {"idle it falls in seconds", LIMIT, {{10, 100, 90, 9, 1000, 1000}, {50, 100, 0, 0, 0, 0}}},
        {"a lower limit", 500, {{50, 100, 49, 0, 0, 0}, {20, 100, 60, 0, 500, 2000}}},
        {"no limit", LOAD_FULL, {{100, 100, 100, 99, 0, 0}}},
        {"clocks may be odd", LIMIT, {{20, 0, 0, 0, 0, 0}, {5, 100, 200, 0, 1, 400}}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct load load = {.limit = rows[i].limit};
        for (size_t k = 0; k < COUNT(rows[i].runs) && rows[i].runs[k].looks; k++) {
            const struct load_sample seen = {.busy_us = rows[i].runs[k].busy_ms * MS,
                                             .span_us = rows[i].runs[k].ms * MS,
                                             .drops = rows[i].runs[k].drops};
            for (unsigned n = 0; n < rows[i].runs[k].looks; n++)
                load_look(&load, &seen);
            if (load.level < rows[i].runs[k].least || load.level > rows[i].runs[k].most)
                fail_msg("%s: level %u at a load of %u, not %u to %u", rows[i].name, load.level, load.busy,
                         rows[i].runs[k].least, rows[i].runs[k].most);
        }
    }
}

/* --- Viewers ------------------------------------------------------------------------- */

/* Equal viewers have equal thresholds: they are passed one after the other, not all at once. */
static void viewers_follow_one_by_one(void **state)
{
    (void)state;
    unsigned before = 0;
    for (unsigned level = 0; level <= LOAD_VOICES_END; level++) {
        unsigned past = 0, least = LOAD_VOICES_END, most = 0;
        for (uint32_t viewer = 1; viewer <= VIEWERS; viewer++) {
            unsigned share = load_share(level, viewer);
            past += share > LOAD_LAYERS_END + LOAD_STAGE / 2;
            least = share < least ? share : least;
            most = share > most ? share : most;
        }
        assert_true(past >= before && past - before <= VIEWERS / 200);
        assert_true(least >= level / LOAD_STAGE * LOAD_STAGE); /* a stage ends for all ... */
        assert_true(most <= (level + LOAD_STAGE - 1) / LOAD_STAGE * LOAD_STAGE); /* before the next begins */
        before = past;
    }
    assert_int_equal(before, VIEWERS);
}

static void divides_a_budget(void **state)
{
    (void)state;
    static const struct {
        unsigned share;
        uint64_t all, least, voices, left;
    } rows[] = {
        {0, 5000, 1000, 100, 5000},   {250, 5000, 1000, 100, 4000},
        {999, 5000, 1000, 100, 1004}, {1000, 5000, 1000, 100, 1000},
        {1500, 5000, 1000, 100, 550}, {2000, 5000, 1000, 100, 100},
        {2500, 5000, 1000, 100, 100},                             /* voices are counted, not weighed */
        {9999, 5000, 1000, 100, 100}, {500, 800, 1000, 100, 800}, /* the network carries less */
        {1500, 800, 1000, 100, 450},  {1500, 50, 1000, 100, 50},
        {1500, 0, 0, 0, 0},           {1, UINT64_C(100000000000), 0, 0, UINT64_C(99900000000)},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t left = load_budget_bps(rows[i].share, rows[i].all, rows[i].least, rows[i].voices);
        if (left != rows[i].left)
            fail_msg("row %u: %u", (unsigned)i, (unsigned)left);
    }
}

static void keeps_a_voice(void **state)
{
    (void)state;
    static const struct {
        unsigned share;
        size_t count, kept;
    } rows[] = {{0, 3, 3},    {2000, 3, 3}, {2001, 3, 2}, {2500, 3, 2}, {2501, 3, 1},
                {3000, 3, 1}, {9999, 3, 1}, {3000, 1, 1}, {3000, 0, 0}, {2500, 11, 6}};
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(load_voices(rows[i].share, rows[i].count), rows[i].kept);
}

/* --- The loop is closed ---------------------------------------------------------------- */

enum { SETTLE_LOOKS = 150, STEADY_LOOKS = 300, LAG_LOOKS = 4 /* a lower layer begins with a key frame */ };

/* What the worker would have to do for that many viewers, of 1,000: each takes so much at its best, so much
 * in its lowest layers, and so much for voices. */
static unsigned work(unsigned level, unsigned viewers, unsigned best, unsigned least, unsigned voices)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < viewers; i++)
        sum += load_budget_bps(load_share(level, i), best * 1000, least * 1000, voices * 1000);
    return (unsigned)(sum / 1000);
}

/* Whatever the load, it comes to rest below the limit and near it, with nothing going up and down. */
static void comes_to_rest(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned viewers, best, least, voices;
        unsigned stage; /* in which it ends */
    } rows[] = {
        {"a little too many", 110, 10, 2, 1, 0},   {"twice too many", 200, 10, 2, 1, 0},
        {"ten times too many", 1000, 10, 2, 0, 1}, {"without layers", 500, 4, 4, 1, 1},
        {"much video for few", 20, 200, 30, 1, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct load load = {.limit = LIMIT};
        unsigned levels[LAG_LOOKS] = {0}, lowest = LOAD_VOICES_END, highest = 0;
        for (unsigned look = 0; look < SETTLE_LOOKS + STEADY_LOOKS; look++) {
            unsigned busy =
                work(levels[look % LAG_LOOKS], rows[i].viewers, rows[i].best, rows[i].least, rows[i].voices);
            levels[look % LAG_LOOKS] = load.level;
            busy = busy < LOAD_FULL ? busy : LOAD_FULL;
            load_look(&load, &(struct load_sample){.busy_us = busy * 100, .span_us = LOAD_LOOK_US});
            if (look < SETTLE_LOOKS)
                continue;
            lowest = load.level < lowest ? load.level : lowest;
            highest = load.level > highest ? load.level : highest;
        }
        print_message("  %s: load %u, level %u to %u\n", rows[i].name, load.busy, lowest, highest);
        assert_true(load.busy <= LIMIT && load.busy >= LIMIT / 2);
        assert_true(highest - lowest <= LOAD_STAGE / 10 && highest / LOAD_STAGE == rows[i].stage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_load), cmocka_unit_test(viewers_follow_one_by_one),
        cmocka_unit_test(divides_a_budget), cmocka_unit_test(keeps_a_voice),
        cmocka_unit_test(comes_to_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
