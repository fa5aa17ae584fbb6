/* RTCP compounds, right ones and those that have broken others, as typed views. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes_text.h"
#include "rtcp.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define NO_KIND  RTCP_KIND_COUNT

enum { STEPS_MAX = 4 };

/* What a walk over the compound gives, step by step: a kind, or NO_KIND for -EBADMSG. */
static const struct {
    const char *what, *compound;
    size_t steps;
    enum rtcp_kind kinds[STEPS_MAX];
} walks[] = {
    {"nothing", "", 0, {0}},
    {"RR alone", "80c90001 00000001", 1, {RTCP_RR}},
    {"SR with a block",
     "81c8000c 00000001 0000000200000003 00000004 00000005 00000006"
     "0000000a 01fffffe 00000007 00000008 00000009 0000000b",
     1,
     {RTCP_SR}},
    {"SR with a profile's own words",
     "80c80008 00000001 0000000200000003 00000004 00000005 00000006 11111111 22222222",
     1,
     {RTCP_SR}},
    {"SR too short", "80c80005 00000001 0000000200000003 00000004 00000005", 1, {NO_KIND}},
    {"more blocks than there are",
     "82c90007 00000001"
     "0000000a 01fffffe 00000007 00000008 00000009 0000000b",
     1,
     {NO_KIND}},
    {"RR without an SSRC", "80c90000", 1, {NO_KIND}},
    {"a bad one costs itself alone", "81c90001 00000001 81ce0002 00000001 00000002", 2, {NO_KIND, RTCP_PLI}},
    {"length past the end", "80c90001 00000001 81ce0003 00000001 00000002", 2, {RTCP_RR, NO_KIND}},
    {"length of 65,535 words", "81ceffff 00000001 00000002", 1, {NO_KIND}},
    {"head cut", "80c90001 00000001 81ce", 2, {RTCP_RR, NO_KIND}},
    {"version 1", "40c90001 00000001 81ce0002 00000001 00000002", 1, {NO_KIND}},
    {"reduced size", "81ce0002 00000001 00000002", 1, {RTCP_PLI}},
    {"XR and APP are passed over",
     "80cf0001 00000001 80cc0002 00000001 41424344 80c90001 00000001",
     3,
     {RTCP_OTHER, RTCP_OTHER, RTCP_RR}},
    {"unknown type, empty", "80d00000 80c90001 00000001", 2, {RTCP_OTHER, RTCP_RR}},
    {"unknown feedback",
     "89cd0002 00000001 00000002 8ace0002 00000001 00000002",
     2,
     {RTCP_OTHER, RTCP_OTHER}},
    {"PLI too short", "81ce0001 00000001", 1, {NO_KIND}},
    {"padding", "a0c90002 00000001 00000004", 1, {RTCP_RR}},
    {"padding of 0", "a0c90002 00000001 00000000", 1, {NO_KIND}},
    {"padding longer than the packet", "a0c90002 00000001 00000009", 1, {NO_KIND}},
    {"padding over the SSRC", "a0c90001 00000008", 1, {NO_KIND}},
    {"padding of an empty packet", "a0c90000", 1, {NO_KIND}},
    {"BYE", "81cb0001 00000001", 1, {RTCP_BYE}},
    {"BYE of nobody", "80cb0000", 1, {RTCP_BYE}},
    {"BYE with a reason", "81cb0002 00000001 03627965", 1, {RTCP_BYE}},
    {"BYE, reason past the end", "81cb0002 00000001 04627965", 1, {NO_KIND}},
    {"BYE, more SSRCs than there are", "82cb0001 00000001", 1, {NO_KIND}},
    {"SDES, trailing bytes", "81ca0005 00000001 01026162 00000000 deadbeef deadbeef", 1, {RTCP_SDES}},
    {"SDES, no chunk but bytes", "80ca0001 deadbeef", 1, {RTCP_SDES}},
    {"SDES, item past the end", "81ca0002 00000001 01036162", 1, {NO_KIND}},
    {"SDES, list without end", "81ca0002 00000001 01026162", 1, {NO_KIND}},
    {"SDES, second chunk missing", "82ca0003 00000001 01026162 00000000", 1, {NO_KIND}},
    {"REMB", "8fce0005 00000001 00000000 52454d42 01000001 00000002", 1, {RTCP_REMB}},
    {"REMB, more SSRCs than there are", "8fce0004 00000001 00000000 52454d42 01000001", 1, {NO_KIND}},
    {"REMB, no number", "8fce0003 00000001 00000000 52454d42", 1, {NO_KIND}},
    {"other application feedback", "8fce0003 00000001 00000000 47474747", 1, {RTCP_OTHER}},
    {"application feedback, empty", "8fce0002 00000001 00000000", 1, {RTCP_OTHER}},
};

