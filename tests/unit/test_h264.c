/* H.264 payloads: single NAL units, aggregates, fragments. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes_text.h"
#include "h264.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct {
    const char *what, *payload;
    int rc;
    struct h264_payload want;
} rows[] = {
    {"first slice", "61 88", 0, {.start = true}},
    {"a later slice", "61 40", 0, {0}},
    {"slice that nobody refers to", "01 88", 0, {.start = true, .discardable = true}},
    {"first IDR slice", "65 88", 0, {.key = true, .start = true}},
    {"a later IDR slice", "65 40", 0, {.key = true}},
    {"SPS", "67 42", 0, {.key = true, .start = true}},
    {"SPS with a size",
     "67 42c01fd9005005ba10",
     0,
     {.key = true, .start = true, .width = 1280, .height = 720}},
    {"STAP-A with one",
     "78 000a 6742c01fd9005005ba10 0002 68ce",
     0,
     {.key = true, .start = true, .width = 1280, .height = 720}},
    {"FU-A of an SPS", "7c 87 42c01fd9005005ba10", 0, {.key = true, .start = true}},
    {"PPS", "68 ce", 0, {0}},
    {"SEI", "06 05", 0, {0}},
    {"access unit delimiter", "09 10", 0, {.start = true}},
    {"a header alone", "61", 0, {0}},
    {"STAP-A of SPS, PPS, IDR", "78 0002 6742 0002 68ce 0003 658880", 0, {.key = true, .start = true}},
    {"STAP-A of two slices", "78 0002 6188 0002 6140", 0, {.start = true}},
    {"STAP-A of slices, one referred to", "78 0002 0140 0002 6140", 0, {0}},
    {"STAP-A of slices, none referred to", "18 0002 0188 0002 0140", 0, {.start = true, .discardable = true}},
    {"STAP-A, NAL of no bytes", "78 0000", -EBADMSG, {0}},
    {"STAP-A, second NAL of no bytes", "78 0002 6742 0000", -EBADMSG, {0}},
    {"STAP-A, NAL past the end", "78 0003 6742", -EBADMSG, {0}},
    {"STAP-A, NAL of 65,535 bytes", "78 ffff 6742", -EBADMSG, {0}},
    {"STAP-A, half a length", "78 0002 6742 00", -EBADMSG, {0}},
    {"STAP-A of nothing", "78", -EBADMSG, {0}},
    {"FU-A, IDR begins", "7c 85 88", 0, {.key = true, .start = true}},
    {"FU-A, IDR goes on", "7c 05 88", 0, {.key = true}},
    {"FU-A, IDR ends", "7c 45 88", 0, {.key = true}},
    {"FU-A, later IDR slice begins", "7c 85 40", 0, {.key = true}},
    {"FU-A, slice begins", "7c 81 88", 0, {.start = true}},
    {"FU-A, slice that nobody refers to", "1c 01 88", 0, {.discardable = true}},
    {"FU-A without bytes", "7c 81", 0, {0}},
    {"FU-A that begins and ends", "7c c5 88", -EBADMSG, {0}},
    {"FU-A without header", "7c", -EBADMSG, {0}},
    {"STAP-B", "79 0001 0002 6742", -EBADMSG, {0}},
    {"FU-B", "7d 85 0001 88", -EBADMSG, {0}},
    {"type 0", "60 88", -EBADMSG, {0}},
    {"type 31", "7f 88", -EBADMSG, {0}},
    {"nothing", "", -EBADMSG, {0}},
};

static void payloads(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct h264_payload *w = &rows[i].want;
        struct h264_payload h;
        uint8_t p[32];
        int rc = h264_read(&h, p, from_hex(rows[i].payload, p));
        if (rc != rows[i].rc)
            fail_msg("%s: %d", rows[i].what, rc);
        assert_true(h.width == w->width && h.height == w->height);
        if (rc == 0 && (h.key != w->key || h.start != w->start || h.discardable != w->discardable))
            fail_msg("%s: key %d, start %d, discardable %d", rows[i].what, h.key, h.start, h.discardable);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(payloads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
