/* libwebsockets on the GLib loop: that connections are served, closed at the end, and cost the loop nothing
 * while nothing comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web_loop.h"

enum { CLIENTS = 50, TURNS = 10000, SILENT_SECONDS = 1, GLIB_FILES_MAX = 4 };

static unsigned there; /* connections */

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user;
    (void)in;
    (void)len;
    if (reason == LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED)
        there++;
    if (reason == LWS_CALLBACK_WSI_DESTROY && there)
        there--;
    if (reason == LWS_CALLBACK_HTTP)
        return lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL);
    return 0;
}

static const struct lws_protocols protocols[] = {{.name = "http", .callback = callback}, {.name = NULL}};

struct fixture {
    GMainContext *context;
    struct web_loop *web;
    int fds[CLIENTS];
};

static void set_up(struct fixture *f)
{
    struct lws_context_creation_info info = {.port = 0,
                                             .iface = "127.0.0.1",
                                             .protocols = protocols,
                                             .options = LWS_SERVER_OPTION_DISABLE_IPV6,
                                             .timeout_secs = SILENT_SECONDS,
                                             .timeout_secs_ah_idle = SILENT_SECONDS};
    there = 0;
    lws_set_log_level(0, NULL);
    f->context = g_main_context_new();
    f->web = web_loop_new(&info, f->context);
    assert_non_null(f->web);
    struct lws_vhost *vhost = lws_get_vhost_by_name(web_loop_context(f->web), "default");
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)lws_get_vhost_listen_port(vhost)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (size_t i = 0; i < CLIENTS; i++) {
        f->fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(f->fds[i], (const void *)&to, sizeof(to)), 0);
    }
    for (int i = 0; i < TURNS && there < CLIENTS; i++)
        g_main_context_iteration(f->context, TRUE);
    assert_int_equal(there, CLIENTS);
}

static void tear_down(struct fixture *f)
{
    web_loop_free(f->web);
    g_main_context_unref(f->context);
    for (size_t i = 0; i < CLIENTS; i++)
        close(f->fds[i]);
}

static int files_of(GMainContext *context)
{
    gint timeout_ms, priority;
    assert_true(g_main_context_acquire(context));
    g_main_context_prepare(context, &priority);
    int count = g_main_context_query(context, priority, &timeout_ms, NULL, 0);
    g_main_context_release(context);
    return count;
}

static void idle_connections_are_not_looked_at(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f);
    assert_in_range(files_of(f.context), 1, GLIB_FILES_MAX);
    tear_down(&f);
}

static void a_request_is_answered(void **state)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    char answer[64] = "";
    struct fixture f;
    (void)state;
    set_up(&f);
    assert_int_equal(send(f.fds[7], request, strlen(request), 0), strlen(request));
    for (int i = 0; i < TURNS && !*answer; i++) {
        g_main_context_iteration(f.context, TRUE);
        (void)recv(f.fds[7], answer, sizeof(answer) - 1, MSG_DONTWAIT);
    }
    assert_memory_equal(answer, "HTTP/1.1 404", 12);
    tear_down(&f);
}

static void timers_go_off_by_themselves(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f);
    for (int i = 0; i < TURNS && there > 0; i++)
        g_main_context_iteration(f.context, TRUE);
    assert_int_equal(there, 0); /* nobody asked for anything */
    tear_down(&f);
}

static void what_cannot_start_is_an_error(void **state)
{
    struct lws_context_creation_info info = {
        .iface = "127.0.0.1",
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_DISABLE_IPV6 | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .ssl_cert_filepath = "/nowhere/certificate.pem",
        .ssl_private_key_filepath = "/nowhere/key.pem",
    };
    (void)state;
    lws_set_log_level(0, NULL);
    assert_null(web_loop_new(&info, NULL));
}

static void the_end_closes_all(void **state)
{
    struct fixture f;
    char byte;
    (void)state;
    set_up(&f);
    web_loop_free(f.web);
    assert_int_equal(there, 0);
    for (size_t i = 0; i < CLIENTS; i++)
        assert_int_equal(recv(f.fds[i], &byte, 1, 0), 0);
    f.web = NULL;
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_connections_are_not_looked_at),
        cmocka_unit_test(a_request_is_answered),
        cmocka_unit_test(timers_go_off_by_themselves),
        cmocka_unit_test(what_cannot_start_is_an_error),
        cmocka_unit_test(the_end_closes_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
