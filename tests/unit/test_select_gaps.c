/* Gaps, seen by the viewer: what was lost on the way to us leaves its hole, what is left out on purpose
 * leaves none, and what comes late finds its place. Each sequence runs with each kind of stream, and with all
 * of its counters about to wrap. */
#include "gap_rows.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* clang-format off */
/* Temporal layers: left out are the even pictures, unless it is aimed at them. */
static const struct sequence temporal[] = {
    {"loss inside a frame", {
        AIM(0, 0),
        COMES(1, 1, 0, S | K) GOES(1, 1, 0),
        COMES(3, 1, 0, E | M) GOES(3, 1, 1),
        COMES(4, 2, 0, S) LEFT,
        COMES(6, 2, 0, E | M) LEFT,
        COMES(7, 3, 0, SEM) GOES(4, 2, 1),
        COMES(2, 1, 0, 0) GOES(2, 1, 0),
        COMES(5, 2, 0, 0) LEFT, /* there is no hole for it */
        COMES(8, 4, 0, SEM) LEFT,
        COMES(9, 5, 0, SEM) GOES(5, 3, 1),
    }},
    {"loss of a frame's end, and of another's beginning", {
        AIM(0, 0),
        COMES(1, 1, 0, S | K) GOES(1, 1, 0),
        COMES(3, 2, 0, S) LEFT,
        COMES(6, 3, 0, E | M) GOES(5, 2, 1),
        COMES(4, 2, 0, E | M) HOLE(3),
        COMES(5, 3, 0, S) GOES(4, 2, 0),
        COMES(2, 1, 0, E | M) GOES(2, 1, 1),
        COMES(7, 4, 0, SEM) LEFT,
        COMES(8, 5, 0, SEM) GOES(6, 3, 1),
    }},
    {"loss of a whole frame", {
        AIM(0, 0),
        COMES(1, 1, 0, SEM | K) GOES(1, 1, 1),
        COMES(2, 2, 0, SEM) LEFT,
        COMES(5, 4, 0, SEM) LEFT,
        COMES(6, 5, 0, SEM) GOES(4, 3, 1),
        COMES(4, 3, 0, E | M) GOES(3, 2, 1),
        COMES(3, 3, 0, S) GOES(2, 2, 0),
        COMES(7, 6, 0, SEM) LEFT,
        COMES(8, 7, 0, SEM) GOES(5, 4, 1),
    }},
    {"loss of a whole frame that is not wanted", {
        AIM(0, 0),
        COMES(1, 1, 0, SEM | K) GOES(1, 1, 1),
        COMES(4, 3, 0, SEM) GOES(4, 3, 1),
        COMES(2, 2, 0, S) HOLE(2),
        COMES(3, 2, 0, E | M) HOLE(3),
        COMES(5, 4, 0, SEM) LEFT,
        COMES(6, 5, 0, SEM) GOES(5, 4, 1),
    }},
    {"a temporal drop next to a loss", {
        AIM(0, 0),
        COMES(1, 1, 0, SEM | K) GOES(1, 1, 1),
        COMES(2, 2, 0, SEM) LEFT,
        COMES(4, 4, 0, SEM) LEFT,
        COMES(6, 6, 0, SEM) LEFT,
        COMES(7, 7, 0, SEM) GOES(4, 4, 1),
        COMES(5, 5, 0, SEM) GOES(3, 3, 1),
        COMES(3, 3, 0, SEM) GOES(2, 2, 1),
        COMES(8, 8, 0, SEM) LEFT,
        COMES(9, 9, 0, SEM) GOES(5, 5, 1),
    }},
    {"reordering across a drop", {
        AIM(0, 0),
        COMES(1, 1, 0, S | K) GOES(1, 1, 0),
        COMES(3, 2, 0, SEM) LEFT,
        COMES(4, 3, 0, SEM) GOES(3, 2, 1),
        COMES(2, 1, 0, E | M) GOES(2, 1, 1),
        COMES(6, 5, 0, SEM) GOES(5, 4, 1),
        COMES(5, 4, 0, SEM) HOLE(4),
        COMES(8, 6, 0, E | M) LEFT,
        COMES(9, 7, 0, SEM) GOES(7, 5, 1),
        COMES(7, 6, 0, S) HOLE(6),
        COMES(3, 2, 0, SEM) LEFT,
    }},
    {"a lower aim holds from the next picture on, also across a hole", {
        AIM(0, 1),
        COMES(1, 1, 0, SEM | K) GOES(1, 1, 1),
        COMES(2, 2, 0, SEM | U) GOES(2, 2, 1),
        COMES(4, 4, 0, S | U) GOES(4, 4, 0),
        AIM(0, 0),
        COMES(5, 4, 0, E | M) GOES(5, 4, 1),
        COMES(7, 6, 0, SEM | U) LEFT,
        COMES(8, 7, 0, SEM) GOES(7, 6, 1),
        COMES(6, 5, 0, SEM) GOES(6, 5, 1),
        COMES(3, 3, 0, SEM) GOES(3, 3, 1),
        COMES(9, 8, 0, SEM | U) LEFT,
        COMES(10, 9, 0, SEM) GOES(8, 7, 1),
    }},
    {"late frames from before a lower aim go as those before them did", {
        AIM(0, 1),
        COMES(1, 1, 0, SEM | K) GOES(1, 1, 1),
        COMES(3, 3, 0, SEM) GOES(3, 3, 1),
        AIM(0, 0),
        COMES(5, 5, 0, SEM) GOES(5, 5, 1),
        COMES(4, 4, 0, SEM | U) GOES(4, 4, 1),
        COMES(2, 2, 0, SEM | U) GOES(2, 2, 1),
        COMES(6, 6, 0, SEM | U) LEFT,
        COMES(7, 7, 0, SEM) GOES(6, 6, 1),
    }},
    {"as late as it may be, and later", {
        AIM(0, 0),
        COMES(1, 1, 0, SEM | K) GOES(1, 1, 1),
        COMES(0, 0, 0, SEM) LEFT,
        COMES(-20, -11, 0, SEM) LEFT,
        COMES(-100, -51, 0, SEM) LEFT,
        COMES(2, 2, 0, SEM) LEFT,
        COMES(3, 3, 0, SEM) GOES(2, 2, 1),
    }},
};

