#include "conf_key.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <string.h>

enum { TEXT_MAX = 4096 };

static const char *const tls_words[] = {"off", "auto", "files", NULL};
static const char *const level_words[] = {"error", "warning", "info", "debug", NULL};
static const char *const audio_words[] = {"opus", NULL};
static const char *const video_words[] = {"VP8", "VP9", "H264", "AV1", NULL};
static const char *const bool_words[] = {"off", "on", NULL};

/* clang-format off */
#define AT(section_, name_) .section = #section_, .name = #name_, .offset = offsetof(struct conf, section_.name_)
#define TEXT      .type = CONF_STRING, .max = TEXT_MAX
#define NUMBER(low, high) .type = CONF_NUMBER, .min = (low), .max = (high)
const struct conf_key conf_keys[] = {
    {AT(http, address), .type = CONF_LISTEN, .by_default = "",
     .sentence = "Address to serve the page and the signalling on; empty: every one, IPv4 and IPv6."},
    {AT(http, port), .type = CONF_PORT, .min = 1, .max = UINT16_MAX, .by_default = "8080",
     .sentence = "TCP port to serve them on."},
    {AT(http, tls), .type = CONF_CHOICE, .words = tls_words, .by_default = "off",
     .sentence = "HTTPS: off; auto: with a self-signed certificate, made once; files: with yours."},
    {AT(http, certificate), TEXT, .by_default = "",
     .sentence = "PEM file with the certificate and its chain, for tls = files."},
    {AT(http, key), TEXT, .by_default = "",
     .sentence = "PEM file with its private key, for tls = files."},
    {AT(http, tls_dir), TEXT, .by_default = "conf/tls",
     .sentence = "Folder where tls = auto keeps what it made, relative to the working directory."},
    {AT(http, root), TEXT, .by_default = "",
     .sentence = "Folder of the page; empty: the web folder that came with the server."},
    {AT(http, origins), TEXT, .by_default = "",
     .sentence = "Origins whose pages may connect, separated by spaces; empty: the server's own; *: any."},
    {AT(http, connections), NUMBER(1, 1000000), .by_default = "4096",
     .sentence = "Most WebSockets and sessions of WHIP and WHEP at a time; TCP connections, too."},

    {AT(rtc, port), .type = CONF_PORT, .min = 1, .max = UINT16_MAX, .by_default = "7900",
     .sentence = "UDP port of the first media worker; worker n has port + n."},
    {AT(rtc, workers), NUMBER(0, CONF_WORKERS_MAX), .by_default = "0", .unit = "threads",
     .sentence = "Media workers; 0: one for each core."},
    {AT(rtc, spread), NUMBER(0, 100000), .by_default = "100", .unit = "participants",
     .sentence = "Of one room on one worker, before the next worker is used; 0: a room stays on one."},
    {AT(rtc, address), .type = CONF_ADDRESSES, .by_default = "",
     .sentence = "Addresses for media, separated by spaces; empty: every one but loopback, or loopback alone."},
    {AT(rtc, public_address), .type = CONF_ADDRESSES, .by_default = "",
     .sentence = "Addresses told to browsers instead, separated by spaces: for a server behind NAT."},

    {AT(room, audio_codecs), .type = CONF_WORDS, .words = audio_words, .by_default = "opus",
     .sentence = "Audio codecs in order of preference, separated by spaces."},
    {AT(room, video_codecs), .type = CONF_WORDS, .words = video_words, .by_default = "VP8",
     .sentence = "Video codecs in order of preference, separated by spaces; every browser decodes VP8."},
    {AT(room, red), .type = CONF_BOOL, .words = bool_words, .by_default = "off",
     .sentence = "Negotiate RED, audio that survives the loss of single packets."},
    {AT(room, max_participants), NUMBER(1, 100000), .by_default = "1000",
     .sentence = "Most participants in one room."},
    {AT(room, max_rooms), NUMBER(1, 1000000), .by_default = "10000",
     .sentence = "Most rooms at a time."},
    {AT(room, open), .type = CONF_BOOL, .words = bool_words, .by_default = "on",
     .sentence = "Whoever joins first makes the room; off: only with a token that allows it."},
    {AT(room, list), .type = CONF_BOOL, .words = bool_words, .by_default = "on",
     .sentence = "Show rooms and their head counts in the public list."},

    {AT(limits, load), NUMBER(50, 100), .by_default = "95", .unit = "percent",
     .sentence = "Load of a media worker above which it thins out video, then refuses who comes; 100: never."},

    {AT(signaling, grace), NUMBER(0, 3600), .by_default = "30", .unit = "seconds",
     .sentence = "How long a session waits for its dropped WebSocket to come back."},
    {AT(signaling, small_room), NUMBER(0, 10000), .by_default = "50", .unit = "participants",
     .sentence = "Up to this head count every change is told at once; above it, twice a second."},
    {AT(signaling, ping), NUMBER(1, 3600), .by_default = "25", .unit = "seconds",
     .sentence = "Time between two pings on a WebSocket."},
    {AT(signaling, timeout), NUMBER(1, 3600), .by_default = "20", .unit = "seconds",
     .sentence = "Time without an answer to a ping until the WebSocket is closed."},
    {AT(signaling, chat_length), NUMBER(1, 65536), .by_default = "4096", .unit = "bytes",
     .sentence = "Longest chat message."},
    {AT(signaling, rate), NUMBER(1, 10000), .by_default = "50", .unit = "requests a second",
     .sentence = "Requests taken from one WebSocket, in bursts of ten times that."},

    {AT(auth, secret), .type = CONF_STRING, .min = 32, .max = TEXT_MAX, .by_default = "", .secret = true,
     .sentence = "Key of the HS256 tokens that joining takes; empty: no token is needed."},

    {AT(ice, servers), .type = CONF_ICE_URLS, .by_default = "",
     .sentence = "STUN and TURN servers that clients are told, separated by spaces."},
    {AT(ice, secret), TEXT, .by_default = "", .secret = true,
     .sentence = "Shared with the TURN servers, to make passwords of: coturn's static-auth-secret."},
    {AT(ice, lifetime), NUMBER(60, 2592000), .by_default = "86400", .unit = "seconds",
     .sentence = "How long such a password holds."},

    {AT(log, level), .type = CONF_CHOICE, .words = level_words, .by_default = "info",
     .sentence = "What is logged: this and everything graver."},
};
/* clang-format on */

