/* One run after another: what is remembered, and when to run. */
#include "allocate_rows.h"

static const struct allocate_step fresh[] = {{0, 2, 30, true, 320, 180, 150000, 1},
                                             {1, 2, 30, true, 640, 360, 500000, ALIVE(1000)}};
static const struct allocate_step all_fresh[] = {{0, 2, 30, true, 320, 180, 150000, ALIVE(0)},
                                                 {1, 2, 30, true, 640, 360, 500000, ALIVE(1000)}};
static const struct allocate_step alone_fresh[] = {{0, 2, 30, true, 320, 180, 150000, ALIVE(0)},
                                                   {1, 2, 30, false, 640, 360, 500000, 0}};
static const struct allocate_step dying[] = {{0, 2, 30, true, 320, 180, 150000, 1},
                                             {1, 2, 30, true, 640, 360, 500000, 1},
                                             {2, 2, 30, false, 1280, 720, 2500000, 0}};

static void remembers_what_it_gave(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct {
            unsigned ms, kbps;
            const char *given;
            struct allocate_slot slot;
        } runs[8]; /* given NULL ends them */
    } rows[] = {
        {"keeping a step takes no headroom",
         {{0, 2942, "2.2", {CAMERA}}, {9000, 2500, "2.2", {CAMERA}}, {9100, 2499, "1.2", {CAMERA}}}},
        {"back up it does",
         {{0, 3000, "2.2", {CAMERA}},
          {30000, 2400, "1.2", {CAMERA}},
          {30100, 2941, "1.2", {CAMERA}},
          {30200, 2942, "2.2", {CAMERA}}}},
        {"who fell soon after a rise is held for 10 s",
         {{0, 3000, "2.2", {CAMERA}},
          {29999, 2400, "1.2", {CAMERA}},
          {30100, 7000, "1.2", {CAMERA}},
          {39998, 7000, "1.2", {CAMERA}},
          {39999, 7000, "2.2", {CAMERA}}}},
        {"who fell later is not",
         {{0, 3000, "2.2", {CAMERA}}, {30000, 2400, "1.2", {CAMERA}}, {30100, 7000, "2.2", {CAMERA}}}},
        {"nor who falls twice after a long time",
         {{0, 3000, "2.2", {CAMERA}},
          {30000, 2400, "1.2", {CAMERA}},
          {30100, 200, "0.2", {CAMERA}},
          {30200, 7000, "2.2", {CAMERA}}}},
        {"who was held and falls again is held anew",
         {{0, 3000, "2.2", {CAMERA}},
          {1000, 2400, "1.2", {CAMERA}},
          {2000, 200, "0.2", {CAMERA}},
          {11500, 7000, "0.2", {CAMERA}},
          {12000, 7000, "2.2", {CAMERA}}}},
        {"nobody is paused for a dip",
         {{0, 3000, "2.2", {CAMERA}}, {30000, 50, "0.0", {CAMERA}}, {30100, 49, "paused", {CAMERA}}}},
        {"... unless it lasts",
         {{0, 3000, "2.2", {CAMERA}},
          {30000, 50, "0.0", {CAMERA}},
          {32999, 50, "0.0", {CAMERA}},
          {33000, 50, "paused", {CAMERA}}}},
        {"... or is over in between",
         {{0, 3000, "2.2", {CAMERA}},
          {30000, 50, "0.0", {CAMERA}},
          {32000, 60, "0.0", {CAMERA}},
          {33000, 50, "0.0", {CAMERA}}}},
        {"paused is held too",
         {{0, 100, "0.0", {CAMERA}},
          {1000, 40, "paused", {CAMERA}},
          {9000, 249, "paused", {CAMERA}},
          {11000, 249, "0.2", {CAMERA}}}},
        {"unless the network has become another",
         {{0, 100, "0.0", {CAMERA}}, {1000, 40, "paused", {CAMERA}}, {1100, 250, "0.2", {CAMERA}}}},
        {"not against the viewer's will",
         {{0, 3000, "2.2", {CAMERA}},
          {1000, 2400, "1.2", {CAMERA}},
          {1100, 7000, "1.2", {CAMERA}},
          {1200, 7000, "2.2", {CAMERA, .pinned = true}}}},
        {"whichever way it tells that",
         {{0, 3000, "2.2", {CAMERA}},
          {1000, 2400, "1.2", {CAMERA}},
          {1100, 7000, "1.2", {CAMERA}},
          {1200, 7000, "2.2", {CAMERA, .priority = 1}}}},
        {"nor once it was done with",
         {{0, 3000, "2.2", {CAMERA}},
          {1000, 2400, "1.2", {CAMERA}},
          {1100, 2400, "1.2", {CAMERA, .pinned = true}},
          {1200, 7000, "2.2", {CAMERA}}}},
        {"not for another source",
         {{0, 3000, "2.2", {CAMERA}},
          {1000, 2400, "1.2", {CAMERA}},
          {1100, 7000, "2.2", {.kind = RTP_VIDEO, .source = 2, STEPS(camera)}}}},
        {"another source begins with headroom",
         {{0, 3000, "2.2", {CAMERA}}, {1000, 2600, "1.2", {.kind = RTP_VIDEO, .source = 2, STEPS(camera)}}}},
        {"a smaller box is no fall",
         {{0, 3000, "2.2", {CAMERA}}, {1000, 3000, "0.2", {THUMB}}, {1100, 3000, "2.2", {CAMERA}}}},
        {"hidden and shown again it begins with headroom, and is not held",
         {{0, 3000, "2.2", {CAMERA}},
          {1000, 3000, "hidden", {UNSEEN}},
          {1100, 2600, "1.2", {CAMERA}},
          {1200, 3000, "2.2", {CAMERA}}}},
        {"nobody in between",
         {{0, 3000, "2.2", {CAMERA}},
          {1000, 3000, "empty", {.kind = RTP_VIDEO}},
          {1100, 3000, "2.2", {CAMERA}}}},
        {"a layer that comes to life has to last 2 s",
         {{1000, 3000, "0.2", {VIDEO(fresh)}},
          {2999, 3000, "0.2", {VIDEO(fresh)}},
          {3000, 3000, "1.2", {VIDEO(fresh)}}}},
        {"not where there is no other", {{0, 3000, "1.2", {VIDEO(all_fresh)}}}},
        {"nor where that one has not, either",
         {{500, 3000, "0.2", {VIDEO(alone_fresh)}}, {1000, 3000, "1.2", {VIDEO(all_fresh)}}}},
        {"nor where it is had",
         {{0, 3000, "1.2", {VIDEO(all_fresh)}}, {2500, 3000, "1.2", {VIDEO(all_fresh)}}}},
        {"a layer that dies is left at once, and taken again at once",
         {{0, 3000, "2.2", {CAMERA}}, {1000, 3000, "1.2", {VIDEO(dying)}}, {1100, 3000, "2.2", {CAMERA}}}},
        {"a screen that overshoots stays to the end of it",
         {{0, 118, "0.0", {SCREEN}}, {1000, 100, "0.0", {SCREEN}}, {2000, 99, "paused", {SCREEN}}}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct allocate a = {0};
        for (size_t k = 0; k < COUNT(rows[i].runs) && rows[i].runs[k].given; k++) {
            struct allocate_choice choice;
            struct allocate_total total;
            allocate_run(&a, &rows[i].runs[k].slot, 1, rows[i].runs[k].kbps * 1000, ALIVE(rows[i].runs[k].ms),
                         &choice, &total);
            if (strcmp(text(&choice, 1), rows[i].runs[k].given) != 0)
                fail_msg("%s: %s, not %s, at %u", rows[i].name, text(&choice, 1), rows[i].runs[k].given,
                         rows[i].runs[k].ms);
        }
    }
}

