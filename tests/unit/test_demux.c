#include "demux.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    int first, second; /* bytes */
    size_t len;
    enum demux_class want;
} rows[] = {
    {0, 1, 0, DEMUX_SHORT},         {0, 1, 1, DEMUX_SHORT},      {0, 1, 20, DEMUX_STUN},
    {1, 1, 20, DEMUX_STUN},         {3, 0, 2, DEMUX_STUN},       {4, 0, 100, DEMUX_UNKNOWN},
    {19, 0, 100, DEMUX_UNKNOWN}, /* ZRTP is 16..19 */
    {20, 254, 100, DEMUX_DTLS},     {22, 254, 100, DEMUX_DTLS},  {63, 254, 100, DEMUX_DTLS},
    {64, 0, 100, DEMUX_UNKNOWN}, /* TURN channels */
    {79, 0, 100, DEMUX_UNKNOWN},    {80, 0, 100, DEMUX_UNKNOWN}, {127, 96, 100, DEMUX_UNKNOWN},
    {128, 96, 100, DEMUX_RTP},      {191, 96, 100, DEMUX_RTP},   {192, 96, 100, DEMUX_UNKNOWN},
    {255, 255, 100, DEMUX_UNKNOWN}, {128, 96, 12, DEMUX_RTP},    {128, 96, 11, DEMUX_SHORT},
    {128, 0, 12, DEMUX_RTP},        {128, 63, 12, DEMUX_RTP},    {128, 64, 12, DEMUX_RTCP},
    {128, 95, 12, DEMUX_RTCP},      {128, 96, 12, DEMUX_RTP},    {128, 128 + 63, 12, DEMUX_RTP},
    {128, 128 + 96, 12, DEMUX_RTP}, {128, 192, 12, DEMUX_RTCP}, /* FIR of RFC 2032: the marker bit and 64 */
    {129, 200, 8, DEMUX_RTCP},                                  /* SR */
    {129, 201, 8, DEMUX_RTCP},                                  /* RR */
    {143, 205, 8, DEMUX_RTCP},                                  /* transport-wide feedback */
    {129, 206, 8, DEMUX_RTCP},                                  /* PLI */
    {129, 207, 8, DEMUX_RTCP},                                  /* XR */
    {129, 223, 8, DEMUX_RTCP},      {129, 224, 12, DEMUX_RTP},   {129, 201, 7, DEMUX_SHORT},
};

static void tells_them_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const uint8_t p[100] = {(uint8_t)rows[i].first, (uint8_t)rows[i].second};
        print_message("  %d %d, %zu bytes\n", rows[i].first, rows[i].second, rows[i].len);
        assert_int_equal(demux(p, rows[i].len), rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_them_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
