#include "room.h"

#include "fill.h"
#include "slot.h"
#include "track.h"
#include "transport.h"
#include "worker.h"

#include <stdlib.h>

struct room *room_new(struct worker *w, uint64_t id)
{
    struct room *room = g_new0(struct room, 1);
    room->id = id;
    room->worker = w;
    room->transports = g_ptr_array_new();
    room->tracks = g_ptr_array_new();
    speech_init(&room->speech, room);
    return room;
}

void room_free(struct room *room)
{
    if (!room)
        return;
    speech_finish(&room->speech);
    g_ptr_array_free(room->transports, TRUE);
    g_ptr_array_free(room->tracks, TRUE);
    g_free(room);
}

void room_touch(struct room *room)
{
    if (room->dirty)
        return;
    room->dirty = true;
    room->next_dirty = room->worker->dirty;
    room->worker->dirty = room;
}

void room_add(struct room *room, struct transport *t)
{
    g_ptr_array_add(room->transports, t);
    room_touch(room);
}

void room_remove(struct room *room, struct transport *t)
{
    g_ptr_array_remove(room->transports, t);
    room_touch(room);
}

void room_add_track(struct room *room, struct track *track)
{
    g_ptr_array_add(room->tracks, track);
    room_touch(room);
}

/* Nobody may hold it when it is freed. */
void room_remove_track(struct room *room, struct track *track)
{
    g_ptr_array_remove(room->tracks, track);
    for (guint i = 0; i < room->transports->len; i++) {
        struct transport *t = g_ptr_array_index(room->transports, i);
        for (size_t j = 0; j < t->slot_count; j++) {
            if (t->slots[j]->holder == track)
                t->slots[j]->holder = NULL;
        }
    }
    room_touch(room);
}

struct track *room_track(const struct room *room, uint32_t id)
{
    for (guint i = 0; id && i < room->tracks->len; i++) {
        struct track *track = g_ptr_array_index(room->tracks, i);
        if (track->id == id)
            return track;
    }
    return NULL;
}

/* --- Filling ------------------------------------------------------------------- */

/* What there is to show or hear, the most wanted first. */
struct candidates {
    GHashTable *by_id; /* id -> struct track, of all tracks that are not muted */
    GArray *ids[2];    /* uint32_t, by enum rtp_kind */
};

static void add_candidate(struct candidates *c, struct track *track)
{
    if (g_hash_table_insert(c->by_id, GUINT_TO_POINTER(track->id), track))
        g_array_append_val(c->ids[track->kind], track->id);
}

static void add_candidates(struct candidates *c, const struct room *room, enum sfu_source source)
{
    for (guint i = 0; i < room->tracks->len; i++) {
        struct track *track = g_ptr_array_index(room->tracks, i);
        if (track->source == source && !track->muted)
            add_candidate(c, track);
    }
}

/* Audio in the order in which it is wanted: who is heard, then the others. */
static void add_voices(struct candidates *c, const struct room *room)
{
    const struct rank_order *heard = &room->speech.heard;
    for (size_t i = 0; i < heard->count; i++) {
        struct track *track = room_track(room, heard->at[i].id);
        if (track && !track->muted)
            add_candidate(c, track);
    }
    add_candidates(c, room, SFU_MIC);
    add_candidates(c, room, SFU_SCREEN_AUDIO);
}

/* The track that a pin means: an audio slot shows the sound of what is named. Nobody is given themself. */
static uint32_t pinned_track(const struct room *room, const struct slot *s)
{
    const struct sfu_view_slot *view = &s->view;
    bool screen = view->pin_source == SFU_SCREEN;
    enum sfu_source sound = screen ? SFU_SCREEN_AUDIO : SFU_MIC, picture = screen ? SFU_SCREEN : SFU_CAMERA;
    enum sfu_source source = s->desc.kind == RTP_AUDIO ? sound : picture;
    for (guint i = 0; view->pin_participant && i < room->tracks->len; i++) {
        const struct track *track = g_ptr_array_index(room->tracks, i);
        if (track->publisher->participant == view->pin_participant && track->publisher != s->viewer &&
            track->source == source && !track->muted)
            return track->id;
    }
    return 0;
}

static void fill_kind(const struct room *room, struct transport *t, enum rtp_kind kind,
                      const struct candidates *c, uint64_t now_us)
{
    struct fill_slot slots[SFU_SLOTS_MAX];
    struct slot *of[SFU_SLOTS_MAX];
    uint32_t mine[SFU_TRACKS_MAX];
    size_t n = 0, mine_count = 0;
    for (size_t i = 0; i < t->slot_count; i++) {
        struct slot *s = t->slots[i];
        if (s->desc.kind != kind)
            continue;
        of[n] = s;
        slots[n++] = (struct fill_slot){
            .holder = s->holder ? s->holder->id : 0,
            .pin = pinned_track(room, s),
            .pinned = s->view.pin_participant != 0,
            .hidden = slot_hidden(s),
        };
    }
    for (size_t i = 0; i < SFU_TRACKS_MAX; i++) {
        if (t->tracks[i])
            mine[mine_count++] = t->tracks[i]->id;
    }
    fill_slots(slots, n, (const uint32_t *)(void *)c->ids[kind]->data, c->ids[kind]->len, mine, mine_count);
    for (size_t i = 0; i < n; i++)
        slot_hold(of[i], g_hash_table_lookup(c->by_id, GUINT_TO_POINTER(slots[i].holder)), now_us);
}

/* One more than any viewer has slots for: none hears itself. */
static size_t rank_slots(const struct room *room)
{
    size_t most = 0;
    for (guint i = 0; i < room->transports->len; i++) {
        const struct transport *t = g_ptr_array_index(room->transports, i);
        size_t n = 0;
        for (size_t j = 0; j < t->slot_count; j++)
            n += t->slots[j]->desc.kind == RTP_AUDIO && !t->slots[j]->desc.stopped;
        most = n > most ? n : most;
    }
    return most + 1 < RANK_SLOTS_MAX ? most + 1 : RANK_SLOTS_MAX;
}

void room_fill(struct room *room, uint64_t now_us)
{
    room->dirty = false;
    room->speech.slots = rank_slots(room);
    struct candidates c = {
        .by_id = g_hash_table_new(NULL, NULL),
        .ids = {g_array_new(FALSE, FALSE, sizeof(uint32_t)), g_array_new(FALSE, FALSE, sizeof(uint32_t))},
    };
    add_candidates(&c, room, SFU_SCREEN);
    add_candidates(&c, room, SFU_CAMERA);
    add_voices(&c, room);
    for (guint i = 0; i < room->transports->len; i++) {
        struct transport *t = g_ptr_array_index(room->transports, i);
        if (!t->connected)
            continue;
        fill_kind(room, t, RTP_AUDIO, &c, now_us);
        fill_kind(room, t, RTP_VIDEO, &c, now_us);
    }
    g_hash_table_destroy(c.by_id);
    g_array_free(c.ids[RTP_AUDIO], TRUE);
    g_array_free(c.ids[RTP_VIDEO], TRUE);
}

void room_retarget(struct room *room, const struct track *track, uint64_t now_us)
{
    for (guint i = 0; i < room->transports->len; i++) {
        struct transport *t = g_ptr_array_index(room->transports, i);
        for (size_t j = 0; j < t->slot_count; j++) {
            if (t->slots[j]->holder == track)
                slot_retarget(t->slots[j], now_us);
        }
    }
}