static void compounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(walks); i++) {
        uint8_t p[128];
        struct rd r = rd_init(p, from_hex(walks[i].compound, p));
        struct rtcp_view v;
        for (size_t step = 0; step < walks[i].steps; step++) {
            int rc = rtcp_next(&r, &v);
            enum rtcp_kind want = walks[i].kinds[step];
            if (rc != (want == NO_KIND ? -EBADMSG : 1) || (rc == 1 && v.kind != want))
                fail_msg("%s, step %zu: %d", walks[i].what, step, rc);
        }
        if (rtcp_next(&r, &v) != 0)
            fail_msg("%s: no end", walks[i].what);
    }
}

/* The first packet of a compound, which has to be right. */
static struct rtcp_view first(const char *hex, uint8_t *p)
{
    struct rd r = rd_init(p, from_hex(hex, p));
    struct rtcp_view v;
    assert_int_equal(rtcp_next(&r, &v), 1);
    return v;
}

static void report_blocks(void **state)
{
    uint8_t p[128];
    struct receive_report block;
    (void)state;
    struct rtcp_view v = first("81c8000c 00000001 11111111 22222222 00000004 00000005 00000006"
                               "0000000a 40fffffe 00010007 00000008 00000009 0000000b",
                               p);
    assert_int_equal(v.sender, 1);
    assert_true(v.sr.ntp == 0x1111111122222222);
    assert_int_equal(v.sr.rtp_timestamp, 4);
    assert_int_equal(v.sr.packets, 5);
    assert_int_equal(v.sr.octets, 6);
    assert_true(rtcp_report(&v, 0, &block));
    assert_int_equal(block.ssrc, 10);
    assert_int_equal(block.fraction, 0x40);
    assert_int_equal(block.lost, -2);
    assert_int_equal(block.highest, 0x10007);
    assert_int_equal(block.jitter, 8);
    assert_int_equal(block.lsr, 9);
    assert_int_equal(block.dlsr, 11);
    assert_false(rtcp_report(&v, 1, &block));

    v = first("81ce0002 00000001 00000002", p);
    assert_false(rtcp_report(&v, 0, &block)); /* a PLI has none */
}

