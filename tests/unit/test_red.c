/* Redundant audio packets. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bytes_text.h"
#include "compose.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Heads of earlier frames of payload type 111: how far back in ticks, how long. */
#define BACK_960_LEN_2  "ef 0f0002"
#define BACK_1920_LEN_1 "ef 1e0001"
#define BACK_960_LEN_0  "ef 0f0000"
#define FOUR            BACK_960_LEN_0 BACK_960_LEN_0 BACK_960_LEN_0 BACK_960_LEN_0

static const struct {
    const char *what, *payload;
    int rc;
    struct red want;
} rows[] = {
    {"primary block alone", "6f fc", 0, {.primary_at = 1}},
    {"one earlier frame", BACK_960_LEN_2 "6f aaaa fc", 0, {1, 960, 7}},
    {"two, the older first", BACK_1920_LEN_1 BACK_960_LEN_2 "6f bb aaaa fcfc", 0, {2, 1920, 12}},
    {"two, the newer first", BACK_960_LEN_2 BACK_1920_LEN_1 "6f aaaa bb fc", 0, {2, 1920, 12}},
    {"the largest offset", "ef fffc01 6f aa fc", 0, {1, 16383, 6}},
    {"an earlier frame of no bytes, as DTX makes them", BACK_960_LEN_0 "6f fc", 0, {1, 960, 5}},
    {"as many as are read", FOUR FOUR FOUR FOUR "6f fc", 0, {16, 960, 65}},
    {"one more", FOUR FOUR FOUR FOUR BACK_960_LEN_0 "6f fc", -EBADMSG, {0}},
    {"nothing", "", -EBADMSG, {0}},
    {"no primary block", "6f", -EBADMSG, {0}},
    {"no primary block after an earlier frame", BACK_960_LEN_2 "6f aaaa", -EBADMSG, {0}},
    {"a cut earlier frame", BACK_960_LEN_2 "6f aa", -EBADMSG, {0}},
    {"a length past the end", "ef 0f03ff 6f aaaa fc", -EBADMSG, {0}},
    {"a cut head", "ef 0f00", -EBADMSG, {0}},
    {"heads without end", "ef 0f0000 ef 0f0000", -EBADMSG, {0}},
    {"an earlier frame of another codec", "e0 0f0001 6f aa fc", -EBADMSG, {0}},
    {"a primary block of another codec", BACK_960_LEN_2 "60 aaaa fc", -EBADMSG, {0}},
};

static void reads_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t text[128];
        size_t len = from_hex(rows[i].payload, text);
        uint8_t *exact = malloc(len); /* what is read past it is seen */
        struct red red;
        print_message("  %s\n", rows[i].what);
        if (len)
            memcpy(exact, text, len);
        assert_int_equal(red_read(&red, exact, len), rows[i].rc);
        free(exact);
        if (rows[i].rc)
            continue;
        assert_int_equal(red.block_count, rows[i].want.block_count);
        assert_int_equal(red.reach, rows[i].want.reach);
        assert_int_equal(red.primary_at, rows[i].want.primary_at);
    }
}

/* --- On its way to a viewer --------------------------------------------------------------------- */

enum { OPUS_PT = 97, RED_PT = 62 }; /* the viewer's; the publisher's are 111 (6f) and 63 */

#define HEADER "803f 0001 00000000 00000001"
#define TWO    BACK_1920_LEN_1 BACK_960_LEN_2

static const struct {
    const char *what, *payload;
    bool has_red, primary_only;
    uint8_t pt;
    const char *want;
} sent_rows[] = {
    {"to one who has RED", TWO "6f aa bbbb cccd", true, false, RED_PT, "e1 1e0001 e1 0f0002 61 aa bbbb cccd"},
    {"right after a switch", TWO "6f aa bbbb cccd", true, true, RED_PT, "61 cccd"},
    {"to one who has only Opus", TWO "6f aa bbbb cccd", false, false, OPUS_PT, "cccd"},
    {"the primary block alone, with RED", "6f cc", true, false, RED_PT, "61 cc"},
    {"the primary block alone, without", "6f cc", false, true, OPUS_PT, "cc"},
    {"three earlier frames", BACK_960_LEN_0 TWO "6f aa bbbb cc", true, false, RED_PT,
     "e1 0f0000 e1 1e0001 e1 0f0002 61 aa bbbb cc"},
    {"more than can be given other types", FOUR "6f cc", true, false, RED_PT, "61 cc"},
};

