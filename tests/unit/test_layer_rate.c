#include "layer_rate.h"
#include "points.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { BASE_US = 1000000, PACKET_US = 10000 };

/* A packet of a frame of its own, which is no key frame. */
static void add(struct layer_rate *r, unsigned sid, unsigned tid, uint32_t needed_by, uint32_t bytes,
                uint64_t now_us)
{
    const struct frame_info f = {
        .start = true, .end = true, .sid = (uint8_t)sid, .tid = (uint8_t)tid, .needed_by = needed_by};
    layer_rate_add(r, (uint32_t)(now_us * 9 / 100), &f, bytes, now_us);
}

/* Packets of 125 bytes each 10 ms (100 kbps) of each of these layers, from_ms ..
 * until_ms; the rate of one of them at at_ms, within 6 % (a bucket). */
static void measures_what_a_layer_takes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned spatial, temporal; /* so many layers */
        unsigned from_ms, until_ms, at_ms;
        unsigned sid, tid, kbps;
    } rows[] = {
        {"one layer", 1, 1, 0, 3000, 3000, 0, 0, 100},
        {"temporal layers below", 1, 3, 0, 3000, 3000, 0, 1, 200},
        {"spatial layers below", 3, 1, 0, 3000, 3000, 2, 0, 300},
        {"both", 3, 3, 0, 3000, 3000, 1, 2, 600},
        {"an id that is not sent", 1, 1, 0, 3000, 3000, 3, 3, 100},
        {"ids above 3 count as 3", 6, 8, 0, 3000, 3000, 7, 7, 4800},
        {"too early", 1, 1, 0, 250, 250, 0, 0, 0},
        {"early", 1, 1, 0, 300, 300, 0, 0, 100},
        {"not yet a second", 2, 2, 0, 700, 700, 1, 1, 400},
        {"nothing came", 1, 1, 0, 0, 3000, 0, 0, 0},
        {"as it was half a second ago", 1, 1, 0, 2000, 2500, 0, 0, 100},
        {"as it was long ago", 1, 1, 0, 1000, 3000, 0, 0, 100},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct layer_rate r = {0};
        for (unsigned ms = rows[i].from_ms; ms < rows[i].until_ms; ms += PACKET_US / 1000)
            for (unsigned s = 0; s < rows[i].spatial; s++)
                for (unsigned t = 0; t < rows[i].temporal; t++)
                    add(&r, s, t, 0, 125, BASE_US + ms * UINT64_C(1000));
        unsigned bps = layer_rate_bps(&r, rows[i].sid, rows[i].tid, BASE_US + rows[i].at_ms * UINT64_C(1000));
        unsigned slack = rows[i].kbps * 60;
        if (bps + slack < rows[i].kbps * 1000 || bps > rows[i].kbps * 1000 + slack)
            fail_msg("%s: %u", rows[i].name, bps);
    }
}

/* Three spatial layers of two temporal ones, 100 kbps each. */
static void counts_what_goes_to_a_viewer(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t (*needed_by)(unsigned sid, unsigned tid);
        unsigned sid, tid, kbps;
    } rows[] = {
        {"the lowest of L3T2", points_above, 0, 1, 200}, {"the highest of L3T2", points_above, 2, 1, 600},
        {"the lowest of K-SVC", points_row, 0, 1, 200},  {"the highest of K-SVC", points_row, 2, 1, 200},
        {"K-SVC without T1", points_row, 2, 0, 100},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct layer_rate r = {0};
        for (unsigned ms = 0; ms < 3000; ms += PACKET_US / 1000)
            for (unsigned s = 0; s < 3; s++)
                for (unsigned t = 0; t < 2; t++)
                    add(&r, s, t, rows[i].needed_by(s, t), 125, BASE_US + ms * UINT64_C(1000));
        unsigned bps = layer_rate_bps(&r, rows[i].sid, rows[i].tid, BASE_US + UINT64_C(3000000));
        if (bps < rows[i].kbps * 940 || bps > rows[i].kbps * 1060)
            fail_msg("%s: %u", rows[i].name, bps);
        assert_true(layer_rate_has(&r, 2));
        assert_false(layer_rate_has(&r, 3));
        assert_int_equal(layer_rate_temporal(&r, rows[i].sid), 2);
    }
}

