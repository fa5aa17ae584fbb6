#include "ntp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void converts_and_comes_back(void **state)
{
    (void)state;
    static const struct {
        uint64_t us, ntp;
    } rows[] = {
        {0, 0x83aa7e8000000000},
        {1, 0x83aa7e80000010c6},
        {500000, 0x83aa7e8080000000},
        {999999, 0x83aa7e80ffffef39},
        {1000000, 0x83aa7e8100000000},
        {1700000000123456, 0xe8fe6f801f9acffa}, /* 2023 */
        {2085978496000000, 0x0000000000000000}, /* 2036, the seconds wrap */
        {2085978495999999, 0xffffffffffffef39},
        {4294967295999999, 0x83aa7e7fffffef39}, /* 2106, the last that comes back */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(ntp_from_us(rows[i].us), rows[i].ntp);
        assert_int_equal(ntp_to_us(rows[i].ntp), rows[i].us);
    }
    for (uint64_t us = 1700000000000000; us < 1700000001000000; us += 37)
        assert_int_equal(ntp_to_us(ntp_from_us(us)), us);
}

static void subtracts_over_the_wrap(void **state)
{
    (void)state;
    static const struct {
        uint64_t a_us, b_us;
        int64_t diff_us;
    } rows[] = {
        {5, 5, 0},
        {1000001, 1000000, 1},
        {1000000, 1000001, -1},
        {1700000000000000, 1699999998500000, 1500000},
        {1699999998500000, 1700000000000000, -1500000},
        {2085978496000001, 2085978495999998, 3}, /* 2036 */
        {2085978495999998, 2085978496000001, -3},
        {2147483647000000, 0, 2147483647000000}, /* 68 years */
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(ntp_diff_us(ntp_from_us(rows[i].a_us), ntp_from_us(rows[i].b_us)), rows[i].diff_us);
}

static void takes_the_middle_and_delays(void **state)
{
    (void)state;
    assert_int_equal(ntp_middle(0x0123456789abcdef), 0x456789ab);
    static const struct {
        uint64_t us;
        uint32_t delay;
    } rows[] = {
        {0, 0},
        {15, 0},
        {16, 1},
        {1000000, 65536},
        {5250000, 0x00054000}, /* the example of RFC 3550, figure 2 */
        {65535999984, 0xfffffffe},
        {65536000000, UINT32_MAX},
        {UINT64_MAX, UINT32_MAX},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(ntp_delay(rows[i].us), rows[i].delay);
}

static void finds_the_round_trip(void **state)
{
    (void)state;
    static const struct {
        uint64_t now;
        uint32_t lsr, dlsr;
        bool ok;
        uint32_t rtt_us;
    } rows[] = {
        {0xb44db705ccccfffe, 0xb705cccc - 0x20000, 0x20000, true, 0},
        {0x0000b71080000000, 0xb7052000, 0x00054000, true, 6125000},  /* RFC 3550, figure 2 */
        {0x0000b71080000000, 0, 0x00054000, false, 0},                /* no sender report seen */
        {0x0000b71080000000, 0xb7102000, 0x00010000, false, 0},       /* negative */
        {0x0000b71080000000, 0xb7108001, 0, false, 0},                /* from the future */
        {0x0000b71080000000, 0xb7108000 - (61u << 16), 0, false, 0},  /* absurd */
        {0x0000000100000000, 0xffff0000, 0x00010000, true, 1000000},  /* the middle bits wrap */
        {0x0000b71080000000, 0xb7052000, UINT32_MAX, true, 11375015}, /* a delay that wraps looks like none */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t rtt_us = 0;
        assert_int_equal(ntp_round_trip(rows[i].now, rows[i].lsr, rows[i].dlsr, &rtt_us), rows[i].ok);
        assert_int_equal(rtt_us, rows[i].rtt_us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converts_and_comes_back),
        cmocka_unit_test(subtracts_over_the_wrap),
        cmocka_unit_test(takes_the_middle_and_delays),
        cmocka_unit_test(finds_the_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
