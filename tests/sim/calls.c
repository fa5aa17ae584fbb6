#include "calls.h"

#include <string.h>

enum { KBPS = 1000, MBPS = 1000000 };

#define KIND(k) .kind = &video_kinds[VIDEO_##k]

const struct call_scenario calls[] = {
    {"call-start", "A start behind 1 Mbit/s", KIND(VP8), .bps = MBPS, .end_s = 60},
    {"call-start-svc", "AV1 SVC of four behind 1 Mbit/s", KIND(AV1_SVC), .bps = MBPS, .end_s = 60,
     .publishers = 4, .slots = 4},
    {"call-drop", "2 Mbit/s, then 0.5 Mbit/s", KIND(AV1_SVC), .bps = 2 * MBPS, .end_s = 60,
     .events = {{30, CALL_BPS, 0, 500 * KBPS}}},
    /* down is a layer that needs a key frame, too */
    {"call-drop-vp9", "3 Mbit/s, then 0.5 Mbit/s, VP9 L3T3_KEY", KIND(VP9_KSVC), .bps = 3 * MBPS, .end_s = 60,
     .events = {{30, CALL_BPS, 0, 500 * KBPS}}},
    {"call-cliff", "5 Mbit/s, then 0.3 Mbit/s", KIND(VP8), .bps = 5 * MBPS, .end_s = 60,
     .events = {{30, CALL_BPS, 0, 300 * KBPS}}},
    {"call-drop-four", "Four pictures: 2 Mbit/s, then 0.5 Mbit/s", KIND(SMALL), .bps = 2 * MBPS, .end_s = 60,
     .publishers = 4, .slots = 4, .events = {{30, CALL_BPS, 0, 500 * KBPS}}},
    /* the top layer within 10 s, though its publisher has stopped it */
    {"call-recovery", "A minute at 0.5 Mbit/s, then the bottleneck goes", KIND(VP8), .bps = 500 * KBPS,
     .end_s = 90, .events = {{60, CALL_BPS, 0, 0}}},
    {"call-recovery-plain", "Recovery, VP8 without word of its layers", KIND(VP8_PLAIN), .bps = 500 * KBPS,
     .end_s = 90, .events = {{60, CALL_BPS, 0, 0}}},
    {"call-recovery-vp9", "Recovery, VP9 L3T3_KEY", KIND(VP9_KSVC), .bps = 500 * KBPS, .end_s = 90,
     .events = {{60, CALL_BPS, 0, 0}}},
    {"call-recovery-av1", "Recovery, AV1 L3T3", KIND(AV1_SVC), .bps = 500 * KBPS, .end_s = 90,
     .events = {{60, CALL_BPS, 0, 0}}},
    {"call-recovery-four", "Recovery of four pictures", KIND(SMALL), .bps = 400 * KBPS, .end_s = 90,
     .publishers = 4, .slots = 4, .events = {{60, CALL_BPS, 0, 0}}},
    {"call-loss", "10 % random loss", KIND(VP8), .loss = 100, .end_s = 90},
    {"call-loss-svc", "10 % random loss, AV1 L3T3", KIND(AV1_SVC), .loss = 100, .end_s = 90},
    {"call-lossy-bottleneck", "10 % random loss before 1.5 Mbit/s", KIND(VP9_KSVC), .bps = 1500 * KBPS,
     .loss = 100, .end_s = 90},
    {"call-share", "Two viewers behind 2 Mbit/s, the second 20 s later", KIND(SMALL), .bps = 2 * MBPS,
     .end_s = 150, .publishers = 4, .slots = 4, .viewers = 2, .one_link = true, .apart_s = 20},
    {"call-silence", "All cameras off for a minute", KIND(VP8), .bps = 5 * MBPS, .end_s = 110,
     .events = {{20, CALL_MUTE, CALL_ALL, 0}, {80, CALL_UNMUTE, CALL_ALL, 0}}},
    {"call-silence-drop", "Cameras off, while the link falls to 0.5 Mbit/s", KIND(VP8), .bps = 5 * MBPS,
     .end_s = 110,
     .events = {{20, CALL_MUTE, CALL_ALL, 0}, {50, CALL_BPS, 0, 500 * KBPS}, {80, CALL_UNMUTE, CALL_ALL, 0}}},
    {"call-jitter", "20 ms of jitter", KIND(VP9_KSVC), .jitter_ms = 20, .bps = 5 * MBPS, .end_s = 90},
    {"call-cross", "3 Mbit/s of which somebody takes 2 for half a minute", KIND(SMALL), .bps = 3 * MBPS,
     .publishers = 4, .slots = 4, .end_s = 100, .events = {{30, CALL_CROSS, 0, 67}, {60, CALL_CROSS, 0, 0}}},
    {"call-black-loss", "5 % lost, and for 5 s everything", KIND(VP8), .bps = 4 * MBPS, .end_s = 90,
     .events = {{10, CALL_LOSS, 0, 50}, {30, CALL_LOSS, 0, 1000}, {35, CALL_LOSS, 0, 50}}},
    {"call-blackout", "5 s in which nothing arrives", KIND(VP8), .bps = 4 * MBPS, .end_s = 60,
     .events = {{30, CALL_LOSS, 0, 1000}, {35, CALL_LOSS, 0, 0}}},
    {"call-narrow", "100 kbit/s, then all", KIND(SMALL), .bps = 100 * KBPS, .publishers = 4, .slots = 4,
     .end_s = 90, .events = {{60, CALL_BPS, 0, 0}}},
    {"call-hide", "A slot hidden for 30 s", KIND(VP8), .bps = 10 * MBPS, .publishers = 2, .slots = 2,
     .end_s = 60, .events = {{20, CALL_HIDE, 0, 0}, {50, CALL_SHOW, 0, 0}}},
    {"call-height", "A window made small, then large", KIND(AV1_SVC), .bps = 10 * MBPS, .end_s = 60,
     .events = {{20, CALL_HEIGHT, 0, 180}, {40, CALL_HEIGHT, 0, 720}}},
    {"call-pin", "Behind 1.2 Mbit/s the third of four is pinned", KIND(SMALL), .bps = 1200 * KBPS,
     .publishers = 4, .slots = 4, .end_s = 60, .events = {{30, CALL_PIN, 0, 2}}},
    {"call-break", "The top layer dies, and returns", KIND(VP8), .bps = 10 * MBPS, .end_s = 60,
     .events = {{20, CALL_BREAK, 0, 2}, {40, CALL_MEND, 0, 2}}},
    {"call-speak", "Six take turns in three slots", KIND(SMALL), .bps = 4 * MBPS, .publishers = 6, .slots = 3,
     .end_s = 60,
     .events =
         {{20, CALL_SPEAK, 3, 0}, {28, CALL_SPEAK, 4, 0}, {36, CALL_SPEAK, 5, 0}, {44, CALL_SPEAK, 0, 0}}},
    {"call-many", "50 viewers of ten, behind 0.3 to 6 Mbit/s", KIND(SMALL), .bps = 6 * MBPS,
     .spread_percent = 5, .publishers = 10, .viewers = 50, .slots = 9, .others_height = 180, .voices = 3,
     .apart_s = 0.2, .end_s = 60},
    {"call-hour", "An hour of anything, two viewers", KIND(VP8), .bps = 2 * MBPS, .publishers = 4,
     .viewers = 2, .slots = 3, .random_events = 7, .end_s = 3600},
    {"call-hour-vp9", "An hour of anything, VP9 L3T3_KEY", KIND(VP9_KSVC), .bps = 2 * MBPS, .publishers = 4,
     .viewers = 2, .slots = 3, .random_events = 7, .end_s = 3600},
    {"call-hour-av1", "An hour of anything, AV1 L3T3", KIND(AV1_SVC), .bps = 2 * MBPS, .publishers = 4,
     .viewers = 2, .slots = 3, .random_events = 7, .end_s = 3600},
};
const size_t calls_count = sizeof calls / sizeof *calls;

const struct call_scenario *call_find(const char *name)
{
    for (size_t i = 0; i < calls_count; i++)
        if (strcmp(calls[i].name, name) == 0)
            return &calls[i];
    return NULL;
}
