/* Which indexes are fresh, in sequences; what a sequence number means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replay.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* They come one after the other. */
static const struct {
    uint64_t index;
    bool fresh;
} arrivals[] = {
    {5, true},
    {5, false},
    {4, true},
    {6, true},
    {6, false},
    {4, false},
    {10, true},
    {9, true},
    {7, true},
    {10, false},
    {1033, true},
    {10, false},
    {9, false}, /* the oldest place of the window is 10 */
    {11, true},
    {11, false},
    {1034, true},
    {11, false},
    {1033, false},
    {2057, true},
    {2058, true},
    {1034, false},
    {1035, true},
    {2057, false},
    {70000, true},
    {68976, false},
    {68977, true},
    {70000, false},
    {UINT64_C(1) << 47, true},
    {70000, false},
    {UINT64_C(1) << 47, false},
};

static void sequences(void **state)
{
    struct replay r = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(arrivals); i++) {
        if (replay_is_fresh(&r, arrivals[i].index) != arrivals[i].fresh)
            fail_msg("row %zu: %llu", i, (unsigned long long)arrivals[i].index);
        if (arrivals[i].fresh)
            replay_note(&r, arrivals[i].index);
    }
}

/* A window that turns many times forgets each place that it comes to. */
static void every_second_one(void **state)
{
    struct replay r = {0};
    (void)state;
    for (uint64_t i = 2; i < 10 * REPLAY_WINDOW; i += 2) {
        assert_true(replay_is_fresh(&r, i));
        replay_note(&r, i);
        for (uint64_t back = 1; back < REPLAY_WINDOW && back < i; back += 7)
            assert_int_equal(replay_is_fresh(&r, i - back), back % 2);
    }
}

static const struct {
    uint64_t newest;
    uint16_t seq;
    uint64_t index;
} meanings[] = {
    {0, 0, 0},
    {10, 11, 11},
    {10, 9, 9},
    {10, 65000, 65000}, /* nothing is below 0 */
    {10, 40000, 40000},
    {32768, 0, 0},
    {65535, 0, 65536},
    {65536, 65535, 65535},
    {65536, 0, 65536},
    {131000, 5, 131077},
    {131077, 65000, 130536},
    {UINT64_C(0x7fffffff0000), 0xffff, UINT64_C(0x7ffffffeffff)},
};

static void nearest(void **state)
{
    const struct replay nothing = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(meanings); i++) {
        struct replay r = {0};
        replay_note(&r, meanings[i].newest);
        if (replay_index(&r, meanings[i].seq) != meanings[i].index)
            fail_msg("row %zu: %llu", i, (unsigned long long)replay_index(&r, meanings[i].seq));
    }
    assert_int_equal(replay_index(&nothing, 65535), 65535);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences),
        cmocka_unit_test(every_second_one),
        cmocka_unit_test(nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
