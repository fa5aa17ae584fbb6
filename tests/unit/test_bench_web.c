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
        const char *said;
        int64_t took_us;
        const char *words;
    } rows[] = {
        {NULL, 0, "no connection"},
        {"Unable to connect", 0, "connection refused"},
        {"Unable to connect", WEB_PATIENCE_US - 1, "connection refused"},
        {"Unable to connect", WEB_PATIENCE_US, "no answer in time"},
        {"conn fail: 111", 0, "connection refused"},
        {"conn fail: 110", 0, "no answer in time"},
        {"conn fail: 113", 0, "no way to that host"},
        {"connect SSL err 1: error:00000001:lib(0)::reason(1)", 0, "no TLS there"},
        {"HS: ws upgrade response not 101", 0, "this URL is no WebSocket"},
        {"read failed", 0, "does not speak HTTP"},
        {"something new", 0, "something new"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof *rows; i++)
        assert_non_null(strstr(web_explain(rows[i].said, rows[i].took_us), rows[i].words));
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

static void resolves_what_a_server_refers_to(void **state)
{
    (void)state;
    static const struct web here = {.scheme = "http", .host_header = (char *)"127.0.0.1:8080"},
                            named = {.scheme = "https", .host_header = (char *)"Example.org:443"},
                            six = {.scheme = "http", .host_header = (char *)"[::1]:80"};
    static const struct {
        const struct web *web;
        const char *base, *reference, *path; /* path NULL: not there */
    } rows[] = {
        {&here, "/whip/room", "sessions/42", "/whip/sessions/42"},
        {&here, "/whip/room", "./42", "/whip/42"},
        {&here, "/whip/room", "../sessions/42", "/sessions/42"},
        {&here, "/whip/room", "../../../sessions/42", "/sessions/42"},
        {&here, "/whip/room/", "42", "/whip/room/42"},
        {&here, "/whip/room", "/sessions/42", "/sessions/42"},
        {&here, "/whip/room", "?session=42", "/whip/room?session=42"},
        {&here, "/whip/room?key=1", "42?key=2", "/whip/42?key=2"},
        {&here, "/whip/room?key=1", "#top", "/whip/room?key=1"},
        {&here, "/whip/room", "a%2Fb?c=%26#top", "/whip/a%2Fb?c=%26"},
        {&here, "/whip/room", "http://127.0.0.1:8080/sessions/42", "/sessions/42"},
        {&here, "/whip/room", "HTTP://127.0.0.1:8080", "/"},
        {&here, "/whip/room", "//127.0.0.1:8080/sessions/42", "/sessions/42"},
        {&here, "/whip/room", "//there.example/sessions/42", NULL},
        {&here, "/whip/room", "http://127.0.0.1/sessions/42", NULL},
        {&here, "/whip/room", "https://127.0.0.1:8080/sessions/42", NULL},
        {&here, "/whip/room", "http://127.0.0.1:99999/sessions/42", NULL},
        {&here, "/whip/room", "http://[::1/sessions/42", NULL},
        {&here, "/whip/room", "mailto:somebody@there.example", NULL},
        {&here, "/whip/room", "http:", NULL},
        {&named, "/whip/room", "https://example.ORG/sessions/42", "/sessions/42"},
        {&named, "/whip/room", "https://example.org:443/sessions/42", "/sessions/42"},
        {&named, "/whip/room", "https://example.org:8443/sessions/42", NULL},
        {&six, "/whip/room", "http://[::1]/sessions/42", "/sessions/42"},
        {&six, "/whip/room", "http://[::2]/sessions/42", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof *rows; i++) {
        g_autofree char *path = web_resolve(rows[i].web, rows[i].base, rows[i].reference);
        if (g_strcmp0(path, rows[i].path) != 0)
            fail_msg("%s at %s: %s", rows[i].reference, rows[i].base, path ? path : "nothing");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(explains), cmocka_unit_test(explains_errors),
                                       cmocka_unit_test(resolves_what_a_server_refers_to)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
