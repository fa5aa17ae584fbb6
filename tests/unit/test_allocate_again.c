/* One run after another: what is remembered, and when to run. */
#include "allocate_rows.h"

static const struct allocate_step fresh[] = {{0, 2, 30, true, 320, 180, 150000, 1},
                                             {1, 2, 30, true, 640, 360, 500000, ALIVE(1000)}};
static const struct allocate_step all_fresh[] = {{0, 2, 30, true, 320, 180, 150000, ALIVE(0)},
                                                 {1, 2, 30, true, 640, 360, 500000, ALIVE(1000)}};
static const struct allocate_step alone_fresh[] = {{0, 2, 30, true, 320, 180, 150000, ALIVE(0)},
                                                   {1, 2, 30, false, 640, 360, 500000, 0}};
/* It takes more than was thought, or than it did. */
static const struct allocate_step dear[] = {{0, 2, 30, true, 320, 180, 200000, 1},
                                            {1, 2, 30, true, 640, 360, 650000, 1}};
static const struct allocate_step dying[] = {{0, 2, 30, true, 320, 180, 150000, 1},
                                             {1, 2, 30, true, 640, 360, 500000, 1},
                                             {2, 2, 30, false, 1280, 720, 2500000, 0}};

/* A run at that time, of which the choices are told as text. */
static const char *run(struct allocate *a, const struct allocate_slot *slots, size_t count, unsigned kbps,
                       unsigned ms)
{
    struct allocate_choice choices[SLOTS];
    struct allocate_total total;
    allocate_run(a, slots, count, kbps * 1000, ALIVE(ms), choices, &total);
    return text(choices, count);
}

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
        {"who has become dearer may rise with the budget",
         {{0, 600, "1.2", {VIDEO(small)}},
          {300, 600, "0.2", {VIDEO(dear)}},
          {310, 689, "0.2", {VIDEO(small)}},
          {320, 690, "1.2", {VIDEO(small)}}}},
        {"... not with the price",
         {{0, 600, "1.2", {VIDEO(small)}},
          {300, 600, "0.2", {VIDEO(dear)}},
          {400, 600, "0.2", {VIDEO(small)}},
          {10299, 600, "0.2", {VIDEO(small)}},
          {10300, 600, "1.2", {VIDEO(small)}}}},
        {"a network that became narrower is no matter of the price",
         {{0, 600, "1.2", {VIDEO(small)}},
          {300, 499, "0.2", {VIDEO(dear)}},
          {400, 1499, "0.2", {VIDEO(dear)}},
          {500, 1500, "1.2", {VIDEO(dear)}}}},
        {"nor is it forgotten for one that rises after it",
         {{0, 3000, "2.2", {CAMERA}},
          {1000, 600, "1.2", {CAMERA}},
          {2000, 600, "0.2", {VIDEO(dear)}},
          {3000, 7000, "0.2", {CAMERA}},
          {3100, 7500, "2.2", {CAMERA}}}},
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
            const char *given = run(&a, &rows[i].runs[k].slot, 1, rows[i].runs[k].kbps, rows[i].runs[k].ms);
            if (strcmp(given, rows[i].runs[k].given) != 0)
                fail_msg("%s: %s, not %s, at %u", rows[i].name, given, rows[i].runs[k].given,
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
        struct {
            unsigned ms, kbps, share;
        } runs[3];                /* kbps 0 ends them */
        unsigned ms, kbps, share; /* then */
        bool touched, due;
    } rows[] = {
        {"at first", {CAMERA}, {{0}}, 0, 1000, 0, false, true},
        {"nothing changed", {CAMERA}, {{0, 1000, 0}}, 4999, 1000, 0, false, false},
        {"after 5 s", {CAMERA}, {{0, 1000, 0}}, 5000, 1000, 0, false, true},
        {"15 % more", {CAMERA}, {{0, 1000, 0}}, 1, 1150, 0, false, true},
        {"less than 15 % more", {CAMERA}, {{0, 1000, 0}}, 1, 1149, 0, false, false},
        {"15 % less", {CAMERA}, {{0, 1000, 0}}, 1, 850, 0, false, true},
        {"less than 15 % less", {CAMERA}, {{0, 1000, 0}}, 1, 851, 0, false, false},
        {"to nothing", {CAMERA}, {{0, 1000, 0}}, 1, 0, 0, false, true},
        {"a wish", {CAMERA}, {{0, 1000, 0}}, 1, 1000, 0, true, true},
        {"a layer will have settled", {VIDEO(fresh)}, {{0, 1000, 0}}, 2999, 1000, 0, false, false},
        {"a layer has settled", {VIDEO(fresh)}, {{0, 1000, 0}}, 3000, 1000, 0, false, true},
        {"a rate will be known", {VIDEO(unknown)}, {{0, 1000, 0}}, 299, 1000, 0, false, false},
        {"a rate is known", {VIDEO(unknown)}, {{0, 1000, 0}}, 300, 1000, 0, false, true},
        {"held", {CAMERA}, {{0, 3000, 0}, {1000, 2400, 0}, {6500, 7000, 0}}, 10999, 7000, 0, false, false},
        {"let go", {CAMERA}, {{0, 3000, 0}, {1000, 2400, 0}, {6500, 7000, 0}}, 11000, 7000, 0, false, true},
        {"the server has a little less to give", {CAMERA}, {{0, 1000, 100}}, 1, 1000, 119, false, false},
        {"... less", {CAMERA}, {{0, 1000, 100}}, 1, 1000, 120, false, true},
        {"... a little more", {CAMERA}, {{0, 1000, 120}}, 1, 1000, 101, false, false},
        {"... more", {CAMERA}, {{0, 1000, 120}}, 1, 1000, 100, false, true},
        {"... everything again", {CAMERA}, {{0, 1000, 1}}, 1, 1000, 0, false, true},
        {"... it enters another stage", {CAMERA}, {{0, 1000, 1001}}, 1, 1000, 1000, false, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct allocate a = {0};
        for (size_t k = 0; k < COUNT(rows[i].runs) && rows[i].runs[k].kbps; k++) {
            allocate_touch(&a); /* a run is the answer to that */
            a.share = rows[i].runs[k].share;
            (void)run(&a, &rows[i].slot, 1, rows[i].runs[k].kbps, rows[i].runs[k].ms);
        }
        a.share = rows[i].share;
        if (rows[i].touched)
            allocate_touch(&a);
        if (allocate_due(&a, rows[i].kbps * 1000, ALIVE(rows[i].ms)) != rows[i].due)
            fail_msg("%s", rows[i].name);
    }
}

/* Pushed out by what the viewer wants more it is back as soon as that is gone. */
static void who_makes_room_is_not_held(void **state)
{
    (void)state;
    struct allocate a = {0};
    struct allocate_slot slots[] = {{CAMERA}, {UNSEEN}};
    assert_string_equal(run(&a, slots, 2, 2950, 0), "2.2 hidden");
    slots[1] = (struct allocate_slot){CAMERA, .priority = 1};
    allocate_touch(&a);
    assert_string_equal(run(&a, slots, 2, 2950, 1000), "1.2 1.2");
    slots[1].hidden = true;
    allocate_touch(&a);
    assert_string_equal(run(&a, slots, 2, 2950, 1100), "2.2 hidden");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(remembers_what_it_gave),
        cmocka_unit_test(says_when_to_run),
        cmocka_unit_test(who_makes_room_is_not_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