/* Spatial layers: each picture has a frame of layer 0 and one of layer 1, which ends it. */
static const struct sequence spatial[] = {
    {"the marker goes with the last packet of the highest layer", {
        AIM(0, 1),
        COMES(1, 1, 0, S | K) GOES(1, 1, 0),
        COMES(2, 1, 0, E | K) GOES(2, 1, 1),
        COMES(3, 1, 1, SEM | K) LEFT,
        COMES(4, 2, 0, SE) GOES(3, 2, 1),
        COMES(5, 2, 1, S) LEFT,
        COMES(6, 2, 1, E | M) LEFT,
        AIM(1, 1),
        COMES(7, 3, 0, SE | K) GOES(4, 3, 0),
        COMES(8, 3, 1, S | K) GOES(5, 3, 0),
        COMES(9, 3, 1, E | M | K) GOES(6, 3, 1),
    }},
    {"loss inside the highest layer, and of its end", {
        AIM(0, 1),
        COMES(1, 1, 0, SE | K) GOES(1, 1, 1),
        COMES(2, 1, 1, SEM | K) LEFT,
        COMES(3, 2, 0, S) GOES(2, 2, 0),
        COMES(5, 2, 1, SEM) LEFT,
        COMES(6, 3, 0, SE) GOES(4, 3, 1),
        COMES(4, 2, 0, E) GOES(3, 2, 1),
        COMES(7, 3, 1, SEM) LEFT,
    }},
    {"loss of a whole layer's frame", {
        AIM(1, 1),
        COMES(1, 1, 0, SE | K) GOES(1, 1, 0),
        COMES(2, 1, 1, SEM | K) GOES(2, 1, 1),
        COMES(3, 2, 0, SE) GOES(3, 2, 0),
        COMES(6, 3, 1, SEM) GOES(6, 3, 1),
        COMES(7, 4, 0, SE) GOES(7, 4, 0),
        COMES(5, 3, 0, SE) GOES(5, 3, 0),
        COMES(4, 2, 1, SEM) GOES(4, 2, 1),
        COMES(8, 4, 1, SEM) GOES(8, 4, 1),
    }},
    {"a lower aim between a picture's layers, the lower of which is late", {
        AIM(1, 1),
        COMES(1, 1, 0, SE | K) GOES(1, 1, 0),
        COMES(2, 1, 1, SEM | K) GOES(2, 1, 1),
        COMES(4, 2, 1, S) GOES(4, 2, 0),
        AIM(0, 1),
        COMES(3, 2, 0, SE) GOES(3, 2, 0),
        COMES(5, 2, 1, E | M) GOES(5, 2, 1),
        COMES(7, 3, 1, SEM) LEFT,
        COMES(6, 3, 0, SE) GOES(6, 3, 1),
        COMES(8, 4, 0, SE) GOES(7, 4, 1),
    }},
    {"a lower aim across lost upper layers", {
        AIM(1, 1),
        COMES(1, 1, 0, SE | K) GOES(1, 1, 0),
        COMES(2, 1, 1, SEM | K) GOES(2, 1, 1),
        COMES(3, 2, 0, SE) GOES(3, 2, 0),
        AIM(0, 1),
        COMES(5, 3, 0, SE) GOES(5, 3, 1),
        COMES(4, 2, 1, SEM) GOES(4, 2, 1),
        COMES(6, 3, 1, SEM) LEFT,
        COMES(7, 4, 0, SE) GOES(6, 4, 1),
    }},
    {"an upper layer whose key frame was lost when the aim rose is not whole", {
        AIM(0, 1),
        COMES(1, 1, 0, SE | K) GOES(1, 1, 1),
        AIM(1, 1),
        COMES(3, 2, 0, SE) GOES(3, 2, 1),
        COMES(2, 1, 1, SEM | K) HOLE(2),
        COMES(4, 2, 1, SEM) LEFT,
        COMES(5, 3, 0, SE | K) GOES(4, 3, 0),
        COMES(6, 3, 1, SEM | K) GOES(5, 3, 1),
    }},
    {"a key frame whose beginning is late opens what is above it all the same", {
        AIM(0, 1),
        COMES(1, 1, 0, SE | K) GOES(1, 1, 1),
        COMES(2, 1, 1, SEM | K) LEFT,
        COMES(3, 2, 0, SE) GOES(2, 2, 1),
        COMES(4, 2, 1, SEM) LEFT,
        AIM(1, 1),
        COMES(6, 3, 0, E | K) GOES(4, 3, 0),
        COMES(7, 3, 1, SEM | K) GOES(5, 3, 1),
        COMES(5, 3, 0, S | K) GOES(3, 3, 0),
        COMES(8, 4, 0, SE) GOES(6, 4, 0),
        COMES(9, 4, 1, SEM) GOES(7, 4, 1),
    }},
};
/* clang-format on */

