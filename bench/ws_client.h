/* WebSockets as a client, with libwebsockets on the GLib main loop: text messages whole, a queue for what is
 * sent, and errors in words. */
#pragma once

#include "web.h"

/* By subprotocol. */
extern const struct web_kind ws_client_plenum, ws_client_janus;

/* Made from the main loop, never from inside ws_client_new(). */
struct ws_client_upcalls {
    void (*opened)(void *arg);
    void (*text)(void *arg, const char *text, size_t len);
    void (*closed)(void *arg, const char *why); /* or never opened; once, and the last one */
};

struct ws_client;

/* Begin to connect to the path of the URL. web: of one of these kinds. Never NULL. */
struct ws_client *ws_client_new(struct web *web, const struct ws_client_upcalls *up, void *arg);

/* Queue a text message. */
void ws_client_send(struct ws_client *c, const char *text);

/* Close it with 1000 once what is queued has gone; no upcall is made any more. NULL is fine. */
void ws_client_free(struct ws_client *c);
