#include "speech.h"

#include "room.h"
#include "track.h"
#include "transport.h"
#include "worker.h"

#include <stdlib.h>

enum {
    LOOK_US = 20000,     /* between looks at who is loud, while anyone sends audio */
    QUIET_US = 1000000,  /* without audio at all, then it rests */
    TELL_US = 300000,    /* between two speakers events */
    VOICES_MAX = 256,    /* looked at in one ranking */
    SPEAKERS_MAX = 1024, /* among which the dominant one is found */
};

static void look(void *arg, uint64_t now_us);

void speech_init(struct speech *s, struct room *room)
{
    *s = (struct speech){.room = room, .timer = {.fire = look, .arg = s}};
}

void speech_finish(struct speech *s)
{
    timer_cancel(&s->room->worker->timers, &s->timer);
}

void speech_heard(struct speech *s, uint64_t now_us)
{
    s->audio_us = now_us;
    if (!timer_is_set(&s->timer))
        timer_set(&s->room->worker->timers, &s->timer, now_us + LOOK_US);
}

uint32_t speech_dominant(const struct speech *s)
{
    const struct track *track = room_track(s->room, s->dominant.id);
    return track ? track->participant : 0;
}

/* --- Who is heard ------------------------------------------------------------------ */

static bool is_heard(const struct speech *s, uint32_t id)
{
    for (size_t i = 0; i < s->heard.count; i++) {
        if (s->heard.at[i].id == id)
            return true;
    }
    return false;
}

/* Audio tracks that are not muted: those that speak or did lately, and those that hold a slot. */
static size_t list_voices(const struct speech *s, struct rank_candidate *out, size_t max, uint64_t now_us)
{
    size_t n = 0;
    for (guint i = 0; i < s->room->tracks->len && n < max; i++) {
        const struct track *track = g_ptr_array_index(s->room->tracks, i);
        if (track->kind != RTP_AUDIO || track->muted)
            continue;
        uint8_t loudness = level_loudness(&track->level, now_us);
        if (loudness || is_heard(s, track->id))
            out[n++] = (struct rank_candidate){.id = track->id,
                                               .loudness = loudness,
                                               .dominant = track->id == s->dominant.id,
                                               .voice_us = track->level.voice_us};
    }
    return n;
}

/* --- Who is shown ------------------------------------------------------------------ */

/* It may have been dominant before it said anything, as a lone one is. True where it is news. */
static bool note_dominant(struct speech *s)
{
    const struct track *track = room_track(s->room, s->dominant.id);
    size_t at = 0;
    if (!track || !track->level.voice_us)
        return false;
    uint32_t participant = track->participant;
    while (at < s->recent_count && s->recent[at] != participant)
        at++;
    if (at == 0 && s->recent_count)
        return false;
    if (at == s->recent_count && s->recent_count < SPEECH_RECENT)
        s->recent_count++;
    at = at < SPEECH_RECENT ? at : SPEECH_RECENT - 1;
    memmove(s->recent + 1, s->recent, at * sizeof(s->recent[0]));
    s->recent[0] = participant;
    return true;
}

/* True where another has become dominant, or has spoken for the first time. */
static bool find_dominant(struct speech *s, uint64_t now_us)
{
    struct dominant_candidate candidates[SPEAKERS_MAX];
    size_t n = 0;
    if (now_us - s->dominant.decided_us < DOMINANT_DECIDE_US)
        return false;
    for (guint i = 0; i < s->room->tracks->len && n < SPEAKERS_MAX; i++) {
        const struct track *track = g_ptr_array_index(s->room->tracks, i);
        if (track->source == SFU_MIC && !track->muted)
            candidates[n++] = (struct dominant_candidate){track->id, &track->speaker};
    }
    bool changed = dominant_update(&s->dominant, candidates, n, now_us);
    return note_dominant(s) || changed;
}

/* --- Telling ------------------------------------------------------------------------- */

static int louder(const void *a, const void *b)
{
    const struct rank_candidate *x = a, *y = b;
    if (x->loudness != y->loudness)
        return y->loudness - x->loudness;
    return (x->id > y->id) - (x->id < y->id);
}

/* Those who speak, the loudest first, and the dominant one even while it is silent. */
static size_t list_speakers(const struct speech *s, struct rank_candidate *voices, size_t n,
                            struct sfu_speaker_event *out)
{
    size_t count = 0;
    qsort(voices, n, sizeof(*voices), louder);
    for (size_t i = 0; i < n && count < SFU_SPEAKERS_MAX; i++) {
        const struct track *track = room_track(s->room, voices[i].id);
        if (!track || (voices[i].loudness < LEVEL_VOICE && track->id != s->dominant.id))
            continue;
        out[count++] = (struct sfu_speaker_event){.participant = track->participant,
                                                  .level = (uint8_t)(LEVEL_SILENT - voices[i].loudness),
                                                  .dominant = track->id == s->dominant.id};
    }
    return count;
}

static bool speaks(const struct sfu_speaker_event *e)
{
    return e->level <= LEVEL_SILENT - LEVEL_VOICE;
}

static bool same_speaker(const struct sfu_speaker_event *a, const struct sfu_speaker_event *b)
{
    return a->participant == b->participant && a->dominant == b->dominant && speaks(a) == speaks(b);
}

/* If it is news: the set, its order, who is dominant, or that they fell silent. */
static void tell(struct speech *s, struct rank_candidate *voices, size_t n, uint64_t now_us)
{
    struct sfu_speaker_event now[SFU_SPEAKERS_MAX];
    size_t count = list_speakers(s, voices, n, now);
    bool same = count == s->told_count;
    for (size_t i = 0; same && i < count; i++)
        same = same_speaker(&now[i], &s->told[i]);
    if (same || now_us - s->told_us < TELL_US)
        return;
    memcpy(s->told, now, count * sizeof(now[0]));
    s->told_count = count;
    s->told_us = now_us;
    worker_tell(s->room->worker, EVENT_SPEAKERS, s->room->id, 0, 0, (uint32_t)count,
                count ? g_memdup2(now, count * sizeof(now[0])) : NULL);
}

static void decide(struct speech *s, uint64_t now_us)
{
    struct rank_candidate voices[VOICES_MAX];
    if (s->rank.slots != s->slots)
        rank_init(&s->rank, s->slots);
    bool news = find_dominant(s, now_us);
    size_t n = list_voices(s, voices, VOICES_MAX, now_us);
    rank_update(&s->rank, voices, n, 0, now_us);
    if (rank_order_update(&s->heard, &s->rank, voices, n, now_us) || news) {
        room_touch_order(s->room);
        spread_tell_speech(s->room, s->room->spread.links);
    }
    tell(s, voices, n, now_us);
}

static void look(void *arg, uint64_t now_us)
{
    struct speech *s = arg;
    if (spread_is_home(s->room))
        decide(s, now_us);
    else
        spread_tell_levels(s->room, now_us);
    if (now_us - s->audio_us < QUIET_US)
        timer_set(&s->room->worker->timers, &s->timer, now_us + LOOK_US);
}
