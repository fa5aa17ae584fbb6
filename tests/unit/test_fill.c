#include "fill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 4, LIST = 8, ALIKE = 1000 };

#define HELD(id)                                                                                             \
    {                                                                                                        \
        .holder = (id)                                                                                       \
    }
#define PIN(id)                                                                                              \
    {                                                                                                        \
        .pin = (id), .pinned = true                                                                          \
    }
#define PINNED(h, p)                                                                                         \
    {                                                                                                        \
        .holder = (h), .pin = (p), .pinned = true                                                            \
    }
#define HIDDEN(id)                                                                                           \
    {                                                                                                        \
        .holder = (id), .hidden = true                                                                       \
    }
#define EMPTY                                                                                                \
    {                                                                                                        \
        0                                                                                                    \
    }

static const struct {
    const char *name;
    size_t n;
    struct fill_slot slots[N];
    uint32_t candidates[LIST], mine[LIST]; /* up to the first 0; ALIKE: those that follow are so */
    uint32_t want[N];
} rows[] = {
    {"nobody is there", 3, {EMPTY, EMPTY, EMPTY}, {0}, {0}, {0, 0, 0}},
    {"in order", 3, {EMPTY, EMPTY, EMPTY}, {1, 2, 3, 4}, {0}, {1, 2, 3}},
    {"fewer than slots", 3, {EMPTY, EMPTY, EMPTY}, {1}, {0}, {1, 0, 0}},
    {"not to oneself", 3, {EMPTY, EMPTY, EMPTY}, {1, 2, 3, 4}, {3, 1}, {2, 4, 0}},
    {"who is shown keeps the slot", 3, {HELD(3), EMPTY, HELD(1)}, {1, 2, 3}, {0}, {3, 2, 1}},
    {"a better candidate takes the place of the one that is not wanted",
     3,
     {HELD(1), HELD(2), HELD(3)},
     {4, 1, 3, 2},
     {0},
     {1, 4, 3}},
    {"who has left is not replaced by anyone who is shown",
     3,
     {HELD(1), EMPTY, HELD(3)},
     {1, 3},
     {0},
     {1, 0, 3}},
    {"but by the next one", 3, {HELD(1), EMPTY, HELD(3)}, {1, 3, 5}, {0}, {1, 5, 3}},
    {"one that is in two slots", 3, {HELD(1), HELD(1), HELD(2)}, {1, 2, 3}, {0}, {1, 3, 2}},
    {"a pin", 3, {HELD(1), PIN(5), HELD(2)}, {1, 2, 5}, {0}, {1, 5, 2}},
    {"a pinned one is not shown elsewhere", 3, {HELD(5), PIN(5), EMPTY}, {5, 1, 2}, {0}, {1, 5, 2}},
    {"a pin of somebody who is not there leaves the slot empty",
     2,
     {PINNED(1, 0), EMPTY},
     {1, 2},
     {0},
     {0, 1}},
    {"a pin wins over no candidate at all", 2, {PIN(5), EMPTY}, {0}, {0}, {5, 0}},
    {"the same pin twice", 2, {PIN(5), PIN(5)}, {5}, {0}, {5, 5}},
    {"a pin of oneself", 2, {PIN(5), EMPTY}, {5, 1}, {5}, {0, 1}},
    {"hidden", 3, {HIDDEN(1), HELD(2), HELD(3)}, {1, 2, 3}, {0}, {0, 2, 1}},
    {"hidden and pinned", 2, {{.pin = 1, .pinned = true, .hidden = true}, EMPTY}, {1}, {0}, {0, 1}},
    {"all hidden", 2, {HIDDEN(1), HIDDEN(2)}, {1, 2}, {0}, {0, 0}},
    {"a candidate twice", 2, {EMPTY, EMPTY}, {1, 1, 2}, {0}, {1, 2}},
    {"no slots", 0, {EMPTY}, {1}, {0}, {0}},
    {"all alike: in order", 3, {EMPTY, EMPTY, EMPTY}, {ALIKE, 1, 2, 3, 4}, {0}, {1, 2, 3}},
    {"all alike: who is shown stays, whoever comes back",
     3,
     {HELD(2), HELD(4), HELD(3)},
     {ALIKE, 1, 2, 3, 4},
     {0},
     {2, 4, 3}},
    {"all alike: a free slot goes to the first who is not shown",
     3,
     {HELD(4), EMPTY, HELD(3)},
     {ALIKE, 1, 2, 3, 4},
     {0},
     {4, 1, 3}},
    {"a speaker takes the place of the last who is shown",
     3,
     {HELD(2), HELD(4), HELD(3)},
     {9, ALIKE, 1, 2, 3, 4},
     {0},
     {2, 4, 9}},
    {"a speaker who is shown moves nobody",
     3,
     {HELD(2), HELD(4), HELD(3)},
     {4, ALIKE, 1, 2, 3},
     {0},
     {2, 4, 3}},
    {"speakers only: the one who spoke longest ago goes",
     3,
     {HELD(2), HELD(4), HELD(3)},
     {9, 3, 2, 4},
     {0},
     {2, 9, 3}},
    {"a hidden slot's place goes to nobody else, the others stay",
     3,
     {HELD(2), HIDDEN(4), HELD(3)},
     {ALIKE, 1, 2, 3, 4},
     {0},
     {2, 0, 3}},
    {"seen again it takes one who waits", 3, {HELD(2), EMPTY, HELD(3)}, {ALIKE, 4, 2, 3, 5}, {0}, {2, 4, 3}},
    {"a pin takes a place, the others stay",
     3,
     {HELD(2), PINNED(4, 1), HELD(3)},
     {ALIKE, 1, 2, 3, 4},
     {0},
     {2, 1, 3}},
    {"a pin that ends stays where it is",
     3,
     {HELD(2), HELD(1), HELD(3)},
     {ALIKE, 2, 3, 4, 1},
     {0},
     {2, 1, 3}},
    {"a pin of one who is shown frees that slot",
     3,
     {HELD(2), PINNED(4, 2), HELD(3)},
     {ALIKE, 1, 2, 3, 4},
     {0},
     {1, 2, 3}},
    {"oneself is never shown, alike or not", 2, {EMPTY, HELD(2)}, {ALIKE, 1, 2, 3}, {1}, {3, 2}},
};

