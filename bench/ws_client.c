#include "ws_client.h"

#include <errno.h>
#include <string.h>

enum { CLOSE_SECONDS = 2 };

struct ws_client {
    struct web *web;
    const struct ws_client_upcalls *up; /* NULL = freed by its owner */
    void *arg;
    struct lws *wsi; /* NULL = gone, or never there */
    gint64 began_us;
    GQueue out; /* of GBytes */
    GString *in;
    char *why;
    guint tell; /* idle source that tells why it was closed */
    bool open, said_goodbye;
};

/* --- One connection ------------------------------------------------------------ */

static void destroy(struct ws_client *c)
{
    if (c->tell)
        g_source_remove(c->tell);
    g_queue_clear_full(&c->out, (GDestroyNotify)g_bytes_unref);
    g_string_free(c->in, TRUE);
    g_free(c->why);
    g_free(c);
}

static gboolean tell_closed(void *arg)
{
    struct ws_client *c = arg;
    c->tell = 0;
    c->up->closed(c->arg, c->why);
    return G_SOURCE_REMOVE;
}

/* libwebsockets has done with it. */
static void gone(struct ws_client *c, const char *why)
{
    c->wsi = NULL;
    c->open = false;
    c->web->count--;
    if (!c->up) {
        destroy(c);
        return;
    }
    c->why = g_strdup(why);
    c->tell = g_idle_add(tell_closed, c);
}

/* The close frame goes out at once. Asked to close, libwebsockets sends it the next time, loses its place in
 * the stream if a message comes before that, and drops the connection: the server then waits for somebody
 * whose network broke. */
static int say_goodbye(struct ws_client *c)
{
    /* RFC 6455, section 5.5.1: masked with zeros, 1000 */
    static const unsigned char frame[] = {0x88, 0x82, 0, 0, 0, 0, 1000 >> 8, 1000 & 0xff};
    unsigned char room[LWS_PRE + sizeof(frame)];
    memcpy(room + LWS_PRE, frame, sizeof(frame));
    c->said_goodbye = true;
    return lws_write(c->wsi, room + LWS_PRE, sizeof(frame), LWS_WRITE_RAW) < 0 ? -1 : 0;
}

static int write_next(struct ws_client *c)
{
    g_autoptr(GBytes) bytes = g_queue_pop_head(&c->out);
    if (bytes) {
        size_t len;
        const void *text = g_bytes_get_data(bytes, &len);
        g_autofree unsigned char *room = g_malloc(LWS_PRE + len);
        memcpy(room + LWS_PRE, text, len);
        if (lws_write(c->wsi, room + LWS_PRE, len, LWS_WRITE_TEXT) < (int)len)
            return -1;
    }
    if (c->out.length) {
        lws_callback_on_writable(c->wsi);
        return 0;
    }
    return c->up || c->said_goodbye ? 0 : say_goodbye(c);
}

static void received(struct ws_client *c, const char *bytes, size_t len)
{
    g_string_append_len(c->in, bytes, (gssize)len);
    if (!lws_is_final_fragment(c->wsi) || lws_remaining_packet_payload(c->wsi) > 0)
        return;
    if (c->up)
        c->up->text(c->arg, c->in->str, c->in->len);
    g_string_truncate(c->in, 0);
}

/* It tells no more of this one, which may be freed from now on. */
static void let_go(struct ws_client *c, struct lws *wsi, const char *why)
{
    lws_set_wsi_user(wsi, NULL);
    gone(c, why);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct ws_client *c = user;
    if (!c)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        c->wsi = wsi;
        c->open = true;
        if (c->up)
            c->up->opened(c->arg);
        lws_callback_on_writable(wsi);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        received(c, in, len);
        return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return write_next(c);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        if (len > 2 && !c->why)
            c->why = g_strndup((const char *)in + 2, len - 2);
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: {
        g_autofree char *said = in ? g_strndup(in, len) : NULL;
        let_go(c, wsi, web_explain(said, g_get_monotonic_time() - c->began_us));
        return 0;
    }
    case LWS_CALLBACK_CLIENT_CLOSED: {
        g_autofree char *why = g_steal_pointer(&c->why);
        let_go(c, wsi, why ? why : "the server closed the connection");
        return 0;
    }
    case LWS_CALLBACK_WSI_DESTROY: /* of some that fail on the way nothing else is told */
        if (c->wsi == wsi)
            let_go(c, wsi, "no answer in time: the server took the connection, and says nothing");
        return 0;
    default:
        return 0;
    }
}

struct ws_client *ws_client_new(struct web *web, const struct ws_client_upcalls *up, void *arg)
{
    struct ws_client *c = g_new0(struct ws_client, 1);
    *c = (struct ws_client){
        .web = web, .up = up, .arg = arg, .began_us = g_get_monotonic_time(), .in = g_string_new(NULL)};
    g_queue_init(&c->out);
    web->count++;
    if (!web_connect(web, NULL, web->path, c, &c->wsi) && !c->tell)
        gone(c, web_explain_error(errno));
    return c;
}

void ws_client_send(struct ws_client *c, const char *text)
{
    g_queue_push_tail(&c->out, g_bytes_new(text, strlen(text)));
    if (c->open)
        lws_callback_on_writable(c->wsi);
}

void ws_client_free(struct ws_client *c)
{
    if (!c)
        return;
    c->up = NULL;
    if (!c->wsi) {
        destroy(c);
        return;
    }
    /* Whoever does not answer is left behind. */
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_REASON_BASE, CLOSE_SECONDS);
    lws_callback_on_writable(c->wsi);
}

const struct web_kind ws_client_plenum = {"ws", "wss", "plenum", callback};
const struct web_kind ws_client_janus = {"ws", "wss", "janus-protocol", callback};