static const struct kind kinds[] = {
    {"VP8", as_vp8_wide, temporal, COUNT(temporal), 1},
    {"VP8, ids of 7 bits", as_vp8, temporal, COUNT(temporal), 1},
    {"descriptor, L1T2", as_described_temporal, temporal, COUNT(temporal), 1},
    {"VP9", as_vp9, spatial, COUNT(spatial), 2},
    {"descriptor, L2T2", as_described_spatial, spatial, COUNT(spatial), 2},
};

/* The four that are known to go wrong with layers (loss inside a frame, loss of a whole one, a temporal drop
 * next to a loss, reordering across a drop), and what else is beside gaps. */
static void gaps_are_what_was_lost(void **state)
{
    /* in the midst; all about to wrap, at one picture or another */
    static const struct start starts[] = {{0x5a00, 1 << 17, 1000000},
                                          {0x7ffe, (1 << 17) - 2, (uint32_t)-6000},
                                          {0x7ffa, (1 << 17) - 4, (uint32_t)-12000},
                                          {0xfffc, (1 << 17) - 3, (uint32_t)-9000},
                                          {0x01fc, (1 << 17) - 1, (uint32_t)-3000}};
    (void)state;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        for (size_t i = 0; i < kinds[k].count; i++) {
            print_message("  %s: %s\n", kinds[k].name, kinds[k].sequences[i].name);
            for (size_t j = 0; j < COUNT(starts); j++) {
                struct run r = begin(&kinds[k], &starts[j]);
                take(&r, kinds[k].sequences[i].rows);
            }
        }
    }
}

/* clang-format off */
/* Late by up to as many frames as are remembered, and by more: then it is as if it had been lost for good. */
static void late_by_many_frames(void **state)
{
    static const struct start start = {100, 1 << 17, 0};
    (void)state;
    for (int late = 1; late < 2 * FRAMES_MAX; late++) {
        struct run r = begin(&kinds[0], &start);
        take(&r, (const struct row[]){AIM(0, 1), COMES(1, 1, 0, SEM | K) GOES(1, 1, 1), {.op = END}});
        for (int i = 3; i < 3 + late; i++)
            take(&r, (const struct row[]){COMES(i, i, 0, SEM | U) GOES(i, i, 1), {.op = END}});
        if (late < FRAMES_MAX)
            take(&r, (const struct row[]){COMES(2, 2, 0, SEM | U) GOES(2, 2, 1), {.op = END}});
        else
            take(&r, (const struct row[]){COMES(2, 2, 0, SEM | U) HOLE(2), {.op = END}});
    }
}

/* Whatever is older than the first packet of the source has no place, however many come. */
static void nothing_from_before_the_switch(void **state)
{
    static const struct start start = {0x200, 1 << 17, 0};
    (void)state;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        struct run r = begin(&kinds[k], &start);
        int is_whole = kinds[k].spatial_count == 1;
        take(&r, (const struct row[]){AIM(1, 1), COMES(1, 1, 0, SE | K) GOES(1, 1, is_whole), {.op = END}});
        for (int i = 0; i > -150; i--)
            take(&r, (const struct row[]){COMES(i, i, 0, SEM | (i % 3 ? U : K)) LEFT, {.op = END}});
    }
}
/* clang-format on */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps_are_what_was_lost),
        cmocka_unit_test(late_by_many_frames),
        cmocka_unit_test(nothing_from_before_the_switch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
