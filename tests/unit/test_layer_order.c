#include "layer_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    const char *what;
    uint32_t pixels[LAYER_ORDER_MAX];
    size_t count;
    uint8_t order[LAYER_ORDER_MAX];
} rows[] = {
    {"nothing is known", {0, 0, 0}, 3, {0, 1, 2}},
    {"one is known", {0, 9, 0}, 3, {0, 1, 2}},
    {"the smallest first, as browsers", {1, 4, 16}, 3, {0, 1, 2}},
    {"the largest first", {16, 4, 1}, 3, {2, 1, 0}},
    {"two are enough to know that it is so", {16, 4, 0}, 3, {2, 1, 0}},
    {"whichever two", {16, 0, 1}, 3, {2, 1, 0}},
    {"or that it is not", {0, 4, 16}, 3, {0, 1, 2}},
    {"no order at all", {4, 16, 1}, 3, {2, 0, 1}},
    {"another", {16, 1, 4}, 3, {1, 2, 0}},
    {"of four", {4, 1, 16, 2}, 4, {1, 3, 0, 2}},
    {"one of which is not known", {4, 1, 0, 16}, 4, {1, 0, 2, 3}},
    {"all alike", {5, 5, 5}, 3, {0, 1, 2}},
    {"two alike among larger ones first", {9, 9, 4}, 3, {2, 1, 0}},
    {"a single one", {7}, 1, {0}},
};

static void sorts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t order[LAYER_ORDER_MAX] = {0, 1, 2, 3};
        bool moved = layer_order(rows[i].pixels, rows[i].count, order), sorted = true;
        for (uint8_t at = 0; at < rows[i].count; at++)
            sorted &= order[at] == at;
        assert_true(moved != sorted);
        assert_false(layer_order(rows[i].pixels, rows[i].count, order));
        for (size_t at = 0; at < rows[i].count; at++) {
            if (order[at] != rows[i].order[at])
                fail_msg("%s: at %zu there is %u", rows[i].what, at, order[at]);
        }
    }
}

/* Once known, it stays while layers are stopped. */
static void stays(void **state)
{
    (void)state;
    static const uint32_t all[] = {16, 4, 1}, one[] = {0, 0, 1}, none[] = {0, 0, 0};
    uint8_t order[LAYER_ORDER_MAX] = {0, 1, 2};
    assert_true(layer_order(all, 3, order));
    assert_false(layer_order(one, 3, order));
    assert_false(layer_order(none, 3, order));
    assert_true(order[0] == 2 && order[1] == 1 && order[2] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sorts), cmocka_unit_test(stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
