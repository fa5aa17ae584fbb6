/* One clock: the minimum filter, a publisher's wall clock, a stream's timestamps. */
#include "clock_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ntp.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { VIDEO = 90000, AUDIO = 48000 };

#define S UINT64_C(1000000)

static void filters_the_minimum(void **state)
{
    (void)state;
    static const struct {
        uint64_t at_ms;
        int64_t sample_us;
        enum min_filter_verdict verdict;
        int64_t value;
    } rows[] = {
        {1000, 500, MIN_FILTER_TAKEN, 500},
        {2000, 700, MIN_FILTER_TAKEN, 500},
        {3000, -300, MIN_FILTER_TAKEN, -300},
        {9000, 400, MIN_FILTER_TAKEN, -300},
        {19999, 300, MIN_FILTER_TAKEN, -300},
        {22500, 450, MIN_FILTER_TAKEN, 300}, /* the minimum has left the window, its successor is there */
        {27499, 800, MIN_FILTER_TAKEN, 300},
        {60000, 900, MIN_FILTER_TAKEN, 300}, /* after a long silence it stays ... */
        {79999, 900, MIN_FILTER_TAKEN, 300},
        {80000, 950, MIN_FILTER_TAKEN, 900}, /* ... for one window */
        {81000, 1000900, MIN_FILTER_TAKEN, 900},
        {81100, 1000901, MIN_FILTER_IGNORED, 900}, /* a stall */
        {82000, 1200000, MIN_FILTER_IGNORED, 900},
        {82500, 1200000, MIN_FILTER_IGNORED, 900},
        {82600, 1000, MIN_FILTER_TAKEN, 900},
        {83000, 5000000, MIN_FILTER_IGNORED, 900},
        {85000, 5000000, MIN_FILTER_IGNORED, 900}, /* two are not enough */
        {85100, 5000000, MIN_FILTER_STEPPED, 5000000},
        {85200, 4000000, MIN_FILTER_TAKEN, 4000000},
        {85300, 2999999, MIN_FILTER_STEPPED, 2999999},
        {85400, -9000000000, MIN_FILTER_STEPPED, -9000000000},
        {85300, -9000000001, MIN_FILTER_TAKEN,
         -9000000001}, /* the clock does not go back, but nothing breaks */
    };
    struct min_filter f = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum min_filter_verdict verdict = min_filter_add(&f, rows[i].sample_us, rows[i].at_ms * 1000);
        if (verdict != rows[i].verdict || f.value != rows[i].value)
            fail_msg("row %zu: verdict %d value %lld", i, verdict, (long long)f.value);
    }
}

/* Reports in one row of events; ntp_s: what the publisher's clock says, 0 = the
 * field is 0. The network takes 20 ms and what delay_ms adds. */
static void follows_the_publishers_clock(void **state)
{
    (void)state;
    static const struct {
        uint64_t at_s;
        int64_t clock_s; /* the publisher's clock minus the server's */
        uint32_t delay_ms;
        bool no_clock, believed;
        uint32_t epoch;
        int64_t error_ms; /* of the map, against the shortest way */
    } rows[] = {
        {100, 5000, 30, true, false, 0, 0},
        {101, 5000, 30, false, true, 0, 30},
        {102, 5000, 0, false, true, 0, 0},
        {103, 5000, 200, false, true, 0, 0},
        {104, 5000, 0, true, false, 0, 0},
        {105, 5000, 1500, false, false, 0, 0}, /* held up */
        {106, 5000, 0, false, true, 0, 0},
        {107, 4000, 0, false, false, 0, -1000000}, /* set back by 1,000 s */
        {108, 4000, 0, false, false, 0, -1000000},
        {109, 4000, 0, false, true, 1, 0},
        {110, 4003, 10, false, true, 2, 10}, /* set ahead */
        {111, 4003, 0, false, true, 2, 0},
        {9000, 4003, 300, false, true, 2, 0},                    /* back after a silence */
        {9001, -1700000000, 0, false, false, 2, -1700004003000}, /* back to 1970 */
    };
    static const uint64_t starts_us[] = {1700000000 * S,
                                         2085978496 * S - 4107 * S - S / 2}; /* the second wraps in between */
    for (size_t i = 0; i < COUNT(rows) * COUNT(starts_us); i++) {
        static struct clock_source c;
        size_t k = i % COUNT(rows);
        if (k == 0)
            c = (struct clock_source){0};
        uint64_t sent_us = rows[k].at_s * S;
        uint64_t ntp =
            ntp_from_us(starts_us[i / COUNT(rows)] + sent_us + (uint64_t)(rows[k].clock_s * 1000000));
        bool believed =
            clock_source_sr(&c, rows[k].no_clock ? 0 : ntp, sent_us + 20000 + rows[k].delay_ms * 1000);
        if (believed != rows[k].believed || c.epoch != rows[k].epoch)
            fail_msg("row %zu: believed %d epoch %u", i, believed, c.epoch);
        assert_int_equal(clock_source_ready(&c), k > 0);
        if (k > 0 && clock_source_to_us(&c, ntp) != (int64_t)sent_us + 20000 + rows[k].error_ms * 1000)
            fail_msg("row %zu: off by %lld", i,
                     (long long)(clock_source_to_us(&c, ntp) - (int64_t)sent_us - 20000));
    }
}

