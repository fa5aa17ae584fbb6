#include "dominant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { PEOPLE = 4, STEPS_MAX = 10, TICK_MS = 20, START_MS = 1000 };

/* What a person's microphone does, a letter each:
 *   S, s  speech, loud and soft: syllables of 160 ms, dips of 60 ms, a breath of 300 ms each 2 s
 *   c     a cough at the beginning, 240 ms, then as -
 *   k     typing: a click of 40 ms, four times a second, in a quiet room
 *   -, =  a quiet room, a loud one
 *   F     a fan at the loudness of speech
 *   0     digital silence
 *   d     silence with DTX: comfort noise each 400 ms
 *   D     the same, with one loud packet in a second
 *   n     no packets
 *   x     is not there
 * loudness: 127 less the level; -1 = no packet. */
static int loudness(char does, uint64_t in_step_ms, uint64_t now_ms, uint32_t noise)
{
    int jitter = (int)(noise % 5) - 2;
    int speech = does == 's' ? 88 : 102;
    bool dips = in_step_ms % 220 >= 160, breathes = in_step_ms % 2000 >= 1700;
    switch (does) {
    case 'S':
    case 's':
        return (breathes ? 35 : dips ? speech - 25 : speech) + jitter;
    case 'c':
        return in_step_ms < 240 ? 105 : 30 + jitter;
    case 'k':
        return in_step_ms % 260 < 40 ? 100 + jitter : 35 + jitter;
    case '-':
        return 30 + jitter;
    case '=':
        return 62 + jitter;
    case 'F':
        return 92 + jitter;
    case 'd':
        return now_ms % 400 == 0 ? 20 : -1;
    case 'D':
        return now_ms % 1000 == 0 ? 110 : now_ms % 400 == 0 ? 20 : -1;
    case '0':
        return 0;
    default:
        return -1;
    }
}

struct meeting {
    struct dominant dominant;
    struct dominant_speaker speakers[PEOPLE];
    uint64_t now_ms;
    uint32_t random;
    unsigned changes;
};

static void tick(struct meeting *m, const char *does, uint64_t in_step_ms)
{
    struct dominant_candidate candidates[PEOPLE];
    size_t count = 0;
    for (uint32_t i = PEOPLE; i-- > 0;) { /* any order will do */
        m->random = m->random * 1664525 + 1013904223;
        if (does[i] == 'x') {
            m->speakers[i] = (struct dominant_speaker){0};
            continue;
        }
        int l = loudness(does[i], in_step_ms, m->now_ms, m->random >> 16);
        if (l >= 0)
            dominant_packet(&m->speakers[i], (uint8_t)(127 - l), m->now_ms * 1000);
        candidates[count++] = (struct dominant_candidate){i + 1, &m->speakers[i]};
    }
    uint32_t before = m->dominant.id;
    bool changed = dominant_update(&m->dominant, candidates, count, m->now_ms * 1000);
    assert_int_equal(changed, m->dominant.id != before);
    m->changes += changed;
}

/* For `ms`, the four do that; then who is dominant. */
struct step {
    uint64_t ms;
    const char *does;
    uint32_t dominant;
};

