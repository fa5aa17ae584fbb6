/* What holds of any run, for slots and budgets by chance. */
#include "allocate_rows.h"

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % n;
}

enum { SOURCES = 12 };

struct world {
    struct allocate_step steps[SOURCES][STEPS_MAX];
    struct allocate_slot slots[ALLOCATE_SLOTS_MAX];
    size_t count;
};

/* Simulcast cameras that differ in rate; some layers are dead where `deaths`. */
static void random_world(struct world *w, bool deaths)
{
    for (size_t s = 0; s < SOURCES; s++) {
        uint32_t percent = 30 + random_below(200);
        uint32_t alive = deaths ? random_below(8) : 7;
        for (size_t i = 0; i < COUNT(camera); i++) {
            w->steps[s][i] = camera[i];
            w->steps[s][i].bps = camera[i].bps / 100 * percent;
            w->steps[s][i].alive = alive >> camera[i].layer & 1;
            w->steps[s][i].alive_us = ALIVE(0) - random_below(4) * 1000000;
        }
    }
    w->count = 1 + random_below(ALLOCATE_SLOTS_MAX);
    for (size_t i = 0; i < w->count; i++) {
        static const uint16_t heights[] = {0, 90, 180, 250, 360, 700, 1440};
        uint16_t height = heights[random_below(COUNT(heights))];
        uint32_t source = random_below(SOURCES), kind = random_below(20);
        w->slots[i] = (struct allocate_slot){
            .kind = kind == 0 ? RTP_AUDIO : RTP_VIDEO,
            .source = source + 1,
            .hidden = random_below(6) == 0,
            .width = (uint16_t)(height * 16 / 9),
            .height = height,
            .max_fps = random_below(4) == 0 ? 15 : 0,
            .priority = (uint8_t)random_below(3),
            .pinned = random_below(10) == 0,
            .screen = kind == 1,
            .speaker = kind == 2,
            .step_count = COUNT(camera),
            .steps = w->steps[source],
        };
        if (kind == 0) {
            w->slots[i].steps = audio;
            w->slots[i].step_count = COUNT(audio);
        }
    }
}

static bool fills(const struct allocate_step *s, const struct allocate_slot *slot)
{
    return slot->height && s->height * 115 >= slot->height * 100;
}

/* It is given what is alive, not hidden, and not a larger one than it needs. */
static void check_choice(const struct allocate_slot *slot, const struct allocate_choice *c)
{
    const struct allocate_step *given = NULL;
    bool enough = false;
    if (c->why != ALLOCATE_GIVEN) {
        assert_int_equal(c->layer, ALLOCATE_NONE);
        assert_int_equal(c->bps, 0);
        assert_int_equal(c->why == ALLOCATE_HIDDEN, slot->hidden);
        return;
    }
    assert_false(slot->hidden);
    for (size_t i = 0; i < slot->step_count; i++) {
        const struct allocate_step *s = &slot->steps[i];
        if (s->layer == c->layer && s->tid == c->tid)
            given = s;
        enough |= s->layer < c->layer && s->alive && fills(s, slot);
    }
    assert_non_null(given);
    assert_true(given->alive);
    assert_int_equal(given->bps, c->bps);
    assert_false(enough);
}

/* Nobody is paused without need: the first step would not have fitted. */
static void check_paused(const struct allocate_slot *slot, uint64_t used_bps, uint64_t limit_bps)
{
    uint64_t least = UINT64_MAX;
    for (size_t i = slot->step_count; i-- > 0;)
        if (slot->steps[i].alive)
            least = slot->steps[i].bps;
    assert_true(used_bps + least * 9 > limit_bps); /* of a large layer only the highest step is looked at */
}

static bool same(const struct allocate_choice *x, const struct allocate_choice *y)
{
    return x->why == y->why && x->layer == y->layer && x->tid == y->tid && x->wish == y->wish &&
           x->more == y->more && x->bps == y->bps;
}

