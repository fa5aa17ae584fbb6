/* WebSockets as a client, with libwebsockets on the GLib main loop: text messages whole, a queue for what is
 * sent, and errors in words. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum { WS_ERROR_MAX = 256 };

/* One server. */
struct ws_hub;

/* url: ws://HOST[:PORT]/PATH or wss://. insecure: take any certificate. NULL, with one line in words in err
 * (WS_ERROR_MAX bytes), where the URL is none or libwebsockets fails. */
struct ws_hub *ws_hub_new(const char *url, const char *protocol, bool insecure, GMainLoop *loop, char *err);

/* Closes what is open. NULL is fine. */
void ws_hub_free(struct ws_hub *hub);

/* Connections that are there, or on their way. */
size_t ws_hub_count(const struct ws_hub *hub);

/* Made from the main loop, never from inside ws_client_new(). */
struct ws_client_upcalls {
    void (*opened)(void *arg);
    void (*text)(void *arg, const char *text, size_t len);
    void (*closed)(void *arg, const char *why); /* or never opened; once, and the last one */
};

struct ws_client;

/* Begin to connect. Never NULL. */
struct ws_client *ws_client_new(struct ws_hub *hub, const struct ws_client_upcalls *up, void *arg);

/* Queue a text message. */
void ws_client_send(struct ws_client *c, const char *text);

/* Close it with 1000 once what is queued has gone; no upcall is made any more. NULL is fine. */
void ws_client_free(struct ws_client *c);
