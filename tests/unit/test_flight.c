/* What was sent against what feedback says of it, wherever the numbers stand. */
#include "flight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { SIZE = 100, START_US = 5000000 };

static struct flight_batch batch;

/* One character for each status: x arrived 1 ms after the one before, . missing. */
static void feed(struct flight *f, uint16_t base, const char *statuses, int32_t reference, uint64_t now_us)
{
    static struct rtcp_cc cc;
    cc = (struct rtcp_cc){.reference = reference, .count = strlen(statuses)};
    for (size_t i = 0; i < cc.count; i++)
        cc.status[i] = (struct rtcp_cc_status){
            .seq = (uint16_t)(base + i), .received = statuses[i] == 'x', .delta = statuses[i] == 'x' ? 4 : 0};
    flight_feedback(f, &cc, now_us, &batch);
}

/* One character for each result: A arrived, l arrived late, C arrived but counted before, L lost. */
static const char *results(void)
{
    static char text[RTCP_CC_STATUSES_MAX + 1];
    for (size_t i = 0; i < batch.count; i++) {
        const struct flight_result *r = &batch.of[i];
        text[i] = r->lost ? 'L' : r->late ? 'l' : r->counted ? 'C' : 'A';
        assert_int_equal(r->arrival_us == 0, r->lost);
    }
    text[batch.count] = 0;
    return text;
}

static void send(struct flight *f, size_t count, uint64_t now_us)
{
    for (size_t i = 0; i < count; i++)
        flight_sent(f, SIZE, 0, now_us);
}

/* One flight through all rows: send some, then take a report. */
static const struct {
    const char *what;
    size_t send;
    int base; /* from the first packet of all */
    const char *statuses, *results;
    size_t unknown, skipped; /* packets */
} rows[] = {
    {"all arrive", 4, 0, "xxxx", "AAAA", 0, 0},
    {"told twice", 0, 0, "xxxx", "", 0, 0},
    {"taken back", 0, 2, "..", "", 0, 0},
    {"one is lost", 3, 4, "x.x", "ALA", 0, 0},
    {"lost again", 0, 5, ".x", "", 0, 0},
    {"it comes late", 0, 5, "xx", "l", 0, 0},
    {"nothing in it", 0, 5, "", "", 0, 0},
    {"never sent", 0, 7, "xx", "", 2, 0},
    {"some never sent", 1, 7, "xxx", "A", 2, 0},
    {"before all", 0, -3, "xxx", "", 3, 0},
    {"half the circle away", 0, 0x8000, "x.", "", 2, 0},
    {"a report is missing", 6, 11, "xxx", "AAA", 0, 3},
    {"it comes after all", 0, 8, "x.x", "CLC", 0, 0},
    {"and what it said lost comes late", 0, 9, "x", "l", 0, 0},
    {"all of a batch lost", 3, 14, "...", "LLL", 0, 0},
};

static void matches_feedback(void **state)
{
    (void)state;
    static const size_t starts[] = {0, 1, 65520, 65535, 65536, 200000};
    struct flight_packet ring[FLIGHT_CAPACITY_MIN];
    for (size_t s = 0; s < COUNT(starts); s++) {
        struct flight f;
        flight_init(&f, ring, FLIGHT_CAPACITY_MIN);
        send(&f, starts[s], START_US);
        f.heard = f.floor = f.next;
        uint16_t first = flight_next(&f);
        for (size_t i = 0; i < COUNT(rows); i++) {
            send(&f, rows[i].send, START_US);
            feed(&f, (uint16_t)(first + rows[i].base), rows[i].statuses, 1, START_US + 50000);
            if (strcmp(results(), rows[i].results) != 0)
                fail_msg("%s: %s", rows[i].what, results());
            assert_int_equal(batch.unknown, rows[i].unknown);
            assert_int_equal(batch.skipped_bytes, rows[i].skipped * SIZE);
        }
    }
}

