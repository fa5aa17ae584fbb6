/* The ini file as a struct. One table in conf_key.c has a row for each key: section,
 * name, type, range, default and a sentence; --print-config, --set, the errors
 * and the test that conf/plenum.ini lists every key are made from it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum conf_tls { CONF_TLS_OFF, CONF_TLS_AUTO, CONF_TLS_FILES };
enum conf_log_level { CONF_LOG_ERROR, CONF_LOG_WARNING, CONF_LOG_INFO, CONF_LOG_DEBUG };

enum { CONF_WORKERS_MAX = 64 };

/* Strings are owned by the struct, never NULL ("" = not set). */
struct conf {
    struct {
        char *address;           /* to listen on; "" = every address, IPv4 and IPv6 */
        uint16_t port;           /* 8080 */
        enum conf_tls tls;       /* off */
        char *certificate, *key; /* PEM files, for tls = files */
        char *tls_dir;           /* where tls = auto keeps what it made; relative to the working directory */
        char *root;    /* folder of the page; "" = the web/ folder of the source tree or installation */
        char *origins; /* allowed Origin headers, separated by spaces; "" = the server's own; "*" = any */
        uint32_t connections; /* most at a time, sessions of WHIP and WHEP included, 4096 */
    } http;
    struct {
        uint16_t port;    /* first worker's UDP port, 7900; worker n has port + n */
        uint32_t workers; /* 0 = one per core; see conf_workers() */
        uint32_t spread; /* participants of a room on one worker, before the next one is used, 100; 0 = all */
        char *address;   /* local addresses, separated by spaces; "" = every non-loopback one, loopback where
                            there is no other */
        char *public_address; /* told to browsers instead, separated by spaces: for a server behind NAT */
    } rtc;
    struct {
        char *audio_codecs;        /* ordered, separated by spaces: "opus" */
        char *video_codecs;        /* "VP8"; of VP8 VP9 H264 AV1 */
        bool red;                  /* negotiate RED for Opus */
        uint32_t max_participants; /* in one room, 1000 */
        uint32_t max_rooms;        /* 10000 */
        bool open; /* a room is made by the first who joins it; off: only tokens that say so may */
        bool list; /* rooms appear in the public list */
    } room;
    struct {
        uint32_t load; /* percent of its time that a media worker may work before it sheds; 100: never does */
    } limits;
    struct {
        uint32_t grace;       /* s that a session outlives its WebSocket, 30 */
        uint32_t small_room;  /* above this head count roster events are coalesced, 50 */
        uint32_t ping;        /* s between pings, 25 */
        uint32_t timeout;     /* s without an answer until a socket is closed, 20 */
        uint32_t chat_length; /* bytes of one chat message, 4096 */
        uint32_t rate;        /* requests a second from one socket, 50, in bursts of ten times that */
    } signaling;
    struct {
        char *secret; /* HS256 key for join tokens; "" = no token needed */
    } auth;
    struct {
        char *servers;     /* stun:, stuns:, turn: and turns: URLs told to clients, separated by spaces */
        char *secret;      /* shared with the TURN servers, which take passwords made of it */
        uint32_t lifetime; /* s that such a password holds, 86400 */
    } ice;
    struct {
        enum conf_log_level level; /* info */
    } log;
};

/* Defaults, then the file (NULL = none), then each of the `set_count` strings
 * "section.key=value". 0, or -EINVAL with one line in err: file or argument,
 * key, what is allowed. On an error conf is left empty. */
int conf_load(struct conf *conf, const char *file, char *const *sets, size_t set_count, char *err,
              size_t err_len) __attribute__((warn_unused_result));

/* The whole configuration as an ini file that conf_load() reads back, each key under a comment that says what
 * it may be; with the defaults that is conf/plenum.ini. A secret is left out: a comment says that it is set.
 */
void conf_print(const struct conf *conf, FILE *to);

/* How many media workers it asks for: 1 to CONF_WORKERS_MAX. */
uint32_t conf_workers(const struct conf *conf);

void conf_finish(struct conf *conf);
