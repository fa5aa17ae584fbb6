/* The place of a packet in its frame, from the payload, from the dependency descriptor, and from both. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes_text.h"
#include "frame.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define FIXED    "0001 00000000 00000001"

static const struct rtp_ext_map map = {.id = {[RTP_EXT_DEPENDENCY] = 9}};

static int read_packet(struct frame_info *f, enum rtp_codec codec, const char *hex, struct dependency *dd)
{
    uint8_t p[256];
    struct rtp_view v;
    assert_int_equal(rtp_view_parse(&v, p, from_hex(hex, p), &map), 0);
    return frame_info_read(f, codec, &v, p, dd);
}

static void same_place(const char *what, const struct frame_info *f, const struct frame_info *w)
{
    if (f->key != w->key || f->start != w->start || f->end != w->end || f->discardable != w->discardable)
        fail_msg("%s: key %d, start %d, end %d, discardable %d", what, f->key, f->start, f->end,
                 f->discardable);
    if (f->needed_by != w->needed_by || f->opens != w->opens || f->active != w->active ||
        f->refers_to != w->refers_to)
        fail_msg("%s: needed by %x, opens %x, active %x, refers to %x", what, f->needed_by, f->opens,
                 f->active, f->refers_to);
    if (f->has_layers != w->has_layers || f->sid != w->sid || f->tid != w->tid)
        fail_msg("%s: layers %d, sid %u, tid %u", what, f->has_layers, f->sid, f->tid);
    if (f->spatial_count != w->spatial_count || f->width != w->width || f->height != w->height)
        fail_msg("%s: %u layers, %ux%u", what, f->spatial_count, f->width, f->height);
    if (f->picture_id != w->picture_id || f->picture_id_15 != w->picture_id_15 ||
        f->picture_id_at != w->picture_id_at || f->tl0_pic_idx != w->tl0_pic_idx || f->tl0_at != w->tl0_at)
        fail_msg("%s: picture id %d at %u, TL0PICIDX %d at %u", what, f->picture_id, f->picture_id_at,
                 f->tl0_pic_idx, f->tl0_at);
    if (f->has_descriptor != w->has_descriptor || f->frame_number != w->frame_number)
        fail_msg("%s: descriptor %d, frame %u", what, f->has_descriptor, f->frame_number);
    if (f->red.primary_at != w->red.primary_at || f->red.block_count != w->red.block_count)
        fail_msg("%s: RED, %u blocks, primary block at %u", what, f->red.block_count, f->red.primary_at);
}

#define NONE        .picture_id = FRAME_NO_PICTURE_ID, .tl0_pic_idx = FRAME_NO_TL0
#define VP9_NUMBERS .picture_id = 5, .picture_id_at = 1, .tl0_pic_idx = 9, .tl0_at = 3
#define WHOLE       .start = true, .end = true

/* Frame 7 with a structure of two temporal layers: template 0 is T0 without references, 1 is T0, 2 is T1;
 * two decode targets (S S, S S, D -), no chains, 640x360. Bits:
 * 1 0 000000 0000000000000111 10000 | 000000 00001 | 00 01 11 | 1010 1010 0100 | 0 1 0001 0 1 0000 0 | 0 |
 * 1 0000001001111111 0000000101100111 */
#define EXT_KEY     "1000 0004 090e80000780011ea91140813f80b380"
#define EXT_OLDER   "1000 0004 090e80000680011ea91140813f80b380" /* frame 6 */
#define EXT_T0      "1000 0002 09 03 c1 0008 000000"
#define EXT_T1      "1000 0002 09 03 82 0009 000000"
#define EXT_UNKNOWN "1000 0002 09 03 8f 0009 000000"
#define EXT_CUT     "1000 0001 09 02 8000"

/* Likewise, of frame 8 by template 1: without a decode target; with references to 31 and to 33 frames before.
 */
#define EXT_NO_DTIS   "1000 0002 09 05 c1 0008 2000 00"
#define EXT_FAR_DIFFS "1000 0003 09 07 c1 0008 143d1000 000000"

