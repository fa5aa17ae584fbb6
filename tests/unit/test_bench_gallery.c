/* A source that plays the test picture: what it puts into packets is the video that was made, with payload
 * descriptors that say where each frame stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gallery.h"
#include "packet_view.h"
#include "vp8.h"

enum { FPS = 15, PAYLOAD = 700, FRAME_MAX = 100000 };

static const struct pictures_conf sizes[] = {{160, 90, FPS, 60000}, {320, 180, FPS, 300000}};
static const struct rtp_ext_map exts = {.id = {[RTP_EXT_MID] = 1, [RTP_EXT_TRANSPORT_CC] = 3}};

static struct gallery gallery;

static int open_gallery(void **state)
{
    (void)state;
    return gallery_init(&gallery, sizes, 2);
}

static int close_gallery(void **state)
{
    (void)state;
    gallery_finish(&gallery);
    return 0;
}

static void open_source(struct source *s, uint16_t height, uint64_t now_us)
{
    const struct source_conf conf = {
        .kind = RTP_VIDEO,
        .codec = RTP_CODEC_VP8,
        .mid = "0",
        .exts = &exts,
        .ssrc = height,
        .rtx_ssrc = 1,
        .pt = 96,
        .rtx_pt = 97,
        .interval_us = 1000000 / FPS,
        .payload_len = PAYLOAD,
        .frames = &gallery.frames,
        .height = height,
    };
    source_init(s, &conf, 0xfffefffefffefffe, now_us); /* picture ids and TL0PICIDX wrap soon */
}

/* A frame as it came out of packets. */
struct got {
    struct vp8_descriptor first;
    uint32_t timestamp;
    size_t len, packets;
    uint8_t bytes[FRAME_MAX];
};

static void add_packet(struct got *got, const struct source *s, const struct source_packet *p)
{
    uint8_t rtp[SOURCE_PACKET_MAX];
    size_t header_len, len = source_write(s, p, 0, rtp, sizeof(rtp), &header_len);
    struct rtp_view v;
    struct vp8_descriptor d;
    assert_int_equal(rtp_view_parse(&v, rtp, len, &exts), 0);
    assert_int_equal(vp8_read(&d, rtp + v.payload, v.payload_len), 0);
    assert_true(v.payload_len - d.len <= PAYLOAD);
    assert_int_equal(d.start, got->packets == 0);
    assert_int_equal(v.marker, p->last);
    if (d.start) {
        got->first = d;
        got->timestamp = v.timestamp;
    }
    assert_int_equal(d.picture_id, got->first.picture_id);
    assert_int_equal(d.tl0_pic_idx, got->first.tl0_pic_idx);
    assert_int_equal(d.tid, got->first.tid);
    assert_int_equal(v.timestamp, got->timestamp);
    memcpy(got->bytes + got->len, rtp + v.payload + d.len, v.payload_len - d.len);
    got->len += v.payload_len - d.len;
    got->packets++;
}

static void receive(struct source *s, uint64_t *now_us, struct got *got)
{
    struct source_packet p = {.last = false};
    memset(got, 0, sizeof(*got));
    *now_us = source_due_us(s);
    while (!p.last && source_next(s, *now_us, &p))
        add_packet(got, s, &p);
    assert_true(p.last);
}

static void assert_same(const struct got *got, const struct picture *p)
{
    assert_int_equal(got->len, p->len);
    assert_memory_equal(got->bytes, p->data, p->len);
    assert_int_equal(got->first.key, p->key);
    assert_int_equal(got->first.tid, p->tid);
    assert_int_equal(got->first.layer_sync, p->sync);
    assert_int_equal(got->first.width, p->key ? 320 : 0);
}

static void test_plays_the_loop(void **state)
{
    (void)state;
    static struct source s;
    static struct got got;
    uint64_t now_us = 0, frames = 2 * pictures_loop(gallery.pictures[1]);
    int32_t id = -1;
    int16_t tl0 = -1;
    open_source(&s, 180, now_us);
    for (uint64_t at = 0; at < frames; at++) {
        receive(&s, &now_us, &got);
        assert_same(&got, pictures_at(gallery.pictures[1], at));
        assert_true(id < 0 || got.first.picture_id == ((id + 1) & 0x7fff));
        assert_true(tl0 < 0 || got.first.tl0_pic_idx == ((tl0 + (got.first.tid == 0)) & 0xff));
        id = got.first.picture_id;
        tl0 = got.first.tl0_pic_idx;
    }
    assert_int_equal(s.keys, 1);
}

static void test_key_frame_where_asked_for(void **state)
{
    (void)state;
    static struct source s;
    static struct got got;
    uint64_t now_us = 0;
    open_source(&s, 180, now_us);
    for (uint64_t at = 0; at < 7; at++)
        receive(&s, &now_us, &got);
    uint32_t timestamp = got.timestamp;
    int32_t id = got.first.picture_id;
    s.key_due = true;
    for (uint64_t at = 0; at < 7; at++) {
        receive(&s, &now_us, &got);
        assert_same(&got, pictures_at(gallery.pictures[1], at));
        assert_true((int32_t)(got.timestamp - timestamp) > 0);
        assert_int_equal(got.first.picture_id, (id + 1) & 0x7fff);
        timestamp = got.timestamp;
        id = got.first.picture_id;
    }
    assert_int_equal(s.keys, 2);
}

/* Sources share the gallery, and each plays its own size from its own place. */
static void test_sources_are_apart(void **state)
{
    (void)state;
    static struct source small, large;
    static struct got got;
    uint64_t small_us = 0, large_us = 0;
    open_source(&small, 100, small_us); /* there is none of that height: the nearest */
    open_source(&large, 180, large_us);
    for (uint64_t at = 0; at < 20; at++) {
        receive(&small, &small_us, &got);
        assert_int_equal(got.len, pictures_at(gallery.pictures[0], at)->len);
        if (at % 2 == 0) {
            receive(&large, &large_us, &got);
            assert_same(&got, pictures_at(gallery.pictures[1], at / 2));
        }
    }
}

static void test_sent_again(void **state)
{
    (void)state;
    static struct source s;
    struct source_packet p;
    uint8_t first[SOURCE_PACKET_MAX], again[SOURCE_PACKET_MAX];
    size_t first_header, again_header;
    uint64_t index;
    open_source(&s, 180, 0);
    for (size_t i = 0; i < 5; i++) {
        assert_true(source_next(&s, source_due_us(&s), &p));
        size_t first_len = source_write(&s, &p, 0, first, sizeof(first), &first_header);
        size_t again_len = source_write_rtx(&s, source_find(&s, (uint16_t)p.index), 1, again, sizeof(again),
                                            &again_header, &index);
        assert_int_equal(again_len - again_header - 2, first_len - first_header);
        assert_memory_equal(again + again_header + 2, first + first_header, first_len - first_header);
    }
}

static void test_refuses(void **state)
{
    (void)state;
    struct gallery g;
    const struct pictures_conf impossible[] = {{160, 90, FPS, 60000}, {0, 0, FPS, 60000}};
    assert_int_not_equal(gallery_init(&g, impossible, 0), 0);
    assert_int_not_equal(gallery_init(&g, impossible, GALLERY_MAX + 1), 0);
    assert_int_not_equal(gallery_init(&g, impossible, 2), 0);
    gallery_finish(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plays_the_loop),    cmocka_unit_test(test_key_frame_where_asked_for),
        cmocka_unit_test(test_sources_are_apart), cmocka_unit_test(test_sent_again),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, open_gallery, close_gallery);
}
