/* The clock of whole calls: it never goes back, whichever thread looks at it and whenever that is stopped,
 * and goes on by little in one turn, however long that takes. */
#include "call.h"
#include "pace.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { WATCHERS = 3, TURNS = 2000 };

static atomic_bool over;
static atomic_uint_fast64_t latest_us; /* that any thread has seen */

/* What is seen now is no less than what somebody had seen before. */
static bool look(void)
{
    uint_fast64_t before_us = atomic_load(&latest_us), now_us = clock_now_us(), seen_us = before_us;
    while (seen_us < now_us && !atomic_compare_exchange_weak(&latest_us, &seen_us, now_us))
        continue;
    return now_us >= before_us;
}

static void *watch(void *arg)
{
    bool *sound = arg;
    while (!atomic_load(&over))
        *sound &= look();
    return NULL;
}

static void the_clock_never_goes_back(void **state)
{
    pthread_t threads[WATCHERS];
    bool sound[WATCHERS];
    (void)state;
    for (size_t i = 0; i < WATCHERS; i++) {
        sound[i] = true;
        assert_int_equal(pthread_create(&threads[i], NULL, watch, &sound[i]), 0);
    }
    for (size_t i = 0; i < TURNS; i++) { /* pace_begin() was not called: it would wait until they rest */
        uint64_t before_us = clock_now_us();
        pace_turn();
        assert_true(look());
        assert_true(clock_now_us() <= before_us + 2 * PACE_US || i == 0);
    }
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL); /* it stands still meanwhile */
    uint64_t before_us = clock_now_us();
    pace_turn();
    assert_true(clock_now_us() <= before_us + PACE_US);
    pace_end();
    atomic_store(&over, true);
    for (size_t i = 0; i < WATCHERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(sound[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_clock_never_goes_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