static size_t length(const uint32_t *list)
{
    size_t n = 0;
    while (n < LIST && list[n])
        n++;
    return n;
}

static void list_candidates(struct fill_wish *wish, uint32_t *ids, const uint32_t *row)
{
    bool alike = false;
    for (size_t i = 0; i < length(row); i++) {
        alike |= row[i] == ALIKE;
        if (row[i] == ALIKE)
            continue;
        ids[wish->count++] = row[i];
        wish->ranked += !alike;
    }
}

static void fills_as_the_rows_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fill_slot slots[N];
        for (size_t j = 0; j < N; j++)
            slots[j] = rows[i].slots[j];
        uint32_t ids[LIST];
        struct fill_wish wish = {.ids = ids, .mine = rows[i].mine, .mine_count = length(rows[i].mine)};
        list_candidates(&wish, ids, rows[i].candidates);
        print_message("  %s\n", rows[i].name);
        for (size_t again = 0; again < 2; again++) { /* the second time nothing changes */
            fill_slots(slots, rows[i].n, &wish);
            for (size_t j = 0; j < rows[i].n; j++)
                assert_int_equal(slots[j].holder, rows[i].want[j]);
        }
    }
}

static void fills_no_more_slots_than_there_may_be(void **state)
{
    (void)state;
    struct fill_slot slots[FILL_SLOTS_MAX + 2] = {0};
    uint32_t candidates[FILL_SLOTS_MAX + 2];
    for (uint32_t i = 0; i < FILL_SLOTS_MAX + 2; i++)
        candidates[i] = i + 1;
    fill_slots(slots, FILL_SLOTS_MAX + 2,
               &(struct fill_wish){.ids = candidates, .count = FILL_SLOTS_MAX + 2, .ranked = 3});
    for (uint32_t i = 0; i < FILL_SLOTS_MAX + 2; i++)
        assert_int_equal(slots[i].holder, i < FILL_SLOTS_MAX ? i + 1 : 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_as_the_rows_say),
        cmocka_unit_test(fills_no_more_slots_than_there_may_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
