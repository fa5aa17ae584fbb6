#include "receive_stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ntp.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { SSRC = 0x01020304, VIDEO = 90000, AUDIO = 48000 };

enum { STEPS_MAX = 12 };

/* seq, then what it was taken for; one packet a ms. */
struct step {
    uint16_t seq;
    enum receive_verdict verdict;
};

static void counts_sequences(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct step steps[STEPS_MAX];
        size_t count;
        uint32_t highest;
        int32_t lost;
        uint8_t fraction;
        uint64_t packets;
    } rows[] = {
        {"in order", {{10, RECEIVE_NEW}, {11, RECEIVE_NEW}, {12, RECEIVE_NEW}}, 3, 12, 0, 0, 3},
        {"one of four lost", {{10, RECEIVE_NEW}, {11, RECEIVE_NEW}, {13, RECEIVE_NEW}}, 3, 13, 1, 64, 3},
        {"out of order",
         {{10, RECEIVE_NEW}, {12, RECEIVE_NEW}, {11, RECEIVE_LATE}, {13, RECEIVE_NEW}},
         4,
         13,
         0,
         0,
         4},
        {"duplicates hide loss, never below none",
         {{10, RECEIVE_NEW}, {10, RECEIVE_LATE}, {10, RECEIVE_LATE}, {12, RECEIVE_NEW}},
         4,
         12,
         -1,
         0,
         4},
        {"older than the first", {{10, RECEIVE_NEW}, {8, RECEIVE_LATE}, {11, RECEIVE_NEW}}, 3, 11, 1, 64, 3},
        {"first is 0, older before the wrap",
         {{0, RECEIVE_NEW}, {65535, RECEIVE_LATE}, {1, RECEIVE_NEW}},
         3,
         1,
         0,
         0,
         3},
        {"wrap",
         {{65534, RECEIVE_NEW}, {65535, RECEIVE_NEW}, {0, RECEIVE_NEW}, {1, RECEIVE_NEW}},
         4,
         0x10001,
         0,
         0,
         4},
        {"loss over the wrap", {{65534, RECEIVE_NEW}, {1, RECEIVE_NEW}}, 2, 0x10001, 2, 128, 2},
        {"late over the wrap",
         {{65534, RECEIVE_NEW}, {0, RECEIVE_NEW}, {65535, RECEIVE_LATE}},
         3,
         0x10000,
         0,
         0,
         3},
        {"gap of 3,000", {{100, RECEIVE_NEW}, {3100, RECEIVE_NEW}}, 2, 3100, 2999, 255, 2},
        {"a stray jump is not counted",
         {{100, RECEIVE_NEW}, {3101, RECEIVE_JUMP}, {101, RECEIVE_NEW}, {3102, RECEIVE_JUMP}},
         4,
         101,
         0,
         0,
         2},
        {"jump ahead",
         {{100, RECEIVE_NEW}, {3101, RECEIVE_JUMP}, {3102, RECEIVE_RESTART}, {3103, RECEIVE_NEW}},
         4,
         3103,
         0,
         0,
         4},
        {"jump out of order",
         {{100, RECEIVE_NEW},
          {9001, RECEIVE_JUMP},
          {9000, RECEIVE_JUMP},
          {9002, RECEIVE_JUMP},
          {9003, RECEIVE_RESTART}},
         5,
         9003,
         0,
         0,
         3},
        {"1,000 late is late",
         {{5000, RECEIVE_NEW}, {4000, RECEIVE_LATE}, {5001, RECEIVE_NEW}},
         3,
         5001,
         999,
         255,
         3},
        {"restart at a lower number goes on upwards",
         {{5000, RECEIVE_NEW},
          {5001, RECEIVE_NEW},
          {7, RECEIVE_JUMP},
          {8, RECEIVE_RESTART},
          {9, RECEIVE_NEW}},
         5,
         0x10009,
         0,
         0,
         5},
        {"loss before and after a restart is kept",
         {{5000, RECEIVE_NEW},
          {5002, RECEIVE_NEW},
          {7, RECEIVE_JUMP},
          {8, RECEIVE_RESTART},
          {10, RECEIVE_NEW}},
         5,
         0x1000a,
         2,
         73,
         5},
        {"restart just below the wrap",
         {{5000, RECEIVE_NEW}, {65534, RECEIVE_JUMP}, {65535, RECEIVE_RESTART}, {0, RECEIVE_NEW}},
         4,
         0x10000,
         0,
         0,
         4},
        {"restart over the wrap",
         {{5000, RECEIVE_NEW}, {65535, RECEIVE_JUMP}, {0, RECEIVE_RESTART}, {1, RECEIVE_NEW}},
         4,
         0x10001,
         0,
         0,
         4},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct receive_stats s;
        struct receive_report r;
        receive_stats_init(&s, SSRC, VIDEO);
        assert_false(receive_stats_report(&s, 0, &r));
        for (size_t k = 0; k < rows[i].count; k++)
            if (receive_stats_packet(&s, rows[i].steps[k].seq, 0, 100, k * 1000) != rows[i].steps[k].verdict)
                fail_msg("%s: step %zu", rows[i].name, k);
        assert_true(receive_stats_report(&s, 100000, &r));
        if (r.highest != rows[i].highest || r.lost != rows[i].lost || r.fraction != rows[i].fraction ||
            s.packets != rows[i].packets || r.ssrc != SSRC || s.bytes != rows[i].count * 100)
            fail_msg("%s: highest %x lost %d fraction %u packets %u", rows[i].name, r.highest, r.lost,
                     r.fraction, (unsigned)s.packets);
    }
}

