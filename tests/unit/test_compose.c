#include "compose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    PACKET_MAX = 2000,
    SSRC = 0x11223344,
    TRACK = 0x55667788,
    PT = 97,
    PUBLISHED_LEVEL = 1, /* the publisher's ids */
    PUBLISHED_ORIENTATION = 2,
    PUBLISHED_DEPENDENCY = 3,
    PUBLISHED_TCC = 4,
    PUBLISHED_MID = 5,
};

static const struct rtp_ext_map published = {
    .id = {[RTP_EXT_AUDIO_LEVEL] = PUBLISHED_LEVEL,
           [RTP_EXT_ORIENTATION] = PUBLISHED_ORIENTATION,
           [RTP_EXT_DEPENDENCY] = PUBLISHED_DEPENDENCY,
           [RTP_EXT_TRANSPORT_CC] = PUBLISHED_TCC,
           [RTP_EXT_MID] = PUBLISHED_MID},
    .mixed = true,
};

static const struct rewritten numbers = {.index = 0x5abcd,
                                         .timestamp = 0x99887766,
                                         .picture_id = 0x1234,
                                         .tl0_pic_idx = 0xee,
                                         .frame_number = 0x4321,
                                         .marker = true};

/* A received packet. */
struct source {
    uint8_t p[PACKET_MAX];
    struct rtp_view view;
    struct frame_info frame;
};

/* Two-byte elements of these lengths (0 = none), two CSRCs, padding, a VP8 key frame's first bytes. */
struct shape {
    uint8_t level, orientation, dependency, tcc, mid;
};

static void write_element(struct wr *w, uint8_t id, uint8_t len)
{
    if (!len)
        return;
    wr_u8(w, id);
    wr_u8(w, len);
    for (uint8_t i = 0; i < len; i++)
        wr_u8(w, (uint32_t)id * 16 + i);
}

static void write_source(struct source *s, const struct shape *shape, const uint8_t *payload, size_t len)
{
    struct wr w = wr_init(s->p, sizeof(s->p));
    wr_u32(&w, 0xb2604567); /* padding, extensions, two CSRCs; no marker, type 96 */
    wr_u32(&w, 0x01020304);
    wr_u32(&w, 0x0a0b0c0d);
    wr_u32(&w, 0x0e0e0e0e);
    wr_u32(&w, 0x0f0f0f0f);
    wr_u16(&w, 0x1000);
    uint8_t *words = wr_reserve(&w, 2);
    size_t start = wr_len(&w);
    write_element(&w, PUBLISHED_LEVEL, shape->level);
    write_element(&w, PUBLISHED_ORIENTATION, shape->orientation);
    write_element(&w, PUBLISHED_DEPENDENCY, shape->dependency);
    write_element(&w, PUBLISHED_TCC, shape->tcc);
    write_element(&w, PUBLISHED_MID, shape->mid);
    while ((wr_len(&w) - start) % 4)
        wr_u8(&w, 0);
    put_u16(words, (uint32_t)(wr_len(&w) - start) / 4);
    wr_bytes(&w, payload, len);
    wr_bytes(&w, (const uint8_t[]){0, 0, 3}, 3);
    assert_int_equal(rtp_view_parse(&s->view, s->p, wr_len(&w), &published), 0);
    assert_int_equal(s->view.payload_len, len);
}

/* The pieces as they leave, parsed as the viewer does. */
struct arrived {
    uint8_t p[PACKET_MAX + COMPOSE_HEADER_MAX];
    size_t len;
    struct rtp_view view;
};

static void arrive(struct arrived *a, const struct composed *c, const struct rtp_ext_map *viewer)
{
    struct wr w = wr_init(a->p, sizeof(a->p));
    wr_bytes(&w, c->header, c->header_len);
    wr_bytes(&w, c->patch, c->patch_len);
    wr_bytes(&w, c->rest, c->rest_len);
    a->len = wr_len(&w);
    assert_int_equal(rtp_view_parse(&a->view, a->p, a->len, viewer), 0);
    assert_int_equal(a->view.payload, c->header_len);
    assert_int_equal(c->header_len % 4, 0);
}

