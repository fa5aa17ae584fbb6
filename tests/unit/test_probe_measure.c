#include "probe_measure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { PACKETS_MAX = 10, LOST = -1, CLUSTER = 7, SENT_US = 1000000, ARRIVAL_US = 90000000 };

/* Packets of a cluster: when sent and arrived, in 100 us. */
static const struct {
    const char *what;
    uint32_t kbps; /* as asked for */
    size_t size;
    struct {
        int sent, arrived;
    } packets[PACKETS_MAX];
    size_t count;
    uint32_t least_kbps, most_kbps;
    bool saturated;
} rows[] = {
    {"as it was sent", 1920, 1200, {{0, 0}, {50, 50}, {100, 100}, {150, 150}}, 4, 1920, 1920, false},
    {"never above what was asked for",
     1500,
     1200,
     {{0, 0}, {50, 40}, {100, 80}, {150, 120}},
     4,
     1500,
     1500,
     false},
    {"half as fast", 1920, 1200, {{0, 0}, {50, 100}, {100, 200}, {150, 300}}, 4, 912, 912, true},
    {"a little slower is not full",
     1920,
     1200,
     {{0, 0}, {50, 53}, {100, 107}, {150, 160}},
     4,
     1800,
     1800,
     false},
    {"bursts of a tick, spread by the way",
     2880,
     600,
     {{0, 0}, {0, 24}, {0, 48}, {50, 72}, {50, 96}, {50, 120}, {100, 144}, {100, 168}, {100, 192}},
     9,
     1900,
     1900,
     true},
    {"bursts that stay bursts",
     2880,
     600,
     {{0, 0}, {0, 1}, {0, 2}, {50, 50}, {50, 51}, {50, 52}, {100, 100}, {100, 101}, {100, 102}},
     9,
     2880,
     2880,
     false},
    {"in another order", 1920, 1200, {{0, 50}, {50, 0}, {100, 100}, {150, 150}}, 4, 1920, 1920, false},
    {"one of four lost", 1920, 1200, {{0, 0}, {50, LOST}, {100, 100}, {150, 150}}, 4, 1200, 1230, true},
    {"two of four lost", 1920, 1200, {{0, 0}, {50, LOST}, {100, LOST}, {150, 150}}, 4, 0, 0, false},
    {"all lost", 1920, 1200, {{0, LOST}, {50, LOST}, {100, LOST}}, 3, 0, 0, false},
    {"all at once", 1920, 1200, {{0, 0}, {50, 0}, {100, 0}, {150, 0}}, 4, 0, 0, false},
    {"held back, then let go", 1920, 1200, {{0, 100}, {50, 110}, {100, 120}, {150, 150}}, 4, 0, 0, false},
    {"sent all at once", 1920, 1200, {{0, 0}, {0, 50}, {0, 100}}, 3, 0, 0, false},
    {"over more than a second", 20, 1200, {{0, 0}, {5000, 5000}, {10100, 10100}}, 3, 0, 0, false},
};

static struct flight_result result(size_t row, size_t i)
{
    int arrived = rows[row].packets[i].arrived;
    return (struct flight_result){.sent_us = SENT_US + (uint64_t)rows[row].packets[i].sent * 100,
                                  .arrival_us = arrived == LOST ? 0 : ARRIVAL_US + (uint64_t)arrived * 100,
                                  .size = (uint16_t)rows[row].size,
                                  .cluster = CLUSTER,
                                  .lost = arrived == LOST};
}

static void send_all(struct probe_measure *m, size_t row)
{
    for (size_t i = 0; i < rows[row].count; i++)
        probe_measure_sent(m, CLUSTER, rows[row].kbps * 1000, rows[row].size,
                           SENT_US + (uint64_t)rows[row].packets[i].sent * 100);
}

static void measures_clusters(void **state)
{
    (void)state;
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct probe_measure m = {.of = {{.cluster = 0}}};
        struct probe_outcome out = {.bps = 1};
        send_all(&m, row);
        probe_measure_complete(&m, CLUSTER);
        for (size_t i = 0; i < rows[row].count; i++) {
            struct flight_result r = result(row, i);
            assert_int_equal(probe_measure_packet(&m, &r, &out), i == rows[row].count - 1);
        }
        if (out.bps < rows[row].least_kbps * 1000 || out.bps > rows[row].most_kbps * 1000 ||
            out.saturated != rows[row].saturated)
            fail_msg("%s: %u", rows[row].what, out.bps);
    }
}

/* A large packet first, then padding, on a way that holds nothing up. */
static void does_not_mind_sizes(void **state)
{
    static const uint16_t sizes[] = {1200, 300, 300, 300, 300};
    struct probe_measure m = {.of = {{.cluster = 0}}};
    struct probe_outcome out = {.bps = 0};
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++)
        probe_measure_sent(&m, CLUSTER, 1500000, sizes[i], SENT_US + i * 4000);
    probe_measure_complete(&m, CLUSTER);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        const struct flight_result r = {.sent_us = SENT_US + i * 4000,
                                        .arrival_us = ARRIVAL_US + i * 4000,
                                        .size = sizes[i],
                                        .cluster = CLUSTER};
        assert_int_equal(probe_measure_packet(&m, &r, &out), i + 1 == COUNT(sizes));
    }
    assert_false(out.saturated);
    assert_int_equal(out.bps, 1050000); /* what was sent of it, the last packet left out */
    assert_int_equal(out.held_us, 0);
}

static void waits_for_the_whole_cluster(void **state)
{
    (void)state;
    struct probe_measure m = {.of = {{.cluster = 0}}};
    struct probe_outcome out;
    send_all(&m, 0);
    for (size_t i = 0; i < 3; i++) {
        struct flight_result r = result(0, i);
        assert_false(probe_measure_packet(&m, &r, &out));
    }
    struct flight_result other = result(0, 3), none = other, late = result(0, 2);
    other.cluster = CLUSTER + PROBE_MEASURE_CLUSTERS;
    none.cluster = 0;
    late.late = true;
    assert_false(probe_measure_packet(&m, &other, &out));
    assert_false(probe_measure_packet(&m, &none, &out));
    assert_false(probe_measure_packet(&m, &late, &out));
    struct flight_result last = result(0, 3);
    probe_measure_complete(&m, CLUSTER + PROBE_MEASURE_CLUSTERS); /* not this one */
    probe_measure_complete(&m, CLUSTER);
    assert_true(probe_measure_packet(&m, &last, &out));
    assert_int_equal(out.bps, 1920000);
    assert_false(probe_measure_packet(&m, &last, &out)); /* told once */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_clusters),
        cmocka_unit_test(does_not_mind_sizes),
        cmocka_unit_test(waits_for_the_whole_cluster),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
