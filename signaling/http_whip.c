#include "http_whip.h"

#include "door.h"
#include "log.h"

#include <string.h>
#include <sys/socket.h>

enum {
    BODY_SECONDS = 10,
    IGNORED_MAX = 4 << 20, /* bytes that a refused client may go on sending before its connection is cut */
    VALUE_MAX = 4096 + 16, /* of one header: a token is up to 4,096 bytes */
    NAME_MAX_LEN = 300,
};

static const struct {
    enum lws_token_indexes uri;
    enum whip_method method;
} methods[] = {
    {WSI_TOKEN_GET_URI, WHIP_GET},         {WSI_TOKEN_HEAD_URI, WHIP_HEAD},
    {WSI_TOKEN_POST_URI, WHIP_POST},       {WSI_TOKEN_PUT_URI, WHIP_PUT},
    {WSI_TOKEN_PATCH_URI, WHIP_PATCH},     {WSI_TOKEN_DELETE_URI, WHIP_DELETE},
    {WSI_TOKEN_OPTIONS_URI, WHIP_OPTIONS},
};

static const enum lws_token_indexes headers[WHIP_HEADERS] = {
    [WHIP_ORIGIN] = WSI_TOKEN_ORIGIN,
    [WHIP_HOST] = WSI_TOKEN_HOST,
    [WHIP_AUTHORIZATION] = WSI_TOKEN_HTTP_AUTHORIZATION,
    [WHIP_CONTENT_TYPE] = WSI_TOKEN_HTTP_CONTENT_TYPE,
    [WHIP_CONTENT_LENGTH] = WSI_TOKEN_HTTP_CONTENT_LENGTH,
    [WHIP_TRANSFER_ENCODING] = WSI_TOKEN_HTTP_TRANSFER_ENCODING,
    [WHIP_ACCEPT] = WSI_TOKEN_HTTP_ACCEPT,
    [WHIP_IF_MATCH] = WSI_TOKEN_HTTP_IF_MATCH,
};

static enum whip_method method_of(struct lws *wsi)
{
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++)
        if (lws_hdr_total_length(wsi, methods[i].uri) > 0)
            return methods[i].method;
    return WHIP_OTHER;
}

/* A header that is too long to be a valid one is given as one that is not valid. */
static char *header_of(struct lws *wsi, enum lws_token_indexes token)
{
    char value[VALUE_MAX];
    int len = lws_hdr_total_length(wsi, token);
    if (len <= 0)
        return g_strdup("");
    return g_strdup(lws_hdr_copy(wsi, value, sizeof(value), token) < 0 ? "?" : value);
}

static struct whip_request *read_request(struct lws *wsi, const char *path)
{
    struct whip_request *request = g_new0(struct whip_request, 1);
    char name[NAME_MAX_LEN] = "", address[64] = "";
    request->method = method_of(wsi);
    request->path = g_strdup(path);
    for (size_t i = 0; i < WHIP_HEADERS; i++)
        request->headers[i] = header_of(wsi, headers[i]);
    const char *given = lws_get_urlarg_by_name(wsi, "name=", name, sizeof(name));
    request->name = g_strdup(given ? given : "");
    lws_get_peer_simple(wsi, address, sizeof(address));
    g_strlcpy(request->address, door_plain_address(address), sizeof(request->address));
    return request;
}

/* Whether anything follows the headers. Methods that have a body may not say how long it is. */
static bool has_body(const struct whip_request *request)
{
    const char *length = request->headers[WHIP_CONTENT_LENGTH];
    if (*request->headers[WHIP_TRANSFER_ENCODING])
        return true;
    if (*length)
        return length[strspn(length, "0")] != '\0';
    return request->method == WHIP_POST || request->method == WHIP_PATCH || request->method == WHIP_PUT;
}

/* --- Answering -------------------------------------------------------------------------- */

/* libwebsockets keeps what the socket does not take at once. */
static bool write_body(struct lws *wsi, GBytes *body)
{
    size_t len;
    const void *bytes = g_bytes_get_data(body, &len);
    g_autofree unsigned char *buffer = g_malloc(LWS_PRE + len);
    memcpy(buffer + LWS_PRE, bytes, len);
    return lws_write(wsi, buffer + LWS_PRE, len, LWS_WRITE_HTTP_FINAL) >= (int)len;
}

