#include "transport_cc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rtcp_cc.h"
#include "transport_cc_reader.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { SENDER = 0x11223344, MEDIA = 0xa1b2c3d4 };

static struct cc_report report;

/* The parser for what viewers send reads it likewise. */
static void assert_parser_agrees(const uint8_t *p, size_t len)
{
    static struct rtcp_cc cc;
    struct rtcp_view v;
    struct rd compound = rd_init(p, len);
    assert_int_equal(rtcp_next(&compound, &v), 1);
    assert_int_equal(v.kind, RTCP_TRANSPORT_CC);
    if (report.count > RTCP_CC_STATUSES_MAX) {
        assert_int_equal(rtcp_cc_read(&v, &cc), -E2BIG);
        return;
    }
    assert_int_equal(rtcp_cc_read(&v, &cc), 0);
    assert_int_equal(cc.count, report.count);
    assert_int_equal(cc.feedback_count, report.feedback_count);
    assert_int_equal((uint32_t)cc.reference & 0xffffff, report.reference);
    int64_t tick = 0;
    for (size_t i = 0; i < cc.count; i++) {
        tick += cc.status[i].delta;
        if (cc.status[i].seq != (uint16_t)(report.base + i) ||
            cc.status[i].received != (report.symbol[i] != 0) ||
            (cc.status[i].received && tick != report.tick[i]))
            fail_msg("status %zu", i);
    }
}

static size_t build(struct transport_cc *t, uint64_t now_us, uint8_t *out)
{
    size_t len = transport_cc_build(t, SENDER, MEDIA, now_us, out, TRANSPORT_CC_LEN_MAX);
    if (len) {
        assert_true(cc_read(&report, out, len));
        assert_parser_agrees(out, len);
    }
    return len;
}

enum { ARRIVALS_MAX = 24 };

struct arrival {
    uint32_t at_us;
    uint16_t seq;
};

/* Packets by hand, byte for byte after the header's first four words. */
static void builds_these_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct arrival arrivals[ARRIVALS_MAX]; /* at_us 0 ends them */
        const char *bytes;
    } rows[] = {
        {"one", {{64000 * 5 + 250, 7}}, "0007 0001 000005 00 2001 01 00"},
        {"half a tick is cut", {{64000 * 5 + 499, 7}}, "0007 0001 000005 00 2001 01 00"},
        {"a run", {{64000, 65535}, {65000, 0}, {65250, 1}}, "ffff 0003 000001 00 2003 00 04 01 000000"},
        {"a loss: a vector of one bit", {{64000, 1}, {65000, 3}}, "0001 0003 000001 00 a800 00 04"},
        {"a large delta: a vector of two bits",
         {{64000, 1}, {64000 + 63750, 2}, {64000 + 63750 + 64000, 3}},
         "0001 0003 000001 00 d600 00 ff 0100 0000"},
        {"out of order: a negative delta",
         {{64000, 1}, {70000, 3}, {71000, 2}},
         "0001 0003 000001 00 d600 00 1c fffc 0000"},
        {"a duplicate: the first counts", {{64000, 1}, {65000, 1}}, "0001 0001 000001 00 2001 00 00"},
        {"losses run", {{64000, 1}, {65000, 22}}, "0001 0016 000001 00 a000 8040 00 04 0000"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct transport_cc t;
        t = (struct transport_cc){0};
        for (const struct arrival *a = rows[i].arrivals; a->at_us; a++)
            transport_cc_receive(&t, a->seq, false, a->at_us);
        uint8_t out[TRANSPORT_CC_LEN_MAX], want[TRANSPORT_CC_LEN_MAX];
        size_t len = build(&t, 1000000, out), want_len = 12;
        for (const char *c = rows[i].bytes; *c; c++)
            if (*c != ' ') {
                char hex[3] = {c[0], c[1], 0};
                want[want_len++] = (uint8_t)strtoul(hex, NULL, 16);
                c++;
            }
        memcpy(want, "\x8f\xcd\0\0\x11\x22\x33\x44\xa1\xb2\xc3\xd4", 12);
        want[3] = (uint8_t)(want_len / 4 - 1);
        if (len != want_len || memcmp(out, want, len) != 0) {
            for (size_t k = 12; k < len; k++)
                print_message("%02x", out[k]);
            fail_msg(" %s", rows[i].name);
        }
        assert_int_equal(build(&t, 1000000, out), 0);
    }
}