static const uint8_t video[] = {0x90, 0xe0, 0x80 | 0x05, 0x67, 0x89, 0x20, 0x10, 2, 0,
                                0x9d, 1,    0x2a,        64,   1,    240,  0,    7};

/* --- Extensions ------------------------------------------------------------------- */

enum { ONE = 0xbede, TWO = 0x1000, NO_HEAD = 0 };

#define LONG_MID "a-mid-of-seventee" /* 17 */

static const struct {
    const char *name;
    struct shape shape;
    struct rtp_ext_map viewer;
    const char *mid;
    bool descriptor;
    uint16_t profile;
    uint8_t len[RTP_EXT_COUNT]; /* as they arrive */
} extension_rows[] = {
    {"a viewer without any", {1, 1, 12, 2, 2}, {{0}, false}, "0", true, NO_HEAD, {0}},
    {"the publisher's own transport number and mid are not passed on",
     {0, 0, 0, 2, 2},
     {{[RTP_EXT_AUDIO_LEVEL] = 1}, false},
     NULL,
     true,
     NO_HEAD,
     {0}},
    {"transport number and send time",
     {0},
     {{[RTP_EXT_TRANSPORT_CC] = 14, [RTP_EXT_ABS_SEND_TIME] = 1}, false},
     NULL,
     false,
     ONE,
     {[RTP_EXT_TRANSPORT_CC] = 2, [RTP_EXT_ABS_SEND_TIME] = 3}},
    {"a mid", {0}, {{[RTP_EXT_MID] = 4}, false}, "0", false, ONE, {[RTP_EXT_MID] = 1}},
    {"a mid of 16", {0}, {{[RTP_EXT_MID] = 4}, false}, "sixteen-long-mid", false, ONE, {[RTP_EXT_MID] = 16}},
    {"a longer mid is not cut", {0}, {{[RTP_EXT_MID] = 4}, true}, LONG_MID, false, NO_HEAD, {0}},
    {"an empty mid", {0}, {{[RTP_EXT_MID] = 4}, true}, "", false, NO_HEAD, {0}},
    {"no mid once it is known", {0}, {{[RTP_EXT_MID] = 4}, false}, NULL, false, NO_HEAD, {0}},
    {"level and orientation",
     {1, 1, 0, 0, 0},
     {{[RTP_EXT_AUDIO_LEVEL] = 7, [RTP_EXT_ORIENTATION] = 8}, false},
     NULL,
     false,
     ONE,
     {[RTP_EXT_AUDIO_LEVEL] = 1, [RTP_EXT_ORIENTATION] = 1}},
    {"level and orientation of no such length",
     {2, 200, 0, 0, 0},
     {{[RTP_EXT_AUDIO_LEVEL] = 7, [RTP_EXT_ORIENTATION] = 8}, true},
     NULL,
     false,
     NO_HEAD,
     {0}},
    {"a short descriptor",
     {0, 0, 3, 0, 0},
     {{[RTP_EXT_DEPENDENCY] = 5}, true},
     NULL,
     true,
     ONE,
     {[RTP_EXT_DEPENDENCY] = 3}},
    {"a descriptor that is none",
     {0, 0, 2, 0, 0},
     {{[RTP_EXT_DEPENDENCY] = 5}, true},
     NULL,
     true,
     NO_HEAD,
     {0}},
    {"a descriptor of 16",
     {0, 0, 16, 0, 0},
     {{[RTP_EXT_DEPENDENCY] = 5}, true},
     NULL,
     true,
     ONE,
     {[RTP_EXT_DEPENDENCY] = 16}},
    {"a descriptor of 17",
     {0, 0, 17, 0, 0},
     {{[RTP_EXT_DEPENDENCY] = 5}, true},
     NULL,
     true,
     TWO,
     {[RTP_EXT_DEPENDENCY] = 17}},
    {"a descriptor without the two-byte form",
     {0, 0, 12, 0, 0},
     {{[RTP_EXT_DEPENDENCY] = 5}, false},
     NULL,
     true,
     NO_HEAD,
     {0}},
    {"a descriptor that is not needed",
     {0, 0, 12, 0, 0},
     {{[RTP_EXT_DEPENDENCY] = 5}, true},
     NULL,
     false,
     NO_HEAD,
     {0}},
    {"ids above 14, agreed",
     {1, 0, 0, 0, 0},
     {{[RTP_EXT_AUDIO_LEVEL] = 15, [RTP_EXT_TRANSPORT_CC] = 200, [RTP_EXT_MID] = 3}, true},
     "12",
     false,
     TWO,
     {[RTP_EXT_AUDIO_LEVEL] = 1, [RTP_EXT_TRANSPORT_CC] = 2, [RTP_EXT_MID] = 2}},
    {"ids above 14, not agreed",
     {1, 0, 0, 0, 0},
     {{[RTP_EXT_AUDIO_LEVEL] = 15, [RTP_EXT_TRANSPORT_CC] = 200, [RTP_EXT_MID] = 3}, false},
     "12",
     false,
     ONE,
     {[RTP_EXT_MID] = 2}},
    {"only ids above 14, not agreed",
     {1, 0, 0, 0, 0},
     {{[RTP_EXT_AUDIO_LEVEL] = 15, [RTP_EXT_TRANSPORT_CC] = 200}, false},
     NULL,
     false,
     NO_HEAD,
     {0}},
    {"all at once, and the longest descriptor",
     {1, 1, 255, 2, 2},
     {{[RTP_EXT_TRANSPORT_CC] = 1,
       [RTP_EXT_ABS_SEND_TIME] = 2,
       [RTP_EXT_MID] = 3,
       [RTP_EXT_AUDIO_LEVEL] = 4,
       [RTP_EXT_ORIENTATION] = 5,
       [RTP_EXT_DEPENDENCY] = 255},
      true},
     "sixteen-long-mid",
     true,
     TWO,
     {[RTP_EXT_TRANSPORT_CC] = 2,
      [RTP_EXT_ABS_SEND_TIME] = 3,
      [RTP_EXT_MID] = 16,
      [RTP_EXT_AUDIO_LEVEL] = 1,
      [RTP_EXT_ORIENTATION] = 1,
      [RTP_EXT_DEPENDENCY] = 255}},
};

