/* Transport-cc feedback of viewers, from the chunks and deltas to a list. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes_text.h"
#include "rtcp_cc.h"
#include "transport_cc.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct {
    const char *what, *packet;
    int rc;
    size_t count, received;
    uint16_t last_seq;
    int64_t sum; /* of all deltas */
} rows[] = {
    {"small deltas", "8fcd0006 00000001 00000002 000a0003 00000501 20030102 03000000", 0, 3, 3, 12, 6},
    {"run of missing", "8fcd0005 00000001 00000002 000a0064 00000501 00640000", 0, 100, 0, 109, 0},
    {"negative delta", "8fcd0005 00000001 00000002 000a0001 00000501 4001fff6", 0, 1, 1, 10, -10},
    {"one-bit vector", "8fcd0005 00000001 00000002 fffe0004 00000501 a8000201", 0, 4, 2, 1, 3},
    {"two-bit vector", "8fcd0006 00000001 00000002 000a0003 00000501 d2000780 00000000", 0, 3, 2, 12,
     7 - 0x8000},
    {"nothing reported", "8fcd0004 00000001 00000002 000a0000 00000501", 0, 0, 0, 0, 0},
    {"run over the count", "8fcd0005 00000001 00000002 000a0002 00000501 3fff0101", 0, 2, 2, 11, 2},
    {"run of none", "8fcd0005 00000001 00000002 000a0002 00000501 20000000", -EBADMSG, 0, 0, 0, 0},
    {"symbol 3 in a run", "8fcd0005 00000001 00000002 000a0001 00000501 60010000", -EBADMSG, 0, 0, 0, 0},
    {"symbol 3 in a vector", "8fcd0005 00000001 00000002 000a0001 00000501 f0000000", -EBADMSG, 0, 0, 0, 0},
    {"deltas missing", "8fcd0005 00000001 00000002 000a0003 00000501 20030101", -EBADMSG, 0, 0, 0, 0},
    {"chunks missing", "8fcd0005 00000001 00000002 000a0064 00000501 00010001", -EBADMSG, 0, 0, 0, 0},
    {"half a large delta", "8fcd0005 00000001 00000002 000a0002 00000501 d8000101", -EBADMSG, 0, 0, 0, 0},
    {"64k statuses", "8fcd0005 00000001 00000002 000affff 00000501 1fff1fff", -E2BIG, 0, 0, 0, 0},
    {"as many as are taken", "8fcd0005 00000001 00000002 000a0800 00000501 1fff0000", 0, 2048, 0, 2057, 0},
    {"no head", "8fcd0003 00000001 00000002 000a0001", -EBADMSG, 0, 0, 0, 0},
};

/* The first packet of a compound, which has to be right. */
static struct rtcp_view first(const char *hex, uint8_t *p)
{
    struct rd r = rd_init(p, from_hex(hex, p));
    struct rtcp_view v;
    assert_int_equal(rtcp_next(&r, &v), 1);
    return v;
}

static void feedback(void **state)
{
    static struct rtcp_cc cc;
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t p[64];
        struct rtcp_view v = first(rows[i].packet, p);
        int rc = rtcp_cc_read(&v, &cc);
        if (rc != rows[i].rc)
            fail_msg("%s: %d", rows[i].what, rc);
        if (rc)
            continue;
        size_t received = 0;
        int64_t sum = 0;
        for (size_t j = 0; j < cc.count; j++) {
            received += cc.status[j].received;
            sum += cc.status[j].delta;
        }
        if (cc.count != rows[i].count || received != rows[i].received || sum != rows[i].sum ||
            (cc.count && cc.status[cc.count - 1].seq != rows[i].last_seq))
            fail_msg("%s: %zu, %zu, %lld", rows[i].what, cc.count, received, (long long)sum);
        assert_int_equal(cc.reference, 5);
        assert_int_equal(cc.feedback_count, 1);
    }
}

static void reference_time_is_signed(void **state)
{
    static struct rtcp_cc cc;
    uint8_t p[64];
    (void)state;
    struct rtcp_view v = first("8fcd0004 00000001 00000002 000a0000 ffffff01", p);
    assert_int_equal(rtcp_cc_read(&v, &cc), 0);
    assert_int_equal(cc.reference, -1);
}

static void other_packets_are_refused(void **state)
{
    static struct rtcp_cc cc;
    uint8_t p[64];
    (void)state;
    struct rtcp_view v = first("81ce0002 00000001 00000002", p);
    assert_int_equal(rtcp_cc_read(&v, &cc), -EBADMSG);
}

/* What transport_cc.h reports is read as the arrivals that it was given. */
static void our_own_feedback(void **state)
{
    static const struct {
        uint16_t seq;
        uint64_t us;
    } arrivals[] = {{65534, 1000000}, {65535, 1000250}, {1, 1100000}, {2, 1099000}, {40, 1200000}};
    static struct transport_cc t;
    static struct rtcp_cc cc;
    uint8_t bytes[TRANSPORT_CC_LEN_MAX];
    struct rtcp_view v;
    (void)state;
    for (size_t i = 0; i < COUNT(arrivals); i++)
        transport_cc_receive(&t, arrivals[i].seq, false, arrivals[i].us);
    struct rd r = rd_init(bytes, transport_cc_build(&t, 1, 2, 1300000, bytes, sizeof(bytes)));
    assert_int_equal(rtcp_next(&r, &v), 1);
    assert_int_equal(v.sender, 1);
    assert_int_equal(v.media, 2);
    assert_int_equal(rtcp_cc_read(&v, &cc), 0);
    assert_int_equal(cc.count, 43);
    int64_t us = (int64_t)cc.reference * RTCP_CC_REFERENCE_US;
    size_t n = 0;
    for (size_t i = 0; i < cc.count; i++) {
        if (!cc.status[i].received)
            continue;
        us += cc.status[i].delta * RTCP_CC_TICK_US;
        assert_int_equal(cc.status[i].seq, arrivals[n].seq);
        assert_int_equal(us, arrivals[n++].us);
    }
    assert_int_equal(n, COUNT(arrivals));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feedback),
        cmocka_unit_test(reference_time_is_signed),
        cmocka_unit_test(other_packets_are_refused),
        cmocka_unit_test(our_own_feedback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
