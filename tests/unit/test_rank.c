#include "rank.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { STEPS_MAX = 12, PEOPLE = 6, TICK_MS = 20 };

/* From at_ms on, people 1..6 are that loud (-1 = not there, voice from 57 on)
 * until the next step; then, at the end of it, who holds which slot. */
struct step {
    uint64_t until_ms;
    int loudness[PEOPLE];
    const char *holders;
};

struct room {
    struct rank rank;
    uint64_t voice_us[PEOPLE + 1];
    uint64_t now_ms;
};

static bool tick(struct room *room, const int *loudness, uint32_t except, uint32_t dominant)
{
    struct rank_candidate candidates[PEOPLE];
    size_t count = 0;
    for (uint32_t id = PEOPLE; id >= 1; id--) { /* any order will do */
        if (loudness[id - 1] < 0)
            continue;
        if (loudness[id - 1] >= 57)
            room->voice_us[id] = room->now_ms * 1000;
        candidates[count++] = (struct rank_candidate){
            .id = id,
            .loudness = (uint8_t)loudness[id - 1],
            .dominant = id == dominant,
            .voice_us = room->voice_us[id],
        };
    }
    return rank_update(&room->rank, candidates, count, except, room->now_ms * 1000);
}

static const char *holders(const struct rank *r)
{
    static char text[RANK_SLOTS_MAX * 11];
    size_t n = 0;
    *text = 0;
    for (size_t i = 0; i < r->slots; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, i ? " %u" : "%u", r->holders[i].id);
    return text;
}

