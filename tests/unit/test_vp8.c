/* VP8 payload descriptors and key frame headers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes_text.h"
#include "vp8.h"

#define COUNT(a)    (sizeof(a) / sizeof *(a))
#define KEY_640_360 "50 02 00 9d012a 8002 6801"

static const struct {
    const char *what, *payload;
    int rc;
    struct vp8_descriptor want;
} rows[] = {
    {"no extension, key frame",
     "10" KEY_640_360,
     0,
     {.len = 1,
      .start = true,
      .key = true,
      .width = 640,
      .height = 360,
      .picture_id = -1,
      .tl0_pic_idx = -1}},
    {"no extension, delta frame",
     "10 51020000",
     0,
     {.len = 1, .start = true, .picture_id = -1, .tl0_pic_idx = -1}},
    {"middle of a frame", "00 50020000", 0, {.len = 1, .picture_id = -1, .tl0_pic_idx = -1}},
    {"start of the second partition", "11 50020000", 0, {.len = 1, .picture_id = -1, .tl0_pic_idx = -1}},
    {"non-reference",
     "30 51",
     0,
     {.len = 1, .start = true, .non_reference = true, .picture_id = -1, .tl0_pic_idx = -1}},
    {"X with nothing", "90 00 51", 0, {.len = 2, .start = true, .picture_id = -1, .tl0_pic_idx = -1}},
    {"7-bit picture id",
     "90 80 7f 51",
     0,
     {.len = 3, .start = true, .picture_id = 127, .picture_id_at = 2, .tl0_pic_idx = -1}},
    {"15-bit picture id",
     "90 80 ffff 51",
     0,
     {.len = 4,
      .start = true,
      .picture_id = 32767,
      .picture_id_15 = true,
      .picture_id_at = 2,
      .tl0_pic_idx = -1}},
    {"15-bit picture id 0",
     "90 80 8000 51",
     0,
     {.len = 4,
      .start = true,
      .picture_id = 0,
      .picture_id_15 = true,
      .picture_id_at = 2,
      .tl0_pic_idx = -1}},
    {"TL0PICIDX alone",
     "90 40 fe 51",
     0,
     {.len = 3, .start = true, .picture_id = -1, .tl0_pic_idx = 254, .tl0_at = 2}},
    {"TID with layer sync",
     "90 20 60 51",
     0,
     {.len = 3,
      .start = true,
      .has_tid = true,
      .tid = 1,
      .layer_sync = true,
      .picture_id = -1,
      .tl0_pic_idx = -1}},
    {"KEYIDX alone is no TID",
     "90 10 ff 51",
     0,
     {.len = 3, .start = true, .picture_id = -1, .tl0_pic_idx = -1}},
    {"all of it",
     "90 f0 8123 07 9f" KEY_640_360,
     0,
     {.len = 6,
      .start = true,
      .key = true,
      .width = 640,
      .height = 360,
      .has_tid = true,
      .tid = 2,
      .picture_id = 0x123,
      .picture_id_15 = true,
      .picture_id_at = 2,
      .tl0_pic_idx = 7,
      .tl0_at = 4}},
    {"scaling bits are no size",
     "10 50 02 00 9d012a 8042 6881",
     0,
     {.len = 1,
      .start = true,
      .key = true,
      .width = 640,
      .height = 360,
      .picture_id = -1,
      .tl0_pic_idx = -1}},
    {"key frame without start code",
     "10 50 02 00 9d012b 8002 6801",
     0,
     {.len = 1, .start = true, .key = true, .picture_id = -1, .tl0_pic_idx = -1}},
    {"key frame header cut",
     "10 50 02 00 9d012a 8002 68",
     0,
     {.len = 1, .start = true, .key = true, .picture_id = -1, .tl0_pic_idx = -1}},
    {"nothing", "", -EBADMSG, {0}},
    {"only the descriptor", "10", -EBADMSG, {0}},
    {"only the descriptor, extended", "90 f0 8123 07 9f", -EBADMSG, {0}},
    {"X without its byte", "90", -EBADMSG, {0}},
    {"picture id missing", "90 80", -EBADMSG, {0}},
    {"half a picture id", "90 80 80", -EBADMSG, {0}},
    {"TL0PICIDX missing", "90 c0 01", -EBADMSG, {0}},
    {"TID missing", "90 e0 01 02", -EBADMSG, {0}},
};

static void payloads(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct vp8_descriptor *w = &rows[i].want;
        struct vp8_descriptor d;
        uint8_t p[32];
        int rc = vp8_read(&d, p, from_hex(rows[i].payload, p));
        if (rc != rows[i].rc)
            fail_msg("%s: %d", rows[i].what, rc);
        if (rc)
            continue;
        if (d.len != w->len || d.start != w->start || d.key != w->key || d.non_reference != w->non_reference)
            fail_msg("%s: len %u, start %d, key %d", rows[i].what, d.len, d.start, d.key);
        if (d.has_tid != w->has_tid || d.tid != w->tid || d.layer_sync != w->layer_sync)
            fail_msg("%s: tid %u, sync %d", rows[i].what, d.tid, d.layer_sync);
        if (d.picture_id != w->picture_id || d.picture_id_15 != w->picture_id_15 ||
            d.picture_id_at != w->picture_id_at)
            fail_msg("%s: picture id %d at %u", rows[i].what, d.picture_id, d.picture_id_at);
        if (d.tl0_pic_idx != w->tl0_pic_idx || d.tl0_at != w->tl0_at)
            fail_msg("%s: TL0PICIDX %d at %u", rows[i].what, d.tl0_pic_idx, d.tl0_at);
        if (d.width != w->width || d.height != w->height)
            fail_msg("%s: %ux%u", rows[i].what, d.width, d.height);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(payloads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
