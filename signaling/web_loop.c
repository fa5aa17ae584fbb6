#include "web_loop.h"

#include <uv.h>

enum { GOODBYE_TURNS = 1000 };

struct web_loop {
    uv_loop_t uv;
    struct lws_context *lws;
    GSource *source;
};

struct web_source {
    GSource base;
    struct web_loop *web;
    gpointer epoll;
};

/* How long until libuv has something to do of itself: 0 as well where what it watches has changed, of which
 * epoll learns in its next turn. */
static int patience_ms(struct web_loop *web)
{
    uv_update_time(&web->uv);
    return uv_backend_timeout(&web->uv);
}

static gboolean prepare(GSource *base, gint *timeout_ms)
{
    *timeout_ms = patience_ms(((struct web_source *)base)->web);
    return *timeout_ms == 0;
}

static gboolean check(GSource *base)
{
    struct web_source *source = (struct web_source *)base;
    return g_source_query_unix_fd(base, source->epoll) || patience_ms(source->web) == 0;
}

/* What has come already and lies in libwebsockets' buffers, or in OpenSSL's, no socket tells of: where some
 * is left, it has to be woken. */
static gboolean dispatch(GSource *base, GSourceFunc callback, gpointer arg)
{
    struct web_loop *web = ((struct web_source *)base)->web;
    (void)callback;
    (void)arg;
    uv_run(&web->uv, UV_RUN_NOWAIT);
    if (lws_service_adjust_timeout(web->lws, 1, 0) == 0)
        lws_cancel_service(web->lws);
    return G_SOURCE_CONTINUE;
}

static void attach(struct web_loop *web, GMainContext *context)
{
    static GSourceFuncs funcs = {.prepare = prepare, .check = check, .dispatch = dispatch};
    web->source = g_source_new(&funcs, sizeof(struct web_source));
    g_source_set_can_recurse(web->source, TRUE); /* else each turn takes its descriptor out and in again */
    struct web_source *source = (struct web_source *)web->source;
    source->web = web;
    source->epoll = g_source_add_unix_fd(web->source, uv_backend_fd(&web->uv), G_IO_IN);
    g_source_attach(web->source, context);
}

/* A context whose first host fails would come back all the same, half destroyed: hence in two steps. */
struct web_loop *web_loop_new(struct lws_context_creation_info *info, GMainContext *context)
{
    struct web_loop *web = g_new0(struct web_loop, 1);
    void *loops[] = {&web->uv};
    if (uv_loop_init(&web->uv) != 0) {
        g_free(web);
        return NULL;
    }
    info->options |= LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    info->foreign_loops = loops;
    web->lws = lws_create_context(info);
    info->foreign_loops = NULL;
    if (web->lws && lws_create_vhost(web->lws, info)) {
        attach(web, context);
        return web;
    }
    web_loop_free(web);
    return NULL;
}

struct lws_context *web_loop_context(const struct web_loop *web)
{
    return web->lws;
}

/* libuv closes things in its next turn, of which libwebsockets makes several; what it needs for that it keeps
 * until it is asked a second time. */
void web_loop_free(struct web_loop *web)
{
    if (!web)
        return;
    if (web->source) {
        g_source_destroy(web->source);
        g_source_unref(web->source);
    }
    if (web->lws)
        lws_context_destroy(web->lws);
    for (int turns = 0; uv_loop_alive(&web->uv) && turns < GOODBYE_TURNS; turns++)
        uv_run(&web->uv, UV_RUN_NOWAIT);
    if (web->lws)
        lws_context_destroy(web->lws);
    (void)uv_loop_close(&web->uv);
    g_free(web);
}