/* Data that was passed on is what the publisher sent; a descriptor has our frame number. */
static void check_passed_on(const struct source *s, const struct arrived *a, enum rtp_ext ext)
{
    uint8_t want[255];
    size_t len = a->view.ext[ext].len;
    memcpy(want, s->p + s->view.ext[ext].off, len);
    if (ext == RTP_EXT_DEPENDENCY && len)
        put_u16(want + 1, numbers.frame_number);
    assert_memory_equal(a->p + a->view.ext[ext].off, want, len);
}

static void check_stamp(struct composed *c, const struct arrived *a)
{
    const struct rtp_view *v = &a->view;
    assert_int_equal(c->transport_seq_at, v->ext[RTP_EXT_TRANSPORT_CC].off);
    assert_int_equal(c->send_time_at, v->ext[RTP_EXT_ABS_SEND_TIME].off);
    compose_stamp(c, 0xabcd, 64000000ull * 1000000 + 1500000);
    if (c->transport_seq_at)
        assert_int_equal(get_u16(c->header + c->transport_seq_at), 0xabcd);
    if (c->send_time_at)
        assert_int_equal(get_u32(c->header + c->send_time_at - 1) & 0xffffff, 3 << 17); /* 1.5 s */
}

static void writes_extensions_in_the_agreed_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(extension_rows) / sizeof(extension_rows[0]); i++) {
        static struct source s;
        static struct arrived a;
        struct composed c;
        const struct compose with = {.exts = &extension_rows[i].viewer,
                                     .mid = extension_rows[i].mid,
                                     .ssrc = SSRC,
                                     .csrc = TRACK,
                                     .pt = PT,
                                     .descriptor = extension_rows[i].descriptor};
        print_message("  %s\n", extension_rows[i].name);
        write_source(&s, &extension_rows[i].shape, video, sizeof(video));
        const struct frame_info f = {
            .has_descriptor = true, .picture_id = FRAME_NO_PICTURE_ID, .tl0_pic_idx = FRAME_NO_TL0};
        compose_packet(&c, &with, &s.view, &f, s.p, &numbers);
        arrive(&a, &c, with.exts);
        assert_int_equal(a.p[0] & 0x10, extension_rows[i].profile ? 0x10 : 0);
        if (extension_rows[i].profile)
            assert_int_equal(get_u16(a.p + 16), extension_rows[i].profile);
        for (enum rtp_ext ext = 0; ext < RTP_EXT_COUNT; ext++)
            assert_int_equal(a.view.ext[ext].len, extension_rows[i].len[ext]);
        check_passed_on(&s, &a, RTP_EXT_AUDIO_LEVEL);
        check_passed_on(&s, &a, RTP_EXT_ORIENTATION);
        check_passed_on(&s, &a, RTP_EXT_DEPENDENCY);
        if (with.mid)
            assert_memory_equal(a.p + a.view.ext[RTP_EXT_MID].off, with.mid, a.view.ext[RTP_EXT_MID].len);
        check_stamp(&c, &a);
    }
}

