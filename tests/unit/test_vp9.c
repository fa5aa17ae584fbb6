/* VP9 payload descriptors. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes_text.h"
#include "vp9.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define NONE     .picture_id = -1, .tl0_pic_idx = -1

static const struct {
    const char *what, *payload;
    int rc;
    struct vp9_descriptor want;
} rows[] = {
    {"no picture id", "0c aa", 0, {.len = 1, .start = true, .end = true, NONE}},
    {"inter picture, middle", "40 aa", 0, {.len = 1, .inter_picture = true, NONE}},
    {"not for upper layers", "09 aa", 0, {.len = 1, .start = true, .not_upper_reference = true, NONE}},
    {"7-bit picture id",
     "88 7f aa",
     0,
     {.len = 2, .start = true, .picture_id = 127, .picture_id_at = 1, .tl0_pic_idx = -1}},
    {"15-bit picture id",
     "88 ffff aa",
     0,
     {.len = 3,
      .start = true,
      .picture_id = 32767,
      .picture_id_15 = true,
      .picture_id_at = 1,
      .tl0_pic_idx = -1}},
    {"layers, not flexible",
     "e8 8001 55 fe aa",
     0,
     {.len = 5,
      .start = true,
      .inter_picture = true,
      .has_layers = true,
      .tid = 2,
      .switching_up = true,
      .sid = 2,
      .inter_layer = true,
      .picture_id = 1,
      .picture_id_15 = true,
      .picture_id_at = 1,
      .tl0_pic_idx = 254,
      .tl0_at = 4}},
    {"layers, flexible",
     "b8 01 40 aa",
     0,
     {.len = 3,
      .start = true,
      .flexible = true,
      .has_layers = true,
      .tid = 2,
      .picture_id = 1,
      .picture_id_at = 1,
      .tl0_pic_idx = -1}},
    {"flexible, three references",
     "d8 01 03 05 08 aa",
     0,
     {.len = 5,
      .start = true,
      .inter_picture = true,
      .flexible = true,
      .diff_count = 3,
      .diffs = {1, 2, 4},
      .picture_id = 1,
      .picture_id_at = 1,
      .tl0_pic_idx = -1}},
    {"structure with sizes",
     "0a 30 0140 00b4 0280 0168 aa",
     0,
     {.len = 10, .start = true, .spatial_count = 2, .width = {320, 640}, .height = {180, 360}, NONE}},
    {"structure with a picture group",
     "0a 08 03 00 34 01 18 0102 00 aa",
     0,
     {.len = 9, .start = true, .spatial_count = 1, NONE}},
    {"structure with both",
     "0a 18 0140 00b4 02 04 01 18 0102 aa",
     0,
     {.len = 12, .start = true, .spatial_count = 1, .width = {320}, .height = {180}, NONE}},
    {"an empty picture group", "0a 08 00 aa", 0, {.len = 3, .start = true, .spatial_count = 1, NONE}},
    {"eight layers without sizes", "0a e0 aa", 0, {.len = 2, .start = true, .spatial_count = 8, NONE}},
    {"nothing", "", -EBADMSG, {0}},
    {"only the descriptor", "0c", -EBADMSG, {0}},
    {"half a picture id", "88 ff", -EBADMSG, {0}},
    {"layers missing", "28", -EBADMSG, {0}},
    {"TL0PICIDX missing", "28 00", -EBADMSG, {0}},
    {"four references", "58 03 05 09 02 aa", -EBADMSG, {0}},
    {"references without end", "58 03 05", -EBADMSG, {0}},
    {"structure missing", "0a", -EBADMSG, {0}},
    {"sizes of eight layers cut", "0a f0 0140 00b4 0280 0168", -EBADMSG, {0}},
    {"picture group of 255, cut", "0a 08 ff 04 01 04 01", -EBADMSG, {0}},
    {"references of the group past the end", "0a 08 01 0c 01 02", -EBADMSG, {0}},
};

static void same_numbers(const char *what, const struct vp9_descriptor *d, const struct vp9_descriptor *w)
{
    if (d->picture_id != w->picture_id || d->picture_id_15 != w->picture_id_15 ||
        d->picture_id_at != w->picture_id_at)
        fail_msg("%s: picture id %d at %u", what, d->picture_id, d->picture_id_at);
    if (d->tl0_pic_idx != w->tl0_pic_idx || d->tl0_at != w->tl0_at)
        fail_msg("%s: TL0PICIDX %d at %u", what, d->tl0_pic_idx, d->tl0_at);
    if (d->diff_count != w->diff_count || memcmp(d->diffs, w->diffs, sizeof(d->diffs)) != 0)
        fail_msg("%s: %u references", what, d->diff_count);
    if (d->spatial_count != w->spatial_count || memcmp(d->width, w->width, sizeof(d->width)) != 0 ||
        memcmp(d->height, w->height, sizeof(d->height)) != 0)
        fail_msg("%s: %u sizes", what, d->spatial_count);
}

static void payloads(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct vp9_descriptor *w = &rows[i].want;
        struct vp9_descriptor d;
        uint8_t p[64];
        int rc = vp9_read(&d, p, from_hex(rows[i].payload, p));
        if (rc != rows[i].rc)
            fail_msg("%s: %d", rows[i].what, rc);
        if (rc)
            continue;
        if (d.len != w->len || d.start != w->start || d.end != w->end ||
            d.inter_picture != w->inter_picture || d.flexible != w->flexible ||
            d.not_upper_reference != w->not_upper_reference)
            fail_msg("%s: len %u, start %d, end %d", rows[i].what, d.len, d.start, d.end);
        if (d.has_layers != w->has_layers || d.tid != w->tid || d.sid != w->sid ||
            d.switching_up != w->switching_up || d.inter_layer != w->inter_layer)
            fail_msg("%s: tid %u, sid %u", rows[i].what, d.tid, d.sid);
        same_numbers(rows[i].what, &d, w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(payloads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
