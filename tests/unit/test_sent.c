#include "sent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum op { END, NOTE, REFUSED, FIND, NOT_FOUND, GROW };

enum { CAPACITY = 8, KEEP_MS = 250 };

/* A packet with index `at` is noted or refused; the sequence number of index `at` is found or not; the ring
 * grows to `at` entries. */
struct row {
    enum op op;
    uint64_t at;
};

static const struct {
    const char *name;
    struct row rows[24];
} sequences[] = {
    {"empty", {{NOT_FOUND, 0}, {NOT_FOUND, 1}, {NOT_FOUND, 65535}}},
    {"each index once", {{NOTE, 100}, {REFUSED, 100}, {NOTE, 101}, {REFUSED, 100}, {FIND, 100}, {FIND, 101}}},
    {"reordered ones find their place",
     {{NOTE, 100},
      {NOTE, 103},
      {NOT_FOUND, 101},
      {NOTE, 101},
      {REFUSED, 101},
      {FIND, 101},
      {NOT_FOUND, 102}}},
    {"what is older than the window may have been used",
     {{NOTE, 100}, {NOTE, 108}, {REFUSED, 100}, {NOT_FOUND, 100}, {NOTE, 101}, {FIND, 101}}},
    {"a gap leaves nothing of the round before",
     {{NOTE, 100},
      {NOTE, 101},
      {NOTE, 102},
      {NOTE, 110},
      {NOT_FOUND, 108},
      {NOT_FOUND, 109},
      {NOT_FOUND, 102},
      {NOTE, 109},
      {NOTE, 108}}},
    {"a gap as wide as the window",
     {{NOTE, 100}, {NOTE, 101}, {NOTE, 109}, {NOT_FOUND, 101}, {REFUSED, 101}, {NOTE, 102}}},
    {"a gap of many windows",
     {{NOTE, 100}, {NOTE, 1100}, {NOT_FOUND, 1092}, {NOT_FOUND, 100}, {NOTE, 1093}, {REFUSED, 1092}}},
    {"sequence numbers wrap",
     {{NOTE, 65534},
      {NOTE, 65535},
      {NOTE, 65536},
      {NOTE, 65537},
      {FIND, 65535},
      {FIND, 65536},
      {FIND, 65537},
      {REFUSED, 65535}}},
    {"one number, another round",
     {{NOTE, 100}, {NOTE, 65635}, {NOT_FOUND, 100}, {NOTE, 65636}, {FIND, 65636}}},
    {"below the first one", {{NOTE, 3}, {NOT_FOUND, 65535}, {NOTE, 1}, {FIND, 1}}},
    {"more room, but not for what was forgotten",
     {{NOTE, 100},      {NOTE, 104},      {NOTE, 110},      {NOTE, 111},    {GROW, 32},     {FIND, 104},
      {FIND, 110},      {FIND, 111},      {REFUSED, 103},   {REFUSED, 100}, {REFUSED, 104}, {NOTE, 105},
      {REFUSED, 105},   {NOT_FOUND, 100}, {NOT_FOUND, 103}, {NOTE, 130},    {FIND, 104},    {NOTE, 136},
      {NOT_FOUND, 104}, {FIND, 105},      {REFUSED, 103}}},
    {"twice more room",
     {{NOTE, 100},
      {NOTE, 120},
      {GROW, 16},
      {REFUSED, 112},
      {NOTE, 113},
      {GROW, 64},
      {REFUSED, 112},
      {REFUSED, 113},
      {REFUSED, 100},
      {NOTE, 114},
      {FIND, 113}}},
    {"more room before anything was sent",
     {{GROW, 16}, {NOTE, 5}, {NOTE, 20}, {FIND, 5}, {NOTE, 21}, {NOT_FOUND, 5}}},
};

static struct sent_packet packet(uint64_t index)
{
    return (struct sent_packet){.out.index = index, .source = 7, .in_seq = (uint16_t)(index * 3)};
}