/* The fraction is that of each interval, the loss that since the start. */
static void reports_by_interval(void **state)
{
    (void)state;
    static const struct {
        uint16_t from, to, step; /* every step-th of them comes */
        int32_t lost;
        uint8_t fraction;
    } rows[] = {
        {65000, 65199, 1, 0, 0},   {65200, 65299, 2, 49, 126}, /* 65,200 .. 65,298: 99 expected, 50 came */
        {65300, 65399, 1, 50, 2},                              /* the one between */
        {65400, 164, 4, 275, 191},                             /* wraps; 301 expected, 76 came */
        {165, 264, 1, 275, 0},     {1, 0, 1, 275, 0},          /* nothing came at all */
    };
    struct receive_stats s;
    struct receive_report r;
    receive_stats_init(&s, SSRC, VIDEO);
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (uint16_t seq = rows[i].from; (int16_t)(uint16_t)(rows[i].to - seq) >= 0;
             seq = (uint16_t)(seq + rows[i].step))
            assert_int_equal(receive_stats_packet(&s, seq, 0, 100, 0), RECEIVE_NEW);
        assert_true(receive_stats_report(&s, 0, &r));
        if (r.lost != rows[i].lost || r.fraction != rows[i].fraction)
            fail_msg("row %zu: lost %d fraction %u", i, r.lost, r.fraction);
    }
}

static void late_packets_make_good(void **state)
{
    (void)state;
    struct receive_stats s;
    struct receive_report r;
    receive_stats_init(&s, SSRC, VIDEO);
    for (uint16_t seq = 1; seq <= 100; seq++)
        if (seq <= 90 || seq == 100)
            assert_int_equal(receive_stats_packet(&s, seq, 0, 1, 0), RECEIVE_NEW);
    assert_true(receive_stats_report(&s, 0, &r));
    assert_int_equal(r.lost, 9);
    for (uint16_t seq = 91; seq < 100; seq++)
        assert_int_equal(receive_stats_packet(&s, seq, 0, 1, 0), RECEIVE_LATE);
    assert_true(receive_stats_report(&s, 0, &r));
    assert_int_equal(r.lost, 0);
    assert_int_equal(r.fraction, 0);
}

/* Cumulative loss is 24 bits signed (RFC 3550, section 6.4.1), wraps are 16 bits. */
static void clamps_loss_and_wraps(void **state)
{
    (void)state;
    struct receive_stats s;
    struct receive_report r;
    receive_stats_init(&s, SSRC, VIDEO);
    uint32_t ext = 0;
    receive_stats_packet(&s, 0, 0, 1, 0);
    for (int i = 0; i < 3000; i++)
        receive_stats_packet(&s, (uint16_t)(ext += 3000), 0, 1, 0);
    assert_true(receive_stats_report(&s, 0, &r));
    assert_int_equal(receive_stats_lost(&s), 3000 * 2999);
    assert_int_equal(r.lost, 0x7fffff);
    assert_int_equal(r.highest, 9000000);
    assert_int_equal(r.fraction, 255);

    receive_stats_init(&s, SSRC, VIDEO);
    for (int i = 0; i < 9000000; i++)
        receive_stats_packet(&s, 5, 0, 1, 0);
    assert_true(receive_stats_report(&s, 0, &r));
    assert_int_equal(receive_stats_lost(&s), 1 - 9000000);
    assert_int_equal(r.lost, -0x800000);
}