static void leaves_out_what_was_dropped_here(void **state)
{
    (void)state;
    struct flight_packet ring[FLIGHT_CAPACITY_MIN];
    struct flight f;
    flight_init(&f, ring, FLIGHT_CAPACITY_MIN);
    uint16_t first = flight_next(&f);
    send(&f, 3, START_US);
    assert_true(flight_dropped(&f, (uint16_t)(first + 1)));
    assert_false(flight_dropped(&f, (uint16_t)(first + 1)));
    assert_false(flight_dropped(&f, (uint16_t)(first + 3)));
    feed(&f, first, "x.x", 1, START_US);
    assert_string_equal(results(), "AA");
    assert_false(flight_dropped(&f, first));
}

static void tells_times_and_sizes(void **state)
{
    (void)state;
    static const struct {
        uint64_t sent_us, now_us;
        int32_t reference;   /* the one before was -1 */
        uint64_t arrival_us; /* after that of reference 0 */
    } times[] = {
        {1000000, 1050000, 0, 1000},
        {UINT64_C(0xffffffff) * FLIGHT_TICK_US, UINT64_C(0x100000002) * FLIGHT_TICK_US, 3, 193000},
        {77, 10000000, 0x7ffffe, 0x7ffffe * UINT64_C(64000) + 1000},
        {77, UINT64_C(3600000000), -0x800000, 0x800000 * UINT64_C(64000) + 1000},
    };
    for (size_t i = 0; i < COUNT(times); i++) {
        struct flight_packet ring[FLIGHT_CAPACITY_MIN];
        struct flight f;
        flight_init(&f, ring, FLIGHT_CAPACITY_MIN);
        uint16_t first = flight_next(&f);
        flight_sent(&f, 10, 0, times[i].sent_us);
        flight_sent(&f, 1200, 7, times[i].sent_us);
        flight_sent(&f, 70000, 0, times[i].sent_us);
        feed(&f, first, "x", -1, times[i].now_us);
        uint64_t zero_us = batch.of[0].arrival_us + 63000;
        if (times[i].reference == -0x800000)
            feed(&f, first, "x", 0x7ffffe, times[i].now_us);
        feed(&f, (uint16_t)(first + 1), "xx", times[i].reference, times[i].now_us);
        assert_int_equal(batch.of[0].arrival_us - zero_us, times[i].arrival_us);
        assert_in_range(times[i].sent_us - batch.of[0].sent_us + FLIGHT_TICK_US, 0, 2 * FLIGHT_TICK_US);
        assert_int_equal(batch.of[0].size, 1200);
        assert_int_equal(batch.of[0].cluster, 7);
        assert_int_equal(batch.of[1].size, UINT16_MAX);
        assert_int_equal(batch.of[1].cluster, 0);
    }
}

static void forgets_the_oldest_and_grows(void **state)
{
    (void)state;
    static const struct {
        uint64_t interval_us;
        bool crowded;
    } paces[] = {{1000, true}, {3900, true}, {4000, false}, {20000, false}};
    for (size_t i = 0; i < COUNT(paces); i++) {
        struct flight_packet small[FLIGHT_CAPACITY_MIN], large[2 * FLIGHT_CAPACITY_MIN];
        struct flight f;
        flight_init(&f, small, FLIGHT_CAPACITY_MIN);
        uint16_t first = flight_next(&f);
        for (uint64_t n = 0; n <= FLIGHT_CAPACITY_MIN; n++)
            send(&f, 1, START_US + n * paces[i].interval_us);
        assert_int_equal(flight_crowded(&f), paces[i].crowded);
        assert_ptr_equal(flight_grow(&f, large, COUNT(large)), small);
        memset(small, 0xff, sizeof small);
        assert_false(flight_crowded(&f));
        send(&f, 200, START_US);
        feed(&f, first, "xxx", 1, START_US + 6000000);
        assert_string_equal(results(), "AA"); /* the first was forgotten before the ring grew */
        assert_int_equal(batch.unknown, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_feedback),
        cmocka_unit_test(leaves_out_what_was_dropped_here),
        cmocka_unit_test(tells_times_and_sizes),
        cmocka_unit_test(forgets_the_oldest_and_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