static void counts_temporal_layers(void **state)
{
    (void)state;
    struct layer_rate r = {0};
    assert_int_equal(layer_rate_temporal(&r, 0), 1);
    for (unsigned tid = 0; tid < 3; tid++)
        add(&r, 1, tid, 0, 125, BASE_US + tid * PACKET_US);
    assert_int_equal(layer_rate_temporal(&r, 0), 1);
    assert_int_equal(layer_rate_temporal(&r, 1), 3);
    for (uint64_t ms = 100; ms < 2000; ms += 10) /* the higher ones have ended, the stream has not */
        add(&r, 1, 0, 0, 125, BASE_US + ms * 1000);
    assert_int_equal(layer_rate_temporal(&r, 1), 1);
}

/* After a pause it is measured anew, not as a second with a hole in it. */
static void begins_anew_after_a_pause(void **state)
{
    (void)state;
    struct layer_rate r = {0};
    uint64_t now_us = BASE_US;
    for (int i = 0; i < 100; i++, now_us += PACKET_US)
        add(&r, 0, 0, 0, 125, now_us);
    now_us += 2000000;
    for (int i = 0; i < 30; i++, now_us += PACKET_US)
        add(&r, 0, 0, 0, 125, now_us);
    assert_in_range(layer_rate_bps(&r, 0, 0, now_us), 94000, 106000);
}

/* 25 frames a second of two packets of 500 bytes (200 kbps), key frames of ten packets, paced: what a second
 * will bring. */
static void takes_key_frames_for_what_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned key_ms[3], at_ms, kbps;
        bool ids; /* with spatial layers, the packets by turns */
    } rows[] = {
        {"the first frame", {0, 9999, 9999}, 300, 232, false},
        {"a little later", {0, 9999, 9999}, 600, 232, false},
        {"two of them", {0, 200, 9999}, 300, 264, false},
        {"three of them", {0, 200, 400}, 500, 296, false},
        {"not the first frame", {80, 9999, 9999}, 300, 232, false},
        {"none", {9999, 9999, 9999}, 700, 200, false},
        {"after a second, as it is", {0, 9999, 9999}, 990, 232, false},
        {"of two spatial layers", {0, 9999, 9999}, 300, 232, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct layer_rate r = {0};
        for (unsigned ms = 0; ms < rows[i].at_ms; ms += 40) {
            const unsigned *keys = rows[i].key_ms;
            bool key = ms == keys[0] || ms == keys[1] || ms == keys[2];
            for (unsigned n = 0; n < (key ? 10 : 2); n++) {
                struct frame_info f = {.start = n == 0, .key = key && n == 0};
                f.sid = rows[i].ids ? n % 2 : 0;
                f.needed_by = rows[i].ids ? points_above(f.sid, 0) : 0;
                layer_rate_add(&r, ms * 90, &f, 500, BASE_US + ms * UINT64_C(1000) + n * UINT64_C(3000));
            }
        }
        unsigned bps = layer_rate_bps(&r, rows[i].ids, 0, BASE_US + rows[i].at_ms * UINT64_C(1000));
        if (bps < rows[i].kbps * 900 || bps > rows[i].kbps * 1100)
            fail_msg("%s: %u", rows[i].name, bps);
    }
}

static void is_bounded(void **state)
{
    (void)state;
    struct layer_rate r = {0};
    for (uint64_t ms = 0; ms < 1000; ms++)
        for (unsigned s = 0; s < LAYER_RATE_IDS; s++)
            add(&r, s, 0, 0, UINT32_MAX, BASE_US + ms * 1000);
    assert_int_equal(layer_rate_bps(&r, 0, 0, BASE_US + 300000), UINT32_MAX);
    assert_int_equal(layer_rate_bps(&r, UINT32_MAX, UINT32_MAX, BASE_US + 1000000), UINT32_MAX);
    assert_int_equal(layer_rate_bps(&r, 0, 0, 0), 0); /* before it began */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_what_a_layer_takes),
        cmocka_unit_test(counts_what_goes_to_a_viewer),
        cmocka_unit_test(counts_temporal_layers),
        cmocka_unit_test(begins_anew_after_a_pause),
        cmocka_unit_test(takes_key_frames_for_what_they_are),
        cmocka_unit_test(is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