static void step(struct sent *s, const struct row *row, struct sent_packet *larger)
{
    const struct sent_packet p = packet(row->at);
    struct sent_packet *found = sent_find(s, (uint16_t)row->at);
    switch (row->op) {
    case NOTE:
    case REFUSED:
        assert_int_equal(sent_note(s, &p), row->op == NOTE);
        break;
    case FIND:
        assert_non_null(found);
        assert_int_equal(found->out.index, row->at);
        assert_int_equal(found->in_seq, p.in_seq);
        break;
    case NOT_FOUND:
        assert_null(found);
        break;
    case GROW:
        sent_grow(s, larger, row->at);
        break;
    case END:
        break;
    }
}

static void knows_what_was_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
        struct sent_packet ring[CAPACITY], larger[2][64];
        struct sent s;
        size_t grown = 0;
        sent_init(&s, ring, CAPACITY);
        print_message("  %s\n", sequences[i].name);
        for (const struct row *row = sequences[i].rows; row->op != END; row++) {
            step(&s, row, larger[grown]);
            grown += row->op == GROW;
        }
    }
}

/* The window must answer as a list of everything that was ever sent would. */
static void never_takes_an_index_twice(void **state)
{
    (void)state;
    static bool used[70000];
    struct sent_packet ring[CAPACITY], larger[64];
    struct sent s;
    uint32_t random = 1;
    uint64_t index = 60000;
    sent_init(&s, ring, CAPACITY);
    for (size_t i = 0; i < 20000; i++) {
        random = random * 1664525 + 1013904223;
        uint64_t at = index + (random >> 20) % 16 - 12;
        const struct sent_packet p = packet(at);
        if (i == 10000)
            sent_grow(&s, larger, 64);
        bool taken = sent_note(&s, &p);
        assert_false(taken && used[at]);
        assert_true(taken || used[at] || at + s.mask < s.highest || at < s.floor);
        used[at] |= taken;
        for (uint64_t j = s.highest - s.mask; j <= s.highest; j++)
            assert_int_equal(sent_find(&s, (uint16_t)j) != NULL, used[j] && j >= s.floor);
        if (s.highest > index)
            index = s.highest;
    }
    assert_true(index > 65536);
}

/* A window of 8 in which so many packets were sent, one each so many ms from so many ms on. */
static const struct {
    uint64_t first; /* index */
    unsigned count;
    uint32_t from_ms, apart_ms, now_ms;
    uint64_t next; /* index asked about, at now_ms */
    bool crowded;
} crowds[] = {
    {100, 0, 1000, 0, 1000, 100, false},
    {100, 7, 1000, 0, 1000, 107, false},
    {100, 8, 1000, 0, 1000, 108, true},
    {100, 8, 1000, 0, 1000, 103, false}, /* not ahead: nothing is forgotten for it */
    {100, 8, 1000, 10, 1000 + KEEP_MS - 1, 108, true},
    {100, 8, 1000, 10, 1000 + KEEP_MS, 108, false},
    {100, 8, 1000, 10, 1000 + KEEP_MS, 110, true},          /* the third is younger */
    {100, 8, UINT32_MAX - 10, 10, KEEP_MS - 12, 108, true}, /* over the clock's wrap */
    {100, 8, UINT32_MAX - 10, 10, KEEP_MS - 11, 108, false},
};

static void says_when_it_is_crowded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(crowds) / sizeof(crowds[0]); i++) {
        struct sent_packet ring[CAPACITY];
        struct sent s;
        sent_init(&s, ring, CAPACITY);
        for (unsigned n = 0; n < crowds[i].count; n++) {
            struct sent_packet p = packet(crowds[i].first + n);
            p.sent_ms = crowds[i].from_ms + n * crowds[i].apart_ms;
            assert_true(sent_note(&s, &p));
        }
        if (sent_crowded(&s, crowds[i].next, crowds[i].now_ms, KEEP_MS) != crowds[i].crowded)
            fail_msg("row %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_when_it_is_crowded),
        cmocka_unit_test(knows_what_was_sent),
        cmocka_unit_test(never_takes_an_index_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
