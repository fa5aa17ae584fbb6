#include "counter.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void counts_each_by_itself(void **state)
{
    (void)state;
    static struct counters c;
    counter_add(&c, COUNT_rx_bytes, 1200);
    counter_add(&c, COUNT_rx_bytes, 34);
    counter_add(&c, COUNT_drop_mail_stale, 1);
    for (enum counter i = 0; i < COUNTER_COUNT; i++) {
        uint64_t expected = i == COUNT_rx_bytes ? 1234 : i == COUNT_drop_mail_stale;
        assert_int_equal(counter_get(&c, i), expected);
    }
}

/* /metrics wants names that are unique and of one form. */
static void names_are_unique_and_plain(void **state)
{
    (void)state;
    assert_string_equal(counter_info(COUNT_drop_short)->name, "drop_short");
    for (enum counter i = 0; i < COUNTER_COUNT; i++) {
        const struct counter_info *info = counter_info(i);
        assert_true(strlen(info->help) > 0);
        for (const char *p = info->name; *p; p++)
            assert_true(islower(*p) || isdigit(*p) || *p == '_');
        for (enum counter k = 0; k < i; k++)
            assert_string_not_equal(info->name, counter_info(k)->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_each_by_itself),
        cmocka_unit_test(names_are_unique_and_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
