#include "silence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { START_MS = 1000, RTT_MS = 100, STEPS_MAX = 8 };

enum act { END, SEND, HEAR, LOOK, REVIVE };

/* At that time it happens: what the rate is then, and whether nobody is to be expected to tell. */
struct step {
    uint32_t ms;
    enum act act;
    uint32_t packets; /* to send */
    uint32_t bps;
    bool deaf;
};

static void lowers_the_rate_step_by_step(void **state)
{
    static const struct {
        const char *name;
        struct step steps[STEPS_MAX];
    } rows[] = {
        {"feedback comes",
         {{0, SEND, 20, 1000, false},
          {1000, HEAR, 0, 1000, false},
          {1000, SEND, 20, 1000, false},
          {2099, LOOK, 0, 1000, false}}},
        {"none comes",
         {{0, SEND, 20, 1000, false},
          {1099, LOOK, 0, 1000, false},
          {1100, LOOK, 0, 700, false},
          {1599, LOOK, 0, 700, false},
          {1600, LOOK, 0, 490, false}}},
        {"few packets may be on their way",
         {{0, SEND, 9, 1000, false}, {4900, LOOK, 0, 1000, false}, {5000, SEND, 1, 700, true}}},
        {"it begins with the first packet after feedback",
         {{0, SEND, 20, 1000, false},
          {900, HEAR, 0, 1000, false},
          {5000, SEND, 20, 1000, false},
          {6099, LOOK, 0, 1000, false},
          {6100, LOOK, 0, 700, false}}},
        {"what was before comes back",
         {{0, SEND, 20, 1000, false},
          {1100, LOOK, 0, 700, false},
          {1600, LOOK, 0, 490, false},
          {1700, HEAR, 0, 490, false},
          {1700, REVIVE, 0, 1000, false},
          {1701, REVIVE, 0, 0, false}}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct silence s = {0};
        uint32_t bps = 1000;
        for (const struct step *at = rows[i].steps; at < rows[i].steps + STEPS_MAX && at->act != END; at++) {
            uint64_t now_us = (START_MS + at->ms) * UINT64_C(1000);
            for (uint32_t n = 0; n < at->packets; n++)
                silence_sent(&s, now_us);
            if (at->act == HEAR)
                silence_heard(&s);
            if (at->act == REVIVE)
                bps = silence_end(&s);
            bool deaf = silence_is_deaf(&s, now_us);
            uint32_t lowered = silence_lower(&s, bps, RTT_MS * 1000, now_us);
            bps = lowered ? lowered : bps;
            if (bps != at->bps || deaf != at->deaf)
                fail_msg("%s, at %u ms: %u, %s", rows[i].name, at->ms, bps, deaf ? "deaf" : "not deaf");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lowers_the_rate_step_by_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
