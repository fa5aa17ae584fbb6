#include "web.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void explains(void **state)
{
    (void)state;
    static const struct {
        const char *said, *words;
    } rows[] = {
        {NULL, "no connection"},
        {"conn fail: 111", "connection refused"},
        {"conn fail: 110", "no answer in time"},
        {"conn fail: 113", "no way to that host"},
        {"connect SSL err 1: error:00000001:lib(0)::reason(1)", "no TLS there"},
        {"HS: ws upgrade response not 101", "this URL is no WebSocket"},
        {"read failed", "does not speak HTTP"},
        {"something new", "something new"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof *rows; i++)
        assert_non_null(strstr(web_explain(rows[i].said), rows[i].words));
}

static void explains_errors(void **state)
{
    (void)state;
    static const struct {
        int err;
        const char *words;
    } rows[] = {
        {0, "no connection"},
        {ECONNREFUSED, "connection refused"},
        {EADDRNOTAVAIL, "net.ipv4.ip_local_port_range"}, /* of connections */
        {EADDRINUSE, "net.ipv4.ip_local_port_range"},    /* of UDP sockets */
        {EMFILE, "ulimit -n"},
        {ENOMEM, "Cannot allocate memory"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof *rows; i++)
        assert_non_null(strstr(web_explain_error(rows[i].err), rows[i].words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(explains), cmocka_unit_test(explains_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
