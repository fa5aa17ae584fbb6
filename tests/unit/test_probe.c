#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { KBPS = 1000, START_US = 10000000 };

/* Send a cluster as a shell would, packets of that size at the most; the length in ms. */
static uint32_t send_cluster(struct probe *p, size_t size, uint64_t *now_us, size_t *bytes, int *packets)
{
    uint64_t start_us = *now_us;
    *bytes = 0;
    *packets = 0;
    do {
        for (size_t due = probe_due(p, *now_us), left = due; left > 0 && p->sending; (*packets)++) {
            size_t packet = left < 100 ? 100 : left > size ? size : left;
            assert_int_equal(probe_sent(p, packet, *now_us), p->cluster);
            *bytes += packet;
            left -= packet < left ? packet : left;
        }
        *now_us += PROBE_TICK_US;
    } while (p->sending);
    return (uint32_t)(*now_us - start_us) / 1000;
}

static void sends_clusters_at_their_rate(void **state)
{
    (void)state;
    static const struct {
        uint32_t bps;
        size_t size;
        size_t least, most; /* bytes */
        int packets;        /* at least */
        uint32_t most_ms;
    } rows[] = {
        {1800 * KBPS, 1200, 5600, 5700, 5, 30},     {1800 * KBPS, 300, 3375, 3675, 12, 25},
        {100 * KBPS, 1200, 500, 600, 5, 50},        {100 * KBPS, 100, 500, 500, 5, 50},
        {50000 * KBPS, 1200, 93750, 95000, 78, 20},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct probe p = {.sending = false};
        uint64_t now_us = START_US;
        size_t bytes;
        int packets;
        probe_want(&p, 100000 * KBPS);
        probe_open(&p, rows[i].bps, 0, now_us);
        assert_true(probe_active(&p));
        uint32_t ms = send_cluster(&p, rows[i].size, &now_us, &bytes, &packets);
        assert_in_range(bytes, rows[i].least, rows[i].most);
        assert_in_range(packets, rows[i].packets, 1000);
        assert_in_range(ms, 10, rows[i].most_ms);
        assert_false(probe_active(&p));
        assert_int_equal(probe_sent(&p, 100, now_us), 0);
    }
}

/* Where arrivals jitter, a cluster lasts several times as long. */
static void is_longer_than_jitter(void **state)
{
    static const struct {
        uint32_t jitter_us, least_ms, most_ms;
    } rows[] = {{0, 15, 25}, {1500, 15, 25}, {5000, 40, 50}, {12500, 100, 110}, {UINT32_MAX, 100, 110}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct probe p = {.sending = false};
        uint64_t now_us = START_US;
        size_t bytes;
        int packets;
        probe_want(&p, 100000 * KBPS);
        probe_jitter(&p, rows[i].jitter_us);
        probe_open(&p, 4000 * KBPS, 0, now_us);
        uint32_t ms = send_cluster(&p, 600, &now_us, &bytes, &packets);
        assert_in_range(ms, rows[i].least_ms, rows[i].most_ms);
        assert_in_range(bytes * 8 / rows[i].least_ms, 3900, 6000);
    }
}

