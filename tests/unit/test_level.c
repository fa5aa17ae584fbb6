#include "level.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { NO_PACKET = 255, STEPS_MAX = 10 };

/* A packet with that level, or none; then the loudness. */
struct step {
    uint64_t at_ms;
    uint8_t level, loudness;
};

static void smooths_and_decays(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct step steps[STEPS_MAX]; /* at_ms 0 ends them */
        uint64_t voice_ms;
    } rows[] = {
        {"nothing ever", {{1000, NO_PACKET, 0}}, 0},
        {"someone begins to speak", {{1000, 30, 49}, {1020, 30, 73}, {1040, 30, 85}, {1060, 30, 91}}, 1060},
        {"the loudest", {{1000, 0, 64}, {1020, 0, 95}, {1040, 0, 111}}, 1040},
        {"silence", {{1000, 127, 0}, {1020, 127, 0}}, 0},
        {"a level of 8 bits is silence", {{1000, 200, 0}, {1020, 0x80, 0}}, 0},
        {"a murmur is not voice", {{1000, 71, 28}, {1200, 71, 56}, {1400, 71, 56}}, 0},
        {"just voice", {{1000, 70, 29}, {1500, 70, 57}}, 1500},
        {"falls silent",
         {{1000, 27, 50}, {1500, 27, 100}, {1520, 127, 50}, {1540, 127, 25}, {1560, 127, 13}},
         1500},
        {"goes away: holds 60 ms, halves each 20, is gone after 150",
         {{1000, 27, 50},
          {1500, 27, 100},
          {1559, NO_PACKET, 100},
          {1560, NO_PACKET, 50},
          {1580, NO_PACKET, 25},
          {1640, NO_PACKET, 3},
          {1650, NO_PACKET, 0}},
         1500},
        {"DTX: 400 ms of comfort noise in one packet",
         {{1000, 27, 50}, {1400, 27, 100}, {1800, 117, 10}},
         1400},
        {"DTX: speech after a pause counts in full",
         {{1000, 117, 5}, {1400, 117, 10}, {1800, 27, 100}},
         1800},
        {"a lost packet is made up for", {{1000, 27, 50}, {1040, 27, 88}}, 1040},
        {"packets of 60 ms", {{1000, 27, 50}, {1059, 27, 94}, {1119, 27, 99}}, 1119},
        {"a burst: each is one frame",
         {{1000, 27, 50}, {1000, 27, 75}, {1000, 27, 88}, {1001, 27, 94}},
         1001},
        {"a clock that goes back", {{1000, 27, 50}, {900, 27, 75}, {900, NO_PACKET, 75}}, 900},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct level l = {0};
        for (const struct step *s = rows[i].steps; s->at_ms; s++) {
            if (s->level != NO_PACKET)
                level_packet(&l, s->level, s->at_ms * 1000);
            uint8_t loudness = level_loudness(&l, s->at_ms * 1000);
            if (loudness != s->loudness)
                fail_msg("%s: %u at %u", rows[i].name, loudness, (unsigned)s->at_ms);
        }
        if (l.voice_us != rows[i].voice_ms * 1000)
            fail_msg("%s: voice at %u", rows[i].name, (unsigned)l.voice_us);
    }
}

/* A new speaker is voice within 60 ms, at any level that is clearly speech. */
static void hears_a_speaker_soon(void **state)
{
    (void)state;
    for (uint8_t level = 0; level <= 55; level++) {
        struct level l = {0};
        for (uint64_t us = 1000000; us < 2000000; us += 20000)
            level_packet(&l, LEVEL_SILENT, us);
        for (uint64_t us = 2000000; us <= 2040000; us += 20000)
            level_packet(&l, level, us);
        assert_int_equal(l.voice_us, 2040000);
    }
}

/* Of a sender that tells no levels: what carries sound is heard as someone who just speaks. */
static void guesses(void **state)
{
    (void)state;
    static const struct {
        size_t payload_len;
        bool speaks;
    } rows[] = {{0, false}, {1, false}, {3, false}, {8, false}, {9, true}, {160, true}, {1200, true}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct level l = {0};
        for (uint64_t at_us = 1000000; at_us < 1200000; at_us += LEVEL_FRAME_US)
            level_packet(&l, level_guess(rows[i].payload_len), at_us);
        assert_int_equal(level_loudness(&l, 1200000) >= LEVEL_VOICE, rows[i].speaks);
        assert_int_equal(l.voice_us != 0, rows[i].speaks);
        assert_true(level_loudness(&l, 1200000) < LEVEL_VOICE + 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guesses),
        cmocka_unit_test(smooths_and_decays),
        cmocka_unit_test(hears_a_speaker_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