static void says_when_to_run(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct allocate_slot slot;
        unsigned kbps_before; /* a run at 0 ms; 0 = none */
        unsigned at_ms, kbps_then;
        bool touched, due;
    } rows[] = {
        {"at first", {CAMERA}, 0, 0, 1000, false, true},
        {"nothing changed", {CAMERA}, 1000, 4999, 1000, false, false},
        {"after 5 s", {CAMERA}, 1000, 5000, 1000, false, true},
        {"15 % more", {CAMERA}, 1000, 1, 1150, false, true},
        {"less than 15 % more", {CAMERA}, 1000, 1, 1149, false, false},
        {"15 % less", {CAMERA}, 1000, 1, 850, false, true},
        {"less than 15 % less", {CAMERA}, 1000, 1, 851, false, false},
        {"to nothing", {CAMERA}, 1000, 1, 0, false, true},
        {"a wish", {CAMERA}, 1000, 1, 1000, true, true},
        {"a layer will have settled", {VIDEO(fresh)}, 1000, 2999, 1000, false, false},
        {"a layer has settled", {VIDEO(fresh)}, 1000, 3000, 1000, false, true},
        {"a rate will be known", {VIDEO(unknown)}, 1000, 299, 1000, false, false},
        {"a rate is known", {VIDEO(unknown)}, 1000, 300, 1000, false, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct allocate a = {0};
        struct allocate_choice choice;
        struct allocate_total total;
        if (rows[i].kbps_before) {
            allocate_touch(&a);
            allocate_run(&a, &rows[i].slot, 1, rows[i].kbps_before * 1000, ALIVE(0), &choice, &total);
        }
        if (rows[i].touched)
            allocate_touch(&a);
        if (allocate_due(&a, rows[i].kbps_then * 1000, ALIVE(rows[i].at_ms)) != rows[i].due)
            fail_msg("%s", rows[i].name);
    }
}

