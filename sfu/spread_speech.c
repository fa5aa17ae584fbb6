/* Who speaks in a room on several workers (spread.h). */
#include "room.h"
#include "spread.h"
#include "track.h"
#include "worker.h"

/* What one audio track's packets told (level.h, dominant.h). */
struct spread_level {
    uint32_t track;
    struct level level;
    struct dominant_speaker speaker;
};

struct spread_speech {
    struct rank_order heard;
    uint32_t dominant;
    uint32_t recent[SPEECH_RECENT];
    size_t recent_count;
};

void spread_tell_speech(struct room *room, uint64_t workers)
{
    const struct speech *s = &room->speech;
    struct spread_speech body = {
        .heard = s->heard, .dominant = s->dominant.id, .recent_count = s->recent_count};
    memcpy(body.recent, s->recent, sizeof(body.recent));
    spread_post(room, workers, (struct mail){.type = COMMAND_SPEECH, .body = &body}, sizeof(body));
}

void spread_on_speech(struct room *room, struct mail *m)
{
    const struct spread_speech *told = m->body;
    struct speech *s = &room->speech;
    s->heard = told->heard;
    s->dominant.id = told->dominant;
    s->recent_count = told->recent_count;
    memcpy(s->recent, told->recent, sizeof(s->recent));
    room_touch_order(room);
}

void spread_tell_levels(struct room *room, uint64_t now_us)
{
    struct spread *s = &room->spread;
    GArray *levels = g_array_new(FALSE, FALSE, sizeof(struct spread_level));
    for (guint i = 0; i < room->tracks->len; i++) {
        const struct track *t = g_ptr_array_index(room->tracks, i);
        const struct spread_level level = {t->id, t->level, t->speaker};
        if (!t->remote && !t->muted && t->level.packet_us > s->levels_us)
            g_array_append_val(levels, level);
    }
    uint32_t count = levels->len;
    struct mail m = {
        .type = COMMAND_LEVELS,
        .id = room->id,
        .b = count,
        .body = g_array_free(levels, count == 0),
        .free_body = g_free,
    };
    if (count && s->links & SPREAD_BIT(s->home))
        mailbox_offer(&room->worker->links[s->home].to, &m);
    else
        mail_free(&m);
    s->levels_us = now_us;
}

void spread_on_levels(struct room *room, struct mail *m)
{
    const struct spread_level *levels = m->body;
    for (uint32_t i = 0; i < m->b; i++) {
        struct track *t = room_track(room, levels[i].track);
        if (!t || !t->remote || t->muted)
            continue;
        t->level = levels[i].level;
        t->speaker = levels[i].speaker;
        speech_heard(&room->speech, room->worker->now_us);
    }
}

size_t spread_ears(struct room *room, size_t ears)
{
    struct spread *s = &room->spread;
    if (!spread_is_home(room)) {
        if (s->ears != ears && s->links & SPREAD_BIT(s->home))
            spread_post(room, SPREAD_BIT(s->home),
                        (struct mail){.type = COMMAND_EARS, .b = s->ears = (uint8_t)ears}, 0);
        return ears;
    }
    for (uint64_t others = s->links; others;) {
        size_t told = s->ears_of[spread_take_worker(&others)];
        ears = told > ears ? told : ears;
    }
    return ears;
}

void spread_on_ears(struct room *room, struct mail *m)
{
    room->spread.ears_of[m->a] = (uint8_t)m->b;
    room_touch_order(room);
}
