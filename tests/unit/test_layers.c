#include "layers.h"

#include "bytes_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { TEXT_MAX = 2048 };

/* "stream/streams", then for each spatial layer "stream.spatial:kbps,kbps widthxheight@fps". */
static const char *text(const struct layers *l)
{
    static char buffer[TEXT_MAX];
    size_t n = (size_t)snprintf(buffer, TEXT_MAX, "%u/%u", l->stream, l->stream_count);
    for (size_t i = 0; i < LAYERS_STREAMS_MAX * LAYERS_SPATIAL_MAX; i++) {
        const struct layers_spatial *s = &l->of[i / LAYERS_SPATIAL_MAX][i % LAYERS_SPATIAL_MAX];
        for (unsigned t = 0; t < s->temporal_count; t++)
            n += t ? (size_t)snprintf(buffer + n, TEXT_MAX - n, ",%u", s->bps[t] / 1000)
                   : (size_t)snprintf(buffer + n, TEXT_MAX - n, " %zu.%zu:%u", i / LAYERS_SPATIAL_MAX,
                                      i % LAYERS_SPATIAL_MAX, s->bps[t] / 1000);
        if (s->width)
            n += (size_t)snprintf(buffer + n, TEXT_MAX - n, " %ux%u@%u", s->width, s->height, s->fps);
    }
    return buffer;
}

#define ONE       "01 00 64 013f 00b3 1e" /* 100 kbps, 320x180, 30 frames a second */
#define SIMULCAST "61 a8 3c5a9601 c801ac02f403 e807dc0bc413 013f00b31e 027f01671e 04ff02cf1e"

