/* Sizes from H.264 sequence parameter sets: of encoders, and of what encoders hardly write. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes_text.h"
#include "h264_sps.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* By x264. */
static const struct {
    const char *what, *sps;
    uint16_t width, height;
} encoded[] = {
    {"baseline", "42c01f d9005005 ba100000 03001000 000303c8 f1832480", 1280, 720},
    {"high, cropped below", "640028 acd94078 0227e584 00000300 04000003 00f23c60 c658", 1920, 1080},
    {"main", "4d401e eca05017 fcb08000 00030080 00001e47 8b16cb", 640, 360},
    {"matrices", "640015 acd941b1 fe4e1000 00030010 00000303 c8f162d9 60", 426, 240},
    {"interlaced", "640028 acd94078 044fdc20 00000300 20000007 93e2c5b2 c0", 1920, 1080},
    {"cropped on two sides", "42c00d d901519e 22684000 00030040 00000f23 c50a92", 322, 182},
    {"small", "42c00b d9028df9 21000003 00010000 03003c8f 142a48", 160, 90},
};

static void sizes_of_encoders(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(encoded); i++) {
        uint8_t sps[64];
        uint16_t width = 1, height = 1;
        size_t len = from_hex(encoded[i].sps, sps);
        assert_int_equal(h264_sps_size(sps, len, &width, &height), 0);
        if (width != encoded[i].width || height != encoded[i].height)
            fail_msg("%s: %ux%u", encoded[i].what, width, height);
        for (size_t cut = 0; cut < 6; cut++) /* the size is behind that */
            assert_int_equal(h264_sps_size(sps, cut, &width, &height), -EBADMSG);
        assert_true(width == encoded[i].width && height == encoded[i].height);
    }
}

/* --- Written bit by bit ------------------------------------------------------------------ */

struct writer {
    uint8_t bytes[256];
    size_t at; /* bits */
};

static void put(struct writer *w, size_t n, uint32_t v)
{
    for (; n > 0; n--, w->at++)
        w->bytes[w->at / 8] |= (uint8_t)((v >> (n - 1) & 1) << (7 - w->at % 8));
}

static void put_ue(struct writer *w, uint32_t v)
{
    size_t bits = 0;
    while ((uint64_t)v + 1 >= UINT64_C(2) << bits)
        bits++;
    put(w, bits, 0);
    put(w, 1, 1);
    put(w, bits, (uint32_t)(v + 1 - (UINT64_C(1) << bits)));
}

struct shape {
    const char *what;
    uint8_t profile, chroma;
    uint32_t lists; /* bit i: scaling list i is there, and ends with its second factor */
    uint32_t order; /* pic_order_cnt_type */
    uint32_t cycle; /* of type 1 */
    uint32_t across, down;
    bool fields;
    uint32_t crop[4];       /* left, right, top, bottom */
    uint16_t width, height; /* 0 = it is refused */
};

static const struct shape shapes[] = {
    {"plain", 66, 1, 0, 0, 0, 40, 30, false, {0}, 640, 480},
    {"no order to tell", 66, 1, 0, 2, 0, 40, 30, false, {0}, 640, 480},
    {"an order told frame by frame", 66, 1, 0, 1, 255, 40, 30, false, {0}, 640, 480},
    {"more of it than there can be", 66, 1, 0, 1, 256, 40, 30, false, {0}, 0, 0},
    {"all scaling lists", 100, 1, 0xff, 0, 0, 40, 30, false, {0}, 640, 480},
    {"all twelve", 244, 3, 0xfff, 0, 0, 40, 30, false, {0}, 640, 480},
    {"fields", 100, 1, 0, 0, 0, 40, 15, true, {0, 0, 0, 2}, 640, 472},
    {"cropped in 4:2:0", 100, 1, 0, 0, 0, 40, 30, false, {1, 2, 3, 4}, 634, 466},
    {"in 4:2:2", 122, 2, 0, 0, 0, 40, 30, false, {1, 2, 3, 4}, 634, 473},
    {"in 4:4:4", 244, 3, 0, 0, 0, 40, 30, false, {1, 2, 3, 4}, 637, 473},
    {"in grey", 100, 0, 0, 0, 0, 40, 30, false, {1, 2, 3, 4}, 637, 473},
    {"one macroblock", 66, 1, 0, 0, 0, 1, 1, false, {0}, 16, 16},
    {"as large as can be", 66, 1, 0, 0, 0, 1024, 1024, false, {0}, 16384, 16384},
    {"too wide", 66, 1, 0, 0, 0, 1025, 30, false, {0}, 0, 0},
    {"too high", 66, 1, 0, 0, 0, 40, 1025, false, {0}, 0, 0},
    {"cropped to nothing", 66, 1, 0, 0, 0, 40, 30, false, {160, 160, 0, 0}, 0, 0},
    {"cropped by more than there is", 66, 1, 0, 0, 0, 40, 30, false, {0, 0, UINT32_MAX - 1, 3}, 0, 0},
    {"sides that overflow", 66, 1, 0, 0, 0, UINT32_MAX, UINT32_MAX, true, {0}, 0, 0},
};