static void runs_when_the_server_has_more_or_less_to_give(void **state)
{
    (void)state;
    static const struct {
        unsigned before, then;
        bool due;
    } rows[] = {
        {0, 0, false},    {100, 119, false}, {100, 120, true},   {120, 101, false},
        {120, 100, true}, {1, 0, true},      {1001, 1000, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct allocate a = {.share = rows[i].before};
        struct allocate_slot slot = {CAMERA};
        struct allocate_choice choice;
        struct allocate_total total;
        allocate_run(&a, &slot, 1, 1000000, ALIVE(0), &choice, &total);
        a.share = rows[i].then;
        if (allocate_due(&a, 1000000, ALIVE(1)) != rows[i].due)
            fail_msg("from %u to %u", rows[i].before, rows[i].then);
    }
}

/* A hold that ends between two runs is a reason to run. */
static void runs_when_a_hold_ends(void **state)
{
    (void)state;
    struct allocate a = {0};
    struct allocate_slot slot = {CAMERA};
    struct allocate_choice choice;
    struct allocate_total total;
    allocate_run(&a, &slot, 1, 3000000, ALIVE(0), &choice, &total);
    allocate_run(&a, &slot, 1, 2400000, ALIVE(1000), &choice, &total); /* held until 11,000 */
    allocate_run(&a, &slot, 1, 7000000, ALIVE(6500), &choice, &total);
    assert_false(allocate_due(&a, 7000000, ALIVE(10999)));
    assert_true(allocate_due(&a, 7000000, ALIVE(11000)));
}

/* Pushed out by what the viewer wants more it is back as soon as that is gone. */
static void who_makes_room_is_not_held(void **state)
{
    (void)state;
    struct allocate a = {0};
    struct allocate_slot slots[] = {{CAMERA}, {CAMERA}};
    struct allocate_choice choices[2];
    struct allocate_total total;
    slots[1].hidden = true;
    allocate_run(&a, slots, 2, 2950000, ALIVE(0), choices, &total);
    assert_string_equal(text(choices, 2), "2.2 hidden");
    slots[1] = (struct allocate_slot){CAMERA, .priority = 1};
    allocate_touch(&a);
    allocate_run(&a, slots, 2, 2950000, ALIVE(1000), choices, &total);
    assert_string_equal(text(choices, 2), "1.2 1.2");
    slots[1].hidden = true;
    allocate_touch(&a);
    allocate_run(&a, slots, 2, 2950000, ALIVE(1100), choices, &total);
    assert_string_equal(text(choices, 2), "2.2 hidden");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(remembers_what_it_gave),
        cmocka_unit_test(says_when_to_run),
        cmocka_unit_test(runs_when_the_server_has_more_or_less_to_give),
        cmocka_unit_test(runs_when_a_hold_ends),
        cmocka_unit_test(who_makes_room_is_not_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