static void reads_what_is_sent(void **state)
{
    (void)state;
    static const struct {
        const char *name, *before, *bytes;
        int rc;
        const char *layers;
    } rows[] = {
        {"one layer", "", ONE, 0, "0/1 0.0:100 320x180@30"},
        {"without sizes", "", "01 00 64", 0, "0/1 0.0:100"},
        {"temporal layers", "", "01 80 0a 14 1e", 0, "0/1 0.0:10,20,30"},
        {"nothing is being sent", ONE, "00", 0, "0/0"},
        {"three streams of three temporal layers", "", SIMULCAST, 0,
         "1/3 0.0:60,90,150 320x180@30 1.0:200,300,500 640x360@30 2.0:1000,1500,2500 1280x720@30"},
        {"three spatial layers", "", "07 54 01 02 03 04 05 06", 0, "0/1 0.0:1,2 0.1:3,4 0.2:5,6"},
        {"not the lowest", "", "0c 00 01 02", 0, "0/1 0.2:1 0.3:2"},
        {"streams that differ", "", "50 13 00 01 02 03", 0, "1/2 0.0:1 1.0:2 1.1:3"},
        {"four streams that differ", "", "f0 10 48 00 01 02 03", 0, "3/4 0.0:1 2.2:2 3.3:3"},
        {"a stream that is not sent", "", "10 01 00 07", 0, "0/2 1.0:7"},
        {"one stream, its mask in the second form", "", "00 1f 00 07", 0, "0/1 0.0:7"},
        {"all there can be", "",
         "3f ffffffff"
         "01010101010101010101010101010101"
         "02020202020202020202020202020202"
         "03030303030303030303030303030303"
         "04040404040404040404040404040404",
         0,
         "0/4 0.0:1,1,1,1 0.1:1,1,1,1 0.2:1,1,1,1 0.3:1,1,1,1 1.0:2,2,2,2 1.1:2,2,2,2 1.2:2,2,2,2 1.3:2,2,2,2"
         " 2.0:3,3,3,3 2.1:3,3,3,3 2.2:3,3,3,3 2.3:3,3,3,3 3.0:4,4,4,4 3.1:4,4,4,4 3.2:4,4,4,4 3.3:4,4,4,4"},
        {"the largest sizes", "", "01 00 64 ffff fffe ff", 0, "0/1 0.0:100 65535x65535@255"},
        {"the smallest ones", "", "01 00 64 0000 0000 00", 0, "0/1 0.0:100 1x1@0"},
        {"no bit rate", "", "01 00 00", 0, "0/1 0.0:0"},
        {"the highest bit rate", "", "01 00 c0843d", 0, "0/1 0.0:1000000"},
        {"a rate with zeros to spare", "", "01 00 e48080808080 8000", 0, "0/1 0.0:100"},
        {"temporal counts with bits to spare", "", "01 3f 64", 0, "0/1 0.0:100"},

        {"sizes stay as they were", ONE, "01 00 32", 0, "0/1 0.0:50 320x180@30"},
        {"of a layer that goes on", SIMULCAST, "20 10 10 00 32 33", 0,
         "0/3 0.0:50 320x180@30 2.0:51 1280x720@30"},
        {"not of another", ONE, "02 00 32", 0, "0/1 0.1:50"},
        {"new sizes", ONE, "01 00 64 027f 0167 0f", 0, "0/1 0.0:100 640x360@15"},

        {"empty", ONE, "", -EBADMSG, "0/1 0.0:100 320x180@30"},
        {"only a header", ONE, "01", -EBADMSG, "0/1 0.0:100 320x180@30"},
        {"only the masks", ONE, "20 11 10", -EBADMSG, "0/1 0.0:100 320x180@30"},
        {"half the masks", ONE, "20 11", -EBADMSG, "0/1 0.0:100 320x180@30"},
        {"no rates", ONE, "01 00", -EBADMSG, "0/1 0.0:100 320x180@30"},
        {"too few rates", ONE, "01 40 64", -EBADMSG, "0/1 0.0:100 320x180@30"},
        {"a rate that is cut", ONE, "01 00 e4", -EBADMSG, "0/1 0.0:100 320x180@30"},
        {"a rate that is too high", ONE, "01 00 c1843d", -EBADMSG, "0/1 0.0:100 320x180@30"},
        {"a rate beyond 32 bits", ONE, "01 00 80808080 9003", -EBADMSG, "0/1 0.0:100 320x180@30"},
        {"a rate without end", ONE, "01 00 ffffffffffffffffffffffffff", -EBADMSG, "0/1 0.0:100 320x180@30"},
        {"a size that is cut", ONE, "01 00 64 013f 00b3", -EBADMSG, "0/1 0.0:100 320x180@30"},
        {"a size for one of two", ONE, "03 00 64 64 013f 00b3 1e", -EBADMSG, "0/1 0.0:100 320x180@30"},
        {"a size too many", ONE, "01 00 64 013f 00b3 1e 013f 00b3 1e", -EBADMSG, "0/1 0.0:100 320x180@30"},
        {"a byte too many", ONE, "01 00 64 013f 00b3 1e 00", -EBADMSG, "0/1 0.0:100 320x180@30"},
        {"no layer in any stream", ONE, "30 00 00", -EBADMSG, "0/1 0.0:100 320x180@30"},
        {"the last stream", ONE, "51 00 64 64", 0, "1/2 0.0:100 320x180@30 1.0:100"},
        {"a stream past the last", ONE, "91 00 64 64", -EBADMSG, "0/1 0.0:100 320x180@30"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct layers l = {0};
        uint8_t bytes[256];
        size_t len = from_hex(rows[i].before, bytes);
        if (len)
            assert_int_equal(layers_read(&l, bytes, len), 0);
        len = from_hex(rows[i].bytes, bytes);
        int rc = layers_read(&l, bytes, len);
        if (rc != rows[i].rc || strcmp(text(&l), rows[i].layers) != 0)
            fail_msg("%s: %d, %s", rows[i].name, rc, text(&l));
    }
}

static void halves_the_frame_rate(void **state)
{
    (void)state;
    static const struct {
        struct layers_spatial layer;
        unsigned tid;
        uint8_t fps;
    } rows[] = {
        {{.temporal_count = 1, .fps = 30}, 0, 30},
        {{.temporal_count = 3, .fps = 30}, 2, 30},
        {{.temporal_count = 3, .fps = 30}, 1, 15},
        {{.temporal_count = 3, .fps = 30}, 0, 7},
        {{.temporal_count = 4, .fps = 5}, 0, 1},
        {{.temporal_count = 3, .fps = 30}, 3, 0},
        {{.temporal_count = 3, .fps = 0}, 1, 0},
        {{.temporal_count = 0, .fps = 30}, 0, 0},
        {{.temporal_count = 4, .fps = 255}, UINT32_MAX, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(layers_fps(&rows[i].layer, rows[i].tid), rows[i].fps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_sent),
        cmocka_unit_test(halves_the_frame_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