/* A publisher for the virtual clock: captures at 0, 1/rate ..., sends later. */
struct publisher {
    uint64_t clock_us;  /* its wall clock minus the server's */
    uint32_t first;     /* timestamp at time 0 */
    uint32_t rate;      /* of its timestamps */
    uint64_t encode_us; /* capture to sending */
    uint64_t way_us;    /* the network */
};

static uint32_t stamp(const struct publisher *p, uint64_t capture_us)
{
    return p->first + (uint32_t)(capture_us / 1000000 * p->rate + capture_us % 1000000 * p->rate / 1000000);
}

static void send_packet(const struct publisher *p, struct clock_map *m, uint64_t capture_us)
{
    clock_map_packet(m, stamp(p, capture_us), capture_us + p->encode_us + p->way_us);
}

static bool send_report(const struct publisher *p, struct clock_source *c, struct clock_map *m,
                        uint64_t at_us)
{
    uint64_t ntp = ntp_from_us(at_us + p->clock_us);
    if (!clock_source_sr(c, ntp, at_us + p->way_us))
        return false;
    clock_map_sr(m, c, ntp, stamp(p, at_us));
    return true;
}

static void assert_near(uint64_t us, uint64_t want_us, uint64_t by_us)
{
    if (us + by_us < want_us || us > want_us + by_us)
        fail_msg("%llu, not %llu", (unsigned long long)us, (unsigned long long)want_us);
}

/* First by arrival, then by capture; the step between is the time to encode. */
static void maps_by_arrival_then_by_capture(void **state)
{
    (void)state;
    static const struct publisher rows[] = {
        {1700000000 * S, 0, VIDEO, 60000, 25000},
        {1700000000 * S, UINT32_MAX - 90000 * 103, VIDEO, 60000, 25000}, /* wraps before the report */
        {1700000000 * S, UINT32_MAX - 48000 * 108, AUDIO, 0, 150000},    /* wraps after it */
        {2085978496 * S - 106 * S + 1, 0x7fffffff, AUDIO, 20000, 1000},  /* NTP wraps */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct publisher *p = &rows[i];
        struct clock_source c = {0};
        struct clock_map m;
        clock_map_init(&m, p->rate);
        assert_false(clock_map_ready(&m, &c));
        assert_int_equal(clock_map_to_us(&m, &c, 5), 0);
        assert_int_equal(clock_map_to_rtp(&m, &c, 5), 0);
        for (uint64_t us = 101 * S; us < 112 * S; us += 20000) {
            send_packet(p, &m, us);
            if (us == 105 * S || us == 110 * S)
                assert_true(send_report(p, &c, &m, us));
            bool synced = us >= 105 * S;
            assert_true(clock_map_ready(&m, &c));
            assert_int_equal(clock_map_synced(&m, &c), synced);
            uint64_t want_us = us + p->way_us + (synced ? 0 : p->encode_us);
            assert_near(clock_map_to_us(&m, &c, stamp(p, us)), want_us, 25);
            assert_near(clock_map_to_us(&m, NULL, stamp(p, us)), us + p->way_us + p->encode_us, 25);
            for (uint32_t k = 0; k < 3000; k += 61) { /* the way back is exact */
                uint32_t timestamp = stamp(p, us) + k * 1000 - 1500000;
                assert_int_equal(clock_map_to_rtp(&m, &c, clock_map_to_us(&m, &c, timestamp)), timestamp);
            }
        }
    }
}

/* Sound and picture of one publisher, captured at the same time, come out at the
 * same time, although the picture is sent later and their timestamps drift. */
