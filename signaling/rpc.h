/* JSON-RPC 2.0 (jsonrpc.org/specification) without batches: parses a request,
 * finds its method, checks its parameters, runs it, and answers once. */
#pragma once

#include "client.h"
#include "schema.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* code, name in `data`, what it says where the method does not say more */
#define RPC_ERRORS(X)                                                                                        \
    X(PARSE, -32700, "parse", "not valid JSON")                                                              \
    X(REQUEST, -32600, "request", "not a JSON-RPC 2.0 request")                                              \
    X(METHOD, -32601, "method", "unknown method")                                                            \
    X(PARAMS, -32602, "params", "wrong parameters")                                                          \
    X(INTERNAL, -32603, "internal", "the server failed; try again")                                          \
    X(NOT_JOINED, 1, "not_joined", "join a room first")                                                      \
    X(ALREADY_JOINED, 2, "already_joined", "this socket is in a room: leave, and join on a new socket")      \
    X(UNAUTHORIZED, 3, "unauthorized", "a valid token for this room is needed")                              \
    X(ROOM_FULL, 4, "room_full", "the room is full; try again later")                                        \
    X(SERVER_FULL, 5, "server_full", "the server is full; try again later")                                  \
    X(RESUME_EXPIRED, 6, "resume_expired", "that session has ended: join anew")                              \
    X(NO_PARTICIPANT, 7, "no_participant", "nobody of that number is in the room")                           \
    X(NO_TRACK, 8, "no_track", "not one of your tracks")                                                     \
    X(NO_SLOT, 9, "no_slot", "no such slot: make an offer with more of them")                                \
    X(SDP, 10, "sdp", "the offer cannot be answered")                                                        \
    X(RATE, 11, "rate", "too many requests: wait a second")                                                  \
    X(SHUTTING_DOWN, 12, "shutting_down", "the server is going down; come back later")                       \
    X(NO_ROOM, 13, "no_room", "there is no such room, and rooms are not made by joining here")               \
    X(BUSY, 14, "busy", "the server has too much to do; try again later")

enum rpc_code {
#define X(id, code, name, message) RPC_##id = (code),
    RPC_ERRORS(X)
#undef X
        RPC_OK = 0,
    RPC_LATER = 100, /* the handler kept the call with rpc_keep() and answers itself */
};

enum { RPC_MESSAGE_MAX = 1 << 20 };

struct rpc_call {
    struct client *client;
    const json_t *params;           /* an object that fits the schema, or NULL where it may be missing */
    json_t *id;                     /* NULL: nobody waits for an answer */
    json_t *result;                 /* set by the handler, taken over; NULL is {} */
    char message[SCHEMA_ERROR_MAX]; /* of an error; "" = the usual one of its code */
    int retry_ms;                   /* of an error: try again after that; 0 = nothing is said of it */
    void (*then)(struct client *client, uint32_t arg); /* runs after the answer was sent */
    uint32_t then_arg;
};

struct rpc_method {
    const char *name;
    bool before_join; /* may be called by a client without a session */
    const struct schema_field *params;
    enum rpc_code (*run)(struct rpc_call *call);
};

/* A message of a client, for one of `methods` (ended by a NULL name). refusal: what every request is refused
 * with now, or RPC_OK. */
void rpc_receive(struct client *client, const struct rpc_method *methods, const char *text, size_t len,
                 enum rpc_code refusal);

/* For a handler: fails with words of its own. Returns code. */
enum rpc_code rpc_fail(struct rpc_call *call, enum rpc_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Keeps the call open: either rpc_answer() comes within `ms`, or it fails with `internal`. false: too many
 * wait. */
bool rpc_keep(struct rpc_call *call, uint64_t cookie, unsigned ms);
void rpc_answer(struct client *client, uint64_t cookie, json_t *result); /* takes over result */
void rpc_forget(struct client *client); /* the socket has gone: nobody waits any more */
