/* Sizes from AV1 sequence headers: of an encoder, and with all that may come before the size. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "av1_sequence.h"
#include "bytes_text.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* By aomenc. */
static const struct {
    const char *what, *header;
    uint16_t width, height;
} encoded[] = {
    {"video", "0000002d 4cffb3cd af9004", 1280, 720},
    {"odd sizes", "00000004 3d06d4da f90040", 322, 182},
    {"with timing", "0400000004000000 7b4000085eabbfc3 776be401", 1920, 1080},
    {"large", "00000062 efbfe1bd daf90040", 3840, 2160},
    {"a still picture", "196a67fd 9ed004", 1280, 720},
};

static void sizes_of_an_encoder(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(encoded); i++) {
        uint8_t header[64];
        uint16_t width = 0, height = 0;
        size_t len = from_hex(encoded[i].header, header);
        assert_int_equal(av1_sequence_size(header, len, &width, &height), 0);
        if (width != encoded[i].width || height != encoded[i].height)
            fail_msg("%s: %ux%u", encoded[i].what, width, height);
        for (size_t cut = 0; cut < 4; cut++) /* the size is behind that */
            assert_int_equal(av1_sequence_size(header, cut, &width, &height), -EBADMSG);
        assert_true(width == encoded[i].width && height == encoded[i].height);
    }
}

/* --- Written bit by bit ------------------------------------------------------------------ */

struct shape {
    const char *what;
    bool timing, equal_intervals, model, delay;
    uint8_t level;
    uint32_t points; /* operating ones */
    bool of_point;   /* model and delay are told for each of them */
    uint32_t width, height;
    bool is_good;
};

static const struct shape shapes[] = {
    {"plain", false, false, false, false, 0, 1, false, 640, 360, true},
    {"with a tier", false, false, false, false, 8, 1, false, 640, 360, true},
    {"32 points", false, false, false, false, 31, 32, false, 640, 360, true},
    {"timing", true, false, false, false, 0, 1, false, 640, 360, true},
    {"equal intervals", true, true, false, false, 0, 1, false, 640, 360, true},
    {"a model that no point has", true, true, true, false, 0, 3, false, 640, 360, true},
    {"a model", true, true, true, false, 9, 3, true, 640, 360, true},
    {"a delay that no point has", false, false, false, true, 0, 3, false, 640, 360, true},
    {"all of it", true, true, true, true, 9, 32, true, 1920, 1080, true},
    {"one pixel", false, false, false, false, 0, 1, false, 1, 1, true},
    {"the largest", false, false, false, false, 0, 1, false, 65535, 65535, true},
    {"larger", false, false, false, false, 0, 1, false, 65536, 65535, false},
    {"higher", false, false, false, false, 0, 1, false, 65535, 65536, false},
};

struct writer {
    uint8_t bytes[512];
    size_t at; /* bits */
};

static void put(struct writer *w, size_t n, uint32_t v)
{
    for (; n > 0; n--, w->at++)
        w->bytes[w->at / 8] |= (uint8_t)((v >> (n - 1) & 1) << (7 - w->at % 8));
}

static void put_timing(struct writer *w, const struct shape *s)
{
    put(w, 1, s->timing);
    if (!s->timing)
        return;
    put(w, 32, 1);
    put(w, 32, 30);
    put(w, 1, s->equal_intervals);
    if (s->equal_intervals)
        put(w, 7, 0x0d); /* uvlc of 3 zeros, 1, and 3 more */
    put(w, 1, s->model);
    if (s->model) {
        put(w, 5, 9);
        put(w, 32, 1);
        put(w, 10, 0x3ff);
    }
}

static void write_shape(struct writer *w, const struct shape *s)
{
    put(w, 5, 0);
    put_timing(w, s);
    put(w, 1, s->delay);
    put(w, 5, s->points - 1);
    for (uint32_t i = 0; i < s->points; i++) {
        put(w, 12, 0xfff);
        put(w, 5, s->level);
        if (s->level > 7)
            put(w, 1, 1);
        if (s->model)
            put(w, 1, s->of_point);
        if (s->model && s->of_point)
            put(w, 21, 0x1fffff);
        if (s->delay)
            put(w, 1, s->of_point);
        if (s->delay && s->of_point)
            put(w, 4, 15);
    }
    put(w, 8, 0xff);
    put(w, 16, s->width - 1);
    put(w, 16, s->height - 1);
}

static void sizes_of_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        const struct shape *s = &shapes[i];
        struct writer w = {.at = 0};
        uint16_t width = 0, height = 0;
        write_shape(&w, s);
        int rc = av1_sequence_size(w.bytes, (w.at + 7) / 8, &width, &height);
        if (rc != (s->is_good ? 0 : -EBADMSG) || (s->is_good && (width != s->width || height != s->height)))
            fail_msg("%s: %d, %ux%u", s->what, rc, width, height);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_of_an_encoder),
        cmocka_unit_test(sizes_of_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