static void check_payload(const struct composed *c, const char *want_hex)
{
    uint8_t want[64], got[64];
    size_t len = from_hex(want_hex, want);
    assert_int_equal(c->patch_len + c->rest_len, len);
    memcpy(got, c->patch, c->patch_len);
    memcpy(got + c->patch_len, c->rest, c->rest_len);
    assert_memory_equal(got, want, len);
}

static void becomes_what_the_viewer_knows(void **state)
{
    (void)state;
    static const struct rtp_ext_map exts;
    static const struct rewritten numbers;
    for (size_t i = 0; i < COUNT(sent_rows); i++) {
        uint8_t p[128];
        size_t len = from_hex(HEADER, p);
        struct rtp_view v;
        struct frame_info f;
        struct composed c;
        const struct compose with = {.exts = &exts,
                                     .pt = OPUS_PT,
                                     .red_pt = sent_rows[i].has_red ? RED_PT : 0,
                                     .primary_only = sent_rows[i].primary_only};
        print_message("  %s\n", sent_rows[i].what);
        len += from_hex(sent_rows[i].payload, p + len);
        assert_int_equal(rtp_view_parse(&v, p, len, &exts), 0);
        assert_int_equal(frame_info_read(&f, RTP_CODEC_RED, &v, p, NULL), 0);
        compose_packet(&c, &with, &v, &f, p, &numbers);
        assert_int_equal(c.header[1], sent_rows[i].pt);
        check_payload(&c, sent_rows[i].want);
        compose_rtx(&c, 1, 98, 1, 2);
        assert_memory_equal(c.patch, "\0\2", 2);
        memmove(c.patch, c.patch + 2, c.patch_len -= 2);
        check_payload(&c, sent_rows[i].want);
    }
}

/* --- Made of Opus --------------------------------------------------------------------------------- */

static const struct {
    const char *what, *earlier;
    uint16_t offset;
    const char *want;
} made_rows[] = {
    {"the first", "", 0, "61 cccd"},
    {"with the one before", "aabb", 960, "e1 0f0002 61 aabb cccd"},
    {"behind a pause", "aa", RED_OFFSET_MAX, "e1 fffc01 61 aa cccd"},
};

static void is_made_of_opus(void **state)
{
    (void)state;
    static const struct rtp_ext_map exts;
    static const struct rewritten numbers;
    for (size_t i = 0; i < COUNT(made_rows) + 2; i++) {
        const bool is_row = i < COUNT(made_rows);
        static uint8_t earlier[COMPOSE_EARLIER_MAX + 1];
        uint8_t p[128];
        struct rtp_view v;
        struct frame_info f;
        struct composed c;
        size_t len = from_hex(HEADER "cccd", p);
        size_t earlier_len =
            is_row ? from_hex(made_rows[i].earlier, earlier) : COMPOSE_EARLIER_MAX + i - COUNT(made_rows);
        const struct compose with = {
            .exts = &exts,
            .pt = OPUS_PT,
            .red_pt = RED_PT,
            .earlier = {earlier, (uint16_t)earlier_len, is_row ? made_rows[i].offset : 960},
        };
        assert_int_equal(rtp_view_parse(&v, p, len, &exts), 0);
        assert_int_equal(frame_info_read(&f, RTP_CODEC_OPUS, &v, p, NULL), 0);
        compose_packet(&c, &with, &v, &f, p, &numbers);
        assert_int_equal(c.header[1], RED_PT);
        if (is_row)
            check_payload(&c, made_rows[i].want);
        else /* as long as may be, and longer */
            assert_int_equal(c.patch_len + c.rest_len,
                             earlier_len <= COMPOSE_EARLIER_MAX ? 5 + earlier_len + 2 : 3);
        uint8_t whole[COMPOSE_EARLIER_MAX + 16];
        struct red red;
        memcpy(whole, c.patch, c.patch_len);
        memcpy(whole + c.patch_len, c.rest, c.rest_len);
        assert_int_equal(red_read(&red, whole, c.patch_len + c.rest_len), 0);
        assert_memory_equal(whole + red.primary_at, "\xcc\xcd", 2);
        size_t patch_len = c.patch_len;
        compose_rtx(&c, 1, 98, 1, 2);
        assert_int_equal(c.patch_len, patch_len + 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_heads),
        cmocka_unit_test(becomes_what_the_viewer_knows),
        cmocka_unit_test(is_made_of_opus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
