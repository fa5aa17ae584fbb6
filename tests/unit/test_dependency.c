/* The dependency descriptor: the specification's L1T3 structure and what is built on it, and the bits that
 * have made other parsers write past their arrays. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes_text.h"
#include "dependency.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Flags: structure, active targets, custom DTIs, custom frame diffs, custom chains. */
#define KEY_FRAME "1 0 000010 0000000000000111" /* start, template 2, frame 7 */

/* L1T3 of the specification (A.6.2.1), first template id 2: layers, DTIs, frame diffs, chains, resolution. */
#define L1T3                                                                                                 \
    "000010 00010 "                                                                                          \
    "00 01 01 00 11 "                                                                                        \
    "101010 101010 100100 010000 010000 "                                                                    \
    "0 1 0011 0 1 0001 0 1 0000 0 1 0000 0 "                                                                 \
    "01 0000 0100 0010 0001 0011 "

#define L1T3_SIZED   L1T3 "1 0000010011111111 0000001011001111" /* 1280x720 */
#define L1T3_UNSIZED L1T3 "0"

static int read_bits(struct dependency *d, const char *bits, struct dependency_frame *f)
{
    uint8_t p[512];
    size_t len = from_bits(bits, p);
    return dependency_read(d, p, len, f);
}

static void frames_of_l1t3(void **state)
{
    static const struct {
        const char *what, *bits;
        int rc;
        uint8_t tid, diff_count;
        uint16_t diff;
        const char *dtis; /* by decode target */
        uint8_t chain;
        uint32_t active;
    } rows[] = {
        {"base", "1 1 000011 0000000000001000", 0, 0, 1, 4, "SSS", 4, 7},
        {"middle", "1 0 000100 0000000000001000", 0, 1, 1, 2, "SD-", 2, 7},
        {"top", "0 1 000101 0000000000001000", 0, 2, 1, 1, "D--", 1, 7},
        {"second top", "0 0 000110 0000000000001000", 0, 2, 1, 1, "D--", 3, 7},
        {"template past the last", "1 1 000111 0000000000001000", -ENOENT, 0, 0, 0, "", 0, 0},
        {"template before the first", "1 1 000001 0000000000001000", -ENOENT, 0, 0, 0, "", 0, 0},
        {"unknown with extensions", "1 1 111111 0000000000001000 01111 111", -ENOENT, 0, 0, 0, "", 0, 0},
        {"no flag set", "1 1 000100 0000000000001000 00000 000", 0, 1, 1, 2, "SD-", 2, 7},
        {"custom DTIs", "1 1 000100 0000000000001000 00100 110001", 0, 1, 1, 2, "R-D", 2, 7},
        {"no frame diffs", "1 1 000100 0000000000001000 00010 00", 0, 1, 0, 0, "SD-", 2, 7},
        {"a diff of 4,096", "1 1 000100 0000000000001000 00010 11 111111111111 00", 0, 1, 1, 4096, "SD-", 2,
         7},
        {"a diff of 200", "1 1 000100 0000000000001000 00010 10 11000111 00", 0, 1, 1, 200, "SD-", 2, 7},
        {"custom chains", "1 1 000100 0000000000001000 00001 11111111", 0, 1, 1, 2, "SD-", 255, 7},
        {"fewer targets are active", "1 1 000100 0000000000001000 01000 110", 0, 1, 1, 2, "SD-", 2, 6},
        {"all of it", "1 1 000100 0000000000001000 01111 011 110001 01 0111 00 00001001", 0, 1, 1, 8, "R-D",
         9, 3},
        {"cut in the DTIs", "1 1 000100 0000000000001000 00100 110", -EBADMSG, 0, 0, 0, "", 0, 0},
        {"cut in a diff", "1 1 000100 0000000000001000 00010 11 1", -EBADMSG, 0, 0, 0, "", 0, 0},
        {"cut in the chains", "1 1 000100 0000000000001000 00001 111", -EBADMSG, 0, 0, 0, "", 0, 0},
        {"diffs without end", "1 1 000100 0000000000001000 00010 10 00000000 1", -EBADMSG, 0, 0, 0, "", 0, 0},
        {"eight diffs",
         "1 1 000100 0000000000001000 00010 010000 010000 010000 010000 010000 010000 010000 010000 00", 0, 1,
         8, 1, "SD-", 2, 7},
        {"nine diffs",
         "1 1 000100 0000000000001000 00010 010000 010000 010000 010000 010000 010000 010000 010000 "
         "010000 00",
         -EBADMSG, 0, 0, 0, "", 0, 0},
        {"two bytes", "1 1 000100 00000000", -EBADMSG, 0, 0, 0, "", 0, 0},
        {"nothing", "", -EBADMSG, 0, 0, 0, "", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dependency d = {0};
        struct dependency_frame f;
        assert_int_equal(read_bits(&d, KEY_FRAME "10000" L1T3_SIZED, &f), 0);
        int rc = read_bits(&d, rows[i].bits, &f);
        if (rc != rows[i].rc)
            fail_msg("%s: %d", rows[i].what, rc);
        if (rc == -EBADMSG)
            continue;
        assert_int_equal(f.frame_number, 8);
        assert_false(f.has_structure);
        assert_int_equal(f.start, rows[i].bits[0] == '1');
        assert_int_equal(f.end, rows[i].bits[2] == '1');
        if (rc)
            continue;
        if (f.sid != 0 || f.tid != rows[i].tid || f.diff_count != rows[i].diff_count ||
            (f.diff_count && f.diffs[0] != rows[i].diff) || f.chains[0] != rows[i].chain ||
            f.active != rows[i].active)
            fail_msg("%s: tid %u, %u diffs, %u, chain %u, active %u", rows[i].what, f.tid, f.diff_count,
                     f.diffs[0], f.chains[0], f.active);
        assert_int_equal(f.target_count, strlen(rows[i].dtis));
        for (size_t t = 0; t <= f.target_count; t++)
            assert_int_equal("-DSR"[dependency_dti_of(&f, t)], t < f.target_count ? rows[i].dtis[t] : '-');
        assert_int_equal(f.width, 1280);
        assert_int_equal(f.height, 720);
    }
}

static void the_structure(void **state)
{
    struct dependency d = {0};
    struct dependency_frame f;
    (void)state;
    assert_int_equal(read_bits(&d, KEY_FRAME "11000" L1T3_SIZED "011", &f), 0);
    assert_true(f.has_structure);
    assert_true(f.start);
    assert_false(f.end);
    assert_int_equal(f.template_id, 2);
    assert_int_equal(f.diff_count, 0);
    assert_int_equal(f.active, 3);
    assert_int_equal(d.template_count, 5);
    assert_int_equal(d.target_count, 3);
    assert_int_equal(d.chain_count, 1);
    assert_int_equal(d.protected_by[2], 0);
    /* what is active stays so until told otherwise */
    assert_int_equal(read_bits(&d, "1 1 000100 0000000000001000", &f), 0);
    assert_int_equal(f.active, 3);
}

/* Two spatial layers with a chain each, of which the second target is protected by the second. */
static void spatial_layers(void **state)
{
    static const char l2[] = "1 1 000000 0000000000000001 10000"
                             "000000 00001"
                             "10 11"
                             "1010 0010"
                             "0 1 0000 0"
                             "11 0 1 0000 0000 0001 0001"
                             "1 0000000100111111 0000000010110011 0000001001111111 0000000101100111";
    struct dependency d = {0};
    struct dependency_frame f;
    (void)state;
    assert_int_equal(read_bits(&d, l2, &f), 0);
    assert_int_equal(d.spatial_count, 2);
    assert_int_equal(d.chain_count, 2);
    assert_int_equal(d.protected_by[0], 0);
    assert_int_equal(d.protected_by[1], 1);
    assert_int_equal(d.points[0], point_of(0, 0));
    assert_int_equal(d.points[1], point_of(1, 0));
    assert_int_equal(f.needed_by, 0x101);
    assert_int_equal(f.opens, 0x101);
    assert_int_equal(f.points, 0x101);
    assert_int_equal(f.spatial_count, 2);
    assert_int_equal(f.width, 640);
    assert_int_equal(read_bits(&d, "1 1 000001 0000000000000010", &f), 0);
    assert_int_equal(f.sid, 1);
    assert_int_equal(f.width, 640);
    assert_int_equal(f.height, 360);
    assert_int_equal(f.diffs[0], 1);
    assert_int_equal(f.chains[1], 1);
    assert_int_equal(dependency_dti_of(&f, 0), DEPENDENCY_NOT_PRESENT);
    assert_int_equal(dependency_dti_of(&f, 1), DEPENDENCY_SWITCH);
    assert_int_equal(f.needed_by, 0x100);
    assert_int_equal(f.opens, 0x100);
    assert_int_equal(read_bits(&d, "1 1 000000 0000000000000011 01100 01 01 00", &f), 0);
    assert_int_equal(f.needed_by, 1);
    assert_int_equal(f.opens, 0);
    assert_int_equal(f.points, 1);
}

/* A target that no template belongs to is no operating point; of two alike the first one counts. */
static void targets_that_are_no_points(void **state)
{
    struct dependency d = {0};
    struct dependency_frame f;
    (void)state;
    assert_int_equal(
        read_bits(&d, "1 0 000000 0000000000000111 10000 000000 00011 01 11 00101111 00000010 0 0 00 0", &f),
        0);
    assert_int_equal(d.points[0], POINTS_NONE);
    assert_int_equal(d.points[1], point_of(0, 0));
    assert_int_equal(d.points[2], POINTS_NONE);
    assert_int_equal(d.points[3], point_of(0, 1));
    assert_int_equal(f.needed_by, 3);
    assert_int_equal(f.opens, 1);
    assert_int_equal(f.points, 3);
}

static void no_structure_yet(void **state)
{
    struct dependency d = {0};
    struct dependency_frame f;
    (void)state;
    assert_int_equal(read_bits(&d, "1 1 000000 0000000000001000", &f), -ENOENT);
    assert_true(f.start && f.end);
    assert_int_equal(f.frame_number, 8);
    assert_int_equal(f.target_count, 0);
    assert_int_equal(read_bits(&d, "0 0 000100 1000000000001001 01111 111 1111", &f), -ENOENT);
    assert_int_equal(f.frame_number, 0x8009);
}

static void structures_that_are_refused(void **state)
{
    static const struct {
        const char *what, *bits;
    } rows[] = {
        {"nothing of it", KEY_FRAME "10000"},
        {"cut in the layers", KEY_FRAME "10000 000010 00010 00 01 0"},
        {"five spatial layers", KEY_FRAME "10000 000010 00000 10 10 10 10 11 1010101010 00000 0 0"},
        {"nine temporal layers", KEY_FRAME "10000 000010 00000 01 01 01 01 01 01 01 01 11"
                                           "101010101010101010 000000000 0 0"},
        {"cut in the DTIs", KEY_FRAME "10000 000010 11111 00 01 01 00 11 1010"},
        {"nine diffs in a template", KEY_FRAME "10000 000010 00000 11 10"
                                               "10000 10000 10000 10000 10000 10000 10000 10000 10000 0 0 0"},
        {"diffs without end", KEY_FRAME "10000 000010 00000 11 10 1 0000 1 0000 1 0"},
        {"cut in the chains", KEY_FRAME "10000 000010 00000 11 10 0 1 00"},
        {"cut in the resolutions", KEY_FRAME "10000" L1T3 "1 0000010011111111 0000001"},
        {"a template that is not its own", "1 0 000001 0000000000000111 10000" L1T3_UNSIZED},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dependency d = {0}, before;
        struct dependency_frame f;
        assert_int_equal(read_bits(&d, KEY_FRAME "10000" L1T3_SIZED, &f), 0);
        memcpy(&before, &d, sizeof(d));
        if (read_bits(&d, rows[i].bits, &f) != -EBADMSG)
            fail_msg("%s", rows[i].what);
        assert_false(f.has_structure);
        assert_memory_equal(&d, &before, sizeof(d));
    }
}

static void add_bits(char *text, const char *bits, size_t times)
{
    while (times-- > 0)
        strcat(text, bits);
}

/* 64 templates, 32 decode targets and chains fit; one template more does not. */
static void the_largest_structure(void **state)
{
    (void)state;
    for (size_t templates = 64; templates <= 65; templates++) {
        static char text[16384];
        static uint8_t p[2048];
        struct dependency d = {0};
        struct dependency_frame f;
        strcpy(text, "1 1 111111 0000000000000000 10000 000000 11111");
        add_bits(text, "00", templates - 1);
        add_bits(text, "11", 1);
        add_bits(text, "11", templates * 32);
        add_bits(text, "0", templates);
        add_bits(text, "111111", 1); /* ns(33) = 32 */
        add_bits(text, "11111", 32); /* ns(32) = 31 */
        add_bits(text, "1111", templates * 32);
        add_bits(text, "0", 1);
        size_t len = from_bits(text, p);
        assert_int_equal(dependency_read(&d, p, len, &f), templates == 64 ? 0 : -EBADMSG);
        if (templates > 64)
            continue;
        assert_int_equal(d.template_count, 64);
        assert_int_equal(f.chain_count, 32);
        assert_int_equal(f.active, 0xffffffff);
        assert_int_equal(d.protected_by[31], 31);
        assert_int_equal(f.chains[31], 15);
        assert_int_equal(dependency_dti_of(&f, 31), DEPENDENCY_REQUIRED);
        assert_int_equal(dependency_dti_of(&f, 32), DEPENDENCY_NOT_PRESENT);
    }
}

/* Every truncation of a whole descriptor is an error or a right one, and never more than that. */
static void cut_anywhere(void **state)
{
    uint8_t whole[64];
    size_t len = from_bits(KEY_FRAME "11111" L1T3_SIZED "111 111111 01 0000 00 00000000", whole);
    (void)state;
    for (size_t cut = 0; cut <= len; cut++) {
        struct dependency d = {0};
        struct dependency_frame f;
        uint8_t *p = malloc(cut ? cut : 1); /* so that a read past the end is seen */
        assert_non_null(p);
        memcpy(p, whole, cut);
        int rc = dependency_read(&d, p, cut, &f);
        assert_int_equal(rc, cut == len ? 0 : cut == DEPENDENCY_MANDATORY_LEN ? -ENOENT : -EBADMSG);
        free(p);
    }
}

static void a_late_structure_does_not_replace_a_newer_one(void **state)
{
    static const char newer[] = "1 0 001000 0000000000000001 10000 001000 00000 11 10 0 0 0";
    static const char older[] = "1 0 000010 1111111111110000 10000" L1T3_UNSIZED;
    static const char restart[] = "1 0 000010 1000000000000000 10000" L1T3_UNSIZED;
    struct dependency d = {0};
    struct dependency_frame f;
    (void)state;
    assert_int_equal(read_bits(&d, newer, &f), 0);
    assert_false(f.stale);
    assert_int_equal(read_bits(&d, older, &f), 0); /* is read by its own structure */
    assert_true(f.has_structure && f.stale);
    assert_int_equal(f.target_count, 3);
    assert_int_equal(d.target_count, 1);
    assert_int_equal(read_bits(&d, restart, &f), 0);
    assert_true(f.has_structure && !f.stale);
    assert_int_equal(d.target_count, 3);
}

static void the_frame_number_is_overwritten_in_place(void **state)
{
    struct dependency d = {0};
    struct dependency_frame f;
    uint8_t p[64] = {0}, copy[64] = {0};
    size_t len = from_bits(KEY_FRAME "10000" L1T3_SIZED, p);
    (void)state;
    memcpy(copy, p, len);
    dependency_set_frame_number(copy, len, 0xfffe);
    assert_int_equal(dependency_read(&d, copy, len, &f), 0);
    assert_int_equal(f.frame_number, 0xfffe);
    assert_int_equal(copy[0], p[0]);
    assert_memory_equal(copy + 3, p + 3, len - 3);
    memcpy(copy, p, len);
    dependency_set_frame_number(copy, 2, 0xfffe);
    assert_memory_equal(copy, p, len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_of_l1t3),
        cmocka_unit_test(the_structure),
        cmocka_unit_test(spatial_layers),
        cmocka_unit_test(targets_that_are_no_points),
        cmocka_unit_test(no_structure_yet),
        cmocka_unit_test(structures_that_are_refused),
        cmocka_unit_test(the_largest_structure),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(a_late_structure_does_not_replace_a_newer_one),
        cmocka_unit_test(the_frame_number_is_overwritten_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
