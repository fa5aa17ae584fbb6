#include "http_reply.h"

#include <libwebsockets.h>
#include <string.h>

enum { HEAD_MAX = 16384 }; /* bytes of our response headers */

static const struct {
    const char *name, *value;
} always[] = {
    {"content-security-policy:", "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: "
                                 "blob:; media-src 'self' blob: mediastream:; "
                                 "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action "
                                 "'self'; frame-ancestors 'self'"},
    {"permissions-policy:", "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), "
                            "autoplay=(self), geolocation=(), payment=(), usb=()"},
    {"x-content-type-options:", "nosniff"},
    {"referrer-policy:", "no-referrer"},
    {"cache-control:", "no-cache"},
};

void http_reply_header(struct http_reply *reply, const char *name, const char *format, ...)
{
    va_list args;
    if (reply->header_count == HTTP_HEADERS_MAX)
        return;
    va_start(args, format);
    reply->headers[reply->header_count].name = name;
    reply->headers[reply->header_count++].value = g_strdup_vprintf(format, args);
    va_end(args);
}

void http_reply_say(struct http_reply *reply, unsigned status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *words = g_strdup_vprintf(format, args);
    va_end(args);
    char *text = g_utf8_make_valid(words, -1); /* they may quote what the client sent */
    reply->status = status;
    reply->mime = "text/plain; charset=utf-8";
    reply->body = g_bytes_new_take(text, strlen(text));
}

void http_reply_clear(struct http_reply *reply)
{
    for (size_t i = 0; i < reply->header_count; i++)
        g_free(reply->headers[i].value);
    if (reply->body)
        g_bytes_unref(reply->body);
    *reply = (struct http_reply){0};
}

static bool add_header(struct lws *wsi, const char *name, const char *value, unsigned char **at,
                       unsigned char *end)
{
    return lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value,
                                       (int)strlen(value), at, end) == 0;
}

/* 204 has neither a body nor a length (RFC 9110, section 8.6). */
static bool add_status(struct lws *wsi, const struct http_reply *reply, unsigned char **at,
                       unsigned char *end)
{
    size_t len = reply->body ? g_bytes_get_size(reply->body) : 0;
    if (reply->status == 204)
        return lws_add_http_header_status(wsi, reply->status, at, end) == 0;
    return lws_add_http_common_headers(wsi, reply->status, reply->mime, len, at, end) == 0;
}

bool http_reply_head(struct lws *wsi, const struct http_reply *reply)
{
    unsigned char head[LWS_PRE + HEAD_MAX], *start = head + LWS_PRE, *at = start,
                                            *end = head + sizeof(head) - 1;
    bool fits = add_status(wsi, reply, &at, end);
    for (size_t i = 0; fits && i < G_N_ELEMENTS(always); i++)
        fits = add_header(wsi, always[i].name, always[i].value, &at, end);
    for (size_t i = 0; fits && i < reply->header_count; i++)
        fits = add_header(wsi, reply->headers[i].name, reply->headers[i].value, &at, end);
    return fits && lws_finalize_write_http_header(wsi, start, &at, end) == 0;
}