const size_t conf_key_count = G_N_ELEMENTS(conf_keys);

static void *member(const struct conf *conf, const struct conf_key *key)
{
    return (char *)(uintptr_t)conf + key->offset;
}

static bool is_text(const struct conf_key *key)
{
    return key->type == CONF_STRING || key->type == CONF_WORDS || key->type == CONF_LISTEN ||
           key->type == CONF_ADDRESSES || key->type == CONF_ICE_URLS;
}

const struct conf_key *conf_key_find(const char *section, const char *name)
{
    for (size_t i = 0; i < conf_key_count; i++)
        if (!strcmp(conf_keys[i].section, section) && !strcmp(conf_keys[i].name, name))
            return &conf_keys[i];
    return NULL;
}

bool conf_key_section(const char *section)
{
    for (size_t i = 0; i < conf_key_count; i++)
        if (!strcmp(conf_keys[i].section, section))
            return true;
    return false;
}

char *conf_key_allowed(const struct conf_key *key)
{
    g_autofree char *words = key->words ? g_strjoinv(" ", (char **)(uintptr_t)key->words) : NULL;
    switch (key->type) {
    case CONF_STRING:
        return key->min ? g_strdup_printf("%u to %u bytes of text, or empty", key->min, key->max)
                        : g_strdup_printf("up to %u bytes of text", key->max);
    case CONF_BOOL:
        return g_strdup("on or off");
    case CONF_PORT:
    case CONF_NUMBER:
        return g_strdup_printf("%u to %u", key->min, key->max);
    case CONF_CHOICE:
        return g_strdup_printf("one of: %s", words);
    case CONF_WORDS:
        return g_strdup_printf("one or more of: %s", words);
    case CONF_LISTEN:
        return g_strdup("one IPv4 or IPv6 address, or empty");
    case CONF_ADDRESSES:
        return g_strdup("IPv4 and IPv6 addresses of one host each, or empty");
    case CONF_ICE_URLS:
        return g_strdup("URLs such as stun:HOST or turn:HOST:3478?transport=udp, or empty");
    }
    return NULL;
}

/* The place of the word in the list, in any case of letters, or -1. */
static int find_word(const char *const *words, const char *word)
{
    for (int i = 0; words[i]; i++)
        if (!g_ascii_strcasecmp(words[i], word))
            return i;
    return -1;
}

static bool valid_words(const struct conf_key *key, char **list)
{
    uint32_t seen = 0;
    for (; *list; list++) {
        int i = find_word(key->words, *list);
        if (i < 0 || seen & 1U << i)
            return false;
        seen |= 1U << i;
    }
    return seen != 0;
}

