/* RTCP that is written reads back the same. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rtcp_write.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct receive_report blocks[RTCP_BLOCKS_MAX + 1] = {
    {.ssrc = 7, .fraction = 200, .lost = -8388608, .highest = 0xffffffff, .jitter = 1, .lsr = 2, .dlsr = 3},
    {.ssrc = 8, .fraction = 0, .lost = 8388607, .highest = 4, .jitter = 5, .lsr = 6, .dlsr = 7},
};

static void same_blocks(const struct rtcp_view *v)
{
    for (size_t i = 0; i < v->count; i++) {
        struct receive_report b;
        assert_true(rtcp_report(v, i, &b));
        assert_int_equal(b.ssrc, blocks[i].ssrc);
        assert_int_equal(b.fraction, blocks[i].fraction);
        assert_int_equal(b.lost, blocks[i].lost);
        assert_int_equal(b.highest, blocks[i].highest);
        assert_int_equal(b.jitter, blocks[i].jitter);
        assert_int_equal(b.lsr, blocks[i].lsr);
        assert_int_equal(b.dlsr, blocks[i].dlsr);
    }
}

static void a_written_compound_reads_back(void **state)
{
    static const uint32_t ssrcs[] = {21, 22, 23};
    uint8_t bytes[1200], number = 0;
    struct wr w = wr_init(bytes, sizeof(bytes));
    const struct rtcp_sr sr = {0x0102030405060708, 9, 10, 11};
    struct rtcp_view v;
    uint32_t ssrc = 0;
    (void)state;
    rtcp_write_sr(&w, 1, &sr, blocks, 2);
    rtcp_write_rr(&w, 2, blocks, RTCP_BLOCKS_MAX);
    rtcp_write_cname(&w, 3, "cname", 5);
    rtcp_write_bye(&w, ssrcs, 3);
    rtcp_write_pli(&w, 4, 5);
    rtcp_write_fir(&w, 6, 7, 8);
    rtcp_write_remb(&w, 9, 2500000, ssrcs, 2);
    assert_false(w.bad);
    assert_int_equal(wr_len(&w) % 4, 0);

    struct rd r = rd_init(bytes, wr_len(&w));
    assert_int_equal(rtcp_next(&r, &v), 1);
    assert_int_equal(v.kind, RTCP_SR);
    assert_int_equal(v.sender, 1);
    assert_true(v.sr.ntp == sr.ntp);
    assert_int_equal(v.sr.rtp_timestamp, sr.rtp_timestamp);
    assert_int_equal(v.sr.packets, sr.packets);
    assert_int_equal(v.sr.octets, sr.octets);
    assert_int_equal(v.count, 2);
    same_blocks(&v);
    assert_int_equal(rtcp_next(&r, &v), 1);
    assert_int_equal(v.kind, RTCP_RR);
    assert_int_equal(v.count, RTCP_BLOCKS_MAX);
    same_blocks(&v);
    assert_int_equal(rtcp_next(&r, &v), 1);
    assert_int_equal(v.kind, RTCP_SDES);
    assert_int_equal(v.cname_len, 5);
    assert_memory_equal(v.cname, "cname", 5);
    assert_int_equal(rtcp_next(&r, &v), 1);
    assert_int_equal(v.kind, RTCP_BYE);
    assert_true(rtcp_ssrc(&v, 2, &ssrc));
    assert_int_equal(ssrc, 23);
    assert_int_equal(rtcp_next(&r, &v), 1);
    assert_int_equal(v.kind, RTCP_PLI);
    assert_int_equal(v.sender, 4);
    assert_int_equal(v.media, 5);
    assert_int_equal(rtcp_next(&r, &v), 1);
    assert_true(rtcp_fir(&v, 0, &ssrc, &number));
    assert_int_equal(ssrc, 7);
    assert_int_equal(number, 8);
    assert_int_equal(rtcp_next(&r, &v), 1);
    assert_int_equal(v.kind, RTCP_REMB);
    assert_true(v.bitrate == 2500000);
    assert_true(rtcp_ssrc(&v, 1, &ssrc));
    assert_int_equal(ssrc, 22);
    assert_int_equal(rtcp_next(&r, &v), 0);
}

static void cnames_of_any_length_are_ended_by_a_zero(void **state)
{
    char cname[255];
    (void)state;
    memset(cname, 'c', sizeof(cname));
    for (size_t len = 0; len <= sizeof(cname); len++) {
        uint8_t bytes[300];
        struct wr w = wr_init(bytes, sizeof(bytes));
        struct rtcp_view v;
        rtcp_write_cname(&w, 3, cname, (uint8_t)len);
        struct rd r = rd_init(bytes, wr_len(&w));
        assert_int_equal(rtcp_next(&r, &v), 1);
        assert_int_equal(v.cname_len, len);
        assert_int_equal(rtcp_next(&r, &v), 0);
    }
}

static void a_packet_without_room_leaves_the_others_whole(void **state)
{
    uint8_t bytes[40];
    struct wr w = wr_init(bytes, 8 + 11);
    struct rtcp_view v;
    (void)state;
    rtcp_write_rr(&w, 1, NULL, 0);
    rtcp_write_pli(&w, 1, 2);
    assert_true(w.bad);
    assert_int_equal(wr_len(&w), 8);
    struct rd r = rd_init(bytes, wr_len(&w));
    assert_int_equal(rtcp_next(&r, &v), 1);
    assert_int_equal(rtcp_next(&r, &v), 0);

    w = wr_init(bytes, sizeof(bytes));
    rtcp_write_rr(&w, 1, blocks, RTCP_BLOCKS_MAX + 1);
    assert_true(w.bad);
    assert_int_equal(wr_len(&w), 0);
}

static void nacks_are_packed(void **state)
{
    static const struct {
        uint16_t seqs[20];
        size_t count, room, taken, len;
    } rows[] = {
        {{5}, 1, 100, 1, 16},
        {{5, 6, 7, 21}, 4, 100, 4, 16},
        {{5, 22}, 2, 100, 2, 20},
        {{65534, 65535, 0, 14, 15}, 5, 100, 5, 20},
        {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17}, 17, 100, 17, 16},
        {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18}, 18, 100, 18, 20},
        {{1, 100, 101, 200}, 4, 20, 3, 20},
        {{1, 100, 101, 200}, 4, 19, 1, 16},
        {{1, 100}, 2, 15, 0, 0},
        {{0}, 0, 100, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t bytes[128];
        struct wr w = wr_init(bytes, rows[i].room);
        size_t n = rtcp_write_nack(&w, 1, 2, rows[i].seqs, rows[i].count);
        assert_false(w.bad);
        if (n != rows[i].taken || wr_len(&w) != rows[i].len)
            fail_msg("row %zu: %zu in %zu bytes", i, n, wr_len(&w));
        struct rd r = rd_init(bytes, wr_len(&w));
        struct rtcp_view v;
        struct rtcp_nack_iter it = {0};
        uint16_t seq;
        if (n == 0)
            continue;
        assert_int_equal(rtcp_next(&r, &v), 1);
        for (size_t j = 0; j < n; j++) {
            assert_true(rtcp_nack_next(&v, &it, &seq));
            assert_int_equal(seq, rows[i].seqs[j]);
        }
        assert_false(rtcp_nack_next(&v, &it, &seq));
    }
}

static void rembs(void **state)
{
    static const uint32_t ssrcs[RTCP_BLOCKS_MAX] = {1, 0xffffffff, 3, [RTCP_BLOCKS_MAX - 1] = 31};
    static const struct {
        uint64_t written, read;
        uint32_t exponent, mantissa;
        uint32_t ssrcs;
    } rows[] = {
        {0, 0, 0, 0, 1},
        {1, 1, 0, 1, 1},
        {0x3ffff, 0x3ffff, 0, 0x3ffff, 0},
        {0x40000, 0x40000, 1, 0x20000, 3},
        {0x40001, 0x40000, 1, 0x20000, 3}, /* rounded down: never more than was meant */
        {0x7ffff, 0x7fffe, 1, 0x3ffff, 3},
        {30000, 30000, 0, 30000, 2},
        {100000000, 99999744, 9, 195312, RTCP_BLOCKS_MAX},
        {UINT32_MAX, 0xffffc000, 14, 0x3ffff, 1},
        {UINT64_MAX, UINT64_MAX - 0x3fffffffffff, 46, 0x3ffff, RTCP_BLOCKS_MAX},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t bytes[200];
        struct wr w = wr_init(bytes, sizeof(bytes));
        struct rtcp_view v;
        uint32_t ssrc = 0;
        rtcp_write_remb(&w, 7, rows[i].written, ssrcs, rows[i].ssrcs);
        assert_int_equal(wr_len(&w), 20 + 4 * rows[i].ssrcs);
        assert_int_equal(get_u32(bytes + 16),
                         rows[i].ssrcs << 24 | rows[i].exponent << 18 | rows[i].mantissa);
        struct rd r = rd_init(bytes, wr_len(&w));
        assert_int_equal(rtcp_next(&r, &v), 1);
        assert_int_equal(v.kind, RTCP_REMB);
        assert_int_equal(v.sender, 7);
        assert_int_equal(v.media, 0);
        assert_true(v.bitrate == rows[i].read);
        assert_int_equal(v.count, rows[i].ssrcs);
        for (size_t k = 0; k < v.count; k++) {
            assert_true(rtcp_ssrc(&v, k, &ssrc));
            assert_int_equal(ssrc, ssrcs[k]);
        }
        assert_int_equal(rtcp_next(&r, &v), 0);
    }
}

static void a_remb_that_does_not_fit_is_not_written(void **state)
{
    static const uint32_t ssrcs[RTCP_BLOCKS_MAX + 1] = {1};
    static const struct {
        size_t room, ssrcs;
        bool fits;
    } rows[] = {{28, 2, true},
                {27, 2, false},
                {19, 0, false},
                {200, RTCP_BLOCKS_MAX, true},
                {200, RTCP_BLOCKS_MAX + 1, false}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t bytes[200];
        struct wr w = wr_init(bytes, rows[i].room);
        rtcp_write_remb(&w, 7, 1000, ssrcs, rows[i].ssrcs);
        assert_int_equal(w.bad, !rows[i].fits);
        assert_int_equal(wr_len(&w), rows[i].fits ? 20 + 4 * rows[i].ssrcs : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_written_compound_reads_back),
        cmocka_unit_test(cnames_of_any_length_are_ended_by_a_zero),
        cmocka_unit_test(a_packet_without_room_leaves_the_others_whole),
        cmocka_unit_test(nacks_are_packed),
        cmocka_unit_test(rembs),
        cmocka_unit_test(a_remb_that_does_not_fit_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