/* --- Header and payload -------------------------------------------------------------- */

#define BYTES(...) {__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static const struct {
    const char *name;
    enum rtp_codec codec;
    uint8_t payload[20];
    size_t len;
    uint8_t want[20];
} payload_rows[] = {
    {"VP8, wide picture id and TL0PICIDX",
     RTP_CODEC_VP8,
     BYTES(0x90, 0xe0, 0x85, 0x67, 0x89, 0x20, 0x10, 2, 0, 9),
     {0x90, 0xe0, 0x92, 0x34, 0xee, 0x20, 0x10, 2, 0, 9}},
    {"VP8, narrow picture id",
     RTP_CODEC_VP8,
     BYTES(0x90, 0x80, 0x05, 0x10, 2, 0, 9),
     {0x90, 0x80, 0x34, 0x10, 2, 0, 9}},
    {"VP8, only TL0PICIDX", RTP_CODEC_VP8, BYTES(0x80, 0x60, 0x89, 0x20, 7), {0x80, 0x60, 0xee, 0x20, 7}},
    {"VP8, X without any", RTP_CODEC_VP8, BYTES(0x80, 0x20, 0x20, 7), {0x80, 0x20, 0x20, 7}},
    {"VP8, the shortest", RTP_CODEC_VP8, BYTES(0x10, 7), {0x10, 7}},
    {"VP8, nothing behind what is rewritten but one byte",
     RTP_CODEC_VP8,
     BYTES(0x90, 0xc0, 0x85, 0x67, 0x89, 7),
     {0x90, 0xc0, 0x92, 0x34, 0xee, 7}},
    {"VP9, layers",
     RTP_CODEC_VP9,
     BYTES(0xa8, 0x85, 0x67, 0x20, 0x89, 1, 2),
     {0xa8, 0x92, 0x34, 0x20, 0xee, 1, 2}},
    {"VP9, flexible, narrow", RTP_CODEC_VP9, BYTES(0xd8, 0x05, 0x02, 1, 2), {0xd8, 0x34, 0x02, 1, 2}},
    {"H.264", RTP_CODEC_H264, BYTES(0x65, 1, 2, 3), {0x65, 1, 2, 3}},
    {"Opus", RTP_CODEC_OPUS, BYTES(0xf8, 0xff, 0xfe), {0xf8, 0xff, 0xfe}},
};

