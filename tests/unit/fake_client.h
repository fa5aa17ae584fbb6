/* A control plane on a fake media plane, and clients that keep what they are
 * sent as JSON. Included by one .c file of a program. */
#pragma once

#include "fake_sfu.h"

#include "methods.h"
#include "server.h"
#include "upcalls.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct fake_plane {
    struct conf conf;
    struct server server;
};

struct fake_client {
    struct client *client; /* NULL once it is disconnected */
    GPtrArray *messages;   /* json_t, what it was sent, oldest first */
    int closed;            /* the code, 0 = open */
    int64_t last_id;
};

/* Defaults, and settings "section.key=value", ended by NULL. */
static void fake_plane_init(struct fake_plane *plane, ...)
{
    char err[300];
    char *sets[16];
    size_t count = 0;
    va_list args;
    va_start(args, plane);
    while ((sets[count] = va_arg(args, char *)))
        count++;
    va_end(args);
    if (conf_load(&plane->conf, NULL, sets, count, err, sizeof(err)) < 0)
        fail_msg("%s", err);
    server_init(&plane->server, &plane->conf, methods);
    assert_int_equal(
        sfu_start(&plane->conf, &upcalls, &plane->server, &plane->server.plane.sfu, err, sizeof(err)), 0);
}

static void fake_plane_finish(struct fake_plane *plane)
{
    server_finish(&plane->server);
    sfu_stop(plane->server.plane.sfu);
    conf_finish(&plane->conf);
}

static void fake_client_sent(void *socket, struct notice *notice, uint32_t event)
{
    struct fake_client *fake = socket;
    char tail[NOTICE_TAIL_MAX];
    g_autoptr(GString) text = g_string_new_len(notice->text, (gssize)notice->len);
    g_string_append_len(text, tail, (gssize)notice_tail(tail, event));
    json_t *message = json_loadb(text->str, text->len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(message);
    g_ptr_array_add(fake->messages, message);
}

static void fake_client_closed(void *socket, enum client_close code, const char *reason)
{
    struct fake_client *fake = socket;
    assert_non_null(reason);
    fake->closed = (int)code;
}

static void fake_drop(void *message)
{
    json_decref(message);
}

static struct fake_client *fake_connect(struct fake_plane *plane)
{
    static const struct client_io io = {.send = fake_client_sent, .close = fake_client_closed};
    struct fake_client *fake = g_new0(struct fake_client, 1);
    fake->messages = g_ptr_array_new_with_free_func(fake_drop);
    fake->client = server_connect(&plane->server, &io, fake, "192.0.2.1");
    return fake;
}

/* The socket breaks (or, for good, is closed by the peer); what it was sent stays readable. */
static inline void fake_cut(struct fake_client *fake, bool gone_for_good)
{
    server_disconnect(g_steal_pointer(&fake->client), gone_for_good);
}

static void fake_free(struct fake_client *fake)
{
    server_disconnect(fake->client, false);
    g_ptr_array_unref(fake->messages);
    g_free(fake);
}

static void fake_text(struct fake_client *fake, const char *text)
{
    server_receive(fake->client, text, strlen(text));
}

/* Sends the request; the answer is borrowed from the client's messages, NULL if none came. params is taken
 * over. */
static const json_t *fake_call(struct fake_client *fake, const char *method, json_t *params)
{
    int64_t id = ++fake->last_id;
    json_t *request = json_pack("{s:s, s:I, s:s, s:o*}", "jsonrpc", "2.0", "id", (json_int_t)id, "method",
                                method, "params", params);
    char *text = json_dumps(request, 0);
    fake_text(fake, text);
    free(text);
    json_decref(request);
    for (guint i = fake->messages->len; i-- > 0;) {
        const json_t *message = g_ptr_array_index(fake->messages, i);
        if (json_integer_value(json_object_get(message, "id")) == id)
            return message;
    }
    return NULL;
}

static inline const json_t *fake_result(struct fake_client *fake, const char *method, json_t *params)
{
    const json_t *answer = fake_call(fake, method, params);
    const json_t *error = json_object_get(answer, "error");
    if (error)
        fail_msg("%s: %s", method, json_string_value(json_object_get(error, "message")));
    const json_t *result = json_object_get(answer, "result");
    assert_non_null(result);
    return result;
}

/* The code of the error, 0 for a result. */
static inline int fake_code(struct fake_client *fake, const char *method, json_t *params)
{
    const json_t *answer = fake_call(fake, method, params);
    assert_non_null(answer);
    return (int)json_integer_value(json_object_get(json_object_get(answer, "error"), "code"));
}

/* The newest notification of that method, its params; NULL if none came. */
static inline const json_t *fake_told(const struct fake_client *fake, const char *method)
{
    for (guint i = fake->messages->len; i-- > 0;) {
        const json_t *message = g_ptr_array_index(fake->messages, i);
        const char *name = json_string_value(json_object_get(message, "method"));
        if (name && strcmp(name, method) == 0)
            return json_object_get(message, "params");
    }
    return NULL;
}

static inline size_t fake_told_count(const struct fake_client *fake, const char *method)
{
    size_t count = 0;
    for (guint i = 0; i < fake->messages->len; i++) {
        const char *name = json_string_value(json_object_get(g_ptr_array_index(fake->messages, i), "method"));
        count += name && strcmp(name, method) == 0;
    }
    return count;
}

static inline struct fake_client *fake_join(struct fake_plane *plane, const char *room, const char *name)
{
    struct fake_client *fake = fake_connect(plane);
    fake_result(fake, "join", json_pack("{s:s, s:s}", "room", room, "name", name));
    return fake;
}

/* Runs the loop for that long; the media plane tells what it has to tell. */
static inline void fake_wait(unsigned ms)
{
    int64_t end = g_get_monotonic_time() + (int64_t)ms * 1000;
    while (g_get_monotonic_time() < end) {
        while (g_main_context_iteration(NULL, FALSE))
            continue;
        if (fake_sfu.event_count > 0)
            sfu_dispatch(&fake_sfu);
        g_usleep(2000);
    }
}

/* The members of a JSON list of objects as "1 2 5". The caller frees it. */
static inline char *fake_numbers(const json_t *list, const char *member)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < json_array_size(list); i++)
        g_string_append_printf(
            text, "%s%lld", i ? " " : "",
            (long long)json_integer_value(json_object_get(json_array_get(list, i), member)));
    return g_string_free(text, FALSE);
}