static void brings_tracks_together(void **state)
{
    (void)state;
    struct publisher audio = {1700000000 * S, 77, AUDIO, 5000, 40000};
    struct publisher video = {1700000000 * S, 0xfff00000, VIDEO, 90000, 40000};
    struct clock_source c = {0};
    struct clock_map a, v;
    clock_map_init(&a, AUDIO);
    clock_map_init(&v, VIDEO);
    for (uint64_t us = 1 * S; us < 120 * S; us += 20000) {
        audio.clock_us += 2; /* the publisher's wall clock drifts by 100 ppm */
        video.clock_us += 2;
        audio.way_us = video.way_us = 40000 + us / 20000 * 7919 % 30000;
        send_packet(&audio, &a, us);
        send_packet(&video, &v, us);
        if (us % (5 * S) == 0)
            assert_true(send_report(&audio, &c, &a, us));
        if (us % S == 0)
            assert_true(send_report(&video, &c, &v, us));
        if (us < 6 * S)
            continue;
        uint64_t a_us = clock_map_to_us(&a, &c, stamp(&audio, us)),
                 v_us = clock_map_to_us(&v, &c, stamp(&video, us));
        assert_near(a_us, v_us, 1000); /* 100 ppm of the 5 s between reports, and rounding */
        assert_near(a_us, us + 40000, 25000);
    }
}

/* What a broken or hostile sender may say, and where its packets of now end up. */
static void ignores_absurd_reports(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t ntp_us;   /* added to the report's wall clock */
        uint32_t stamp;   /* added to its timestamp */
        uint64_t sure_us; /* how much the map may move */
        bool synced;
    } rows[] = {
        {"right", 0, 0, 30, true},
        {"500 ms of buffer", 0, 45000, 500030, true},
        {"timestamp 3 s off", 0, 3 * VIDEO, 30, false},
        {"timestamp 3 s off, the other way", 0, (uint32_t)-3 * VIDEO, 30, false},
        {"timestamp 0", 0, 0x80000000, 30, false},
        {"another NTP", 1000000000000, 0, 30, true}, /* one clock is as good as another */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct publisher p = {1700000000 * S, 12345, VIDEO, 0, 30000};
        struct clock_source c = {0};
        struct clock_map m;
        clock_map_init(&m, VIDEO);
        for (uint64_t us = 1 * S; us < 3 * S; us += 33333)
            send_packet(&p, &m, us);
        uint64_t ntp = ntp_from_us(p.clock_us + 3 * S + (uint64_t)rows[i].ntp_us);
        assert_true(clock_source_sr(&c, ntp, 3 * S + p.way_us));
        clock_map_sr(&m, &c, ntp, stamp(&p, 3 * S) + rows[i].stamp);
        if (clock_map_synced(&m, &c) != rows[i].synced)
            fail_msg("%s: synced %d", rows[i].name, !rows[i].synced);
        for (uint64_t us = 3 * S; us < 4 * S; us += 33333) {
            send_packet(&p, &m, us);
            assert_near(clock_map_to_us(&m, &c, stamp(&p, us)), us + p.way_us, rows[i].sure_us);
        }
    }
}

/* Reports out of order, and a clock that is set while two tracks run. */
static void survives_old_reports_and_set_clocks(void **state)
{
    (void)state;
    struct publisher p = {1700000000 * S, 12345, VIDEO, 10000, 30000};
    struct clock_source c = {0};
    struct clock_map m, other;
    clock_map_init(&m, VIDEO);
    clock_map_init(&other, VIDEO);
    for (uint64_t us = 1 * S; us < 40 * S; us += 100000) {
        if (us == 20 * S)
            p.clock_us += S * 3 / 2;
        if (us == 30 * S)
            p.clock_us -= S * 8 / 5;
        send_packet(&p, &m, us);
        send_packet(&p, &other, us);
        if (us % S == 0)
            (void)send_report(&p, &c, &m, us);
        if (us == 10 * S || us == 35 * S)
            assert_true(send_report(&p, &c, &other, us));
        if (us == 15 * S) /* a report of 5 s ago comes late, with a timestamp that would show */
            clock_map_sr(&m, &c, ntp_from_us(p.clock_us + 10 * S), stamp(&p, 10 * S) + 20000);
        bool synced =
            us >= 10 * S && (us < 20 * S || us >= 35 * S); /* set clocks end the pair of the other one */
        assert_int_equal(clock_map_synced(&other, &c), synced);
        assert_near(clock_map_to_us(&other, &c, stamp(&p, us)), us + p.way_us + (synced ? 0 : p.encode_us),
                    30);
        assert_near(clock_map_to_us(&m, &c, stamp(&p, us)),
                    us + p.way_us + (clock_map_synced(&m, &c) ? 0 : p.encode_us), 30);
    }
    assert_int_equal(c.epoch, 2);
}