static void is_due(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t reported_us;
        struct arrival arrivals[4];
        bool frame_end;
        uint64_t due_us;
    } rows[] = {
        {"nothing", 0, {{0, 0}}, false, UINT64_MAX},
        {"50 ms after the first that waits", 900000, {{1000000, 1}, {1010000, 2}}, false, 1050000},
        {"20 ms after the last report at a frame's end", 990000, {{1000000, 1}, {1001000, 2}}, true, 1010000},
        {"at once at a frame's end later", 900000, {{1000000, 1}, {1001000, 2}}, true, 920000},
        {"a duplicate alone is nothing", 990000, {{1000000, 100}}, true, UINT64_MAX},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct transport_cc t = {0};
        uint8_t out[TRANSPORT_CC_LEN_MAX];
        if (rows[i].reported_us) {
            transport_cc_receive(&t, 100, true, rows[i].reported_us);
            assert_true(build(&t, rows[i].reported_us, out) > 0);
        }
        for (const struct arrival *a = rows[i].arrivals; a->at_us; a++)
            transport_cc_receive(&t, rows[i].due_us == UINT64_MAX ? a->seq : (uint16_t)(a->seq + 100),
                                 rows[i].frame_end && !a[1].at_us, a->at_us);
        if (transport_cc_due_us(&t) != rows[i].due_us)
            fail_msg("%s: %llu", rows[i].name, (unsigned long long)transport_cc_due_us(&t));
    }
    struct transport_cc t = {0};
    for (uint16_t seq = 0; seq < TRANSPORT_CC_MAX / 2; seq++) {
        assert_int_not_equal(transport_cc_due_us(&t), 0);
        transport_cc_receive(&t, seq, false, 5000000);
    }
    assert_int_equal(transport_cc_due_us(&t), 0);
}

/* The 24 bits of reference time, and what is behind them, wrap. */
static void reference_time_wraps(void **state)
{
    (void)state;
    static const uint64_t wrap_us = UINT64_C(64000) << 24;
    struct transport_cc t = {0};
    uint8_t out[TRANSPORT_CC_LEN_MAX];
    transport_cc_receive(&t, 1, false, wrap_us - 250);
    transport_cc_receive(&t, 2, false, wrap_us + 250);
    assert_true(build(&t, wrap_us + 1000, out) > 0);
    assert_int_equal(report.reference, 0xffffff);
    assert_int_equal(report.tick[0], 255);
    assert_int_equal(report.tick[1], 257);
    transport_cc_receive(&t, 3, false, wrap_us + 64500);
    assert_true(build(&t, wrap_us + 70000, out) > 0);
    assert_int_equal(report.reference, 1);
    assert_int_equal(report.tick[0], 2);
    assert_int_equal(report.feedback_count, 1);
}

/* A packet that comes after it was reported missing, and what is said then. */
static void late_packets_are_reported_anew(void **state)
{
    (void)state;
    struct transport_cc t = {0};
    uint8_t out[TRANSPORT_CC_LEN_MAX];
    for (uint16_t seq = 1; seq <= 6; seq++)
        if (seq != 3 && seq != 4)
            transport_cc_receive(&t, seq, false, 1000000 + seq * UINT64_C(1000));
    assert_true(build(&t, 1010000, out) > 0);
    assert_int_equal(report.count, 6);
    transport_cc_receive(&t, 4, false, 1020000);
    transport_cc_receive(&t, 7, false, 1021000);
    assert_true(build(&t, 1050000, out) > 0);
    assert_int_equal(report.base, 4);
    assert_int_equal(report.count, 4);
    assert_int_equal(report.deltas, 4);
    /* forgotten by the next report after half a second: then it is nothing any more */
    transport_cc_receive(&t, 8, false, 1600000);
    assert_true(build(&t, 1600000, out) > 0);
    transport_cc_receive(&t, 3, false, 1600000);
    assert_int_equal(transport_cc_due_us(&t), UINT64_MAX);
    assert_int_equal(build(&t, 1700000, out), 0);
}

static void splits_where_a_delta_does_not_fit(void **state)
{
    (void)state;
    static const struct {
        uint64_t apart_us;
        size_t packets;
    } rows[] = {{8191750, 1}, {8192000, 2}, {UINT64_C(86400000000), 2}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct transport_cc t = {0};
        uint8_t out[TRANSPORT_CC_LEN_MAX];
        transport_cc_receive(&t, 1, false, 64000);
        transport_cc_receive(&t, 3, false, 64000 + rows[i].apart_us);
        size_t packets = 0;
        while (build(&t, 64000 + rows[i].apart_us, out))
            packets++;
        assert_int_equal(packets, rows[i].packets);
        assert_int_equal((uint16_t)(report.base + report.count), 4);
        assert_int_equal(report.deltas, packets == 1 ? 2 : 1);
        assert_int_equal(report.reference * 256 + report.tick[report.count - 1],
                         packets == 1 ? 256 + rows[i].apart_us / 250 : (64000 + rows[i].apart_us) / 250);
    }
}