static void keeps_its_rules(void **state)
{
    (void)state;
    static struct world w;
    struct allocate_choice choices[ALLOCATE_SLOTS_MAX], again[ALLOCATE_SLOTS_MAX];
    for (int n = 0; n < 3000; n++) {
        struct allocate a = {0}, b = {0};
        struct allocate_total total;
        random_world(&w, true);
        for (unsigned run = 0; run < 4; run++) {
            uint32_t budget = random_below(100) * random_below(100) * 1000;
            b = a;
            allocate_run(&a, w.slots, w.count, budget, ALIVE(run * 3000), choices, &total);
            uint64_t used = 0, audio_bps = 0;
            bool overshoots = false;
            for (size_t i = 0; i < w.count; i++) {
                check_choice(&w.slots[i], &choices[i]);
                used += choices[i].bps;
                audio_bps += w.slots[i].kind == RTP_AUDIO ? choices[i].bps : 0;
                overshoots |= w.slots[i].screen && choices[i].why == ALLOCATE_GIVEN;
                if (w.slots[i].kind == RTP_AUDIO && !w.slots[i].hidden)
                    assert_int_equal(choices[i].why, ALLOCATE_GIVEN);
            }
            assert_int_equal(used, total.used_bps);
            uint64_t most = budget + (uint64_t)budget * ALLOCATE_DIP_PERCENT / 100;
            assert_true(used <= most + (overshoots ? ALLOCATE_SCREEN_OVERSHOOT : 0) || used == audio_bps);
            for (size_t i = 0; i < w.count && run == 0; i++)
                if (choices[i].why == ALLOCATE_BANDWIDTH)
                    check_paused(&w.slots[i], used, (uint64_t)budget * 85 / 100);
            allocate_run(&b, w.slots, w.count, budget, ALIVE(run * 3000), again, &total);
            for (size_t i = 0; i < w.count; i++)
                assert_true(same(&again[i], &choices[i]));
        }
    }
}

/* Rungs of `camera` that a choice stands for. */
static int level(const struct allocate_choice *c)
{
    return c->why != ALLOCATE_GIVEN ? 0 : c->layer == 0 ? c->tid + 1 : c->layer + 3;
}

enum { LEVELS = 5, FILLED = 4 };

static int rank_of(const struct allocate_slot *slot)
{
    return slot->pinned ? 0 : slot->speaker ? 1 : 2;
}

/* With more bandwidth, the first step in order that is decided otherwise is one
 * that is now taken. */
static bool at_least(const struct world *w, const struct allocate_choice *more,
                     const struct allocate_choice *less)
{
    for (int round = 1; round <= FILLED + LEVELS; round++)
        for (int rank = 0; rank < 3; rank++)
            for (int priority = 2; priority >= 0; priority--)
                for (size_t i = 0; i < w->count; i++) {
                    const struct allocate_slot *s = &w->slots[i];
                    int step = rank == 0 ? round : round - FILLED; /* pinned ones go ahead up to 360p */
                    if (rank_of(s) != rank || s->priority != priority || step < 1 || step > LEVELS)
                        continue;
                    bool has = level(&more[i]) >= step, had = level(&less[i]) >= step;
                    if (has != had)
                        return has;
                }
    return true;
}

static void more_bandwidth_gives_more(void **state)
{
    (void)state;
    static struct world w;
    struct allocate_choice before[ALLOCATE_SLOTS_MAX], now[ALLOCATE_SLOTS_MAX];
    for (int n = 0; n < 200; n++) {
        random_world(&w, false);
        w.count = 1 + (w.count - 1) % 12;
        for (size_t i = 0; i < w.count; i++) {
            w.slots[i].kind = RTP_VIDEO;
            w.slots[i].screen = false;
            w.slots[i].max_fps = 0;
            w.slots[i].width = 0;
            w.slots[i].height = 0;
            w.slots[i].steps = w.steps[w.slots[i].source - 1];
            w.slots[i].step_count = COUNT(camera);
            for (size_t k = 0; k < COUNT(camera); k++)
                w.steps[w.slots[i].source - 1][k].alive_us = 1;
        }
        uint64_t budget = 0, wanted = 1;
        for (bool first = true; budget <= wanted + 25000; first = false, budget += 25000) {
            struct allocate a = {0};
            struct allocate_total total;
            allocate_run(&a, w.slots, w.count, (uint32_t)budget, ALIVE(0), now, &total);
            assert_true(first || at_least(&w, now, before));
            assert_int_equal(total.more, budget < total.wanted_bps);
            wanted = total.wanted_bps;
            memcpy(before, now, sizeof now);
        }
        for (size_t i = 0; i < w.count; i++)
            assert_int_equal(level(&now[i]), w.slots[i].hidden ? 0 : LEVELS);
    }
}

