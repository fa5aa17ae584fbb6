#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { TURN_US = 5000000 };

static uint32_t count(const struct talk *t, uint64_t now_us)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->people; i++)
        n += talk_speaks(t, i, now_us);
    return n;
}

static void so_many_at_a_time(void **state)
{
    (void)state;
    static const struct {
        uint32_t people, at_once, speak;
        bool changes;
    } rows[] = {
        {5, 0, 0, false}, {5, 1, 1, true},  {5, 2, 2, true},  {5, 4, 4, true},    {5, 5, 5, false},
        {5, 9, 5, false}, {1, 1, 1, false}, {0, 0, 0, false}, {1000, 3, 3, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct talk t = {rows[i].people, rows[i].at_once, TURN_US, (uint32_t)i, 0};
        for (uint64_t us = 0; us < 20 * (uint64_t)TURN_US; us += TURN_US / 7)
            assert_int_equal(count(&t, us), rows[i].speak);
        assert_int_equal(talk_next_us(&t, 0, 0) != UINT64_MAX, rows[i].changes);
    }
}

/* Over a whole round everybody speaks for one turn, in one go. */
static void everybody_has_a_turn(void **state)
{
    (void)state;
    const struct talk t = {.people = 7, .at_once = 3, .turn_us = 6000000, .seed = 4};
    uint64_t begin_us = UINT64_C(1000000) * 2 * 7 * 100, step_us = 2000000;
    for (uint32_t person = 0; person < t.people; person++) {
        unsigned spoke = 0, began = 0;
        for (unsigned step = 0; step < 7; step++) {
            uint64_t us = begin_us + step * step_us;
            spoke += talk_speaks(&t, person, us);
            began += talk_speaks(&t, person, us) && !talk_speaks(&t, person, us - 1);
        }
        assert_int_equal(spoke, 3);
        assert_int_equal(began, 1);
    }
}

static void nothing_changes_before_it_is_said_to(void **state)
{
    (void)state;
    static const double shares[] = {0, 0.25, 0.6, 1};
    for (size_t i = 0; i < COUNT(shares); i++) {
        const struct talk t = {.people = 4, .at_once = 2, .turn_us = 3000000, .seed = 1, .pauses = shares[i]};
        for (uint32_t person = 0; person < t.people; person++) {
            for (uint64_t us = 123; us < 40000000;) {
                uint64_t next_us = talk_next_us(&t, person, us);
                assert_true(next_us > us);
                assert_int_equal(talk_speaks(&t, person, us), talk_speaks(&t, person, next_us - 1));
                us = next_us;
            }
        }
    }
}

static void speakers_pause_for_breath(void **state)
{
    (void)state;
    static const double shares[] = {0, 0.25, 0.6, 1};
    for (size_t i = 0; i < COUNT(shares); i++) {
        const struct talk t = {.people = 3, .at_once = 3, .turn_us = TURN_US, .pauses = shares[i]};
        unsigned spoke = 0;
        for (unsigned n = 0; n < 1000; n++)
            spoke += count(&t, (uint64_t)n * TALK_CYCLE_US / 100);
        assert_in_range(spoke, 3 * (unsigned)(1000 * (1 - shares[i])),
                        3 * (unsigned)(1000 * (1 - shares[i])) + 30);
        assert_int_equal(talk_next_us(&t, 1, 0) != UINT64_MAX, shares[i] > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_at_a_time),
        cmocka_unit_test(everybody_has_a_turn),
        cmocka_unit_test(nothing_changes_before_it_is_said_to),
        cmocka_unit_test(speakers_pause_for_breath),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