/* More statuses than a packet can count: three jumps in one report. */
static void splits_where_there_are_too_many(void **state)
{
    (void)state;
    struct transport_cc t = {0};
    uint8_t out[TRANSPORT_CC_LEN_MAX];
    for (unsigned i = 0; i < 4; i++)
        transport_cc_receive(&t, (uint16_t)(i * 30000), false, 64000);
    size_t arrivals = 0, statuses = 0, packets = 0;
    for (; build(&t, 64000, out); packets++) {
        arrivals += report.deltas;
        statuses += report.count;
    }
    assert_int_equal(packets, 2);
    assert_int_equal(arrivals, 4);
    assert_int_equal(statuses, 90001);
}

/* Nobody asks for reports: the oldest arrivals go, the newest are told. */
static void forgets_what_it_cannot_keep(void **state)
{
    (void)state;
    enum { PACKETS = 5000 };
    static struct transport_cc t;
    t = (struct transport_cc){0};
    uint8_t out[TRANSPORT_CC_LEN_MAX];
    for (uint16_t seq = 0; seq < PACKETS; seq++) {
        transport_cc_receive(&t, seq, false, 64000);
        assert_in_range(t.count, 1, TRANSPORT_CC_MAX);
    }
    transport_cc_receive(&t, 0, false, 64000); /* long forgotten */
    size_t arrivals = 0;
    while (build(&t, 64000, out)) {
        assert_int_equal(report.deltas, report.count);
        arrivals += report.deltas;
    }
    assert_int_equal(report.base + report.count, PACKETS);
    assert_in_range(arrivals, TRANSPORT_CC_MAX * 3 / 4, TRANSPORT_CC_MAX);
}

/* The sender's counter starts anew below everything known. */
static void follows_a_restart(void **state)
{
    (void)state;
    static const uint16_t starts[] = {40000, 20000, 11000}; /* from 10,000: ahead or behind on the circle */
    for (size_t i = 0; i < COUNT(starts); i++) {
        struct transport_cc t = {0};
        uint8_t out[TRANSPORT_CC_LEN_MAX];
        for (uint16_t seq = 42000; seq < 43000; seq++)
            transport_cc_receive(&t, seq, false, 1000000);
        while (build(&t, 2000000, out))
            ;
        for (uint16_t k = 0; k < 2 * TRANSPORT_CC_STRAYS; k++)
            transport_cc_receive(&t, (uint16_t)(starts[i] + k), false, 2000000);
        bool seen = false;
        while (build(&t, 2000000, out))
            seen = report.symbol[report.count - 1] &&
                   (uint16_t)(report.base + report.count) == (uint16_t)(starts[i] + 2 * TRANSPORT_CC_STRAYS);
        assert_true(seen);
    }
}

static void needs_a_buffer(void **state)
{
    (void)state;
    for (size_t cap = 0; cap <= 128; cap++) {
        struct transport_cc t = {0};
        transport_cc_receive(&t, 0, false, 64000);
        for (uint16_t seq = 30000; seq < 30040; seq++)
            transport_cc_receive(&t, seq, false, 164000 + seq % 7 * UINT64_C(100000));
        uint8_t out[128];
        memset(out, 0xee, sizeof out);
        size_t arrivals = 0, packets = 0, len;
        while ((len = transport_cc_build(&t, SENDER, MEDIA, 200000, out, cap)) > 0) {
            assert_true(len <= cap && cc_read(&report, out, len));
            assert_int_equal(report.feedback_count, packets++);
            arrivals += report.deltas;
            for (size_t i = cap; i < sizeof out; i++)
                assert_int_equal(out[i], 0xee);
        }
        assert_int_equal(arrivals, cap < TRANSPORT_CC_LEN_MIN ? 0 : 41);
    }
}

/* --- random streams: what is said over all reports is what happened ------- */

enum { STREAM = 150000, OFFSET = 65000 };

static int64_t arrived[STREAM]; /* tick, or 0 */
static int64_t told[STREAM];    /* tick as reported, 0 = told to be missing, -1 = not told of */

struct pattern {
    const char *name;
    uint32_t loss;    /* of 1,000 */
    uint32_t reorder; /* of 1,000, by up to 20 packets */
    uint32_t gap;     /* of 10,000: 1 to 3,000 packets are lost in a row */
    uint32_t pause;   /* of 10,000: up to 10 s of silence */
    uint32_t spacing_us;
};

static uint32_t rnd(uint32_t *state, uint32_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state % below;
}

/* Takes a report in; newest: the newest number that has arrived. */
static void take_report(const struct pattern *p, uint32_t newest, uint64_t now_us)
{
    uint16_t last = (uint16_t)(report.base + report.count - 1);
    uint32_t end = newest - (uint16_t)(newest + OFFSET - last);
    int64_t now_tick = (int64_t)(now_us / 250);
    int64_t reference = now_tick / 256 - (((now_tick / 256) - report.reference) & 0xffffff);
    for (uint32_t i = 0; i < report.count; i++) {
        uint32_t index = end + 1 - report.count + i;
        if (report.symbol[i] == 0) {
            if (told[index] > 0)
                fail_msg("%s: %u was received, now it is not", p->name, index);
            told[index] = 0;
            continue;
        }
        told[index] = reference * 256 + report.tick[i];
        if (told[index] != arrived[index])
            fail_msg("%s: %u at %lld, not %lld", p->name, index, (long long)arrived[index],
                     (long long)told[index]);
    }
}

