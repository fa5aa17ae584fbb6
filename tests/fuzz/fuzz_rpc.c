/* Any text to the dispatcher, from a client that has joined and one that has
 * not. The input's lines are messages. */
#include "fake_sfu.h"

#include "log.h"
#include "methods.h"
#include "server.h"
#include "upcalls.h"

static void discard(void *socket, struct notice *notice, uint32_t event)
{
    char tail[NOTICE_TAIL_MAX];
    (void)socket;
    g_autoptr(GString) text = g_string_new_len(notice->text, (gssize)notice->len);
    g_string_append_len(text, tail, (gssize)notice_tail(tail, event));
    json_t *message = json_loadb(text->str, text->len, JSON_REJECT_DUPLICATES, NULL);
    if (!message)
        abort(); /* what we send is JSON whatever was received */
    json_decref(message);
}

static void ignore(void *socket, enum client_close code, const char *reason)
{
    (void)socket;
    (void)code;
    (void)reason;
}

static void feed(struct client *client, const char *text, size_t len)
{
    client->tokens = 1000;
    server_receive(client, text, len);
}

static void feed_lines(struct client *client, const uint8_t *data, size_t size)
{
    while (size > 0) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t len = end ? (size_t)(end - data) : size, used = end ? len + 1 : len;
        /* A copy of its own, so that reading past its end is seen. */
        char *text = g_malloc(len ? len : 1);
        memcpy(text, data, len);
        feed(client, text, len);
        g_free(text);
        data += used;
        size -= used;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct client_io io = {.send = discard, .close = ignore};
    static const char join[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"join\",\"params\":{\"room\":\"r\",\"name\":\"N\"}}";
    struct conf conf;
    struct server server;
    char err[300];
    log_init(CONF_LOG_ERROR);
    if (conf_load(&conf, NULL, NULL, 0, err, sizeof(err)) < 0)
        abort();
    server_init(&server, &conf, methods);
    if (sfu_start(&conf, &upcalls, &server, &server.plane.sfu, err, sizeof(err)) < 0)
        abort();
    struct client *inside = server_connect(&server, &io, NULL, "192.0.2.1");
    struct client *outside = server_connect(&server, &io, NULL, "192.0.2.2");
    feed(inside, join, strlen(join));
    feed_lines(inside, data, size);
    feed_lines(outside, data, size);
    sfu_dispatch(server.plane.sfu);
    server_disconnect(inside, false);
    server_disconnect(outside, true);
    server_finish(&server);
    sfu_stop(server.plane.sfu);
    conf_finish(&conf);
    return 0;
}