/* A frame of live media in the middle is part of the cluster; but one burst alone is not enough. */
static void counts_live_media(void **state)
{
    (void)state;
    struct probe p = {.sending = false};
    probe_want(&p, 10000 * KBPS);
    probe_open(&p, 1800 * KBPS, 0, START_US);
    assert_true(probe_due(&p, START_US) > 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(probe_sent(&p, 1200, START_US), 1);
    assert_int_equal(probe_due(&p, START_US + PROBE_TICK_US), 0);
    assert_true(p.sending);
    assert_int_equal(probe_due(&p, START_US + 2 * PROBE_TICK_US), 1);
    assert_int_equal(probe_sent(&p, 300, START_US + 2 * PROBE_TICK_US), 1);
    assert_false(p.sending);
}

static void gives_a_cluster_up_that_cannot_be_sent(void **state)
{
    (void)state;
    struct probe p = {.sending = false};
    probe_want(&p, 10000 * KBPS);
    probe_open(&p, 1800 * KBPS, 0, START_US);
    assert_true(probe_due(&p, START_US) > 0);
    assert_true(probe_due(&p, START_US + PROBE_STALL_US) > 0);
    assert_int_equal(probe_due(&p, START_US + PROBE_STALL_US + 1), 0);
    assert_false(probe_active(&p));
}

/* One controller through all rows: an event, and the rate of the cluster that follows it, 0 = none. */
enum event { OPEN, WAIT, RESULT, STALE_RESULT, BUSY, WANT, SOON };

static void decides_when_to_probe(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        enum event event;
        uint32_t ms;   /* WAIT, BUSY: how long */
        uint32_t kbps; /* OPEN, RESULT: measured; WAIT, BUSY: the estimate; WANT: what is wanted */
        uint32_t cluster_kbps;
    } rows[] = {
        {"nobody wants anything", WAIT, 20000, 600, 0},
        {"somebody does", WANT, 0, 3000, 0},
        {"at the start", OPEN, 0, 600, 600},
        {"0.7 of it arrived: twice the result", RESULT, 0, 420, 840},
        {"a result of another one", STALE_RESULT, 0, 840, 0},
        {"less than 0.7", RESULT, 0, 580, 0},
        {"not again at once", WAIT, 4900, 580, 0},
        {"but after 5 s", WAIT, 200, 580, 1160},
        {"no answer: no waiting for it", WAIT, 4900, 580, 0},
        {"the next", WAIT, 200, 600, 1200},
        {"all of it arrived", RESULT, 0, 1200, 2400},
        {"the same, up to 1.5 of what is wanted", RESULT, 0, 2400, 4500},
        {"that was all", RESULT, 0, 4500, 0},
        {"enough is there", WAIT, 20000, 3000, 0},
        {"a queue stands", BUSY, 20000, 600, 0},
        {"no more", WAIT, 100, 600, 1200},
        {"it failed", RESULT, 0, 0, 0},
        {"try again soon", SOON, 0, 0, 0},
        {"not yet", WAIT, 900, 600, 0},
        {"now", WAIT, 200, 600, 1200},
        {"it failed again", RESULT, 0, 100, 0},
        {"next to nothing more is wanted", WANT, 0, 610, 0},
        {"up to that", WAIT, 6000, 600, 915},
        {"nothing is wanted", WANT, 0, 0, 0},
        {"so it goes no further", RESULT, 0, 915, 0},
        {"for ever", WAIT, 60000, 600, 0},
    };
    struct probe p = {.sending = false};
    uint64_t now_us = START_US;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t bps = rows[i].kbps * KBPS;
        size_t bytes;
        int packets;
        now_us += rows[i].ms * UINT64_C(1000);
        switch (rows[i].event) {
        case OPEN:
            probe_open(&p, bps, 0, now_us);
            break;
        case WAIT:
        case BUSY:
            probe_update(&p, bps, rows[i].event == WAIT, now_us);
            break;
        case RESULT:
            probe_result(&p, p.cluster, bps, now_us);
            break;
        case STALE_RESULT:
            probe_result(&p, (uint8_t)(p.cluster - 1), bps, now_us);
            break;
        case WANT:
            probe_want(&p, bps);
            break;
        case SOON:
            probe_soon(&p, now_us);
            break;
        }
        if (probe_active(&p) != (rows[i].cluster_kbps > 0))
            fail_msg("%s: active %d", rows[i].what, probe_active(&p));
        if (probe_active(&p)) {
            send_cluster(&p, 300, &now_us, &bytes, &packets);
            if (p.bps != rows[i].cluster_kbps * KBPS)
                fail_msg("%s: %u", rows[i].what, p.bps);
        }
    }
}

static void opens_with_two_clusters(void **state)
{
    (void)state;
    static const struct {
        uint32_t first, second, wanted; /* kbit/s */
        uint32_t sent[2];
    } rows[] = {
        {1800, 3600, 10000, {1800, 3600}},
        {1800, 3600, 2000, {1800, 3000}},
        {1800, 3600, 1000, {1500, 0}},
        {1800, 0, 10000, {1800, 0}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct probe p = {.cluster = 254};
        uint64_t now_us = START_US;
        size_t bytes;
        int packets;
        probe_want(&p, rows[i].wanted * KBPS);
        probe_open(&p, rows[i].first * KBPS, rows[i].second * KBPS, now_us);
        for (int c = 0; c < 2 && rows[i].sent[c]; c++) {
            send_cluster(&p, 300, &now_us, &bytes, &packets);
            assert_int_equal(p.bps, rows[i].sent[c] * KBPS);
            assert_int_equal(p.cluster, c == 0 ? 255 : 1);
        }
        assert_false(probe_active(&p));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_clusters_at_their_rate),
        cmocka_unit_test(is_longer_than_jitter),
        cmocka_unit_test(counts_live_media),
        cmocka_unit_test(gives_a_cluster_up_that_cannot_be_sent),
        cmocka_unit_test(decides_when_to_probe),
        cmocka_unit_test(opens_with_two_clusters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
