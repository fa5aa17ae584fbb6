#include "impair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const uint8_t datagram[1000];

static void is_active(void **state)
{
    (void)state;
    static const struct {
        struct impair_conf conf;
        bool active;
    } rows[] = {{{0}, false},
                {{.loss = 0.01}, true},
                {{.delay_us = 1}, true},
                {{.jitter_us = 1}, true},
                {{.rate = 1e6}, true}};
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(impair_active(&rows[i].conf), rows[i].active);
}

static void delays(void **state)
{
    (void)state;
    struct impair n;
    size_t len;
    impair_init(&n, &(struct impair_conf){.delay_us = 50000}, 1);
    assert_int_equal(impair_next_us(&n), UINT64_MAX);
    for (uint64_t us = 0; us < 100; us++) /* more than it begins with room for */
        impair_push(&n, datagram, (size_t)us + 1, 1000 * us);
    for (uint64_t us = 0; us < 100; us++) {
        assert_int_equal(impair_next_us(&n), 50000 + 1000 * us);
        assert_null(impair_pop(&n, 49999 + 1000 * us, &len));
        assert_non_null(impair_pop(&n, 50000 + 1000 * us, &len));
        assert_int_equal(len, us + 1);
    }
    assert_null(impair_pop(&n, UINT64_MAX - 1, &len));
    impair_finish(&n);
}

static void loses_its_share(void **state)
{
    (void)state;
    static const double shares[] = {0, 0.02, 0.5, 1};
    for (size_t i = 0; i < COUNT(shares); i++) {
        struct impair n;
        size_t len;
        uint64_t came = 0;
        impair_init(&n, &(struct impair_conf){.loss = shares[i], .delay_us = 1}, 42);
        for (uint64_t us = 0; us < 10000; us++) {
            impair_push(&n, datagram, 10, us);
            came += impair_pop(&n, us + 1, &len) != NULL;
        }
        assert_int_equal(came + n.dropped, 10000);
        uint64_t expected = (uint64_t)(shares[i] * 10000);
        assert_in_range(n.dropped, expected - expected / 5, expected + expected / 5);
        impair_finish(&n);
    }
}

static void jitter_keeps_the_order(void **state)
{
    (void)state;
    struct impair n;
    uint64_t last_us = 0, longest_us = 0;
    size_t len;
    impair_init(&n, &(struct impair_conf){.delay_us = 10000, .jitter_us = 20000}, 7);
    for (uint64_t i = 0; i < 1000; i++)
        impair_push(&n, datagram, sizeof(datagram), 1000 * i);
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t due_us = impair_next_us(&n), took_us = due_us - 1000 * i;
        assert_true(due_us >= last_us && took_us >= 10000 && took_us <= 30000);
        last_us = due_us;
        longest_us = took_us > longest_us ? took_us : longest_us;
        assert_non_null(impair_pop(&n, due_us, &len));
    }
    assert_true(longest_us > 25000);
    impair_finish(&n);
}

/* 1 Mbit/s carries 125 packets of 1,000 bytes in a second, whatever comes. */
static void a_narrow_link(void **state)
{
    (void)state;
    struct impair n;
    uint64_t came = 0;
    size_t len;
    impair_init(&n, &(struct impair_conf){.rate = 1e6}, 1);
    for (uint64_t us = 0; us < 10000000; us += 1000) {
        impair_push(&n, datagram, sizeof(datagram), us);
        while (impair_pop(&n, us, &len))
            came++;
        assert_true(n.count <= (IMPAIR_BUFFER_US + 8000) / 8000 + 1);
    }
    assert_in_range(came, 1240, 1251);
    assert_int_equal(came + n.count + n.dropped, 10000);
    impair_finish(&n);
}

static void too_large(void **state)
{
    (void)state;
    static const uint8_t large[IMPAIR_DATAGRAM_MAX + 1];
    struct impair n;
    size_t len;
    impair_init(&n, &(struct impair_conf){.delay_us = 1}, 1);
    impair_push(&n, large, sizeof(large), 0);
    assert_int_equal(n.dropped, 1);
    impair_push(&n, large, IMPAIR_DATAGRAM_MAX, 0);
    assert_non_null(impair_pop(&n, 1, &len));
    assert_int_equal(len, IMPAIR_DATAGRAM_MAX);
    impair_finish(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_active),       cmocka_unit_test(delays),
        cmocka_unit_test(loses_its_share), cmocka_unit_test(jitter_keeps_the_order),
        cmocka_unit_test(a_narrow_link),   cmocka_unit_test(too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