static void cnames(void **state)
{
    static const struct {
        const char *packet, *cname;
        uint32_t ssrc;
    } rows[] = {
        {"81ca0003 00000001 01026162 00000000", "ab", 1},
        {"81ca0003 00000001 01000000 00000000", "", 1},
        {"81ca0004 00000001 0201780102616200 00000000", "ab", 1}, /* NAME before it, bytes behind */
        {"82ca0005 00000001 02017800 00000002 01026162 00000000", "ab", 2},
        {"81ca0002 00000001 02017800", NULL, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t p[64];
        struct rtcp_view v = first(rows[i].packet, p);
        assert_int_equal(v.kind, RTCP_SDES);
        assert_int_equal(v.sender, rows[i].ssrc);
        assert_int_equal(v.cname != NULL, rows[i].cname != NULL);
        assert_int_equal(v.cname_len, rows[i].cname ? strlen(rows[i].cname) : 0);
        assert_true(!v.cname || memcmp(v.cname, rows[i].cname, v.cname_len) == 0);
    }
}

static void byes(void **state)
{
    uint8_t p[64];
    uint32_t ssrc = 0;
    (void)state;
    struct rtcp_view v = first("82cb0003 00000001 00000002 03627965", p);
    assert_true(rtcp_ssrc(&v, 0, &ssrc));
    assert_int_equal(ssrc, 1);
    assert_true(rtcp_ssrc(&v, 1, &ssrc));
    assert_int_equal(ssrc, 2);
    assert_false(rtcp_ssrc(&v, 2, &ssrc));
}

static void nacks(void **state)
{
    static const struct {
        const char *packet;
        size_t count;
        uint16_t first, last;
    } rows[] = {
        {"81cd0002 00000001 00000002", 0, 0, 0},
        {"81cd0003 00000001 00000002 12340000", 1, 0x1234, 0x1234},
        {"81cd0003 00000001 00000002 12340001", 2, 0x1234, 0x1235},
        {"81cd0003 00000001 00000002 12348000", 2, 0x1234, 0x1244},
        {"81cd0003 00000001 00000002 fffe0005", 3, 0xfffe, 1},
        {"81cd0003 00000001 00000002 0000ffff", 17, 0, 16},
        {"81cd0005 00000001 00000002 0000ffff 0011ffff 00220000", 35, 0, 34},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t p[64];
        struct rtcp_view v = first(rows[i].packet, p);
        struct rtcp_nack_iter it = {0};
        uint16_t seq = 0;
        assert_int_equal(v.media, 2);
        size_t n = 0;
        for (; rtcp_nack_next(&v, &it, &seq); n++)
            assert_true(n > 0 || seq == rows[i].first);
        assert_int_equal(n, rows[i].count);
        assert_int_equal(seq, rows[i].last);
    }
}

static void firs(void **state)
{
    uint8_t p[64], number = 0;
    uint32_t ssrc = 0;
    (void)state;
    struct rtcp_view v = first("84ce0006 00000001 00000000 0000000a 07000000 0000000b 08000000", p);
    assert_true(rtcp_fir(&v, 1, &ssrc, &number));
    assert_int_equal(ssrc, 11);
    assert_int_equal(number, 8);
    assert_false(rtcp_fir(&v, 2, &ssrc, &number));
    v = first("84ce0003 00000001 00000000 0000000a", p); /* half an entry */
    assert_false(rtcp_fir(&v, 0, &ssrc, &number));
}

static void bitrates(void **state)
{
    static const struct {
        const char *packet;
        uint64_t bitrate;
        size_t ssrcs;
    } rows[] = {
        {"8fce0004 00000001 00000000 52454d42 00000000", 0, 0},
        {"8fce0004 00000001 00000000 52454d42 00000001", 1, 0},
        {"8fce0005 00000001 00000000 52454d42 0107ffff 00000007", 262143 * 2, 1},
        {"8fce0004 00000001 00000000 52454d42 00bbffff", UINT64_C(262143) << 46, 0},
        {"8fce0004 00000001 00000000 52454d42 00bfffff", UINT64_MAX, 0}, /* 262,143 << 47 */
        {"8fce0004 00000001 00000000 52454d42 00ffffff", UINT64_MAX, 0},
        {"8fce0004 00000001 00000000 52454d42 00fc0001", UINT64_C(1) << 63, 0},
        {"8fce0004 00000001 00000000 52454d42 00fc0000", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t p[64];
        uint32_t ssrc;
        struct rtcp_view v = first(rows[i].packet, p);
        if (v.bitrate != rows[i].bitrate)
            fail_msg("row %zu: %llx", i, (unsigned long long)v.bitrate);
        assert_int_equal(v.count, rows[i].ssrcs);
        assert_int_equal(rtcp_ssrc(&v, 0, &ssrc), rows[i].ssrcs > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compounds), cmocka_unit_test(report_blocks), cmocka_unit_test(cnames),
        cmocka_unit_test(byes),      cmocka_unit_test(nacks),         cmocka_unit_test(firs),
        cmocka_unit_test(bitrates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
