#include "ws.h"

#include "door.h"
#include "log.h"

#include <string.h>

enum { WRITES_AT_ONCE = 32 };

struct ws_item {
    struct notice *notice;
    uint32_t event;
};

static void free_item(void *arg)
{
    struct ws_item *item = arg;
    notice_unref(item->notice);
    g_free(item);
}

/* --- What client.h asks for ------------------------------------------------- */

static void close_soon(void *socket, enum client_close code, const char *reason)
{
    struct ws *ws = socket;
    if (ws->closing)
        return;
    ws->closing = true;
    ws->drop = code == CLIENT_RATE || code == CLIENT_SLOW || code == CLIENT_TOO_BIG || code == CLIENT_BINARY;
    ws->code = code;
    ws->reason = reason;
    /* A peer that does not read cannot be told: then the socket just goes. */
    lws_set_timeout(ws->wsi, PENDING_TIMEOUT_USER_REASON_BASE, WS_CLOSE_SECONDS);
    lws_callback_on_writable(ws->wsi);
}

static void queue(void *socket, struct notice *notice, uint32_t event)
{
    struct ws *ws = socket;
    if (ws->closing)
        return;
    if (ws->out_bytes + notice->len > WS_QUEUE_BYTES_MAX || ws->out.length >= WS_QUEUE_MAX) {
        client_close(ws->client, CLIENT_SLOW, "too much waits to be read");
        return;
    }
    struct ws_item *item = g_new(struct ws_item, 1);
    *item = (struct ws_item){notice_ref(notice), event};
    g_queue_push_tail(&ws->out, item);
    ws->out_bytes += notice->len;
    lws_callback_on_writable(ws->wsi);
}

static const struct client_io io = {.send = queue, .close = close_soon};

/* --- What libwebsockets tells ------------------------------------------------ */

static void opened(struct ws *ws, struct lws *wsi)
{
    struct door *door = door_of(wsi);
    char address[64] = "";
    lws_get_peer_simple(wsi, address, sizeof(address));
    const char *plain = door_plain_address(address);
    ws->wsi = wsi;
    g_queue_init(&ws->out);
    ws->client = server_connect(door->server, &io, ws, plain);
    door->sockets++;
    log_debug(NULL, 0, "socket opened from %s", plain);
}

/* Nothing more comes from the client, and nothing will be read by it. */
static void end(struct ws *ws, bool gone_for_good)
{
    ws->closing = ws->said = true;
    server_disconnect(g_steal_pointer(&ws->client), gone_for_good);
    g_queue_clear_full(&ws->out, free_item);
    ws->out_bytes = 0;
    if (ws->in)
        g_byte_array_unref(g_steal_pointer(&ws->in));
}

static void closed(struct ws *ws)
{
    struct door *door = door_of(g_steal_pointer(&ws->wsi));
    end(ws, false);
    door_socket_closed(door);
}

static void received(struct ws *ws, const void *bytes, size_t len)
{
    bool last = lws_is_final_fragment(ws->wsi) && lws_remaining_packet_payload(ws->wsi) == 0;
    size_t before = ws->in ? ws->in->len : 0;
    if (lws_frame_is_binary(ws->wsi)) {
        client_close(ws->client, CLIENT_BINARY, "text is spoken here");
        return;
    }
    if (before + len > WS_MESSAGE_MAX) {
        client_close(ws->client, CLIENT_TOO_BIG, "a message is too long");
        return;
    }
    if (last && !ws->in) {
        server_receive(ws->client, bytes, len);
        return;
    }
    if (!ws->in)
        ws->in = g_byte_array_new();
    g_byte_array_append(ws->in, bytes, (guint)len);
    if (last) {
        g_autoptr(GByteArray) whole = g_steal_pointer(&ws->in);
        server_receive(ws->client, (const char *)whole->data, whole->len);
    }
}

static bool write_item(struct ws *ws, const struct ws_item *item)
{
    struct door *door = door_of(ws->wsi);
    char tail[NOTICE_TAIL_MAX];
    size_t tail_len = notice_tail(tail, item->event), len = item->notice->len + tail_len;
    /* libwebsockets writes its header in front of the text. */
    g_byte_array_set_size(door->scratch, (guint)(LWS_PRE + len));
    uint8_t *text = door->scratch->data + LWS_PRE;
    memcpy(text, item->notice->text, item->notice->len);
    memcpy(text + item->notice->len, tail, tail_len);
    return lws_write(ws->wsi, text, len, LWS_WRITE_TEXT) >= (int)len;
}

/* Not by returning -1: Debian's libwebsockets, on libuv's loop, closes a second time what a callback wanted
 * closed, as a check of its own, and so before the reason has left. */
static int give_reason(struct ws *ws)
{
    ws->said = true;
    lws_close_reason(ws->wsi, (enum lws_close_status)ws->code, (unsigned char *)ws->reason,
                     strlen(ws->reason));
    lws_set_timeout(ws->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
    return 0;
}

/* 0 goes on, -1 closes the socket: a reason is given only from here. Closed while it reads, libwebsockets
 * leaves off in the middle of a frame, takes what follows for nonsense, and the reset of the connection
 * overtakes the reason.
 */
static int writable(struct ws *ws)
{
    if (!ws->drop) {
        for (int i = 0; i < WRITES_AT_ONCE && ws->out.length > 0; i++) {
            struct ws_item *item = g_queue_pop_head(&ws->out);
            ws->out_bytes -= item->notice->len;
            bool written = write_item(ws, item);
            free_item(item);
            if (!written)
                return -1;
            if (lws_send_pipe_choked(ws->wsi))
                break;
        }
        if (ws->out.length > 0) {
            lws_callback_on_writable(ws->wsi);
            return 0;
        }
    }
    return ws->closing && !ws->said ? give_reason(ws) : 0;
}

/* 1000 and 1001 come from a page that ends the call or is left; a network that breaks sends nothing. Whoever
 * takes the place that gets free may come before the socket is closed, which takes some turns more. */
static void peer_closes(struct ws *ws, const uint8_t *payload, size_t len)
{
    unsigned code = len >= 2 ? (unsigned)(payload[0] << 8 | payload[1]) : 0;
    end(ws, code == LWS_CLOSE_STATUS_NORMAL || code == LWS_CLOSE_STATUS_GOINGAWAY);
}

int ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct ws *ws = user;
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        opened(ws, wsi);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        if (ws->closing) /* what was under way when we closed */
            return 0;
        received(ws, in, len);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return writable(ws);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        peer_closes(ws, in, len);
        return 0;
    case LWS_CALLBACK_CLOSED:
        if (ws->wsi)
            closed(ws);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        door_connection_closed(door_of(wsi));
        return 0;
    default:
        return 0;
    }
}
