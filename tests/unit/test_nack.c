#include "nack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { STEPS_MAX = 16, RTT_US = 100000 };

/* One thing that happens: packets from..to come, a key frame begins, or what is
 * due is asked for, which has to be `asked`. */
struct step {
    enum { END, GOT, FILLED, KEY, DUE, RESET } what;
    uint32_t at_ms;
    uint16_t from, to;
    const char *asked;
};

static void text_of(const uint16_t *seqs, size_t count, char *to, size_t len)
{
    *to = 0;
    for (size_t i = 0, n = 0; i < count && n < len; i++)
        n += (size_t)snprintf(to + n, len - n, i ? " %u" : "%u", seqs[i]);
}

static void run_step(struct nack *n, const struct step *s, const char *name)
{
    uint64_t now_us = (uint64_t)s->at_ms * 1000;
    if (s->what == GOT || s->what == FILLED)
        for (uint16_t seq = s->from; seq != (uint16_t)(s->to + 1); seq++)
            if (nack_receive(n, seq, now_us) != (s->what == FILLED))
                fail_msg("%s: %u", name, seq);
    if (s->what == KEY)
        nack_key_frame(n, s->from);
    if (s->what == RESET)
        nack_reset(n);
    if (s->what == DUE) {
        uint16_t out[NACK_MAX];
        char text[256];
        text_of(out, nack_due(n, now_us, RTT_US, out, s->from ? s->from : NACK_MAX), text, sizeof text);
        if (strcmp(text, s->asked) != 0)
            fail_msg("%s: at %u asked for \"%s\"", name, s->at_ms, text);
    }
}

static void asks_for_what_is_missing(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct step steps[STEPS_MAX];
        bool key_frame;
    } rows[] = {
        {"nothing lost", {{GOT, 0, 65530, 20, NULL}, {DUE, 1000, 0, 0, ""}}, false},
        {"nothing came", {{DUE, 1000, 0, 0, ""}}, false},
        {"one gap: not before 10 ms, then every round trip",
         {{GOT, 0, 1, 3, NULL},
          {GOT, 1, 6, 6, NULL},
          {DUE, 10, 0, 0, ""},
          {DUE, 11, 0, 0, "4 5"},
          {DUE, 110, 0, 0, ""},
          {DUE, 111, 0, 0, "4 5"},
          {DUE, 210, 0, 0, ""},
          {DUE, 300, 0, 0, "4 5"}},
         false},
        {"gap over the wrap",
         {{GOT, 0, 65533, 65534, NULL}, {GOT, 0, 2, 2, NULL}, {DUE, 20, 0, 0, "65535 0 1"}},
         false},
        {"reordered ones are never asked for",
         {{GOT, 0, 65534, 65534, NULL},
          {GOT, 1, 0, 0, NULL},
          {FILLED, 5, 65535, 65535, NULL},
          {DUE, 20, 0, 0, ""}},
         false},
        {"recovered ones are asked for no more",
         {{GOT, 0, 1, 1, NULL},
          {GOT, 0, 6, 6, NULL},
          {DUE, 10, 0, 0, "2 3 4 5"},
          {FILLED, 50, 3, 4, NULL},
          {GOT, 50, 3, 4, NULL}, /* once more: a duplicate */
          {DUE, 110, 0, 0, "2 5"},
          {FILLED, 150, 5, 5, NULL},
          {DUE, 210, 0, 0, "2"},
          {FILLED, 250, 2, 2, NULL},
          {DUE, 310, 0, 0, ""}},
         false},
        {"gaps of different age",
         {{GOT, 0, 1, 1, NULL},
          {GOT, 0, 3, 3, NULL},
          {GOT, 8, 5, 5, NULL},
          {DUE, 10, 0, 0, "2"},
          {DUE, 18, 0, 0, "4"},
          {DUE, 112, 0, 0, "2"},
          {DUE, 250, 0, 0, "2 4"}},
         false},
        {"what does not fit is due still",
         {{GOT, 0, 1, 1, NULL},
          {GOT, 0, 5, 5, NULL},
          {DUE, 10, 2, 0, "2 3"},
          {DUE, 10, 2, 0, "4"},
          {DUE, 10, 2, 0, ""}},
         false},
        {"older than the first is not missed",
         {{GOT, 0, 10, 10, NULL}, {GOT, 0, 7, 7, NULL}, {DUE, 20, 0, 0, ""}},
         false},
        {"a gap of 1,000 is remembered",
         {{GOT, 0, 65000, 65000, NULL},
          {GOT, 0, 465, 465, NULL},
          {FILLED, 1, 65001, 464, NULL},
          {DUE, 20, 0, 0, ""}},
         false},
        {"a gap of 1,001 resets",
         {{GOT, 0, 65000, 65000, NULL},
          {GOT, 0, 466, 466, NULL},
          {GOT, 1, 65001, 65001, NULL},
          {DUE, 20, 0, 0, ""}},
         true},
        {"gaps add up",
         {{GOT, 0, 0, 0, NULL}, {GOT, 0, 600, 600, NULL}, {GOT, 0, 1003, 1003, NULL}, {DUE, 20, 0, 0, ""}},
         true},
        {"those before a key frame make room",
         {{GOT, 0, 0, 0, NULL},
          {GOT, 0, 600, 600, NULL},
          {KEY, 0, 600, 0, NULL},
          {GOT, 0, 1200, 1200, NULL},
          {GOT, 0, 5, 5, NULL},
          {FILLED, 0, 601, 1197, NULL},
          {DUE, 20, 0, 0, "1198 1199"}},
         false},
        {"reset forgets, whatever the next number",
         {{GOT, 0, 1, 1, NULL},
          {GOT, 0, 9, 9, NULL},
          {RESET, 0, 0, 0, NULL},
          {GOT, 0, 40000, 40003, NULL},
          {DUE, 20, 0, 0, ""}},
         false},
        {"10,000 later it is given up",
         {{GOT, 0, 60000, 60000, NULL},
          {GOT, 0, 60002, 4465, NULL},
          {DUE, 10, 0, 0, "60001"},
          {GOT, 0, 4466, 4466, NULL},
          {DUE, 120, 0, 0, ""}},
         true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct nack n;
        n = (struct nack){0};
        for (const struct step *s = rows[i].steps; s->what != END; s++)
            run_step(&n, s, rows[i].name);
        if (nack_take_key_frame_wanted(&n) != rows[i].key_frame)
            fail_msg("%s: key frame %d", rows[i].name, !rows[i].key_frame);
        assert_false(nack_take_key_frame_wanted(&n));
    }
}

