#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rank_order.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { SLOTS = 3, STEP_US = 20000, FIRST_US = 10000000, CAST = 4 };

/* Looks go on with these loudnesses (0 = silent) for a while; then the order is `order`, of ids 1 to 4. */
struct row {
    uint32_t ms;
    uint8_t loudness[CAST];
    uint32_t order[SLOTS];
};

static void order_follows_the_voices(void **state)
{
    static const struct row rows[] = {
        {100, {80, 0, 0, 0}, {1}},
        {100, {80, 80, 0, 0}, {1, 2}},
        {1000, {80, 89, 0, 0}, {1, 2}}, /* not clearly louder: nobody moves */
        {280, {80, 95, 0, 0}, {1, 2}},  /* clearly, but not for long */
        {60, {80, 95, 0, 0}, {2, 1}},
        {100, {0, 95, 100, 0}, {2, 1, 3}}, /* 1 has just stopped */
        {400, {0, 95, 100, 0}, {2, 3, 1}}, /* who speaks comes first */
        {280, {70, 95, 120, 0}, {2, 3, 1}},
        {60, {70, 95, 120, 0}, {3, 2, 1}},
        {60, {70, 95, 120, 127}, {3, 2, 1}},  /* 4 has no seat: 1 still speaks ... */
        {300, {70, 95, 120, 127}, {3, 2, 4}}, /* ... and has been the quietest for long enough */
        {400, {70, 95, 120, 127}, {3, 4, 2}},
        {500, {0, 0, 0, 0}, {3, 4, 2}}, /* all stopped at once: as they were */
    };
    struct rank rank;
    struct rank_order order = {0};
    uint64_t now_us = FIRST_US, voice_us[CAST] = {0};
    (void)state;
    rank_init(&rank, SLOTS);
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (uint64_t end_us = now_us + rows[i].ms * 1000u; now_us < end_us; now_us += STEP_US) {
            struct rank_candidate c[CAST];
            size_t n = 0;
            for (uint32_t k = 0; k < CAST; k++) {
                if (rows[i].loudness[k])
                    voice_us[k] = now_us;
                if (voice_us[k])
                    c[n++] = (struct rank_candidate){k + 1, rows[i].loudness[k], false, voice_us[k]};
            }
            rank_update(&rank, c, n, 0, now_us);
            rank_order_update(&order, &rank, c, n, now_us);
        }
        for (size_t k = 0; k < SLOTS; k++) {
            uint32_t id = k < order.count ? order.at[k].id : 0;
            if (id != rows[i].order[k])
                fail_msg("row %zu, place %zu: %u", i, k, id);
        }
    }
}

static void says_whether_it_changed(void **state)
{
    struct rank rank;
    struct rank_order order = {0};
    const struct rank_candidate c[] = {{1, 80, false, FIRST_US}, {2, 90, false, FIRST_US}};
    (void)state;
    rank_init(&rank, SLOTS);
    assert_false(rank_order_update(&order, &rank, c, 0, FIRST_US));
    rank_update(&rank, c, 2, 0, FIRST_US);
    assert_true(rank_order_update(&order, &rank, c, 2, FIRST_US));
    assert_false(rank_order_update(&order, &rank, c, 2, FIRST_US + STEP_US));
    rank_update(&rank, c, 1, 0, FIRST_US + 2 * STEP_US);
    assert_true(rank_order_update(&order, &rank, c, 1, FIRST_US + 2 * STEP_US));
    assert_true(order.count == 1 && order.at[0].id == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_follows_the_voices),
        cmocka_unit_test(says_whether_it_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
