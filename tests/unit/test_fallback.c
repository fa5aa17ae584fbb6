#include "fallback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum {
    START_MS = 1000,
    START_BPS = 600000,
    FLOOR_BPS = 30000,
    MOST_BPS = 5000000,
    KBPS = 1000,
    STEPS_MAX = 6
};

enum act { END, GRANT, REMB, LOST, FINE, QUIET, LOOK };

/* At that time it happens, and the rate is then between these. */
struct step {
    uint32_t ms;
    enum act act;
    uint32_t kbps; /* granted, or of the REMB */
    uint32_t least_kbps, most_kbps;
};

static void act(struct fallback *f, const struct step *s, uint64_t now_us)
{
    uint32_t before = fallback_bps(f, now_us);
    bool granted;
    switch (s->act) {
    case GRANT:
        granted = fallback_grant(f, s->kbps * KBPS);
        assert_int_equal(granted, fallback_bps(f, now_us) != before);
        break;
    case REMB:
        fallback_remb(f, s->kbps * KBPS, now_us);
        break;
    case LOST:
    case FINE:
        fallback_report(f, 100, s->act == LOST ? 50 : 0, MOST_BPS, 50000, now_us);
        break;
    case QUIET:
        (void)fallback_quiet(f, MOST_BPS, true, now_us);
        break;
    default:
        assert_false(fallback_quiet(f, MOST_BPS, false, now_us));
    }
}

static void goes_by_what_there_is(void **state)
{
    static const struct {
        const char *name;
        bool deaf;
        struct step steps[STEPS_MAX];
    } rows[] = {
        {"nothing yet", false, {{0, LOOK, 0, 600, 600}, {0, GRANT, 3000, 600, 600}}},
        {"nothing ever",
         true,
         {{0, LOOK, 0, 600, 600},
          {0, GRANT, 3000, 3000, 3000},
          {0, GRANT, 2000, 3000, 3000},
          {5000, QUIET, 0, 3000, 3000}}},
        {"losses speak against it",
         true,
         {{0, GRANT, 3000, 3000, 3000},
          {1000, LOST, 0, 2200, 2300},
          {2000, GRANT, 4000, 2200, 2300},
          {2500, FINE, 0, 2420, 2440},
          {4000, QUIET, 0, 2610, 2640}}},
        {"a REMB, for a while",
         false,
         {{0, FINE, 0, 600, 600},
          {0, REMB, 300, 300, 300},
          {9999, LOOK, 0, 300, 300},
          {10000, LOOK, 0, 600, 660}}},
        {"a REMB lifts the rate, but not after losses",
         false,
         {{0, REMB, 2000, 2000, 2000},
          {1000, LOST, 0, 1400, 1600},
          {3000, REMB, 2000, 1400, 1600},
          {3001, REMB, 2000, 2000, 2000}}},
        {"the less of the two",
         false,
         {{0, REMB, 2000, 2000, 2000},
          {1000, LOST, 0, 1400, 1600},
          {1100, REMB, 1000, 1000, 1000},
          {1200, FINE, 0, 1000, 1000}}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fallback f;
        fallback_init(&f, START_BPS, FLOOR_BPS, START_MS * UINT64_C(1000));
        f.deaf = rows[i].deaf;
        for (const struct step *s = rows[i].steps; s < rows[i].steps + STEPS_MAX && s->act != END; s++) {
            uint64_t now_us = (START_MS + s->ms) * UINT64_C(1000);
            act(&f, s, now_us);
            uint32_t kbps = fallback_bps(&f, now_us) / KBPS;
            if (kbps < s->least_kbps || kbps > s->most_kbps)
                fail_msg("%s, at %u ms: %u kbit/s", rows[i].name, s->ms, kbps);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_by_what_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