/* 2 is lost for good. Key frames begin at those packets, told in that order (0 =
 * none). */
static void gives_up_after_ten_times(void **state)
{
    (void)state;
    static const struct {
        uint16_t keys[2];
        bool key_frame;
    } rows[] = {{{0}, true},  {{1}, true},     {{2}, true},    {{3}, false},
                {{9}, false}, {{9, 1}, false}, {{1, 9}, false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct nack n = {0};
        uint16_t out[4];
        for (uint16_t seq = 1; seq < 10; seq++)
            if (seq != 2)
                nack_receive(&n, seq, 0);
        for (size_t k = 0; k < 2 && rows[i].keys[k]; k++)
            nack_key_frame(&n, rows[i].keys[k]);
        uint64_t now_us = 0;
        for (int tries = 0; tries < NACK_TRIES; tries++) {
            now_us = nack_next_us(&n);
            assert_int_equal(nack_due(&n, now_us, RTT_US, out, COUNT(out)), 1);
            assert_int_equal(out[0], 2);
            assert_int_equal(now_us, NACK_FIRST_US + tries * RTT_US);
            assert_false(nack_take_key_frame_wanted(&n));
        }
        now_us = nack_next_us(&n);
        assert_int_equal(nack_due(&n, now_us, RTT_US, out, COUNT(out)), 0);
        assert_int_equal(nack_next_us(&n), UINT64_MAX);
        assert_int_equal(nack_take_key_frame_wanted(&n), rows[i].key_frame);
        assert_false(nack_receive(&n, 2, now_us));
    }
}

/* A key frame of 40,000 packets ago looks newer than the gap on the circle. */
static void forgets_an_old_key_frame(void **state)
{
    (void)state;
    struct nack n = {0};
    nack_key_frame(&n, 0);
    for (uint16_t seq = 0; seq < 40000; seq++)
        nack_receive(&n, seq, 0);
    nack_receive(&n, 41000, 0); /* 1,000 missing */
    nack_receive(&n, 41002, 0); /* one too many */
    assert_true(nack_take_key_frame_wanted(&n));
    nack_receive(&n, 41004, 0);
    uint16_t out[2];
    for (int tries = 0; tries <= NACK_TRIES; tries++)
        assert_int_equal(nack_due(&n, nack_next_us(&n), 0, out, COUNT(out)), tries < NACK_TRIES);
    assert_true(nack_take_key_frame_wanted(&n));
}

static void keeps_to_the_round_trip(void **state)
{
    (void)state;
    static const struct {
        uint32_t rtt_us, again_us;
    } rows[] = {
        {0, NACK_RTT_UNKNOWN_US}, {1, 20000},       {19999, 20000},   {20000, 20000},
        {150000, 150000},         {400000, 400000}, {400001, 400000}, {UINT32_MAX, 400000},
    };
    /* also where the low 32 bits of the milliseconds wrap */
    static const uint64_t starts_us[] = {0, UINT64_C(4294967290000), UINT64_C(4294967296000) * 3 - 15000};
    for (size_t i = 0; i < COUNT(rows) * COUNT(starts_us); i++) {
        uint64_t start_us = starts_us[i / COUNT(rows)];
        struct nack n = {0};
        uint16_t out[4];
        nack_receive(&n, 1, start_us);
        nack_receive(&n, 3, start_us);
        assert_int_equal(nack_next_us(&n), start_us + NACK_FIRST_US);
        assert_int_equal(nack_due(&n, start_us + 9999, rows[i % COUNT(rows)].rtt_us, out, 4), 0);
        assert_int_equal(nack_next_us(&n), start_us + NACK_FIRST_US);
        assert_int_equal(nack_due(&n, start_us + NACK_FIRST_US, rows[i % COUNT(rows)].rtt_us, out, 4), 1);
        assert_int_equal(nack_next_us(&n), start_us + NACK_FIRST_US + rows[i % COUNT(rows)].again_us);
    }
}

/* A lossy, reordering link on a virtual clock: all that is lost is recovered one
 * round trip after it was asked for, nothing is asked for that has come. */
static void recovers_a_lossy_stream(void **state)
{
    (void)state;
    enum { PACKETS = 200000, START = 60000 };
    static uint8_t here[PACKETS];       /* 1 = came */
    static uint64_t answer_us[PACKETS]; /* when its repetition comes */
    static struct nack n;
    uint32_t random = 1;
    n = (struct nack){0};
    nack_receive(&n, (uint16_t)START, 0);
    here[0] = 1;
    uint32_t asked = 0, next_answer = 0;
    for (uint32_t i = 1; i < PACKETS; i++) {
        uint64_t now_us = i * UINT64_C(2000);
        random = random * 1664525 + 1013904223;
        if (random >> 24 >= 26 || i > PACKETS - 1000) { /* 10 % lost */
            here[i] = 1;
            assert_false(nack_receive(&n, (uint16_t)(START + i), now_us));
        }
        for (; next_answer < i &&
               (here[next_answer] || (answer_us[next_answer] && answer_us[next_answer] <= now_us));
             next_answer++)
            if (!here[next_answer]) {
                here[next_answer] = 1;
                assert_true(nack_receive(&n, (uint16_t)(START + next_answer), now_us));
            }
        if (now_us < nack_next_us(&n))
            continue;
        uint16_t out[64];
        size_t count = nack_due(&n, now_us, 50000, out, COUNT(out));
        for (size_t k = 0; k < count; k++, asked++) {
            uint32_t index = i - (uint16_t)(START + i - out[k]);
            assert_false(here[index]);
            if (!answer_us[index])
                answer_us[index] = now_us + 40000;
        }
    }
    assert_int_equal(n.count, 0);
    assert_false(n.key_frame_wanted);
    assert_in_range(asked, PACKETS / 12, PACKETS / 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_what_is_missing), cmocka_unit_test(gives_up_after_ten_times),
        cmocka_unit_test(forgets_an_old_key_frame), cmocka_unit_test(keeps_to_the_round_trip),
        cmocka_unit_test(recovers_a_lossy_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
