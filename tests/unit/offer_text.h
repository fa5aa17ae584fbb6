/* Small offers made of a few words, and a configuration with a random source
 * that repeats itself, for the tests of the answerer. */
#pragma once

#include <arpa/inet.h>
#include <stdarg.h>
#include <string.h>

#include "answer.h"

#define OFFER_FINGERPRINT                                                                                    \
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

#define OFFER_OPUS "a=rtpmap:111 opus/48000/2\na=rtcp-fb:111 transport-cc\n"
#define OFFER_VP8                                                                                            \
    "a=rtpmap:96 VP8/90000\na=rtcp-fb:96 nack\na=rtcp-fb:96 nack pli\na=rtpmap:97 rtx/90000\na=fmtp:97 "     \
    "apt=96\n"

/* The head of an offer with that BUNDLE group; "" = none. */
static inline char *offer_head(const char *group)
{
    return g_strconcat("v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nt=0 0\n", *group ? "a=group:BUNDLE " : "", group,
                       *group ? "\n" : "", "a=ice-ufrag:abcd\na=ice-pwd:0123456789012345678901\n",
                       "a=fingerprint:sha-256 " OFFER_FINGERPRINT "\na=setup:actpass\n", NULL);
}

/* An m-line with that mid, direction and further lines. */
static inline char *offer_line(const char *media, const char *payload_types, const char *mid,
                               const char *direction, const char *lines)
{
    return g_strdup_printf("m=%s 9 UDP/TLS/RTP/SAVPF %s\nc=IN IP4 0.0.0.0\na=mid:%s\na=%s\na=rtcp-mux\n%s",
                           media, payload_types, mid, direction, lines);
}

/* An offer of one m-line. */
static inline char *offer_one(const char *media, const char *payload_types, const char *direction,
                              const char *lines)
{
    g_autofree char *head = offer_head("0");
    g_autofree char *line = offer_line(media, payload_types, "0", direction, lines);
    return g_strconcat(head, line, NULL);
}

static inline char *offer_audio(const char *mid, const char *direction)
{
    return offer_line("audio", "111", mid, direction, OFFER_OPUS);
}

static inline char *offer_video(const char *mid, const char *direction)
{
    return offer_line("video", "96 97", mid, direction, OFFER_VP8);
}

/* A whole offer out of words such as "audio:0:sendonly video:1:recvonly data:2", all bundled. The letter x
 * before a word: stopped, port 0. */
static inline char *offer_text(const char *words)
{
    g_auto(GStrv) lines = g_strsplit(words, " ", 0);
    GString *mids = g_string_new(NULL), *sections = g_string_new(NULL);
    for (size_t i = 0; lines[i]; i++) {
        bool stopped = lines[i][0] == 'x';
        g_auto(GStrv) parts = g_strsplit(lines[i] + stopped, ":", 3);
        g_autofree char *section = strcmp(parts[0], "audio") == 0 ? offer_audio(parts[1], parts[2])
                                   : strcmp(parts[0], "video") == 0
                                       ? offer_video(parts[1], parts[2])
                                       : g_strdup_printf("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\n"
                                                         "a=mid:%s\na=sctp-port:5000\n",
                                                         parts[1]);
        if (stopped)
            strstr(section, " 9 ")[1] = '0';
        else
            g_string_append_printf(mids, "%s%s", mids->len ? " " : "", parts[1]);
        g_string_append(sections, section);
    }
    g_autofree char *head = offer_head(mids->str);
    char *text = g_strconcat(head, sections->str, NULL);
    g_string_free(mids, TRUE);
    g_string_free(sections, TRUE);
    return text;
}

/* A counter for randomness; *arg is a uint32_t. */
static inline void offer_random(void *arg, void *out, size_t len)
{
    uint32_t *next = arg;
    for (size_t i = 0; i < len; i++) {
        *next = *next * 1664525 + 1013904223;
        ((uint8_t *)out)[i] = (uint8_t)(*next >> 24);
    }
}

static inline uint32_t offer_track_id(void *arg)
{
    (void)arg;
    static uint32_t next = 1000;
    return next++;
}

/* Codec lists as in the ini; one IPv4 and one IPv6 address. */
static inline struct answer_config offer_config(const char *video, bool red, uint32_t *seed)
{
    struct answer_config config = {
        .red = red,
        .fingerprint = {.hash = SFU_SHA256, .len = 32, .value = {0xf0, 0x0d}},
        .candidate_count = 2,
        .random = offer_random,
        .track_id = offer_track_id,
        .arg = seed,
    };
    config.audio_count = answer_codec_list("opus", RTP_AUDIO, config.audio);
    config.video_count = answer_codec_list(video, RTP_VIDEO, config.video);
    struct sockaddr_in *v4 = (void *)&config.candidates[0];
    v4->sin_family = AF_INET;
    v4->sin_port = htons(7900);
    v4->sin_addr.s_addr = htonl(0xc0000201);
    struct sockaddr_in6 *v6 = (void *)&config.candidates[1];
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(7900);
    v6->sin6_addr = (struct in6_addr){.s6_addr = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
    return config;
}
