#include "rhythm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { STEPS_MAX = 8, START_MS = 1000 };

enum act {
    END,
    PACKET, /* in the middle of a frame */
    FRAME,  /* its first packet */
    OTHER,  /* a frame of another layer begins */
    LOOK,   /* has it proven itself? */
};

/* At that time it happens: whether that is news, and how the layer is then. */
struct step {
    uint32_t ms;
    enum act act;
    bool news, silent, keeps;
};

static bool act(struct rhythm *r, enum act act, uint64_t now_us)
{
    switch (act) {
    case FRAME:
        rhythm_packet(r);
        rhythm_frame(r, now_us);
        return false;
    case PACKET:
        rhythm_packet(r);
        return false;
    case OTHER:
        return rhythm_other(r, now_us);
    default:
        return rhythm_proven(r, now_us);
    }
}

static void notices_who_does_not_keep_up(void **state)
{
    static const struct {
        const char *name;
        struct step steps[STEPS_MAX];
    } rows[] = {
        {"it keeps up",
         {{0, FRAME, false, false, true},
          {30, OTHER, false, false, true},
          {200, FRAME, false, false, true},
          {230, OTHER, false, false, true},
          {279, OTHER, false, false, true}}},
        {"it falls silent",
         {{0, FRAME, false, false, true},
          {30, OTHER, false, false, true},
          {279, OTHER, false, false, true},
          {280, OTHER, true, true, false},
          {310, OTHER, false, true, false},
          {9000, LOOK, false, true, false}}},
        {"any packet of it counts",
         {{30, OTHER, false, false, true},
          {270, PACKET, false, false, true},
          {300, OTHER, false, false, true},
          {549, OTHER, false, false, true},
          {550, OTHER, true, true, false}}},
        {"a pause of all is none of its own",
         {{0, FRAME, false, false, true},
          {5000, OTHER, false, false, true},
          {5030, FRAME, false, false, true},
          {10000, OTHER, false, false, true}}},
        {"few frames of both",
         {{0, OTHER, false, false, true},
          {10, FRAME, false, false, true},
          {1000, OTHER, false, false, true},
          {1010, FRAME, false, false, true},
          {2000, OTHER, false, false, true}}},
        {"it comes back, and has to prove itself",
         {{0, OTHER, false, false, true},
          {250, OTHER, true, true, false},
          {300, PACKET, false, true, false},
          {310, FRAME, false, false, false},
          {2309, LOOK, false, false, false},
          {2310, LOOK, true, false, true},
          {2311, LOOK, false, false, true}}},
        {"it falls silent once more before it has",
         {{0, OTHER, false, false, true},
          {250, OTHER, true, true, false},
          {300, FRAME, false, false, false},
          {400, OTHER, false, false, false},
          {650, OTHER, true, true, false},
          {700, FRAME, false, false, false},
          {2300, LOOK, false, false, false},
          {2700, LOOK, true, false, true}}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rhythm r = {0};
        for (const struct step *s = rows[i].steps; s < rows[i].steps + STEPS_MAX && s->act != END; s++) {
            bool news = act(&r, s->act, (START_MS + s->ms) * UINT64_C(1000));
            if (news != s->news || r.silent != s->silent || rhythm_keeps(&r) != s->keeps)
                fail_msg("%s, at %u ms: %s, %s", rows[i].name, s->ms, news ? "news" : "no news",
                         r.silent           ? "silent"
                         : rhythm_keeps(&r) ? "good"
                                            : "on trial");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notices_who_does_not_keep_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
