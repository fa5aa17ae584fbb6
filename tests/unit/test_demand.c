#include "demand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Each row goes on from the one before: at that time these layers are needed
 * (bit i: layer i); is the publisher told, and what? */
static void tells_what_is_needed(void **state)
{
    (void)state;
    static const struct {
        unsigned ms, needed;
        bool told;
        uint8_t layers;
    } rows[] = {
        {0, 0, false, 7}, /* it begins with all */
        {1000, 1 | 2, false, 7}, {2000, 1 | 2, false, 7},
        {4999, 1 | 2, false, 7}, {5000, 1 | 2, true, 3}, /* layer 2 was never needed */
        {5100, 1 | 2, false, 3}, {6000, 4, true, 7},     /* raised at once */
        {6010, 4, false, 7},     {7000, 2, false, 7},
        {10099, 0, false, 7},    {10100, 0, true, 6}, /* layer 0, 5 s after it was needed last */
        {11009, 0, false, 6},    {11010, 0, true, 2},
        {11999, 0, false, 2},    {12000, 0, true, 0},             /* nobody watches */
        {60000, 0, false, 0},    {60000, 8 | 16 | 128, false, 0}, /* no layers of the track */
        {60001, 1, true, 1},     {60000, 2, true, 3},             /* a clock that went back a little */
        {65000, 0, true, 1},     {65001, 0, true, 0},
    };
    struct demand d;
    demand_init(&d, 3, 1000000);
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t now_us = 1000000 + rows[i].ms * UINT64_C(1000);
        uint8_t layers;
        for (unsigned layer = 0; layer < 8; layer++)
            if (rows[i].needed >> layer & 1)
                demand_note(&d, layer, now_us);
        if (demand_due(&d, &layers, now_us) != rows[i].told || layers != rows[i].layers)
            fail_msg("row %u: layers %u", (unsigned)i, layers);
    }
}

static void counts_no_more_than_it_has(void **state)
{
    (void)state;
    static const struct {
        unsigned count;
        uint8_t layers;
    } rows[] = {{0, 0}, {1, 1}, {4, 15}, {5, 15}, {255, 15}, {256, 15}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct demand d;
        uint8_t layers;
        demand_init(&d, rows[i].count, 0);
        demand_note(&d, rows[i].count, 0);
        assert_false(demand_due(&d, &layers, 0));
        assert_int_equal(layers, rows[i].layers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_is_needed),
        cmocka_unit_test(counts_no_more_than_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
