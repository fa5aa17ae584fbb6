#include "pacer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* One bucket through all rows: fill at 1 Mbit/s, then take packets of 1,200 bytes while it lets. The
 * rate is 2.5 Mbit/s, so a packet takes 3,840 us; 10 ms are kept. */
static const struct {
    uint32_t after_us;
    int taken;
    uint32_t next_us; /* until one more may leave */
} rows[] = {
    {0, 1, 3841},                                        /* one always */
    {3839, 0, 2},       {2, 1, 3840},   {5000, 1, 2681}, /* 1,160 us were left */
    {5000, 1, 1521},    {5000, 1, 361}, {5000, 2, 3041},
    {1000000, 3, 1521}, /* no more than 10 ms are saved up */
};

static void lets_packets_go_at_its_rate(void **state)
{
    (void)state;
    struct pacer p;
    uint64_t now_us = 1000000;
    pacer_init(&p, PACER_PERCENT, PACER_DEPTH_US, now_us);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int taken = 0;
        now_us += rows[i].after_us;
        pacer_fill(&p, 1000000, now_us);
        assert_true(rows[i].taken == 0 || pacer_next_us(&p, 1000000, now_us) == now_us);
        while (pacer_take(&p, 1200))
            taken++;
        assert_int_equal(taken, rows[i].taken);
        assert_in_range(pacer_next_us(&p, 1000000, now_us) - now_us, rows[i].next_us - 1,
                        rows[i].next_us + 1);
    }
}

static void holds_over_time(void **state)
{
    (void)state;
    static const struct {
        uint16_t percent;
        uint32_t bps;
        size_t size;
        int least, most; /* packets in 10 s */
    } rates[] = {
        {250, 1000000, 1200, 2600, 2610},
        {25, 1000000, 1200, 260, 262},
        {250, 30000, 1200, 78, 80},
        {250, 30000, 60000, 1, 3}, /* a packet larger than the bucket */
        {250, 0, 1200, 1, 1},
        {250, 100000000, 1200, 260200, 260430},
    };
    for (size_t i = 0; i < COUNT(rates); i++) {
        struct pacer p;
        int taken = 0;
        pacer_init(&p, rates[i].percent, PACER_DEPTH_US, 0);
        for (uint64_t now_us = 0; now_us < 10000000; now_us += PACER_TICK_US) {
            pacer_fill(&p, rates[i].bps, now_us);
            while (pacer_take(&p, rates[i].size))
                taken++;
        }
        assert_in_range(taken, rates[i].least, rates[i].most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lets_packets_go_at_its_rate),
        cmocka_unit_test(holds_over_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
