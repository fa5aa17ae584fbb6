/* RTP packets, right ones and those that have broken others, as offsets. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes_text.h"
#include "packet_view.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define FIXED    "6064 aabbccdd 01020304" /* sequence number, timestamp, SSRC */

static const struct rtp_ext_map map = {
    .id = {[RTP_EXT_MID] = 4,
           [RTP_EXT_AUDIO_LEVEL] = 1,
           [RTP_EXT_TRANSPORT_CC] = 3,
           [RTP_EXT_ABS_SEND_TIME] = 5,
           [RTP_EXT_DEPENDENCY] = 14,
           [RTP_EXT_RID] = 200},
};

static const struct row {
    const char *what, *packet;
    int rc;
    uint16_t payload, payload_len;
    struct rtp_ext_at level, tcc, mid, rid;
} rows[] = {
    {"plain", "8060" FIXED "dead", 0, 12, 2, {0}, {0}, {0}, {0}},
    {"empty payload", "8060" FIXED, 0, 12, 0, {0}, {0}, {0}, {0}},
    {"shorter than 12 bytes", "8060 6064 aabbccdd 010203", -EBADMSG, 0, 0, {0}, {0}, {0}, {0}},
    {"nothing", "", -EBADMSG, 0, 0, {0}, {0}, {0}, {0}},
    {"version 1", "4060" FIXED "dead", -EBADMSG, 0, 0, {0}, {0}, {0}, {0}},
    {"version 0", "0060" FIXED "dead", -EBADMSG, 0, 0, {0}, {0}, {0}, {0}},
    {"two CSRCs", "8260" FIXED "11111111 22222222 99", 0, 20, 1, {0}, {0}, {0}, {0}},
    {"CSRC past the end", "8360" FIXED "11111111 22222222 99", -EBADMSG, 0, 0, {0}, {0}, {0}, {0}},
    {"15 CSRCs, none there", "8f60" FIXED, -EBADMSG, 0, 0, {0}, {0}, {0}, {0}},

    {"padding", "a060" FIXED "dead beef 000003", 0, 12, 4, {0}, {0}, {0}, {0}},
    {"padding only", "a060" FIXED "00000004", 0, 12, 0, {0}, {0}, {0}, {0}},
    {"padding longer than the payload", "a060" FIXED "00000005", -EBADMSG, 0, 0, {0}, {0}, {0}, {0}},
    {"padding of 0", "a060" FIXED "dead 00", -EBADMSG, 0, 0, {0}, {0}, {0}, {0}},
    {"padding without a byte", "a060" FIXED, -EBADMSG, 0, 0, {0}, {0}, {0}, {0}},
    {"padding into the extensions", "b060" FIXED "bede 0001 10850006", -EBADMSG, 0, 0, {0}, {0}, {0}, {0}},

    {"one-byte",
     "9060" FIXED "bede 0003 1085 311234 43616263 000000 dead",
     0,
     28,
     2,
     {17, 1},
     {19, 2},
     {22, 4},
     {0}},
    {"padding between",
     "9060" FIXED "bede 0003 0000 1085 00 311234 00 00 00 00 dead",
     0,
     28,
     2,
     {19, 1},
     {22, 2},
     {0},
     {0}},
    {"id 15 ends the list",
     "9060" FIXED "bede 0002 1085 f0 00 311234 00 dead",
     0,
     24,
     2,
     {17, 1},
     {0},
     {0},
     {0}},
    {"id 0 with a length ends it",
     "9060" FIXED "bede 0002 1085 02 00 311234 00 dead",
     0,
     24,
     2,
     {17, 1},
     {0},
     {0},
     {0}},
    {"of two the first", "9060" FIXED "bede 0001 1085 1007 dead", 0, 20, 2, {17, 1}, {0}, {0}, {0}},
    {"no extensions but the head", "9060" FIXED "bede 0000 dead", 0, 16, 2, {0}, {0}, {0}, {0}},
    {"unknown ids", "9060" FIXED "bede 0001 7055 8066 dead", 0, 20, 2, {0}, {0}, {0}, {0}},
    {"element past the list", "9060" FIXED "bede 0001 1085 3112 dead", -EBADMSG, 0, 0, {0}, {0}, {0}, {0}},
    {"list past the end", "9060" FIXED "bede 0002 1085 0000", -EBADMSG, 0, 0, {0}, {0}, {0}, {0}},
    {"list of 65,535 words", "9060" FIXED "bede ffff 1085 0000", -EBADMSG, 0, 0, {0}, {0}, {0}, {0}},
    {"head cut", "9060" FIXED "bede 00", -EBADMSG, 0, 0, {0}, {0}, {0}, {0}},
    {"another profile", "9060" FIXED "1234 0001 1085 0000 dead", 0, 20, 2, {0}, {0}, {0}, {0}},

    {"two-byte",
     "9060" FIXED "1000 0003 010185 c80161 03021234 0000 dead",
     0,
     28,
     2,
     {18, 1},
     {24, 2},
     {0},
     {21, 1}},
    {"two-byte, application bits", "9060" FIXED "100f 0001 010185 00 dead", 0, 20, 2, {18, 1}, {0}, {0}, {0}},
    {"two-byte, length 0", "9060" FIXED "1000 0001 0100 0400 dead", 0, 20, 2, {18, 0}, {0}, {20, 0}, {0}},
    {"two-byte past the list", "9060" FIXED "1000 0001 0103 8500 dead", -EBADMSG, 0, 0, {0}, {0}, {0}, {0}},
    {"two-byte without length", "9060" FIXED "1000 0001 000000 01 dead", -EBADMSG, 0, 0, {0}, {0}, {0}, {0}},
};