static void decides_who_is_shown(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned changes;
        struct step steps[STEPS_MAX]; /* ms 0 ends them */
    } rows[] = {
        {"nobody", 0, {{1000, "xxxx", 0}}},
        {"a lone member, at once and silent", 1, {{20, "x0xx", 2}}},
        {"a lone member without packets", 1, {{20, "xnxx", 2}}},
        {"nobody has spoken yet", 0, {{5000, "-=d0", 0}}},
        {"the lone one stays while the others are silent", 1, {{1000, "-xxx", 1}, {5000, "-=d0", 1}}},
        {"one speaks", 1, {{1000, "-S--", 2}, {20000, "-S--", 2}}},
        {"one speaks softly", 1, {{2000, "--s-", 3}, {20000, "--s-", 3}}},
        {"a word, then silence: the last one stays", 1, {{1000, "-S--", 2}, {60000, "----", 2}}},
        {"two alternate", 4, {{4000, "S---", 1}, {4000, "-S--", 2}, {4000, "S---", 1}, {4000, "-S--", 2}}},
        {"another takes over within 1.5 s", 2, {{9000, "S---", 1}, {1500, "-S--", 2}}},
        {"who falls in is not shown, until the first stops",
         2,
         {{9000, "S---", 1}, {9000, "SS--", 1}, {1500, "-S--", 2}}},
        {"a cough during speech", 1, {{9000, "S---", 1}, {1100, "Sc--", 1}, {3000, "S-c-", 1}}},
        {"a cough in a pause",
         1,
         {{9000, "S---", 1}, {500, "----", 1}, {2000, "-c--", 1}, {3000, "S---", 1}}},
        {"a cough in a silent room", 1, {{9000, "S---", 1}, {5000, "----", 1}, {2000, "-c--", 1}}},
        {"typing", 1, {{9000, "S---", 1}, {20000, "-k--", 1}}},
        {"typing, before anyone spoke", 1, {{5000, "-k--", 0}, {2000, "-kS-", 3}}},
        {"typing of the dominant speaker does not keep the place", 2, {{9000, "S---", 1}, {3000, "kS--", 2}}},
        {"a loud room", 1, {{9000, "S---", 1}, {20000, "-=--", 1}}},
        {"a fan as loud as speech, from the beginning", 1, {{9000, "SF--", 1}, {60000, "-F--", 1}}},
        {"a fan switched on is background after 30 s",
         3,
         {{9000, "S---", 1}, {30000, "-F--", 2}, {2000, "SF--", 1}, {30000, "-F--", 1}}},
        {"a fan, and someone speaks", 2, {{9000, "S-F-", 1}, {2000, "--FS", 4}}},
        {"over the own fan", 2, {{9000, "S--F", 1}, {3000, "---S", 4}}},
        {"the dominant speaker's fan is switched on and does not keep the place",
         2,
         {{9000, "S---", 1}, {20000, "F---", 1}, {3000, "FS--", 2}}},
        {"the dominant speaker leaves, nobody speaks", 2, {{9000, "S---", 1}, {20, "x---", 0}}},
        {"the dominant speaker leaves, another speaks", 2, {{9000, "SS--", 1}, {20, "xS--", 2}}},
        {"the dominant speaker leaves one alone", 2, {{9000, "S-xx", 1}, {20, "x-xx", 2}}},
        {"all leave", 2, {{9000, "S---", 1}, {20, "xxxx", 0}}},
        {"DTX: speech, silence, speech of another",
         2,
         {{9000, "Sddd", 1}, {9000, "dddd", 1}, {1500, "dSdd", 2}}},
        {"DTX: a loud packet after a gap is not a second of speech",
         1,
         {{9000, "Sddd", 1}, {20000, "dDdd", 1}}},
        {"the dominant speaker's packets stop", 2, {{9000, "S---", 1}, {1500, "nS--", 2}}},
        {"nobody sends", 0, {{9000, "nnnn", 0}}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct meeting m = {.now_ms = START_MS, .random = 5};
        for (const struct step *s = rows[i].steps; s->ms; s++) {
            for (uint64_t t = 0; t < s->ms; t += TICK_MS, m.now_ms += TICK_MS)
                tick(&m, s->does, t);
            if (m.dominant.id != s->dominant)
                fail_msg("%s: %u, not %u, at %u", rows[i].name, m.dominant.id, s->dominant,
                         (unsigned)(m.now_ms - START_MS));
        }
        if (m.changes != rows[i].changes)
            fail_msg("%s: %u changes, not %u", rows[i].name, m.changes, rows[i].changes);
    }
}

#define FULL(n) ((UINT64_C(1) << (n)*DOMINANT_N2) - 1)

/* Each of the three windows by itself. */
static void has_to_be_ahead_in_all(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct dominant_speaker holder, other;
        bool takes_over;
    } rows[] = {
        {"in all", {.step = 0, .loud = 0}, {.step = 9, .loud = FULL(3)}, true},
        {"over the whole second", {.step = 0, .loud = 0}, {.step = 9, .loud = FULL(10)}, true},
        {"just loud enough now", {.step = 3, .loud = 0}, {.step = 4, .loud = FULL(3)}, true},
        {"not loud now", {.step = 0, .loud = 0}, {.step = 3, .loud = FULL(3)}, false},
        {"the holder is loud now", {.step = 4, .loud = 0}, {.step = 9, .loud = FULL(3)}, false},
        {"the holder was in the last 100 ms",
         {.step = 0, .loud = 1 << 4},
         {.step = 9, .loud = FULL(3)},
         false},
        {"the holder was before", {.step = 0, .loud = 1 << 5}, {.step = 9, .loud = FULL(3)}, true},
        {"not in the last 100 ms", {.step = 0, .loud = 0}, {.step = 9, .loud = FULL(3) << 5}, false},
        {"the holder has spoken as much",
         {.step = 0, .loud = FULL(3) << 20},
         {.step = 9, .loud = FULL(3)},
         false},
        {"the holder has spoken less",
         {.step = 0, .loud = FULL(3) << 20},
         {.step = 9, .loud = FULL(4)},
         true},
        {"the holder spoke more than a second ago",
         {.step = 0, .loud = FULL(2) << 50},
         {.step = 9, .loud = FULL(3)},
         true},
        {"too short", {.step = 0, .loud = 0}, {.step = 9, .loud = FULL(2)}, false},
        {"with gaps", {.step = 0, .loud = 0}, {.step = 9, .loud = UINT64_C(0xf7bdef7bdef7bdef)}, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dominant_speaker holder = rows[i].holder, other = rows[i].other;
        struct dominant d = {.id = 1, .decided_us = 1000000};
        holder.packet_us = other.packet_us = 2000000;
        const struct dominant_candidate candidates[] = {{1, &holder}, {2, &other}};
        if (dominant_update(&d, candidates, 2, 2000000) != rows[i].takes_over)
            fail_msg("%s", rows[i].name);
    }
}

