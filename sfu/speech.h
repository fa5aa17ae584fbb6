/* Who speaks in a room: who is heard (rank.h), and who is the dominant speaker
 * (dominant.h). It looks every 20 ms while audio comes and rests otherwise.
 * Worker thread only. */
#pragma once

#include "dominant.h"
#include "rank_order.h"
#include "sfu.h"
#include "timer.h"

struct room;

struct speech {
    struct room *room;
    struct timer timer;
    uint64_t audio_us; /* last audio packet */
    size_t slots;      /* that the ranking has to fill: one more than any viewer has, as none hears itself */
    struct rank rank;
    struct rank_order heard; /* audio tracks that hold a place in it, the most wanted first */
    struct dominant dominant;
    struct sfu_speaker_event told[SFU_SPEAKERS_MAX]; /* the last speakers event */
    size_t told_count;
    uint64_t told_us;
};

void speech_init(struct speech *s, struct room *room);
void speech_finish(struct speech *s);

/* An audio packet came: see to it that someone looks. */
void speech_heard(struct speech *s, uint64_t now_us);
