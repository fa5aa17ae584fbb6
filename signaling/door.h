/* What plain HTTP and the WebSockets share: who they serve, and how many of them there are. */
#pragma once

#include "server.h"

#include <glib.h>
#include <libwebsockets.h>
#include <stdbool.h>
#include <stdint.h>

struct door {
    const struct conf *conf;
    struct server *server;
    char *root; /* folder of the page */
    bool tls;
    GByteArray *scratch;        /* where a message gets libwebsockets' header in front */
    uint32_t sockets;           /* WebSockets */
    uint32_t connections;       /* of all kinds, WebSockets too */
    void (*drained)(void *arg); /* to be called once there are no more WebSockets, or NULL */
    void *drained_arg;
};

/* The door that a connection came through: it is the user pointer of libwebsockets' context. */
struct door *door_of(struct lws *wsi);

/* An IPv4 address as it is, where IPv6 has mapped it. */
const char *door_plain_address(const char *address);

void door_connection_closed(struct door *door);
void door_socket_closed(struct door *door);

/* Calls drained(arg) when the last WebSocket is closed; at once if there is none. */
void door_drain(struct door *door, void (*drained)(void *arg), void *arg);
