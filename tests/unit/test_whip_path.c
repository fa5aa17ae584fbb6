#include "whip_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SECRET "0123456789abcdef0123456789abcdef"
#define TEN    "abcdefghij"
#define SIXTY  TEN TEN TEN TEN TEN TEN

static void check_paths(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool ours, good;
        struct whip_path out;
    } rows[] = {
        {"/whip/r", true, true, {SESSION_WHIP, "r", 0, ""}},
        {"/whep/Room.1_-", true, true, {SESSION_WHEP, "Room.1_-", 0, ""}},
        {"/whip/" SIXTY "abcd", true, true, {SESSION_WHIP, SIXTY "abcd", 0, ""}},
        {"/whep/r/1", true, true, {SESSION_WHEP, "r", 1, ""}},
        {"/whep/r/4294967295", true, true, {SESSION_WHEP, "r", UINT32_MAX, ""}},
        {"/whip/r/7-" SECRET, true, true, {SESSION_WHIP, "r", 7, SECRET}},
        {"/whep/r/7-" SECRET, true, true, {SESSION_WHEP, "r", 7, SECRET}},
        /* Not ours at all */
        {"/", false, false, {0}},
        {"", false, false, {0}},
        {"/whi", false, false, {0}},
        {"/whipped/r", false, false, {0}},
        {"/ws", false, false, {0}},
        {"whip/r", false, false, {0}},
        {"/WHIP/r", false, false, {0}},
        /* Ours, and nothing there */
        {"/whip", true, false, {0}},
        {"/whip/", true, false, {0}},
        {"/whip//", true, false, {0}},
        {"/whip/r/", true, false, {0}},
        {"/whip/a b", true, false, {0}},
        {"/whip/r?x", true, false, {0}},
        {"/whip/\xc3\xa4", true, false, {0}},
        {"/whip/" SIXTY "abcde", true, false, {0}},
        {"/whip/r/1", true, false, {0}}, /* one publishes as oneself */
        {"/whep/r/0", true, false, {0}},
        {"/whep/r/01", true, false, {0}},
        {"/whep/r/+1", true, false, {0}},
        {"/whep/r/1x", true, false, {0}},
        {"/whep/r/4294967296", true, false, {0}},
        {"/whep/r/99999999999999999999999", true, false, {0}},
        {"/whep/r/1/", true, false, {0}},
        {"/whip/r/7-", true, false, {0}},
        {"/whip/r/-" SECRET, true, false, {0}},
        {"/whip/r/7-" SECRET "0", true, false, {0}},
        {"/whip/r/7-0123456789ABCDEF0123456789ABCDEF", true, false, {0}},
        {"/whip/r/7-0123456789abcdef0123456789abcde", true, false, {0}},
        {"/whip/r/7-" SECRET "/x", true, false, {0}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct whip_path out;
        bool good = whip_path_parse(&out, rows[i].path);
        if (whip_path_is(rows[i].path) != rows[i].ours || good != rows[i].good)
            fail_msg("%s: %d", rows[i].path, good);
        if (!good)
            continue;
        assert_int_equal(out.way, rows[i].out.way);
        assert_string_equal(out.room, rows[i].out.room);
        assert_int_equal(out.participant, rows[i].out.participant);
        assert_string_equal(out.secret, rows[i].out.secret);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