static void report_all(struct transport_cc *t, const struct pattern *p, uint32_t newest, uint64_t now_us)
{
    uint8_t out[TRANSPORT_CC_LEN_MAX];
    while (build(t, now_us, out)) {
        assert_int_equal(report.sender_ssrc, SENDER);
        assert_int_equal(report.media_ssrc, MEDIA);
        assert_true(report.deltas > 0);
        take_report(p, newest, now_us);
    }
    assert_int_equal(transport_cc_due_us(t), UINT64_MAX);
}

static void run_pattern(const struct pattern *p)
{
    static struct transport_cc t;
    t = (struct transport_cc){0};
    uint32_t random = 12345, held = 0, release = 0, newest = 0;
    uint64_t now_us = UINT64_C(64000) << 24; /* wraps the reference time */
    memset(arrived, 0, sizeof arrived);
    memset(told, 0xff, sizeof told);
    for (uint32_t i = 0; i < STREAM; i++) {
        now_us += rnd(&random, 2 * p->spacing_us + 1);
        if (rnd(&random, 10000) < p->pause)
            now_us += rnd(&random, 10000000);
        if (i && rnd(&random, 10000) < p->gap)
            i += rnd(&random, 3000) + 1;
        if (now_us >= transport_cc_due_us(&t))
            report_all(&t, p, newest, now_us);
        if (held && i >= release) {
            arrived[held] = (int64_t)(now_us / 250);
            transport_cc_receive(&t, (uint16_t)(held + OFFSET), false, now_us);
            newest = held > newest ? held : newest;
            held = 0;
        }
        if (i >= STREAM || (i && rnd(&random, 1000) < p->loss))
            continue;
        if (i && !held && rnd(&random, 1000) < p->reorder) {
            held = i;
            release = i + 1 + rnd(&random, 20);
            continue;
        }
        newest = i;
        arrived[i] = (int64_t)(now_us / 250);
        transport_cc_receive(&t, (uint16_t)(i + OFFSET), rnd(&random, 5) == 0, now_us);
    }
    report_all(&t, p, newest, now_us);
    size_t untold = 0;
    for (uint32_t i = 0; i <= newest; i++)
        untold += arrived[i] ? told[i] != arrived[i] : told[i] != 0;
    if (untold)
        fail_msg("%s: %zu were not told of", p->name, untold);
}

static void tells_what_happened(void **state)
{
    (void)state;
    static const struct pattern rows[] = {
        {"clean", 0, 0, 0, 0, 1000},       {"1 % lost", 10, 0, 0, 0, 1000},
        {"half lost", 500, 0, 0, 0, 1000}, {"reordered", 20, 100, 0, 0, 1000},
        {"gaps", 20, 50, 50, 0, 1000},     {"very fast", 10, 10, 0, 0, 10},
        {"slow", 100, 0, 0, 0, 30000},     {"very slow", 100, 0, 0, 0, 400000},
        {"pauses", 50, 0, 100, 100, 5000}, {"large deltas", 300, 0, 0, 0, 80000},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        run_pattern(&rows[i]);
}

/* A clean stream costs little: about a byte a packet and a chunk for the run. */
static void is_short(void **state)
{
    (void)state;
    struct transport_cc t = {0};
    uint8_t out[TRANSPORT_CC_LEN_MAX];
    for (uint16_t seq = 0; seq < 100; seq++)
        transport_cc_receive(&t, seq, false, 64000 + seq * UINT64_C(500));
    assert_int_equal(build(&t, 200000, out), 20 + 2 + 100 + 2);
    for (uint16_t seq = 100; seq < 240; seq++)
        if (seq % 7)
            transport_cc_receive(&t, seq, false, 200000 + seq * UINT64_C(500));
    assert_int_equal(build(&t, 400000, out), 20 + 2 * 10 + 120);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_these_bytes),
        cmocka_unit_test(is_due),
        cmocka_unit_test(reference_time_wraps),
        cmocka_unit_test(late_packets_are_reported_anew),
        cmocka_unit_test(splits_where_a_delta_does_not_fit),
        cmocka_unit_test(splits_where_there_are_too_many),
        cmocka_unit_test(forgets_what_it_cannot_keep),
        cmocka_unit_test(follows_a_restart),
        cmocka_unit_test(needs_a_buffer),
        cmocka_unit_test(tells_what_happened),
        cmocka_unit_test(is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
