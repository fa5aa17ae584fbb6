#include "timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A timer that writes its letter when it fires. */
struct letter {
    struct timer timer;
    struct timer_heap *heap;
    char name;
    char *log;
    uint64_t again_us;      /* set itself for then, 0 = not */
    struct letter *cancels; /* or NULL */
    uint64_t fired_at;
};

static void fire(void *arg, uint64_t now_us)
{
    struct letter *l = arg;
    assert_false(timer_is_set(&l->timer));
    size_t len = 0;
    while (l->log[len])
        len++;
    l->log[len] = l->name;
    l->fired_at = now_us;
    if (l->again_us)
        timer_set(l->heap, &l->timer, l->again_us);
    if (l->cancels)
        timer_cancel(l->heap, &l->cancels->timer);
}

enum { LETTERS = 4 };

static void set_up(struct letter *l, struct timer_heap *heap, char *log)
{
    for (int i = 0; i < LETTERS; i++)
        l[i] = (struct letter){
            .timer = {.fire = fire, .arg = &l[i]}, .heap = heap, .name = (char)('a' + i), .log = log};
}

static void fires_what_is_due_in_order(void **state)
{
    (void)state;
    static const struct {
        uint64_t when[LETTERS]; /* 0 = not set */
        uint64_t now;
        const char *fired;
        uint64_t next;
    } rows[] = {
        {{0, 0, 0, 0}, 100, "", TIMER_NEVER}, {{40, 30, 20, 10}, 5, "", 10},
        {{40, 30, 20, 10}, 25, "dc", 30},     {{40, 30, 20, 10}, 40, "dcba", TIMER_NEVER},
        {{10, 40, 0, 20}, 30, "ad", 40},      {{UINT64_MAX - 1, 7, 0, 0}, 7, "b", UINT64_MAX - 1},
    };
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        struct timer_heap heap = {0};
        struct letter l[LETTERS];
        char log[16] = "";
        set_up(l, &heap, log);
        for (int i = 0; i < LETTERS; i++)
            if (rows[r].when[i])
                timer_set(&heap, &l[i].timer, rows[r].when[i]);
        size_t fired = timer_run(&heap, rows[r].now);
        assert_string_equal(log, rows[r].fired);
        assert_int_equal(fired, (size_t)strlen(rows[r].fired));
        assert_true(timer_next_us(&heap) == rows[r].next);
        timer_heap_finish(&heap);
        for (int i = 0; i < LETTERS; i++)
            assert_false(timer_is_set(&l[i].timer));
    }
}

static void moves_and_cancels(void **state)
{
    (void)state;
    struct timer_heap heap = {0};
    struct letter l[LETTERS];
    char log[16] = "";
    set_up(l, &heap, log);
    for (int i = 0; i < LETTERS; i++)
        timer_set(&heap, &l[i].timer, 10 * (uint64_t)(i + 1));
    timer_set(&heap, &l[3].timer, 5);  /* earlier */
    timer_set(&heap, &l[0].timer, 99); /* later */
    timer_cancel(&heap, &l[1].timer);
    timer_cancel(&heap, &l[1].timer); /* again is fine */
    assert_int_equal(timer_run(&heap, 100), 3);
    assert_string_equal(log, "dca");
    assert_true(l[0].fired_at == 100);
    timer_heap_finish(&heap);
}

static void one_may_cancel_another_that_is_due(void **state)
{
    (void)state;
    struct timer_heap heap = {0};
    struct letter l[LETTERS];
    char log[16] = "";
    set_up(l, &heap, log);
    for (int i = 0; i < LETTERS; i++)
        timer_set(&heap, &l[i].timer, 10 * (uint64_t)(i + 1));
    l[0].cancels = &l[1];
    assert_int_equal(timer_run(&heap, 100), 3);
    assert_string_equal(log, "acd");
    timer_heap_finish(&heap);
}

static void one_that_sets_itself_for_the_past_does_not_hold_the_loop(void **state)
{
    (void)state;
    struct timer_heap heap = {0};
    struct letter l[LETTERS];
    char log[16] = "";
    set_up(l, &heap, log);
    timer_set(&heap, &l[0].timer, 10);
    timer_set(&heap, &l[1].timer, 20);
    l[0].again_us = 1;
    assert_int_equal(timer_run(&heap, 100), 2);
    assert_string_equal(log, "aa");
    assert_true(timer_next_us(&heap) == 1);
    timer_heap_finish(&heap);
}

/* Against the plain truth: an array that is searched. */
static void agrees_with_a_search(void **state)
{
    (void)state;
    enum { COUNT = 500, STEPS = 20000 };
    static struct timer timers[COUNT];
    static uint64_t truth[COUNT]; /* TIMER_NEVER = not set */
    struct timer_heap heap = {0};
    uint32_t seed = 1;
    for (size_t i = 0; i < COUNT; i++)
        truth[i] = TIMER_NEVER;
    for (size_t step = 0; step < STEPS; step++) {
        seed = seed * 1664525 + 1013904223;
        size_t i = (seed >> 8) % COUNT;
        if (seed >> 30) {
            truth[i] = seed & 0xffff;
            timer_set(&heap, &timers[i], truth[i]);
        } else {
            truth[i] = TIMER_NEVER;
            timer_cancel(&heap, &timers[i]);
        }
        uint64_t first = TIMER_NEVER;
        for (size_t k = 0; k < COUNT; k++)
            first = truth[k] < first ? truth[k] : first;
        assert_true(timer_next_us(&heap) == first);
        assert_int_equal(timer_is_set(&timers[i]), truth[i] != TIMER_NEVER);
    }
    timer_heap_finish(&heap);
}

static void what_need_not_be_exact_comes_together(void **state)
{
    (void)state;
    static const struct {
        uint64_t when_us, set_us;
    } rows[] = {{0, 0}, {19999, 0}, {20000, 20000}, {1012345, 1000000}, {1039999, 1020000}};
    struct timer_heap heap = {0};
    struct timer t = {.fire = fire};
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        timer_set_about(&heap, &t, rows[r].when_us);
        assert_true(timer_next_us(&heap) == rows[r].set_us);
    }
    timer_heap_finish(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fires_what_is_due_in_order),
        cmocka_unit_test(moves_and_cancels),
        cmocka_unit_test(one_may_cancel_another_that_is_due),
        cmocka_unit_test(one_that_sets_itself_for_the_past_does_not_hold_the_loop),
        cmocka_unit_test(agrees_with_a_search),
        cmocka_unit_test(what_need_not_be_exact_comes_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