/* Timestamps that jump against arrival. Reports come at 5 s and 20 s. */
static void follows_timestamps_that_jump(void **state)
{
    (void)state;
    static const struct {
        uint32_t jump;
        uint64_t arrival_us; /* until the map holds again by arrival */
        uint64_t report_us;  /* and by the reports */
    } rows[] = {
        {VIDEO * 60, 0, 0}, /* ahead: at once, nothing is seen before it was sent */
        {VIDEO * 3 / 2, 0, 0},
        {0x70000000, 0, 0},
        {(uint32_t)-VIDEO * 60, 2000000, 2000000}, /* back: looks late, for two seconds */
        {0x80000000, 2000000, 2000000},
        {VIDEO / 2, 0, 10000000}, /* within a second the old report is still believed */
        {(uint32_t)-VIDEO / 2, 22500000, 10000000},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct publisher p = {1700000000 * S, 0xffff0000, VIDEO, 0, 30000};
        struct clock_source c = {0};
        struct clock_map m;
        clock_map_init(&m, VIDEO);
        for (uint64_t us = 1 * S; us < 40 * S; us += 100000) {
            if (us == 10 * S)
                p.first += rows[i].jump;
            send_packet(&p, &m, us);
            if (us == 5 * S || us == 20 * S)
                assert_true(send_report(&p, &c, &m, us));
            if (us < 10 * S || us >= 10 * S + rows[i].arrival_us)
                assert_near(clock_map_to_us(&m, NULL, stamp(&p, us)), us + p.way_us, 30);
            if (us < 10 * S || us >= 10 * S + rows[i].report_us)
                assert_near(clock_map_to_us(&m, &c, stamp(&p, us)), us + p.way_us, 30);
        }
    }
}

/* A report first, packets later. */
static void starts_with_a_report(void **state)
{
    (void)state;
    struct publisher p = {1700000000 * S, 4000000000, AUDIO, 5000, 30000};
    struct clock_source c = {0};
    struct clock_map m;
    clock_map_init(&m, AUDIO);
    assert_true(send_report(&p, &c, &m, 5 * S));
    assert_true(clock_map_ready(&m, &c));
    assert_false(clock_map_ready(&m, NULL));
    assert_near(clock_map_to_us(&m, &c, stamp(&p, 6 * S)), 6 * S + p.way_us, 25);
    send_packet(&p, &m, 6 * S);
    assert_true(clock_map_synced(&m, &c));
    assert_near(clock_map_to_us(&m, &c, stamp(&p, 6 * S)), 6 * S + p.way_us, 25);
    assert_int_equal(clock_map_to_us(&m, &c, stamp(&p, 0) - AUDIO * 7),
                     0); /* before the server's clock began */
}

/* Muted for longer than the timestamps take to wrap. */
static void wakes_up_after_a_day(void **state)
{
    (void)state;
    struct publisher p = {1700000000 * S, 99, AUDIO, 5000, 30000};
    struct clock_source c = {0};
    struct clock_map m;
    clock_map_init(&m, AUDIO);
    send_packet(&p, &m, 1 * S);
    assert_true(send_report(&p, &c, &m, 2 * S));
    for (uint64_t us = 86400 * S; us < 86404 * S; us += 20000)
        send_packet(&p, &m, us);
    uint64_t us = 86404 * S;
    send_packet(&p, &m, us);
    assert_near(clock_map_to_us(&m, &c, stamp(&p, us)), us + p.way_us + p.encode_us, 25);
    assert_true(send_report(&p, &c, &m, us));
    assert_near(clock_map_to_us(&m, &c, stamp(&p, us)), us + p.way_us, 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_the_minimum),
        cmocka_unit_test(follows_the_publishers_clock),
        cmocka_unit_test(maps_by_arrival_then_by_capture),
        cmocka_unit_test(brings_tracks_together),
        cmocka_unit_test(ignores_absurd_reports),
        cmocka_unit_test(survives_old_reports_and_set_clocks),
        cmocka_unit_test(follows_timestamps_that_jump),
        cmocka_unit_test(starts_with_a_report),
        cmocka_unit_test(wakes_up_after_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