/* Against RFC 3550, appendix A.8, computed by hand: J += (|D| - J) / 16. */
static void measures_jitter(void **state)
{
    (void)state;
    static const struct {
        uint16_t seq;
        uint32_t timestamp;
        uint64_t at_us;
        uint32_t jitter;
    } rows[] = {
        {1, UINT32_MAX - 899, 1000000, 0},
        {2, UINT32_MAX - 899, 1009000, 0},  /* the same frame */
        {3, 60, 1020000, 0},                /* 960 later: exactly on time */
        {4, 1020, 1050000, 30},             /* 10 ms late: 480 / 16 */
        {6, 2940, 1090000, 28},             /* with a loss; 30 - 30 / 16 */
        {5, 1980, 1300000, 28},             /* late ones do not count */
        {7, 3900, 1100000, 56},             /* 10 ms early: 28.1 + (480 - 28.1) / 16 */
        {8, 3900 + 48000 * 6, 1120000, 56}, /* the timestamp jumped by 6 s */
        {9, 3900 + 48000 * 6 + 960, 1140000, 52},
    };
    struct receive_stats s;
    struct receive_report r;
    receive_stats_init(&s, SSRC, AUDIO);
    for (size_t i = 0; i < COUNT(rows); i++) {
        receive_stats_packet(&s, rows[i].seq, rows[i].timestamp, 1, rows[i].at_us);
        assert_true(receive_stats_report(&s, rows[i].at_us, &r));
        if (r.jitter != rows[i].jitter)
            fail_msg("row %zu: %u", i, r.jitter);
    }
    assert_int_equal(receive_stats_jitter_us(&s), 52 * 1000000 / AUDIO);

    receive_stats_init(&s, SSRC, 0);
    receive_stats_packet(&s, 1, 0, 1, 0);
    receive_stats_packet(&s, 2, 1000, 1, 5000000);
    assert_int_equal(receive_stats_jitter_us(&s), 0);
}

/* The arrival clock in timestamp units wraps, and so do the timestamps. */
static void jitter_survives_wraps(void **state)
{
    (void)state;
    static const uint64_t starts_us[] = {0, 47721858000 /* 2^32 / 90,000 s */, UINT64_C(1) << 50};
    for (size_t i = 0; i < COUNT(starts_us); i++) {
        struct receive_stats s;
        receive_stats_init(&s, SSRC, VIDEO);
        for (uint32_t k = 0; k < 200; k++)
            receive_stats_packet(&s, (uint16_t)(65500 + k), 0xffffff00 + k * 3000, 1000,
                                 starts_us[i] + (uint64_t)k * 100000 / 3);
        assert_in_range(receive_stats_jitter_us(&s), 0, 12); /* one unit of rounding */
    }
}

static void answers_sender_reports(void **state)
{
    (void)state;
    struct receive_stats s;
    struct receive_report r;
    receive_stats_init(&s, SSRC, VIDEO);
    receive_stats_packet(&s, 1, 0, 1000, 1000000);
    assert_true(receive_stats_report(&s, 1000000, &r));
    assert_int_equal(r.lsr, 0);
    assert_int_equal(r.dlsr, 0);
    receive_stats_sr(&s, 0x0123456789abcdef, 2000000);
    static const struct {
        uint64_t now_us;
        uint32_t dlsr;
    } rows[] = {
        {2000000, 0}, {1999999, 0}, {2500000, 32768}, {7250000, 0x00054000}, {UINT64_MAX, UINT32_MAX}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(receive_stats_report(&s, rows[i].now_us, &r));
        assert_int_equal(r.lsr, 0x456789ab);
        assert_int_equal(r.dlsr, rows[i].dlsr);
    }
    assert_int_equal(rate_bps(&s.rate, 1000000), 8421);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_sequences),       cmocka_unit_test(reports_by_interval),
        cmocka_unit_test(late_packets_make_good), cmocka_unit_test(clamps_loss_and_wraps),
        cmocka_unit_test(measures_jitter),        cmocka_unit_test(jitter_survives_wraps),
        cmocka_unit_test(answers_sender_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
