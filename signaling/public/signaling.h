/* The control plane: HTTP, WebSocket, the room protocol, SDP, tokens. All of it
 * lives on one thread, on GLib's default main context.
 *
 *   signaling_check -> signaling_new -> sfu_start(conf, signaling_upcalls(), signaling, &sfu) ->
 * signaling_start
 *   -> the loop runs -> signaling_shutdown -> `stopped` -> sfu_stop -> signaling_free */
#pragma once

#include "conf.h"
#include "sfu.h"

#include <glib.h>
#include <stddef.h>

struct signaling;

/* Whether the files that conf names are there and good: the page, and with http.tls = files the certificate
 * and its key. Makes and opens nothing that stays. 0, or a negative errno with one line in words in err. */
int signaling_check(const struct conf *conf, char *err, size_t err_len) __attribute__((warn_unused_result));

/* To be given to sfu_start(), together with the signaling as their argument. */
const struct sfu_upcalls *signaling_upcalls(void);

/* conf has to outlive it. */
struct signaling *signaling_new(const struct conf *conf);

/* Listens and serves on `loop`, which has to use the default main context. 0, or a negative errno with one
 * line in words in err. */
int signaling_start(struct signaling *signaling, struct sfu *sfu, GMainLoop *loop, char *err, size_t err_len)
    __attribute__((warn_unused_result));

/* Where the page is served, one URL on each line, the best one to open first. The caller frees it. */
char *signaling_urls(const struct signaling *signaling);

/* Tells the clients `shutdown`, closes their sockets with 1001, lets their media go, takes no new ones, and
 * calls stopped(arg) from the loop once the sockets are closed, after 3 s at the latest. */
void signaling_shutdown(struct signaling *signaling, void (*stopped)(void *arg), void *arg);

/* After sfu_stop(). NULL is fine. */
void signaling_free(struct signaling *signaling);