static void decides_who_is_heard(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t slots;
        uint32_t except, dominant;
        struct step steps[STEPS_MAX]; /* until_ms 0 ends them */
    } rows[] = {
        {"no slots", 0, 0, 0, {{1000, {90, 90, -1, -1, -1, -1}, ""}}},
        {"nobody", 2, 0, 0, {{1000, {-1, -1, -1, -1, -1, -1}, "0 0"}}},
        {"as many as slots: everyone, silent or not",
         3,
         0,
         0,
         {{1000, {0, 0, 0, -1, -1, -1}, "1 2 3"}, {2000, {0, 90, 0, -1, -1, -1}, "1 2 3"}}},
        {"fewer than slots",
         3,
         0,
         0,
         {{1000, {-1, 10, -1, -1, -1, -1}, "2 0 0"}, {1020, {-1, 10, -1, 0, -1, -1}, "2 4 0"}}},
        {"the loudest first, equal ones by id", 2, 0, 0, {{1020, {70, 80, 80, 80, -1, -1}, "2 3"}}},
        {"nobody hears themself",
         2,
         2,
         0,
         {{1000, {0, 99, 0, -1, -1, -1}, "1 3"}, {2000, {0, 99, 0, 90, -1, -1}, "1 4"}}},
        {"who leaves makes room at once, the others stay",
         3,
         0,
         0,
         {{1000, {80, 80, 80, 80, 75, -1}, "1 2 3"}, {1020, {80, -1, 80, 70, 75, -1}, "1 5 3"}}},
        {"a speaker takes a silent one's slot at once",
         2,
         0,
         0,
         {{1000, {20, 30, 0, -1, -1, -1}, "2 1"}, {1020, {20, 30, 60, -1, -1, -1}, "2 3"}}},
        {"of the silent ones the one who is so for longest",
         2,
         0,
         0,
         {{1000, {90, 80, 0, -1, -1, -1}, "1 2"},
          {1500, {90, 0, 0, -1, -1, -1}, "1 2"},
          {2000, {0, 0, 0, -1, -1, -1}, "1 2"},
          {2020, {0, 0, 90, -1, -1, -1}, "1 3"}}},
        {"noise takes nothing",
         2,
         0,
         0,
         {{1000, {0, 0, -1, -1, -1, -1}, "1 2"}, {3000, {0, 0, 56, -1, -1, -1}, "1 2"}}},
        {"a pause of less than 300 ms keeps the slot from an equal",
         1,
         0,
         0,
         {{1000, {90, 0, -1, -1, -1, -1}, "1"},
          {1280, {40, 45, -1, -1, -1, -1}, "1"},
          {2000, {90, 95, -1, -1, -1, -1}, "1"}}},
        {"silent for 300 ms loses it to whoever speaks",
         1,
         0,
         0,
         {{1000, {90, 0, -1, -1, -1, -1}, "1"},
          {1280, {55, 60, -1, -1, -1, -1}, "1"},
          {1300, {55, 60, -1, -1, -1, -1}, "2"}}},
        {"clearly quieter for 300 ms",
         1,
         0,
         0,
         {{1000, {70, 0, -1, -1, -1, -1}, "1"},
          {1300, {70, 80, -1, -1, -1, -1}, "1"},
          {1320, {70, 80, -1, -1, -1, -1}, "2"}}},
        {"not clearly quieter, however long",
         1,
         0,
         0,
         {{1000, {70, 0, -1, -1, -1, -1}, "1"}, {9000, {70, 79, -1, -1, -1, -1}, "1"}}},
        {"a word in between starts the 300 ms anew",
         1,
         0,
         0,
         {{1000, {70, 0, -1, -1, -1, -1}, "1"},
          {1280, {70, 80, -1, -1, -1, -1}, "1"},
          {1300, {71, 80, -1, -1, -1, -1}, "1"},
          {1600, {70, 80, -1, -1, -1, -1}, "1"},
          {1620, {70, 80, -1, -1, -1, -1}, "2"}}},
        {"who was replaced does not come back for it",
         1,
         0,
         0,
         {{1000, {70, 0, -1, -1, -1, -1}, "1"},
          {1400, {70, 80, -1, -1, -1, -1}, "2"},
          {9000, {85, 80, -1, -1, -1, -1}, "2"}}},
        {"the quietest of several goes first",
         3,
         0,
         0,
         {{1000, {70, 60, 65, 0, -1, -1}, "1 3 2"}, {1320, {70, 60, 65, 90, -1, -1}, "1 3 4"}}},
        {"two speakers, two silent holders",
         3,
         0,
         0,
         {{1000, {60, 0, 0, -1, -1, -1}, "1 2 3"}, {1020, {60, 0, 0, 80, 90, -1}, "1 4 5"}}},
        {"two speakers, one silent holder, one that is quieter",
         2,
         0,
         0,
         {{1000, {60, 0, -1, -1, -1, -1}, "1 2"},
          {1020, {60, 0, -1, 80, 90, -1}, "1 5"},
          {1400, {60, 0, -1, 80, 90, -1}, "4 5"}}},
        {"who spoke a while ago takes nothing",
         1,
         0,
         0,
         {{1000, {90, 80, -1, -1, -1, -1}, "1"},
          {1280, {0, 56, -1, -1, -1, -1}, "1"},
          {3000, {0, 56, -1, -1, -1, -1}, "1"}}},
        {"the dominant speaker gets one at once, and keeps it",
         2,
         0,
         4,
         {{1000, {90, 80, 0, -1, -1, -1}, "1 2"},
          {1020, {90, 80, 0, 57, -1, -1}, "1 4"},
          {3000, {90, 80, 0, 57, 99, 99}, "1 4"},
          {3020, {90, 80, 0, -1, 99, 99}, "1 5"}}},
        {"but only while it speaks",
         2,
         0,
         4,
         {{1000, {90, 80, 0, 70, -1, -1}, "4 1"},
          {1280, {90, 80, 0, 0, -1, -1}, "4 1"},
          {1320, {90, 80, 0, 0, -1, -1}, "2 1"},
          {2000, {90, 80, 0, 0, -1, -1}, "2 1"},
          {2020, {90, 80, 0, 57, -1, -1}, "4 1"}}},
        {"the dominant speaker does not hear themself", 1, 4, 4, {{2000, {60, 0, -1, 90, -1, -1}, "1"}}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct room room = {.now_ms = 500};
        rank_init(&room.rank, rows[i].slots);
        for (const struct step *s = rows[i].steps; s->until_ms; s++) {
            for (; room.now_ms < s->until_ms; room.now_ms += TICK_MS) {
                char before[sizeof room.rank.holders];
                strcpy(before, holders(&room.rank));
                bool changed = tick(&room, s->loudness, rows[i].except, rows[i].dominant);
                assert_int_equal(changed, strcmp(before, holders(&room.rank)) != 0);
            }
            if (strcmp(holders(&room.rank), s->holders) != 0)
                fail_msg("%s: %s, not %s, before %u", rows[i].name, holders(&room.rank), s->holders,
                         (unsigned)s->until_ms);
        }
    }
}

