/* libwebsockets within a GLib main loop, by way of one of libuv's: epoll watches the sockets, so that a turn
 * costs what has come. Within GLib's own it would cost each socket that is open. */
#pragma once

#include <glib.h>
#include <libwebsockets.h>

struct web_loop;

/* Makes what info describes (the loop is filled in) and serves it whenever context runs, which the thread of
 * the caller has to do. NULL where libwebsockets fails. */
struct web_loop *web_loop_new(struct lws_context_creation_info *info, GMainContext *context)
    __attribute__((warn_unused_result));

/* Valid as long as the loop. */
struct lws_context *web_loop_context(const struct web_loop *web);

/* Closes what is open, telling its callbacks; not from within one. NULL is fine. */
void web_loop_free(struct web_loop *web);
