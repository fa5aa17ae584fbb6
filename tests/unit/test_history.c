#include "history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum op { END, PUT, REFUSED, HELD, GONE, EXPIRE, CAPACITY, REFERENCED };

enum { AGE_MS = HISTORY_AGE_US / 1000, FIRST = 4, LIMIT = 16 };

/* Put, refused, there or not: packet number `at`, arrived at `ms`. EXPIRE at ms. CAPACITY is `at` now;
 * REFERENCED: so many packets are. */
struct row {
    enum op op;
    uint64_t at;
    uint64_t ms;
};

static const struct {
    const char *name;
    struct row rows[24];
} sequences[] = {
    {"empty", {{GONE, 0, 0}, {GONE, 70000, 0}, {EXPIRE, 0, 100}, {PUT, 70000, 0}}},
    {"duplicates",
     {{PUT, 70000, 0}, {REFUSED, 70000, 1}, {PUT, 70001, 1}, {REFUSED, 70000, 1}, {REFERENCED, 2, 0}}},
    {"reordered",
     {{PUT, 70000, 0},
      {PUT, 70003, 0},
      {GONE, 70001, 0},
      {PUT, 70001, 1},
      {HELD, 70001, 0},
      {REFUSED, 70001, 1}}},
    {"before the first", {{PUT, 70000, 0}, {PUT, 69999, 0}, {PUT, 69997, 0}, {REFUSED, 69996, 0}}},
    {"grows while what would go is young, up to its limit",
     {{PUT, 70000, 0},
      {PUT, 70001, 0},
      {PUT, 70002, 0},
      {PUT, 70003, 0},
      {CAPACITY, 4, 0},
      {PUT, 70004, AGE_MS - 1},
      {CAPACITY, 8, 0},
      {HELD, 70000, 0},
      {PUT, 70007, 9},
      {PUT, 70008, 9},
      {CAPACITY, 16, 0},
      {HELD, 70001, 0},
      {PUT, 70016, 10},
      {CAPACITY, 16, 0},
      {GONE, 70000, 0},
      {HELD, 70001, 0},
      {REFUSED, 70000, 0}}},
    {"does not grow for what is old",
     {{PUT, 70000, 0}, {PUT, 70004, AGE_MS}, {CAPACITY, 4, 0}, {GONE, 70000, 0}, {REFERENCED, 1, 0}}},
    {"more room takes nothing that was too old before",
     {{PUT, 70000, 0},
      {PUT, 70003, AGE_MS},
      {PUT, 70004, AGE_MS},
      {PUT, 70005, AGE_MS},
      {PUT, 70006, AGE_MS},
      {CAPACITY, 4, 0},
      {PUT, 70007, AGE_MS},
      {CAPACITY, 8, 0},
      {REFUSED, 70000, 0},
      {REFUSED, 70002, 0}}},
    {"a jump lets go of what it skips",
     {{PUT, 70000, 0},
      {PUT, 70001, 0},
      {PUT, 70002, 0},
      {PUT, 73000, AGE_MS},
      {REFERENCED, 1, 0},
      {GONE, 70001, 0},
      {REFUSED, 70001, 0},
      {PUT, 72997, AGE_MS}}},
    {"a jump of half the ring",
     {{PUT, 70000, 0},
      {PUT, 70001, 0},
      {PUT, 70002, 0},
      {PUT, 70004, AGE_MS},
      {REFERENCED, 3, 0},
      {HELD, 70001, 0},
      {GONE, 70003, 0}}},
    {"expires by age",
     {{PUT, 70000, 0},
      {PUT, 70001, 1},
      {EXPIRE, 0, AGE_MS - 1},
      {HELD, 70000, 0},
      {EXPIRE, 0, AGE_MS},
      {GONE, 70000, 0},
      {HELD, 70001, 0},
      {REFERENCED, 1, 0},
      {REFUSED, 70000, 0}}},
    {"expires everything of a stream that stopped",
     {{PUT, 70000, 0},
      {PUT, 70003, 1},
      {EXPIRE, 0, AGE_MS + 1},
      {REFERENCED, 0, 0},
      {REFUSED, 70003, 0},
      {PUT, 70004, 0}}},
    {"expired and late",
     {{PUT, 70000, 0}, {PUT, 70002, 5}, {EXPIRE, 0, AGE_MS}, {PUT, 70001, 7}, {REFUSED, 69999, 7}}},
};

static uint64_t number_of(const struct packet *p)
{
    return p->view.timestamp; /* the tests' own mark */
}

static bool put(struct history *h, struct packet_pool *pool, const struct row *row)
{
    struct packet *p = packet_get(pool);
    assert_non_null(p);
    p->arrival_us = row->ms * 1000;
    p->view.timestamp = (uint32_t)row->at;
    assert_int_equal(history_has(h, row->at), row->op == REFUSED);
    bool taken = history_put(h, row->at, p);
    packet_unref(p);
    return taken;
}

static void step(struct history *h, struct packet_pool *pool, const struct row *row)
{
    struct packet *p = history_get(h, row->at);
    switch (row->op) {
    case PUT:
    case REFUSED:
        assert_int_equal(put(h, pool, row), row->op == PUT);
        break;
    case HELD:
        assert_non_null(p);
        assert_int_equal(number_of(p), row->at);
        break;
    case GONE:
        assert_null(p);
        break;
    case EXPIRE:
        history_expire(h, row->ms * 1000);
        break;
    case CAPACITY:
        assert_int_equal(h->mask + 1, row->at);
        break;
    case REFERENCED:
        assert_int_equal(pool->used, row->at);
        break;
    case END:
        break;
    }
}

static void holds_what_may_be_wanted_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
        struct packet_pool pool;
        struct history h;
        packet_pool_init(&pool, 64);
        assert_int_equal(history_init(&h, FIRST, LIMIT), 0);
        print_message("  %s\n", sequences[i].name);
        for (const struct row *row = sequences[i].rows; row->op != END; row++)
            step(&h, &pool, row);
        history_finish(&h);
        assert_int_equal(packet_pool_finish(&pool), 0);
    }
}

static void an_empty_one_can_be_finished(void **state)
{
    (void)state;
    struct history h = {0};
    history_finish(&h);
    assert_null(h.ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_what_may_be_wanted_again),
        cmocka_unit_test(an_empty_one_can_be_finished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
