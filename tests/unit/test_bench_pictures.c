/* The loops that synthetic publishers send: real video at the rate that was asked for, which follows itself
 * without another key frame, and of which a decoder may leave out the upper temporal layers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

#include "pictures.h"
#include "scene.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { TURNS = 3, FRAMES_MAX = 1024 };

static const struct pictures_conf rows[] = {
    {320, 180, 15, 150000},
    {640, 360, 15, 500000},
    {1280, 720, 15, 1500000},
    {320, 180, 30, 300000},
};

static struct pictures *made[COUNT(rows)];

static int make(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        made[i] = pictures_new(&rows[i]);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        pictures_free(made[i]);
    return 0;
}

static uint64_t hash(const vpx_image_t *image)
{
    uint64_t h = 1469598103934665603u;
    for (int plane = 0; plane < 3; plane++) {
        unsigned shift = plane ? 1 : 0;
        for (unsigned y = 0; y < (image->d_h + shift) >> shift; y++) {
            const uint8_t *row = image->planes[plane] + (ptrdiff_t)y * image->stride[plane];
            for (unsigned x = 0; x < (image->d_w + shift) >> shift; x++)
                h = (h ^ row[x]) * 1099511628211u;
        }
    }
    return h;
}

/* What one decoder shows. */
struct viewer {
    vpx_codec_ctx_t codec;
};

static void open_viewer(struct viewer *v)
{
    memset(v, 0, sizeof(*v));
    assert_int_equal(vpx_codec_dec_init(&v->codec, vpx_codec_vp8_dx(), NULL, 0), VPX_CODEC_OK);
}

static const vpx_image_t *show(struct viewer *v, const struct picture *frame,
                               const struct pictures_conf *conf)
{
    vpx_codec_iter_t iter = NULL;
    assert_int_equal(vpx_codec_decode(&v->codec, frame->data, (unsigned)frame->len, NULL, 0), VPX_CODEC_OK);
    const vpx_image_t *image = vpx_codec_get_frame(&v->codec, &iter);
    assert_non_null(image);
    assert_int_equal(image->d_w, conf->width);
    assert_int_equal(image->d_h, conf->height);
    return image;
}

static void close_viewer(struct viewer *v)
{
    vpx_codec_destroy(&v->codec);
}

/* Decode frames 0 .. count - 1; hashes[at] of each that was decoded. */
static void watch(const struct pictures *p, const struct pictures_conf *conf, uint8_t tid_max, uint32_t count,
                  uint64_t *hashes)
{
    struct viewer v;
    open_viewer(&v);
    for (uint32_t at = 0; at < count; at++) {
        const struct picture *frame = pictures_at(p, at);
        hashes[at] = frame->tid <= tid_max ? hash(show(&v, frame, conf)) : 0;
    }
    close_viewer(&v);
}

/* Every turn shows what the first one showed, and no two frames of a turn are alike. */
static void test_turns_are_alike(void **state)
{
    (void)state;
    static uint64_t hashes[FRAMES_MAX];
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_non_null(made[i]);
        uint32_t loop = pictures_loop(made[i]), count = 1 + TURNS * loop;
        assert_true(loop >= 4u * rows[i].fps && count <= FRAMES_MAX);
        watch(made[i], &rows[i], 2, count, hashes);
        for (uint32_t at = 1 + loop; at < count; at++)
            assert_int_equal(hashes[at], hashes[at - loop]);
        for (uint32_t at = 1; at <= loop; at++)
            assert_int_not_equal(hashes[at], hashes[at - 1]);
    }
}

/* Without the upper temporal layers the same pictures are shown, fewer of them. */
static void test_temporal_layers(void **state)
{
    (void)state;
    static uint64_t all[FRAMES_MAX], some[FRAMES_MAX];
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t count = 1 + 2 * pictures_loop(made[i]);
        watch(made[i], &rows[i], 2, count, all);
        for (uint8_t tid_max = 0; tid_max < 2; tid_max++) {
            uint32_t shown = 0;
            watch(made[i], &rows[i], tid_max, count, some);
            for (uint32_t at = 0; at < count; at++) {
                shown += some[at] != 0;
                assert_true(some[at] == 0 || some[at] == all[at]);
            }
            assert_int_equal(shown, 1 + (count - 1) / (tid_max == 0 ? 4 : 2));
        }
    }
}

