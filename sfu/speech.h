/* Who speaks in a room: who is heard (rank.h), who is shown as the dominant
 * speaker (dominant.h), and who was before. It looks every 20 ms while audio
 * comes and rests otherwise. Worker thread only. */
#pragma once

#include "dominant.h"
#include "rank_order.h"
#include "sfu.h"
#include "timer.h"

struct room;

enum {
    SPEECH_RECENT = 64, /* dominant speakers remembered */
};

struct speech {
    struct room *room;
    struct timer timer;
    uint64_t audio_us; /* last audio packet */
    size_t slots;      /* that the ranking has to fill: one more than any viewer has, as none hears itself */
    struct rank rank;
    struct rank_order heard; /* audio tracks that hold a place in it, the most wanted first */
    struct dominant dominant;
    uint32_t recent[SPEECH_RECENT]; /* participants who were dominant, the latest first */
    size_t recent_count;
    struct sfu_speaker_event told[SFU_SPEAKERS_MAX]; /* the last speakers event */
    size_t told_count;
    uint64_t told_us;
};

void speech_init(struct speech *s, struct room *room);
void speech_finish(struct speech *s);

/* An audio packet came: see to it that someone looks. */
void speech_heard(struct speech *s, uint64_t now_us);

/* The participant who is the dominant speaker, or 0. */
uint32_t speech_dominant(const struct speech *s);
