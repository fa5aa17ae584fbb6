/* Where the next participant of a room goes (place.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "place.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { WORKERS = 3 };

static const struct {
    const char *what;
    uint32_t spread;
    struct place place;
    uint32_t busy[WORKERS];
    unsigned next;
} rows[] = {
    {"a room that never spreads", 0, {.home = 1, .asked = 2, .count = {0, 900}}, {0, 900, 0}, 1},
    {"the first one", 2, {.home = 1, .asked = 2}, {0, 50, 0}, 1},
    {"the last one at home", 2, {.home = 1, .asked = 2, .count = {0, 1}}, {0, 50, 0}, 1},
    {"past that the least busy worker", 2, {.home = 1, .asked = 2, .count = {0, 2}}, {9, 2, 1}, 2},
    {"home again, where the others have more to do",
     2,
     {.home = 1, .asked = 2, .count = {0, 2}},
     {9, 2, 8},
     1},
    {"of equals one that has the room", 2, {.home = 1, .asked = 2, .count = {0, 2}}, {2, 2, 2}, 1},
    {"of equals the first", 2, {.home = 1, .asked = 2, .count = {0, 2}}, {1, 2, 1}, 0},
    {"one that has begun is filled", 2, {.home = 0, .asked = 5, .count = {2, 0, 1}}, {2, 0, 7}, 2},
    {"and home, where it has room again", 2, {.home = 0, .asked = 5, .count = {1, 0, 1}}, {1, 0, 1}, 0},
    {"all have theirs: the least busy", 2, {.home = 0, .asked = 7, .count = {2, 3, 2}}, {5, 4, 6}, 1},
    {"everyone on a worker of its own", 1, {.home = 2, .asked = 5, .count = {1, 0, 1}}, {1, 0, 1}, 1},
};

static void next(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        unsigned got = place_next(&rows[i].place, rows[i].spread, rows[i].busy, WORKERS);
        if (got != rows[i].next)
            fail_msg("%s: worker %u, not %u", rows[i].what, got, rows[i].next);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(next)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