static void same_place(const char *what, struct rtp_ext_at got, struct rtp_ext_at want)
{
    if (got.off != want.off || got.len != want.len)
        fail_msg("%s: %u+%u, not %u+%u", what, got.off, got.len, want.off, want.len);
}

static void packets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t p[128];
        size_t len = from_hex(rows[i].packet, p);
        struct rtp_view v;
        int rc = rtp_view_parse(&v, p, len, &map);
        if (rc != rows[i].rc)
            fail_msg("%s: %d", rows[i].what, rc);
        if (rc)
            continue;
        assert_int_equal(v.seq, 0x6064);
        assert_int_equal(v.timestamp, 0xaabbccdd);
        assert_int_equal(v.ssrc, 0x01020304);
        assert_int_equal(v.len, len);
        if (v.payload != rows[i].payload || v.payload_len != rows[i].payload_len)
            fail_msg("%s: payload %u+%u", rows[i].what, v.payload, v.payload_len);
        same_place(rows[i].what, v.ext[RTP_EXT_AUDIO_LEVEL], rows[i].level);
        same_place(rows[i].what, v.ext[RTP_EXT_TRANSPORT_CC], rows[i].tcc);
        same_place(rows[i].what, v.ext[RTP_EXT_MID], rows[i].mid);
        same_place(rows[i].what, v.ext[RTP_EXT_RID], rows[i].rid);
    }
}

static void payload_type_and_marker(void **state)
{
    uint8_t p[32];
    struct rtp_view v;
    (void)state;
    assert_int_equal(rtp_view_parse(&v, p, from_hex("80e0" FIXED "00", p), &map), 0);
    assert_int_equal(v.pt, 96);
    assert_true(v.marker);
    assert_int_equal(rtp_view_parse(&v, p, from_hex("807f" FIXED "00", p), &map), 0);
    assert_int_equal(v.pt, 127);
    assert_false(v.marker);
}

static void too_long(void **state)
{
    static uint8_t p[65536] = {0x80};
    struct rtp_view v;
    (void)state;
    assert_int_equal(rtp_view_parse(&v, p, 65535, &map), 0);
    assert_int_equal(v.payload_len, 65523);
    assert_int_equal(rtp_view_parse(&v, p, 65536, &map), -EBADMSG);
}