/* The rules of rank.h, over a long random meeting. */
static void keeps_its_rules(void **state)
{
    (void)state;
    uint32_t random = 7;
    int loudness[PEOPLE] = {0};
    for (size_t slots = 1; slots <= PEOPLE; slots++) {
        struct room room = {.now_ms = 1000};
        rank_init(&room.rank, slots);
        size_t switches = 0;
        for (int n = 0; n < 20000; n++, room.now_ms += TICK_MS) {
            for (size_t k = 0; k < PEOPLE; k++) {
                random = random * 1664525 + 1013904223;
                if (random >> 16 & 31) /* each changes about every 640 ms */
                    continue;
                static const int level[] = {-1, 0, 0, 30, 60, 70, 80, 100};
                loudness[k] = level[random >> 24 & 7];
            }
            switches += tick(&room, loudness, 0, 0);
            bool holds[PEOPLE + 1] = {0}, idles[PEOPLE + 1] = {0};
            size_t there = 0, held = 0;
            for (size_t k = 0; k < PEOPLE; k++)
                there += loudness[k] >= 0;
            for (size_t i = 0; i < slots; i++) {
                uint32_t id = room.rank.holders[i].id;
                if (!id)
                    continue;
                assert_false(holds[id]);
                assert_true(loudness[id - 1] >= 0);
                holds[id] = true;
                held++;
            }
            assert_int_equal(held, there < slots ? there : slots);
            for (uint32_t id = 1; id <= PEOPLE; id++)
                idles[id] = holds[id] && room.now_ms * 1000 >= room.voice_us[id] + RANK_HOLD_US;
            for (uint32_t id = 1; id <= PEOPLE; id++) /* nobody speaks unheard while a holder is silent */
                for (uint32_t other = 1; other <= PEOPLE; other++)
                    assert_false(loudness[id - 1] >= 57 && !holds[id] && idles[other]);
        }
        if (slots < PEOPLE)
            assert_in_range(switches, 100, 20000 / 10);
    }
}

/* Slots are capped, and many candidates are no matter. */
static void is_bounded(void **state)
{
    (void)state;
    struct rank r;
    rank_init(&r, SIZE_MAX);
    assert_int_equal(r.slots, RANK_SLOTS_MAX);
    static struct rank_candidate candidates[1000];
    for (uint32_t i = 0; i < COUNT(candidates); i++)
        candidates[i] = (struct rank_candidate){.id = i + 1, .loudness = (uint8_t)(i % 128)};
    assert_true(rank_update(&r, candidates, COUNT(candidates), 0, 1000000));
    for (size_t i = 0; i < RANK_SLOTS_MAX; i++)
        assert_true((r.holders[i].id - 1) % 128 >= 118); /* 7 of each loudness from 127 downwards */
    assert_false(rank_update(&r, candidates, COUNT(candidates), 0, 2000000));
    assert_true(rank_update(&r, NULL, 0, 0, 3000000));
    assert_int_equal(r.holders[0].id, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides_who_is_heard),
        cmocka_unit_test(keeps_its_rules),
        cmocka_unit_test(is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
