/* Send times and RTP timestamps become one line of time, whatever wraps, jumps or falls silent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "send_clock.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { MS = 1000, HZ = 90000, SECOND = 1 << 18 /* of send time */ };

/* A packet that comes `ms` after the start. */
struct row {
    uint32_t ms;
    uint32_t ssrc; /* 0 = it has a send time */
    uint32_t value;
    enum send_clock_verdict verdict;
    int64_t after_us; /* since the line began */
};

static void play(const char *name, const struct row *rows, size_t count)
{
    struct send_clock c = {.source = SEND_CLOCK_NONE};
    uint64_t begin_us = 0;
    for (size_t i = 0; i < count; i++) {
        struct send_clock_stamp stamp = {
            .has_send_time = !rows[i].ssrc,
            .send_time = rows[i].ssrc ? 0 : rows[i].value,
            .ssrc = rows[i].ssrc,
            .timestamp = rows[i].ssrc ? rows[i].value : 12345,
            .clock_rate = HZ,
        };
        uint64_t sent_us = 77;
        enum send_clock_verdict verdict =
            send_clock_packet(&c, &stamp, UINT64_C(1000000000) + rows[i].ms * MS, &sent_us);
        if (verdict == SEND_CLOCK_ANEW)
            begin_us = sent_us;
        int64_t after_us = verdict == SEND_CLOCK_NOTHING ? 0 : (int64_t)(sent_us - begin_us);
        if (verdict != rows[i].verdict || after_us != rows[i].after_us)
            fail_msg("%s, row %zu: verdict %d, %lld us", name, i, (int)verdict, (long long)after_us);
        if (verdict == SEND_CLOCK_NOTHING)
            assert_int_equal(sent_us, 77);
    }
}

#define PLAY(rows) play(#rows, rows, COUNT(rows))

static void send_times(void **state)
{
    static const struct row steps[] = {
        {0, 0, 5, SEND_CLOCK_ANEW, 0},
        {10, 0, 5 + SECOND / 64, SEND_CLOCK_KNOWN, 15625},
        {12, 0, 5 + SECOND / 128, SEND_CLOCK_KNOWN, 7812}, /* overtaken */
        {12, 0, 5 + SECOND / 64, SEND_CLOCK_KNOWN, 15625},
        {500, 0, 5 + SECOND / 2, SEND_CLOCK_KNOWN, 500000},
        {25000, 0, 5 + 25 * SECOND, SEND_CLOCK_KNOWN, 25000000}, /* after a silence */
    };
    static const struct row wrap[] = {
        {0, 0, 0xffffff - SECOND, SEND_CLOCK_ANEW, 0},
        {900, 0, 0xffffff, SEND_CLOCK_KNOWN, 1000000},
        {1900, 0, SECOND - 1, SEND_CLOCK_KNOWN, 2000000},
        {1910, 0, 0xffffff, SEND_CLOCK_KNOWN, 1000000}, /* before the wrap, and late */
    };
    static const struct row jump[] = {
        {0, 0, 0, SEND_CLOCK_ANEW, 0},
        {100, 0, 20 * SECOND, SEND_CLOCK_ANEW, 0}, /* the sender's clock was set */
        {200, 0, 21 * SECOND, SEND_CLOCK_KNOWN, 1000000},
        {64200, 0, 21 * SECOND, SEND_CLOCK_ANEW, 0}, /* once round */
        {104200, 0, 61 * SECOND % 0x1000000, SEND_CLOCK_ANEW,
         0}, /* more than half of that: before or after? */
    };
    static const struct row back[] = {
        {0, 0, 20 * SECOND, SEND_CLOCK_ANEW, 0},
        {500, 0, 5 * SECOND, SEND_CLOCK_KNOWN, -15000000}, /* could be late for all that is known */
        {900, 0, 5 * SECOND + 9, SEND_CLOCK_KNOWN, -14999966},
        {1000, 0, 5 * SECOND + 99, SEND_CLOCK_ANEW, 0},
        {1010, 0, 6 * SECOND + 99, SEND_CLOCK_KNOWN, 1000000},
    };
    (void)state;
    PLAY(steps);
    PLAY(wrap);
    PLAY(jump);
    PLAY(back);
}

static void timestamps(void **state)
{
    static const struct row frames[] = {
        {0, 7, 3000, SEND_CLOCK_ANEW, 0},
        {1, 7, 3000, SEND_CLOCK_NOTHING, 0}, /* the rest of the frame */
        {33, 7, 6000, SEND_CLOCK_KNOWN, 33333},
        {40, 7, 3000, SEND_CLOCK_NOTHING, 0}, /* sent again */
        {66, 7, 9000, SEND_CLOCK_KNOWN, 66666},
        {100, 7, 12000, SEND_CLOCK_KNOWN, 100000},
    };
    static const struct row wrap[] = {
        {0, 7, 0xffffffff, SEND_CLOCK_ANEW, 0},
        {1000, 7, HZ - 1, SEND_CLOCK_KNOWN, 1000000},
    };
    static const struct row several[] = {
        {0, 7, 3000, SEND_CLOCK_ANEW, 0},          {1, 8, 900000, SEND_CLOCK_NOTHING, 0},
        {500, 7, 48000, SEND_CLOCK_KNOWN, 500000}, {1400, 8, 1026000, SEND_CLOCK_NOTHING, 0},
        {1500, 8, 1035000, SEND_CLOCK_ANEW, 0}, /* the first is paused */
        {1600, 7, 147000, SEND_CLOCK_NOTHING, 0},  {2000, 8, 1080000, SEND_CLOCK_KNOWN, 500000},
    };
    static const struct row restart[] = {
        {0, 7, 3000000000u, SEND_CLOCK_ANEW, 0},
        {33, 7, 5000, SEND_CLOCK_ANEW, 0}, /* half a circle ahead: no jump that anyone sends */
        {66, 7, 8000, SEND_CLOCK_KNOWN, 33333},
        {100, 7, 2147483648u, SEND_CLOCK_ANEW, 0},
        {133, 7, 3000, SEND_CLOCK_NOTHING, 0}, /* back */
        {1200, 7, 99000, SEND_CLOCK_ANEW, 0},
    };
    (void)state;
    PLAY(frames);
    PLAY(wrap);
    PLAY(several);
    PLAY(restart);
}

/* Send times are what is gone by once there are any; while there are none, timestamps. */
static void one_after_the_other(void **state)
{
    static const struct row rows[] = {
        {0, 7, 3000, SEND_CLOCK_ANEW, 0},           {10, 0, 100, SEND_CLOCK_ANEW, 0},
        {33, 7, 6000, SEND_CLOCK_NOTHING, 0},       {510, 0, 100 + SECOND / 2, SEND_CLOCK_KNOWN, 500000},
        {1500, 7, 138000, SEND_CLOCK_NOTHING, 0},   {1510, 7, 141000, SEND_CLOCK_ANEW, 0},
        {1543, 7, 144000, SEND_CLOCK_KNOWN, 33333},
    };
    (void)state;
    PLAY(rows);
}

static void what_tells_nothing(void **state)
{
    struct send_clock c = {.source = SEND_CLOCK_NONE};
    const struct send_clock_stamp rtx = {.ssrc = 7, .timestamp = 3000};
    uint64_t sent_us;
    (void)state;
    assert_int_equal(send_clock_packet(&c, &rtx, 1000, &sent_us), SEND_CLOCK_NOTHING);
    assert_int_equal(c.source, SEND_CLOCK_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(send_times),
        cmocka_unit_test(timestamps),
        cmocka_unit_test(one_after_the_other),
        cmocka_unit_test(what_tells_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