/* Who has the base layer's last frame can take a sync frame, whatever else was lost. */
static void test_sync_frames(void **state)
{
    (void)state;
    static uint64_t all[FRAMES_MAX];
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t count = 1 + pictures_loop(made[i]), synced = 0;
        struct viewer v;
        watch(made[i], &rows[i], 2, count, all);
        open_viewer(&v);
        for (uint32_t at = 0; at < count; at++) {
            const struct picture *frame = pictures_at(made[i], at);
            bool upper = frame->tid > 0;
            if (upper && !(frame->sync && frame->tid == at / 8 % 2 + 1)) /* one upper layer at a time */
                continue;
            assert_int_equal(hash(show(&v, frame, &rows[i])), all[at]);
            synced += upper;
        }
        assert_true(synced >= count / 8);
        close_viewer(&v);
    }
}

/* A key frame in the middle of a turn begins anew; there is no other. */
static void test_key_frames(void **state)
{
    (void)state;
    static uint64_t hashes[FRAMES_MAX];
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct viewer v;
        uint32_t loop = pictures_loop(made[i]);
        watch(made[i], &rows[i], 2, loop, hashes);
        open_viewer(&v);
        for (uint32_t at = 0; at < loop / 2; at++)
            show(&v, pictures_at(made[i], at), &rows[i]);
        for (uint32_t at = 0; at < loop; at++)
            assert_int_equal(hash(show(&v, pictures_at(made[i], at), &rows[i])), hashes[at]);
        close_viewer(&v);
        for (uint32_t at = 0; at < 2 * loop; at++) {
            const struct picture *frame = pictures_at(made[i], at);
            bool key = (frame->data[0] & 1) == 0; /* RFC 6386, section 9.1 */
            assert_int_equal(key, at == 0);
            assert_int_equal(frame->key, key);
        }
    }
}

static void test_rates(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t loop = pictures_loop(made[i]);
        double bits[3] = {0}, fair = (double)rows[i].bitrate / rows[i].fps;
        for (uint32_t at = 1; at <= loop; at++) {
            const struct picture *frame = pictures_at(made[i], at);
            bits[frame->tid] += (double)frame->len * 8;
            assert_true((double)frame->len * 8 < 4 * fair);
        }
        double rate = (bits[0] + bits[1] + bits[2]) * rows[i].fps / loop;
        assert_true(rate > 0.75 * rows[i].bitrate && rate < 1.25 * rows[i].bitrate);
        assert_true(bits[0] * rows[i].fps / loop < 0.6 * rows[i].bitrate);
        assert_true((double)pictures_at(made[i], 0)->len * 8 < 8 * fair);
    }
}

/* What is shown is the scene: the signal to noise ratio of luma, in dB. */
static double psnr(const vpx_image_t *shown, const vpx_image_t *drawn)
{
    double sum = 0;
    for (unsigned y = 0; y < drawn->d_h; y++)
        for (unsigned x = 0; x < drawn->d_w; x++) {
            double d = (double)shown->planes[0][(ptrdiff_t)y * shown->stride[0] + x] -
                       drawn->planes[0][(ptrdiff_t)y * drawn->stride[0] + x];
            sum += d * d;
        }
    return 10 * log10(255.0 * 255.0 * drawn->d_w * drawn->d_h / (sum + 1));
}

static void test_shows_the_scene(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct viewer v;
        double worst = 100;
        vpx_image_t *drawn = vpx_img_alloc(NULL, VPX_IMG_FMT_I420, rows[i].width, rows[i].height, 32);
        assert_non_null(drawn);
        const struct scene_planes planes = {
            drawn->planes[0], drawn->planes[1], drawn->planes[2], drawn->stride[0],
            drawn->stride[1], drawn->stride[2], drawn->d_w,       drawn->d_h,
        };
        open_viewer(&v);
        for (uint32_t at = 0; at <= pictures_loop(made[i]); at++) {
            scene_draw(&planes, at);
            worst = fmin(worst, psnr(show(&v, pictures_at(made[i], at), &rows[i]), drawn));
        }
        assert_true(worst > 22);
        close_viewer(&v);
        vpx_img_free(drawn);
    }
}

static void test_impossible(void **state)
{
    (void)state;
    static const struct pictures_conf impossible[] = {
        {0, 0, 15, 100000}, {320, 180, 0, 100000}, {40000, 180, 15, 100000}};
    for (size_t i = 0; i < COUNT(impossible); i++)
        assert_null(pictures_new(&impossible[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_turns_are_alike), cmocka_unit_test(test_temporal_layers),
        cmocka_unit_test(test_sync_frames),     cmocka_unit_test(test_key_frames),
        cmocka_unit_test(test_rates),           cmocka_unit_test(test_shows_the_scene),
        cmocka_unit_test(test_impossible),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