/* any_host: the wildcards are fine as well. */
static bool valid_address(const char *text, bool any_host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, text, &v4) == 1)
        return !IN_MULTICAST(ntohl(v4.s_addr)) && v4.s_addr != INADDR_BROADCAST &&
               (any_host || v4.s_addr != INADDR_ANY);
    return inet_pton(AF_INET6, text, &v6) == 1 && !IN6_IS_ADDR_MULTICAST(&v6) && !IN6_IS_ADDR_V4MAPPED(&v6) &&
           (any_host || !IN6_IS_ADDR_UNSPECIFIED(&v6));
}

static bool valid_addresses(char **list)
{
    for (; *list; list++)
        if (!valid_address(*list, false))
            return false;
    return true;
}

/* Nothing that would have to be escaped where it is told. */
static bool valid_ice_url(const char *url)
{
    static const char *const schemes[] = {"stun:", "stuns:", "turn:", "turns:"};
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:[]?=";
    for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++)
        if (g_str_has_prefix(url, schemes[i]))
            return url[strlen(schemes[i])] && !url[strspn(url, plain)];
    return false;
}

static bool valid_list(const struct conf_key *key, char **list)
{
    if (key->type == CONF_WORDS)
        return valid_words(key, list);
    if (key->type == CONF_ADDRESSES)
        return valid_addresses(list);
    for (; *list; list++)
        if (!valid_ice_url(*list))
            return false;
    return true;
}

static bool printable(const char *value)
{
    for (const char *c = value; *c; c++)
        if (g_ascii_iscntrl(*c))
            return false;
    return g_utf8_validate(value, -1, NULL);
}

/* The value's text with its words one space apart where it is a list; to be freed. NULL = not allowed. */
static char *parse_text(const struct conf_key *key, const char *value)
{
    size_t len = strlen(value);
    if (!printable(value) || len > TEXT_MAX)
        return NULL;
    if (key->type == CONF_STRING)
        return !len || (len >= key->min && len <= key->max) ? g_strdup(value) : NULL;
    if (key->type == CONF_LISTEN)
        return !len || valid_address(value, true) ? g_strdup(value) : NULL;
    g_auto(GStrv) parts = g_strsplit_set(value, " \t", -1);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (char **part = parts; *part; part++)
        if (**part)
            g_strv_builder_add(builder, *part);
    g_auto(GStrv) list = g_strv_builder_end(builder);
    return valid_list(key, list) ? g_strjoinv(" ", list) : NULL;
}

static int set_text(const struct conf_key *key, char **to, const char *value)
{
    g_free(*to);
    *to = parse_text(key, value);
    return *to ? 0 : -EINVAL;
}

static int set_number(const struct conf_key *key, void *to, const char *value)
{
    guint64 number = 0;
    bool good = g_ascii_string_to_unsigned(value, 10, key->min, key->max, &number, NULL);
    if (key->type == CONF_PORT)
        *(uint16_t *)to = good ? (uint16_t)number : 0;
    else
        *(uint32_t *)to = good ? (uint32_t)number : 0;
    return good ? 0 : -EINVAL;
}

static int set_word(const struct conf_key *key, void *to, const char *value)
{
    int word = find_word(key->words, value);
    if (key->type == CONF_BOOL)
        *(bool *)to = word > 0;
    else
        *(unsigned *)to = word > 0 ? (unsigned)word : 0;
    return word >= 0 ? 0 : -EINVAL;
}

int conf_key_set(const struct conf_key *key, struct conf *conf, const char *value)
{
    void *to = member(conf, key);
    if (is_text(key))
        return set_text(key, to, value);
    if (key->words)
        return set_word(key, to, value);
    return set_number(key, to, value);
}

char *conf_key_get(const struct conf_key *key, const struct conf *conf)
{
    const void *from = member(conf, key);
    if (is_text(key))
        return g_strdup(*(char *const *)from);
    if (key->words)
        return g_strdup(key->words[key->type == CONF_BOOL ? *(const bool *)from : *(const unsigned *)from]);
    return g_strdup_printf("%u", key->type == CONF_PORT ? *(const uint16_t *)from : *(const uint32_t *)from);
}

void conf_key_clear(const struct conf_key *key, struct conf *conf)
{
    if (is_text(key))
        g_clear_pointer((char **)member(conf, key), g_free);
}