/* That structure, but with S R for template 0, or 1280 times 65536, which does not fit. */
#define EXT_REQUIRED "1000 0004 090e80000780011ee91140813f80b380"
#define EXT_TALL     "1000 0004 090e80000780011ea91140827fffff80"

#define VP8_KEY "90 e0 8123 07 20 50 02 00 9d012a 8002 6801" /* 640x360 */

/* What that structure tells of its frame, and what only of one that others can begin with. */
#define STRUCTURE                                                                                            \
    .start = true, .has_layers = true, .has_descriptor = true, .needed_by = 3, .opens = 3, .active = 3, NONE
#define SEVENTH .frame_number = 7, .key = true, .width = 640, .height = 360, .spatial_count = 1, STRUCTURE

/* Packets of AV1 with a descriptor and a payload that cannot be read. */
#define KEY       "9060" FIXED EXT_KEY "ff"
#define OLDER_KEY "9060" FIXED EXT_OLDER "ff"
#define AFTER_KEY .negotiated = true, .before = {KEY}

static const struct {
    const char *what, *packet;
    enum rtp_codec codec;
    int rc;
    struct frame_info want;
    bool negotiated;       /* the descriptor */
    const char *before[2]; /* packets with one that came before */
} rows[] = {
    /* From the payload. */
    {"Opus", "806f" FIXED "fc", RTP_CODEC_OPUS, 0, .want = {.key = true, WHOLE, NONE}},
    {"Opus, empty", "806f" FIXED, RTP_CODEC_OPUS, 0, .want = {.key = true, WHOLE, NONE}},
    {"RED", "803f" FIXED "ef 0f0001 6f aa fc", RTP_CODEC_RED, 0,
     .want = {.key = true, WHOLE, .red = {1, 960, 6}, NONE}},
    {"RED, cut", "803f" FIXED "ef 0f0001 6f", RTP_CODEC_RED, -EBADMSG, .want = {NONE}},
    {"VP8 key", "8060" FIXED VP8_KEY, RTP_CODEC_VP8, 0,
     .want = {.key = true,
              .start = true,
              .has_layers = true,
              .width = 640,
              .height = 360,
              .picture_id = 0x123,
              .picture_id_15 = true,
              .picture_id_at = 2,
              .tl0_pic_idx = 7,
              .needed_by = 0xff,
              .opens = 0xff,
              .active = 0xff,
              .tl0_at = 4}},
    {"VP8 delta, last packet", "80e0" FIXED "80 20 60 00", RTP_CODEC_VP8, 0,
     .want =
         {.end = true, .has_layers = true, .tid = 1, .needed_by = 0xfe, .opens = 2, .active = 0xff, NONE}},
    {"VP8 delta, not to begin with", "80e0" FIXED "80 20 40 00", RTP_CODEC_VP8, 0,
     .want = {.end = true, .has_layers = true, .tid = 1, .needed_by = 0xfe, .active = 0xff, NONE}},
    {"VP8 without layers", "8060" FIXED "30 51", RTP_CODEC_VP8, 0,
     .want = {.start = true, .discardable = true, NONE}},
    {"VP8, only the descriptor", "80e0" FIXED "10", RTP_CODEC_VP8, -EBADMSG, .want = {NONE}},
    {"VP9 key, lower layer", "8060" FIXED "ae 05 00 09 10 0140 00b4 aa", RTP_CODEC_VP9, 0,
     .want = {.key = true,
              WHOLE,
              .has_layers = true,
              .width = 320,
              .height = 180,
              .needed_by = 0xffffffff,
              .opens = 0xffffffff,
              .active = 0xff,
              .spatial_count = 1,
              VP9_NUMBERS}},
    {"VP9 key, upper layer", "80e0" FIXED "ac 05 03 09 aa", RTP_CODEC_VP9, 0,
     .want = {WHOLE, .has_layers = true, .sid = 1, .needed_by = 0xffffff00, VP9_NUMBERS}},
    {"VP9 inter, switching up", "8060" FIXED "e8 05 30 09 aa", RTP_CODEC_VP9, 0,
     .want = {.start = true,
              .has_layers = true,
              .tid = 1,
              .needed_by = 0xfefefefe,
              .opens = 0xfefefefe,
              VP9_NUMBERS}},
    {"VP9 inter, switching up, but not without the layer below", "8060" FIXED "e8 05 33 09 aa", RTP_CODEC_VP9,
     0,
     .want = {.start = true, .has_layers = true, .sid = 1, .tid = 1, .needed_by = 0xfefefe00, VP9_NUMBERS}},
    {"VP9 inter with a structure", "8060" FIXED "ea 05 00 09 10 0140 00b4 aa", RTP_CODEC_VP9, 0,
     .want = {.start = true, .has_layers = true, .needed_by = 0xffffffff, .active = 0xff, VP9_NUMBERS}},
    {"VP9 key without a structure", "8060" FIXED "0c aa", RTP_CODEC_VP9, 0,
     .want = {.key = true, WHOLE, NONE}},
    {"VP9 inter, no reference for upper layers", "8060" FIXED "e9 05 22 09 aa", RTP_CODEC_VP9, 0,
     .want = {.start = true, .has_layers = true, .sid = 1, .tid = 1, .needed_by = 0xfe00, VP9_NUMBERS}},
    {"VP9 key of six layers, of which the upper three count as one", "8060" FIXED "ae 05 00 09 a0 aa",
     RTP_CODEC_VP9, 0,
     .want = {.key = true,
              WHOLE,
              .has_layers = true,
              .spatial_count = 6,
              .needed_by = 0xffffffff,
              .opens = 0xffffffff,
              .active = 0xffffffff,
              VP9_NUMBERS}},
    {"VP9, the sixth layer", "80e0" FIXED "ac 05 0b 09 aa", RTP_CODEC_VP9, 0,
     .want = {WHOLE, .has_layers = true, .sid = 3, .needed_by = 0xff000000, VP9_NUMBERS}},
    {"VP9 without picture id", "8060" FIXED "4c aa", RTP_CODEC_VP9, 0, .want = {WHOLE, NONE}},
    {"H.264 key", "8060" FIXED "67 42", RTP_CODEC_H264, 0, .want = {.key = true, .start = true, NONE}},
    {"H.264 end", "80e0" FIXED "7c 41 88", RTP_CODEC_H264, 0, .want = {.end = true, NONE}},
    {"H.264, broken aggregate", "80e0" FIXED "78 0000", RTP_CODEC_H264, -EBADMSG, .want = {NONE}},
    {"AV1 key", "8060" FIXED "28 02 0a00 30 11", RTP_CODEC_AV1, 0,
     .want = {.key = true, .start = true, NONE}},
    {"AV1, layers without a descriptor", "8060" FIXED "10 34 70 11", RTP_CODEC_AV1, 0,
     .want = {.start = true, NONE}},
    {"AV1 end", "80e0" FIXED "90 30 11", RTP_CODEC_AV1, 0, .want = {.end = true, NONE}},
    {"AV1, marked, but with an OBU to go on", "80e0" FIXED "50 30 11", RTP_CODEC_AV1, 0,
     .want = {.start = true, NONE}},
    {"AV1, cut", "80e0" FIXED "00 05 30", RTP_CODEC_AV1, -EBADMSG, .want = {NONE}},
    {"empty video", "80e0" FIXED, RTP_CODEC_VP8, -EBADMSG, .want = {NONE}},
    {"padding only", "a0e0" FIXED "0002", RTP_CODEC_AV1, -EBADMSG, .want = {NONE}},
    {"RTX is not unwrapped", "8061" FIXED "0001 10 50", RTP_CODEC_RTX, -EBADMSG, .want = {NONE}},
    {"no codec", "8061" FIXED "0001", RTP_CODEC_NONE, -EBADMSG, .want = {NONE}},
    {"a descriptor that was not negotiated", "9060" FIXED EXT_T1 "10 51", RTP_CODEC_VP8, 0,
     .want = {.start = true, NONE}},

    /* From the descriptor, and from both. */
    {"key frame", KEY, RTP_CODEC_AV1, 0, .want = {SEVENTH}, .negotiated = true},
    {"AV1, encrypted payload", "9060" FIXED EXT_T0 "ff ff", RTP_CODEC_AV1, 0,
     .want = {WHOLE, .has_layers = true, .has_descriptor = true, .frame_number = 8, .needed_by = 3,
              .opens = 3, .active = 3, .refers_to = 4, NONE},
     AFTER_KEY},
    {"a key frame's last packet",
     "90e0" FIXED "1000 0002 09 03 40 0007 000000"
     "ff",
     RTP_CODEC_AV1, 0,
     .want = {.key = true,
              .end = true,
              .has_layers = true,
              .has_descriptor = true,
              .frame_number = 7,
              .needed_by = 3,
              .opens = 3,
              .active = 3,
              .width = 640,
              .height = 360,
              .spatial_count = 1,
              NONE},
     AFTER_KEY},
    {"another frame's last packet",
     "90e0" FIXED "1000 0002 09 03 41 0008 000000"
     "ff",
     RTP_CODEC_AV1, 0,
     .want = {.end = true,
              .has_layers = true,
              .has_descriptor = true,
              .frame_number = 8,
              .needed_by = 3,
              .opens = 3,
              .active = 3,
              .refers_to = 4,
              NONE},
     AFTER_KEY},
    {"a structure opens what its frame is needed by", "9060" FIXED EXT_REQUIRED "ff", RTP_CODEC_AV1, 0,
     .want = {SEVENTH}, .negotiated = true},
    {"no decode target has it", "9060" FIXED EXT_NO_DTIS "ff", RTP_CODEC_AV1, 0,
     .want = {WHOLE, .has_layers = true, .has_descriptor = true, .frame_number = 8, .active = 3,
              .refers_to = 4, NONE},
     AFTER_KEY},
    {"references to long ago", "9060" FIXED EXT_FAR_DIFFS "ff", RTP_CODEC_AV1, 0,
     .want = {WHOLE, .has_layers = true, .has_descriptor = true, .frame_number = 8, .needed_by = 3,
              .opens = 3, .active = 3, .refers_to = 0x80000001, NONE},
     AFTER_KEY},
    {"a payload's size where the descriptor tells only the width", "9060" FIXED EXT_TALL VP8_KEY,
     RTP_CODEC_VP8, 0,
     .want = {.key = true,
              .start = true,
              .has_layers = true,
              .has_descriptor = true,
              .frame_number = 7,
              .needed_by = 3,
              .opens = 3,
              .active = 3,
              .width = 640,
              .height = 360,
              .spatial_count = 1,
              .picture_id = 0x123,
              .picture_id_15 = true,
              .picture_id_at = 2,
              .tl0_pic_idx = 7,
              .tl0_at = 4},
     .negotiated = true},
    {"a payload that says key frame where the descriptor does not", "9060" FIXED EXT_T1 VP8_KEY,
     RTP_CODEC_VP8, 0,
     .want = {.start = true,
              .discardable = true,
              .has_layers = true,
              .tid = 1,
              .has_descriptor = true,
              .frame_number = 9,
              .needed_by = 2,
              .active = 3,
              .refers_to = 2,
              .picture_id = 0x123,
              .picture_id_15 = true,
              .picture_id_at = 2,
              .tl0_pic_idx = 7,
              .tl0_at = 4},
     AFTER_KEY},
    {"the same with an unknown template", "9060" FIXED EXT_UNKNOWN VP8_KEY, RTP_CODEC_VP8, 0,
     .want = {.start = true,
              .has_layers = true,
              .has_descriptor = true,
              .frame_number = 9,
              .needed_by = 0xff,
              .active = 0xff,
              .picture_id = 0x123,
              .picture_id_15 = true,
              .picture_id_at = 2,
              .tl0_pic_idx = 7,
              .tl0_at = 4},
     AFTER_KEY},
    {"a descriptor and no payload", "9060" FIXED EXT_T0, RTP_CODEC_AV1, -EBADMSG, .want = {NONE}, AFTER_KEY},
    {"a descriptor and padding", "b060" FIXED EXT_T0 "0002", RTP_CODEC_H264, -EBADMSG, .want = {NONE},
     AFTER_KEY},
    {"VP8: numbers from the payload, place from the descriptor", "90e0" FIXED EXT_T1 "90 e0 8123 07 00 50",
     RTP_CODEC_VP8, 0,
     .want = {.start = true,
              .discardable = true,
              .has_layers = true,
              .tid = 1,
              .has_descriptor = true,
              .frame_number = 9,
              .picture_id = 0x123,
              .picture_id_15 = true,
              .picture_id_at = 2,
              .tl0_pic_idx = 7,
              .needed_by = 2,
              .active = 3,
              .refers_to = 2,
              .tl0_at = 4},
     AFTER_KEY},
    {"VP9, not in flexible mode: the descriptor is left aside", "90e0" FIXED EXT_T1 "ec 05 30 09 aa",
     RTP_CODEC_VP9, 0,
     .want = {WHOLE, .has_layers = true, .tid = 1, .needed_by = 0xfefefefe, .opens = 0xfefefefe, VP9_NUMBERS},
     AFTER_KEY},
    {"VP9 in flexible mode: numbers from the payload, place from the descriptor",
     "90e0" FIXED EXT_T1 "fc 05 30 02 aa", RTP_CODEC_VP9, 0,
     .want = {.start = true,
              .discardable = true,
              .has_layers = true,
              .tid = 1,
              .has_descriptor = true,
              .frame_number = 9,
              .picture_id = 5,
              .picture_id_at = 1,
              .tl0_pic_idx = FRAME_NO_TL0,
              .needed_by = 2,
              .active = 3,
              .refers_to = 2},
     AFTER_KEY},
    {"unknown template: the payload tells layers, but no key frame", "90e0" FIXED EXT_UNKNOWN "90 20 40 50",
     RTP_CODEC_VP8, 0,
     .want = {.start = true,
              .has_layers = true,
              .tid = 1,
              .has_descriptor = true,
              .frame_number = 9,
              .needed_by = 0xfe,
              .active = 0xff,
              NONE},
     AFTER_KEY},
    {"unknown template, encrypted payload", "90e0" FIXED EXT_UNKNOWN "ff ff", RTP_CODEC_AV1, -EBADMSG,
     .want = {NONE}, AFTER_KEY},
    {"VP8 with a broken payload", "90e0" FIXED EXT_T1 "90", RTP_CODEC_VP8, -EBADMSG, .want = {NONE},
     AFTER_KEY},
    {"a descriptor of two bytes", "90e0" FIXED EXT_CUT "10 51", RTP_CODEC_VP8, -EBADMSG, .want = {NONE},
     AFTER_KEY},
    {"no descriptor in this packet", "80e0" FIXED "10 51", RTP_CODEC_VP8, 0, .want = {WHOLE, NONE},
     AFTER_KEY},

    /* Nothing can begin with one that comes after a newer one: what follows it cannot be told any more. */
    {"older key frame", OLDER_KEY, RTP_CODEC_AV1, 0, .want = {.frame_number = 6, STRUCTURE}, AFTER_KEY},
    {"the same key frame again, after an older one", KEY, RTP_CODEC_AV1, 0, .want = {SEVENTH},
     .negotiated = true, .before = {KEY, OLDER_KEY}},
};

static void place_of_a_packet(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dependency dd = {0};
        struct frame_info f;
        for (size_t n = 0; n < COUNT(rows[i].before) && rows[i].before[n]; n++)
            assert_int_equal(read_packet(&f, RTP_CODEC_AV1, rows[i].before[n], &dd), 0);
        int rc = read_packet(&f, rows[i].codec, rows[i].packet, rows[i].negotiated ? &dd : NULL);
        if (rc != rows[i].rc)
            fail_msg("%s: %d", rows[i].what, rc);
        same_place(rows[i].what, &f, &rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(place_of_a_packet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
