/* The bytes of one JSON-RPC message, serialised once and shared by all sockets
 * that send it and all event logs that keep it. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NOTICE_TAIL_MAX = 32 };

struct notice {
    unsigned refs;
    size_t len;
    char text[]; /* not terminated */
};

/* A whole message: a result or an error. Takes over `message`. */
struct notice *notice_whole(json_t *message);

/* A notification; params is an object with one member at least and is taken over. numbered: its text lacks
 * the end, which notice_tail() writes for each session with that session's event number. */
struct notice *notice_event(const char *method, json_t *params, bool numbered);

/* `,"event":N}}` into tail, its length is returned. event 0: the notice is whole, and the tail is empty. */
size_t notice_tail(char tail[NOTICE_TAIL_MAX], uint32_t event);

struct notice *notice_ref(struct notice *notice);
void notice_unref(struct notice *notice); /* NULL is fine */