/* Packets at these times, loud ones: so many samples were loud. */
static void counts_samples(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned ms[5]; /* 0 ends them */
        uint64_t loud;
    } rows[] = {
        {"each 20 ms", {20, 40, 60}, 7},
        {"each 60 ms", {60, 120}, 0xb},
        {"one was lost", {20, 60, 80}, 0xf},
        {"a gap", {20, 140}, 0x43},
        {"a long gap", {20, 20000}, 3},
        {"in a burst", {20, 21, 22}, 7},
        {"from a clock that went back a little", {100, 60, 120}, 7},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dominant_speaker s = {.floor = 10};
        for (const unsigned *ms = rows[i].ms; *ms; ms++)
            dominant_packet(&s, 20, *ms * UINT64_C(1000));
        if (s.loud != rows[i].loud)
            fail_msg("%s: %llx", rows[i].name, (unsigned long long)s.loud);
    }
}

/* Equally far ahead: the smaller id, whatever the order. */
static void equal_ones_go_by_id(void **state)
{
    (void)state;
    struct dominant_speaker speakers[3] = {0};
    uint64_t now_us = 1000000;
    for (int i = 0; i < 50; i++, now_us += DOMINANT_FRAME_US)
        for (size_t k = 0; k < 3; k++)
            dominant_packet(&speakers[k], i ? 20 : 100, now_us);
    static const uint32_t ids[][3] = {{7, 8, 9}, {9, 8, 7}, {8, 7, 9}};
    for (size_t i = 0; i < COUNT(ids); i++) {
        struct dominant d = {0};
        struct dominant_candidate c[3];
        for (size_t k = 0; k < 3; k++)
            c[k] = (struct dominant_candidate){ids[i][k], &speakers[k]};
        assert_true(dominant_update(&d, c, 3, now_us));
        assert_int_equal(d.id, 7);
    }
}

/* However often it is called: nobody takes over twice within 300 ms, and who is
 * dominant is there. A large room, with packets that come early, late and twice. */
static void keeps_its_rules(void **state)
{
    (void)state;
    enum { MANY = 300 };
    static struct dominant_speaker speakers[MANY];
    static struct dominant_candidate candidates[MANY];
    struct dominant d = {0};
    uint32_t random = 3;
    uint64_t changed_us = 0;
    unsigned changes = 0;
    for (uint64_t now_us = 1000000; now_us < 61000000; now_us += 7000) {
        size_t count = 0;
        bool held = false;
        for (uint32_t i = 0; i < MANY; i++) {
            random = random * 1664525 + 1013904223;
            bool here = i % 50 != now_us / 3000000 % 50, speaks = i == now_us / 2000000 * 37 % MANY;
            if ((random >> 8 & 3) == 0) /* each 28 ms or so */
                dominant_packet(&speakers[i], (uint8_t)(speaks ? 20 : 80 + (random >> 16) % 48),
                                now_us - (random >> 24) * 100);
            if (here)
                candidates[count++] = (struct dominant_candidate){i + 1, &speakers[i]};
            held |= here && i + 1 == d.id;
        }
        uint32_t before = d.id;
        if (dominant_update(&d, candidates, count, now_us)) {
            assert_true(!held || now_us >= changed_us + DOMINANT_DECIDE_US);
            assert_int_not_equal(d.id, before);
            changed_us = now_us;
            changes++;
        }
        bool there = d.id == 0;
        for (size_t k = 0; k < count; k++)
            there |= candidates[k].id == d.id;
        assert_true(there);
    }
    assert_in_range(changes, 10, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides_who_is_shown), cmocka_unit_test(has_to_be_ahead_in_all),
        cmocka_unit_test(counts_samples),       cmocka_unit_test(equal_ones_go_by_id),
        cmocka_unit_test(keeps_its_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