static bool write_reply(struct lws *wsi, bool head_only, struct http_reply *reply)
{
    bool silent = head_only || !reply->body || g_bytes_get_size(reply->body) == 0;
    bool written = http_reply_head(wsi, reply) && (silent || write_body(wsi, reply->body));
    http_reply_clear(reply);
    return written;
}

static void log_reply(const struct whip_request *request, const struct http_reply *reply)
{
    size_t len = 0;
    const char *words = reply->body ? g_bytes_get_data(reply->body, &len) : "";
    if (reply->status >= 400)
        log_info(NULL, 0, "WHIP or WHEP was refused with %u to %s: %.*s", reply->status, request->address,
                 (int)strcspn(words, "\n"), words);
}

/* 0 goes on, -1 closes the connection. */
static int finish(struct lws *wsi)
{
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

/* The answer comes before the body. Were the connection closed now, with bytes unread, its reset would
 * overtake the answer: so it is only half closed, and what still comes is passed over for a while. */
static int finish_early(struct lws *wsi, struct http_whip *whip)
{
    whip->deadline = g_get_monotonic_time() + BODY_SECONDS * G_USEC_PER_SEC;
    whip->ignored = 0;
    if (!lws_partial_buffered(wsi) && !lws_is_ssl(wsi))
        shutdown(lws_get_socket_fd(wsi), SHUT_WR);
    return 0;
}

/* Who expects it (RFC 9110, section 10.1.1) sends no body before; curl, and what is made with it, waits for a
 * second with a long one. false = the connection is gone. */
static bool say_continue(struct lws *wsi)
{
    static const char words[] = "HTTP/1.1 100 Continue\r\n\r\n";
    unsigned char buffer[LWS_PRE + sizeof(words)];
    char expected[16] = "";
    if (lws_hdr_copy(wsi, expected, sizeof(expected), WSI_TOKEN_HTTP_EXPECT) <= 0 ||
        g_ascii_strcasecmp(expected, "100-continue") != 0)
        return true;
    memcpy(buffer + LWS_PRE, words, sizeof(words) - 1);
    return lws_write(wsi, buffer + LWS_PRE, sizeof(words) - 1, LWS_WRITE_HTTP_HEADERS) >= 0;
}

int http_whip_begin(struct lws *wsi, struct http_whip *whip, const char *path)
{
    const struct door *door = door_of(wsi);
    struct whip_request *request = read_request(wsi, path);
    struct http_reply reply;
    bool body = has_body(request);
    http_whip_drop(whip);
    if (whip_admit(door->server, request, &reply)) {
        whip->request = request;
        whip->body = g_byte_array_new();
        whip->deadline = g_get_monotonic_time() + BODY_SECONDS * G_USEC_PER_SEC;
        if (!body)
            return http_whip_end(wsi, whip);
        return say_continue(wsi) ? 0 : -1;
    }
    log_reply(request, &reply);
    bool head_only = request->method == WHIP_HEAD;
    whip_request_free(request);
    if (body)
        http_reply_header(&reply, "connection:", "close");
    if (!write_reply(wsi, head_only, &reply))
        return -1;
    return body ? finish_early(wsi, whip) : finish(wsi);
}

int http_whip_body(struct lws *wsi, struct http_whip *whip, const void *bytes, size_t len)
{
    (void)wsi;
    if (g_get_monotonic_time() > whip->deadline)
        return -1;
    if (!whip->request) {
        whip->ignored += len;
        return whip->ignored > IGNORED_MAX ? -1 : 0;
    }
    if (whip->body->len + len > WHIP_BODY_MAX)
        return -1; /* more than its Content-Length */
    g_byte_array_append(whip->body, bytes, (guint)len);
    return 0;
}

int http_whip_end(struct lws *wsi, struct http_whip *whip)
{
    const struct door *door = door_of(wsi);
    struct http_reply reply;
    if (!whip->request)
        return -1; /* it was answered, and has sent its body */
    const char *body = whip->body->len ? (const char *)whip->body->data : "";
    whip_serve(door->server, whip->request, body, whip->body->len, &reply);
    log_reply(whip->request, &reply);
    http_whip_drop(whip);
    return write_reply(wsi, false, &reply) ? finish(wsi) : -1;
}

void http_whip_drop(struct http_whip *whip)
{
    g_clear_pointer(&whip->request, whip_request_free);
    if (whip->body)
        g_byte_array_unref(whip->body);
    whip->body = NULL;
}