static void check_header(const struct arrived *a, uint16_t seq)
{
    assert_int_equal(a->p[0] & 0xef, 0x81); /* no padding, one CSRC */
    assert_true(a->view.marker);
    assert_int_equal(a->view.pt, PT);
    assert_int_equal(a->view.seq, seq);
    assert_int_equal(a->view.timestamp, numbers.timestamp);
    assert_int_equal(a->view.ssrc, SSRC);
    assert_int_equal(get_u32(a->p + 12), TRACK);
}

static void check_payload(const struct arrived *a, const uint8_t *want, size_t len)
{
    assert_int_equal(a->view.payload_len, len);
    assert_memory_equal(a->p + a->view.payload, want, len);
}

static void rewrites_header_and_payload(void **state)
{
    (void)state;
    const struct rtp_ext_map viewer = {.id = {[RTP_EXT_TRANSPORT_CC] = 3}};
    const struct compose with = {.exts = &viewer, .ssrc = SSRC, .csrc = TRACK, .pt = PT};
    for (size_t i = 0; i < sizeof(payload_rows) / sizeof(payload_rows[0]); i++) {
        static struct source s;
        static struct arrived a;
        struct composed c;
        size_t len = payload_rows[i].len;
        uint8_t again[2 + 20] = {0xcd, 0x0b};
        print_message("  %s\n", payload_rows[i].name);
        write_source(&s, &(struct shape){.level = 1}, payload_rows[i].payload, len);
        uint8_t before[PACKET_MAX];
        memcpy(before, s.p, sizeof(before));
        assert_int_equal(frame_info_read(&s.frame, payload_rows[i].codec, &s.view, s.p, NULL), 0);
        compose_packet(&c, &with, &s.view, &s.frame, s.p, &numbers);
        arrive(&a, &c, &viewer);
        check_header(&a, 0xabcd);
        check_payload(&a, payload_rows[i].want, len);

        compose_rtx(&c, 0x77777777, 98, 0x0102, 0xcd0b);
        arrive(&a, &c, &viewer);
        memcpy(again + 2, payload_rows[i].want, len);
        check_payload(&a, again, len + 2);
        assert_int_equal(a.view.seq, 0x0102);
        assert_int_equal(a.view.pt, 98);
        assert_int_equal(a.view.ssrc, 0x77777777);
        assert_int_equal(a.view.timestamp, numbers.timestamp);
        assert_true(a.view.marker);
        assert_memory_equal(before, s.p, sizeof(before)); /* a received packet stays as it is */

        s.p[s.view.payload + len] = 1;
        compose_packet(&c, &with, &s.view, &s.frame, s.p, &numbers);
        size_t bare = c.header_len + c.patch_len + c.rest_len;
        compose_pad(&c);
        arrive(&a, &c, &viewer);
        assert_int_equal(a.len, bare + 1);
        assert_int_equal(a.p[0] & 0x20, 0x20);
        check_payload(&a, payload_rows[i].want, len);
    }
}

static void a_packet_without_source_or_payload(void **state)
{
    (void)state;
    static struct source s;
    static struct arrived a;
    const struct rtp_ext_map viewer = {0};
    const struct compose with = {.exts = &viewer, .ssrc = SSRC, .pt = PT};
    const struct rewritten out = {
        .index = 65535, .picture_id = FRAME_NO_PICTURE_ID, .tl0_pic_idx = FRAME_NO_TL0};
    struct composed c;
    write_source(&s, &(struct shape){.level = 1}, NULL, 0);
    assert_int_not_equal(frame_info_read(&s.frame, RTP_CODEC_VP8, &s.view, s.p, NULL), 0);
    compose_packet(&c, &with, &s.view, &s.frame, s.p, &out);
    arrive(&a, &c, &viewer);
    assert_int_equal(a.len, RTP_HEADER_LEN);
    assert_int_equal(a.p[0], 0x80);
    assert_int_equal(a.view.seq, 65535);
    assert_false(a.view.marker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_extensions_in_the_agreed_form),
        cmocka_unit_test(rewrites_header_and_payload),
        cmocka_unit_test(a_packet_without_source_or_payload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
