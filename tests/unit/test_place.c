/* On which workers rooms and their participants go (place.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "place.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { WORKERS = 3, ROOM = 77, OTHER_ROOM = 78 };

/* Letters are participants of the room on the worker of that column, dots those of other rooms. */
static const struct {
    const char *what;
    uint32_t spread;
    unsigned home;
    const char *there[WORKERS];
    unsigned next;
} rows[] = {
    {"a room that never spreads", 0, 1, {"", "aaaaaaaaa", ""}, 1},
    {"the first one", 2, 1, {"", ".....", ""}, 1},
    {"the last one at home", 2, 1, {"", "a.....", ""}, 1},
    {"past that the least busy worker", 2, 1, {".........", "aa", "."}, 2},
    {"home again, where the others have more to do", 2, 1, {".........", "aa", "........"}, 1},
    {"of equals one that has the room", 2, 1, {"..", "aa", ".."}, 1},
    {"of equals the first", 2, 1, {".", "aa", "."}, 0},
    {"one that has begun is filled", 2, 0, {"aa", "", "a......"}, 2},
    {"and home first, where it has room again", 2, 0, {"a", "", "a"}, 0},
    {"all have theirs: the least busy", 2, 0, {"aa...", "aaa.", "aa...."}, 1},
    {"everyone on a worker of its own", 1, 2, {"a", "", "a"}, 1},
};

static void fill(struct places *p, struct place *room, struct place *other, const char *const *there)
{
    for (unsigned w = 0; w < WORKERS; w++) {
        for (const char *c = there[w]; *c; c++) {
            struct place *of = *c == 'a' ? room : other;
            places_joined(p, of, w);
            place_asks(of, w);
        }
    }
}

static void next(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct places p;
        places_init(&p, WORKERS, rows[i].spread);
        struct place *room = places_add(&p, ROOM, rows[i].home), *other = places_add(&p, OTHER_ROOM, 0);
        place_asks(room, rows[i].home);
        fill(&p, room, other, rows[i].there);
        unsigned got = places_next(&p, room);
        if (got != rows[i].next)
            fail_msg("%s: worker %u, not %u", rows[i].what, got, rows[i].next);
        places_finish(&p);
    }
}

/* A new room goes where the fewest rooms and participants are; who leaves does not count any more, of a room
 * that has been closed neither. */
static void homes(void **state)
{
    (void)state;
    struct places p;
    places_init(&p, WORKERS, 2);
    for (unsigned i = 0; i < WORKERS; i++) {
        assert_int_equal(places_home(&p), i);
        places_add(&p, ROOM + i, i);
    }
    places_joined(&p, places_find(&p, ROOM), 0);
    places_joined(&p, places_find(&p, ROOM), 1);
    assert_int_equal(places_home(&p), 2);
    places_add(&p, ROOM + 3, 2);
    places_add(&p, ROOM + 4, 2);
    assert_int_equal(places_home(&p), 0);
    places_remove(&p, places_find(&p, ROOM));
    assert_null(places_find(&p, ROOM));
    places_joined(&p, places_find(&p, ROOM + 1), 0);
    places_joined(&p, places_find(&p, ROOM + 1), 0);
    assert_int_equal(places_home(&p), 1);
    places_gone(&p, places_find(&p, ROOM + 1), 0);
    places_gone(&p, NULL, 0);
    assert_int_equal(places_home(&p), 0);
    places_finish(&p);
}

/* Each is told once to open the room; each learns of those who have it before, whichever was told first. */
static void opening(void **state)
{
    (void)state;
    struct places p;
    places_init(&p, WORKERS, 1);
    struct place *room = places_add(&p, ROOM, 0);
    assert_true(place_asks(room, 0));
    assert_false(place_asks(room, 0));
    assert_true(place_asks(room, 1));
    assert_true(place_asks(room, 2));
    assert_int_equal(place_opened(room, 1), 0);
    assert_int_equal(place_opened(room, 2), 2);
    assert_int_equal(place_opened(room, 0), 6);
    places_finish(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next),
        cmocka_unit_test(homes),
        cmocka_unit_test(opening),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
