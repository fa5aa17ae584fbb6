#include "etag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check_matches(void **state)
{
    (void)state;
    static const struct {
        const char *if_match;
        bool matches; /* the tag ab+c */
    } rows[] = {
        {"*", true},
        {"\"ab+c\"", true},
        {"\"x\", \"ab+c\"", true},
        {"\"x\",\"ab+c\",\"y\"", true},
        {" \t\"ab+c\" ", true},
        {"W/\"x\", \"ab+c\"", true},
        {"W/\"ab+c\"", false}, /* weak tags are not enough (RFC 9110, section 8.8.3.2) */
        {"\"ab+c", false},
        {"ab+c", false},
        {"\"ab+\"", false},
        {"\"ab+cd\"", false},
        {"\"AB+C\"", false},
        {"\"\"", false},
        {"\"", false},
        {"**", false},
        {"", false},
        {",,,", false},
        {"\"x\" *", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (etag_matches(rows[i].if_match, "ab+c") != rows[i].matches)
            fail_msg("%s", rows[i].if_match);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_matches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