/* Of two who want the same of the same source, the one who goes first has as much at least. */
static void goes_by_priority(void **state)
{
    (void)state;
    struct allocate_slot slots[] = {{CAMERA},
                                    {CAMERA, .priority = 1},
                                    {CAMERA, .speaker = true},
                                    {CAMERA, .pinned = true},
                                    {CAMERA, .pinned = true, .priority = 1}};
    for (uint32_t budget = 0; budget < 16000000; budget += 10000) {
        struct allocate a = {0};
        struct allocate_choice choices[COUNT(slots)];
        struct allocate_total total;
        allocate_run(&a, slots, COUNT(slots), budget, ALIVE(0), choices, &total);
        for (size_t i = 1; i < COUNT(slots); i++)
            assert_true(level(&choices[i]) >= level(&choices[i - 1]));
    }
}

/* A minute at an estimate that jumps about `percent` up and down, ten runs a
 * second. Returns how often at the most a slot changed from `from_ms` on, and
 * the shortest time between two returns of one, each a rise after a fall. */
static unsigned most_changes(uint32_t budget, uint32_t percent, unsigned from_ms, unsigned *apart_ms)
{
    static const struct allocate_slot slots[] = {{THUMB}, {CAMERA}, {CAMERA, .pinned = true},
                                                 {THUMB}, {SCREEN}, {AUDIO}};
    struct {
        unsigned changes, returned_ms;
        bool fell;
    } of[COUNT(slots)] = {0};
    struct allocate a = {0};
    struct allocate_choice before[COUNT(slots)], now[COUNT(slots)];
    struct allocate_total total;
    unsigned most = 0;
    *apart_ms = UINT32_MAX;
    for (unsigned ms = 100; ms < 60000; ms += 100) {
        uint32_t noisy = budget / 100 * (100 - percent + random_below(2 * percent + 1));
        allocate_run(&a, slots, COUNT(slots), noisy, ALIVE(ms), now, &total);
        for (size_t i = 0; i < COUNT(slots) && ms > 100; i++) {
            int rise = level(&now[i]) - level(&before[i]);
            of[i].changes += rise && ms >= from_ms;
            if (rise > 0 && of[i].fell) {
                if (of[i].returned_ms && ms - of[i].returned_ms < *apart_ms)
                    *apart_ms = ms - of[i].returned_ms;
                of[i].returned_ms = ms;
            }
            of[i].fell = rise ? rise < 0 : of[i].fell;
            most = of[i].changes > most ? of[i].changes : most;
        }
        memcpy(before, now, sizeof now);
    }
    return most;
}

static void does_not_flap(void **state)
{
    (void)state;
    unsigned apart_ms, returns = 0;
    for (uint32_t budget = 100000; budget < 8000000; budget += 37000) {
        /* within the headroom all settle and stay */
        assert_int_equal(most_changes(budget, 7, 20000, &apart_ms), 0);
        /* beyond it a slot that fell soon after it rose stays down */
        most_changes(budget, 40, 0, &apart_ms);
        assert_true(apart_ms >= ALLOCATE_HOLD_US / 1000);
        returns += apart_ms != UINT32_MAX;
    }
    assert_true(returns > 100);
}

/* Anything that a caller could give: more slots and steps than there may be, steps in no order. */
static void is_bounded(void **state)
{
    (void)state;
    static struct allocate_step steps[200];
    static struct allocate_slot slots[100];
    static struct allocate_choice choices[100];
    for (int n = 0; n < 2000; n++) {
        struct allocate a = {0};
        struct allocate_total total;
        for (size_t i = 0; i < COUNT(steps); i++)
            steps[i] = (struct allocate_step){(uint8_t)random_below(256),    (uint8_t)random_below(256),
                                              (uint8_t)random_below(256),    random_below(2) == 0,
                                              (uint16_t)random_below(65536), (uint16_t)random_below(65536),
                                              random_below(UINT32_MAX),      1};
        for (size_t i = 0; i < COUNT(slots); i++)
            slots[i] = (struct allocate_slot){.kind = random_below(2) ? RTP_VIDEO : RTP_AUDIO,
                                              .source = 1,
                                              .screen = random_below(2),
                                              .height = (uint16_t)random_below(65536),
                                              .step_count = (uint8_t)random_below(200),
                                              .steps = steps};
        for (unsigned run = 0; run < 3; run++)
            allocate_run(&a, slots, COUNT(slots), random_below(UINT32_MAX), ALIVE(run * 1000), choices,
                         &total);
        for (size_t i = ALLOCATE_SLOTS_MAX; i < COUNT(slots); i++)
            assert_int_equal(choices[i].why, ALLOCATE_EMPTY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_its_rules),  cmocka_unit_test(more_bandwidth_gives_more),
        cmocka_unit_test(goes_by_priority), cmocka_unit_test(does_not_flap),
        cmocka_unit_test(is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
