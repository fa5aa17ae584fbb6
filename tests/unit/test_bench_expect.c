#include "expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

#include <errno.h>
#include <math.h>
#include <string.h>

static void conditions(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum result_name name;
        enum expect_op op;
        double value;
    } rows[] = {
        {"loss<0.1%", RESULT_loss, EXPECT_LESS, 0.1},
        {"loss<0.1", RESULT_loss, EXPECT_LESS, 0.1},
        {"p99<20ms", RESULT_p99, EXPECT_LESS, 20},
        {" p99 <= 0.5 s ", RESULT_p99, EXPECT_AT_MOST, 500},
        {"p50<300us", RESULT_p50, EXPECT_LESS, 0.3},
        {"packets_in>=25k", RESULT_packets_in, EXPECT_AT_LEAST, 25000},
        {"packets_in>100/s", RESULT_packets_in, EXPECT_MORE, 100},
        {"faults=0", RESULT_faults, EXPECT_EQUAL, 0},
        {"failed==0", RESULT_failed, EXPECT_EQUAL, 0},
        {"us_per_packet<2.2us", RESULT_us_per_packet, EXPECT_LESS, 2.2},
        {"memory_per_participant<0.1MB", RESULT_memory_per_participant, EXPECT_LESS, 100},
        {"mbit_in>1.5M", RESULT_mbit_in, EXPECT_MORE, 1.5},
        {"frozen<100ms", RESULT_frozen, EXPECT_LESS, 0.1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct expect e;
        char err[EXPECT_ERROR_MAX] = "";
        if (expect_parse(&e, rows[i].text, err) != 0)
            fail_msg("%s", err);
        assert_int_equal(e.name, rows[i].name);
        assert_int_equal(e.op, rows[i].op);
        assert_true(fabs(e.value - rows[i].value) < 1e-9);
    }
}

static void mistakes(void **state)
{
    (void)state;
    static const char *const rows[] = {"",           "los<1",    "loss",     "loss<",   "loss<x",
                                       "loss!1",     "loss 1",   "p9<20",    "p99<20%", "loss<1ms",
                                       "p99<1 ms s", "loss<nan", "loss<inf", "<1",      "faults<1s"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct expect e;
        char err[EXPECT_ERROR_MAX] = "";
        if (expect_parse(&e, rows[i], err) != -EINVAL)
            fail_msg("taken: %s", rows[i]);
        assert_non_null(strstr(err, rows[i]));
    }
}

static void holds_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool holds; /* where the loss is 1 % */
    } rows[] = {
        {"loss<1", false}, {"loss<=1", true}, {"loss<1.1", true}, {"loss>1", false},
        {"loss>=1", true}, {"loss=1", true},  {"loss=0", false},  {"loss>0.9", true},
        {"p99<20", false}, {"p99>0", false}, /* nothing was measured */
    };
    struct result r = {0};
    r.has[RESULT_loss] = true;
    r.value[RESULT_loss] = 1;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct expect e;
        char err[EXPECT_ERROR_MAX];
        assert_int_equal(expect_parse(&e, rows[i].text, err), 0);
        if (expect_holds(&e, &r) != rows[i].holds)
            fail_msg("%s", rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(holds_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