static void write_shape(struct writer *w, const struct shape *s)
{
    put(w, 24, (uint32_t)s->profile << 16);
    put_ue(w, 0);
    if (s->profile >= 100) {
        put_ue(w, s->chroma);
        if (s->chroma == 3)
            put(w, 1, 0);
        put_ue(w, 0);
        put_ue(w, 0);
        put(w, 2, s->lists != 0);
        for (size_t i = 0; s->lists && i < (s->chroma == 3 ? 12 : 8); i++) {
            put(w, 1, s->lists >> i & 1);
            if (s->lists >> i & 1) {
                put_ue(w, 2);  /* 8 - 1 */
                put_ue(w, 14); /* 7 - 7: the last one goes for the rest */
            }
        }
    }
    put_ue(w, 0);
    put_ue(w, s->order);
    if (s->order == 0)
        put_ue(w, 4);
    if (s->order == 1) {
        put(w, 1, 0);
        put_ue(w, 5);
        put_ue(w, 6);
        put_ue(w, s->cycle);
        for (uint32_t i = 0; i < s->cycle; i++)
            put_ue(w, 0);
    }
    put_ue(w, 1);
    put(w, 1, 0);
    put_ue(w, s->across - 1);
    put_ue(w, s->down - 1);
    put(w, 1, !s->fields);
    if (s->fields)
        put(w, 1, 0);
    bool crops = s->crop[0] + s->crop[1] + s->crop[2] + s->crop[3] != 0;
    put(w, 2, 2 + crops);
    for (size_t i = 0; crops && i < 4; i++)
        put_ue(w, s->crop[i]);
}

static void sizes_of_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct writer w = {.at = 0};
        uint16_t width = 0, height = 0;
        write_shape(&w, &shapes[i]);
        assert_true(w.at < 8 * sizeof(w.bytes));
        int rc = h264_sps_size(w.bytes, (w.at + 7) / 8, &width, &height);
        if (rc != (shapes[i].width ? 0 : -EBADMSG) || width != shapes[i].width || height != shapes[i].height)
            fail_msg("%s: %d, %ux%u", shapes[i].what, rc, width, height);
    }
}

/* Numbers of more bits than there are, and one long enough that its end is not looked at. */
static void what_is_no_sps(void **state)
{
    (void)state;
    uint8_t bytes[2 * H264_SPS_MAX];
    for (int fill = 0; fill < 256; fill++) {
        uint16_t width = 7, height = 7;
        memset(bytes, fill, sizeof(bytes));
        int rc = h264_sps_size(bytes, sizeof(bytes), &width, &height);
        assert_true(rc == 0 || (rc == -EBADMSG && width == 7 && height == 7));
        assert_true(width > 0 && width <= H264_SIDE_MAX && height > 0 && height <= H264_SIDE_MAX);
        assert_true(rc != 0 || fill != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_of_encoders),
        cmocka_unit_test(sizes_of_shapes),
        cmocka_unit_test(what_is_no_sps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