static void values_of_extensions(void **state)
{
    uint8_t p[64], level = 0;
    struct rtp_view v;
    bool voice = false;
    uint16_t seq = 0;
    (void)state;
    assert_int_equal(rtp_view_parse(&v, p, from_hex("9060" FIXED "bede 0002 10ff 31fffe 000000", p), &map),
                     0);
    assert_true(rtp_audio_level(&v, p, &level, &voice));
    assert_int_equal(level, 127);
    assert_true(voice);
    assert_true(rtp_transport_seq(&v, p, &seq));
    assert_int_equal(seq, 0xfffe);

    assert_int_equal(rtp_view_parse(&v, p, from_hex("9060" FIXED "bede 0001 1005 3012", p), &map), 0);
    assert_true(rtp_audio_level(&v, p, &level, &voice));
    assert_int_equal(level, 5);
    assert_false(voice);
    assert_false(rtp_transport_seq(&v, p, &seq)); /* one byte alone */

    assert_int_equal(rtp_view_parse(&v, p, from_hex("9060" FIXED "1000 0001 0100 0300", p), &map), 0);
    assert_false(rtp_audio_level(&v, p, &level, &voice));
    assert_false(rtp_transport_seq(&v, p, &seq));
}

static void send_times(void **state)
{
    static const struct {
        const char *packet;
        bool there;
        uint32_t time;
    } times[] = {
        {"9060" FIXED "bede 0001 52 010203", true, 0x010203},
        {"9060" FIXED "bede 0001 52 ffffff", true, 0xffffff},
        {"9060" FIXED "bede 0001 52 000000", true, 0},
        {"9060" FIXED "bede 0002 53 01020304 000000", true, 0x010203}, /* what is more is left alone */
        {"9060" FIXED "bede 0001 51 0102 00", false, 0},               /* two bytes are none */
        {"9060" FIXED "bede 0001 32 010203", false, 0},
        {"9060" FIXED "1000 0001 0500 0000", false, 0},
        {"9060" FIXED "1000 0002 0503 010203 000000", true, 0x010203},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(times); i++) {
        uint8_t p[64];
        struct rtp_view v;
        uint32_t time = 0;
        assert_int_equal(rtp_view_parse(&v, p, from_hex(times[i].packet, p), &map), 0);
        if (rtp_send_time(&v, p, &time) != times[i].there || time != times[i].time)
            fail_msg("row %zu: %x", i, time);
    }
}

static void peeking(void **state)
{
    uint8_t p[32];
    uint32_t ssrc = 0;
    uint16_t seq = 0;
    (void)state;
    assert_int_equal(rtp_peek(p, from_hex("ff60" FIXED, p), &ssrc, &seq), -EBADMSG);
    assert_int_equal(rtp_peek(p, from_hex("8f60 6064 aabbccdd 010203", p), &ssrc, &seq), -EBADMSG);
    assert_int_equal(rtp_peek(p, from_hex("8f60" FIXED, p), &ssrc, &seq), 0);
    assert_int_equal(ssrc, 0x01020304);
    assert_int_equal(seq, 0x6064);
}

static void retransmissions(void **state)
{
    static const struct {
        const char *packet;
        int rc;
        uint16_t osn;
    } rtx[] = {
        {"8061" FIXED "1234 aa", 0, 0x1234},     {"8061" FIXED "1234", 0, 0x1234},
        {"8061" FIXED "12", -EBADMSG, 0},        {"8061" FIXED, -EBADMSG, 0},
        {"a061" FIXED "12 000003", -EBADMSG, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rtx); i++) {
        uint8_t p[32];
        struct rtp_view v;
        uint16_t osn = 0;
        assert_int_equal(rtp_view_parse(&v, p, from_hex(rtx[i].packet, p), &map), 0);
        assert_int_equal(rtp_rtx_osn(&v, p, &osn), rtx[i].rc);
        assert_int_equal(osn, rtx[i].osn);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets),         cmocka_unit_test(payload_type_and_marker),
        cmocka_unit_test(too_long),        cmocka_unit_test(values_of_extensions),
        cmocka_unit_test(send_times),      cmocka_unit_test(peeking),
        cmocka_unit_test(retransmissions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
