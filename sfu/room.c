#include "room.h"

#include "allot.h"
#include "fill.h"
#include "slot.h"
#include "track.h"
#include "transport.h"
#include "worker.h"

#include <stdlib.h>

/* For each viewer, between two times that the slots of all are filled: a small share of a core, and no wait
 * that anybody notices. */
enum { FILL_PAUSE_US = 100 };

static void on_all_timer(void *arg, uint64_t now_us);

struct room *room_new(struct worker *w, uint64_t id, unsigned home)
{
    struct room *room = g_new0(struct room, 1);
    room->id = id;
    room->worker = w;
    room->transports = g_ptr_array_new();
    room->tracks = g_ptr_array_new();
    room->tracks_by_id = g_hash_table_new(NULL, NULL);
    room->due = g_ptr_array_new();
    room->all_timer = (struct timer){.fire = on_all_timer, .arg = room};
    candidate_list_init(&room->lists[RTP_AUDIO]);
    candidate_list_init(&room->lists[RTP_VIDEO]);
    speech_init(&room->speech, room);
    spread_init(&room->spread, room, home);
    return room;
}

void room_end_transports(struct room *room, enum sfu_gone why)
{
    while (room->transports->len)
        transport_end(g_ptr_array_index(room->transports, room->transports->len - 1), why);
}

static void forget_dirty(struct room *room)
{
    struct room **at = &room->worker->dirty;
    while (*at != room)
        at = &(*at)->next_dirty;
    *at = room->next_dirty;
}

void room_free(struct room *room)
{
    if (!room)
        return;
    spread_finish(room); /* its tracks touch the room as they go */
    if (room->dirty)
        forget_dirty(room);
    speech_finish(&room->speech);
    timer_cancel(&room->worker->timers, &room->all_timer);
    candidate_list_finish(&room->lists[RTP_AUDIO]);
    candidate_list_finish(&room->lists[RTP_VIDEO]);
    g_ptr_array_free(room->due, TRUE);
    g_ptr_array_free(room->transports, TRUE);
    g_ptr_array_free(room->tracks, TRUE);
    g_hash_table_destroy(room->tracks_by_id);
    g_free(room);
}

/* --- Touching ------------------------------------------------------------------- */

void room_touch_order(struct room *room)
{
    if (room->dirty)
        return;
    room->dirty = true;
    room->next_dirty = room->worker->dirty;
    room->worker->dirty = room;
}

void room_touch(struct room *room)
{
    room->all_due = true;
    if (room->worker->now_us >= room->all_us)
        room_touch_order(room);
    else if (!timer_is_set(&room->all_timer))
        timer_set(&room->worker->timers, &room->all_timer, room->all_us);
}

static void on_all_timer(void *arg, uint64_t now_us)
{
    (void)now_us;
    room_touch(arg);
}

void room_touch_viewer(struct transport *t)
{
    if (!t->fill_due)
        g_ptr_array_add(t->room->due, t);
    t->fill_due = true;
    room_touch_order(t->room);
}

/* --- Who is there ----------------------------------------------------------------- */

void room_add(struct room *room, struct transport *t)
{
    g_ptr_array_add(room->transports, t);
}

/* Its tracks have gone before. */
void room_remove(struct room *room, struct transport *t)
{
    g_ptr_array_remove(room->transports, t);
    g_ptr_array_remove(room->due, t);
}

/* One of another worker may have been there before those of this one. */
void room_add_track(struct room *room, struct track *track)
{
    guint at = room->tracks->len;
    while (at && ((struct track *)room->tracks->pdata[at - 1])->joined_us > track->joined_us)
        at--;
    g_ptr_array_insert(room->tracks, (gint)at, track);
    g_hash_table_insert(room->tracks_by_id, GUINT_TO_POINTER(track->id), track);
    if (!track->remote)
        spread_open_track(track);
    room_touch(room);
}

/* Nobody may hold it when it is freed. */
void room_remove_track(struct room *room, struct track *track)
{
    g_ptr_array_remove(room->tracks, track);
    if (!track->remote)
        spread_close_track(track);
    if (room_track(room, track->id) == track)
        g_hash_table_remove(room->tracks_by_id, GUINT_TO_POINTER(track->id));
    for (guint i = 0; i < room->transports->len; i++) {
        struct transport *t = g_ptr_array_index(room->transports, i);
        for (size_t j = 0; j < t->slot_count; j++) {
            if (t->slots[j]->holder == track)
                slot_forget_holder(t->slots[j]);
        }
    }
    room_touch(room);
}

struct track *room_track(const struct room *room, uint32_t id)
{
    return g_hash_table_lookup(room->tracks_by_id, GUINT_TO_POINTER(id));
}

/* --- Filling ------------------------------------------------------------------- */

/* The track that a pin means: an audio slot shows the sound of what is named. Nobody is given themself. */
static uint32_t pinned_track(const struct room *room, const struct slot *s)
{
    const struct sfu_view_slot *view = &s->view;
    bool screen = view->pin_source == SFU_SCREEN;
    enum sfu_source sound = screen ? SFU_SCREEN_AUDIO : SFU_MIC, picture = screen ? SFU_SCREEN : SFU_CAMERA;
    enum sfu_source source = s->desc.kind == RTP_AUDIO ? sound : picture;
    for (guint i = 0; view->pin_participant && i < room->tracks->len; i++) {
        const struct track *track = g_ptr_array_index(room->tracks, i);
        if (track->participant == view->pin_participant && track->publisher != s->viewer &&
            track->source == source && !track->muted)
            return track->id;
    }
    return 0;
}

/* The holder as long as it is a candidate; what cannot be played has no right to its slot. */
static uint32_t holder_of(const struct slot *s, const struct candidates *c)
{
    const struct track *track = s->holder ? candidates_find(c, s->holder->id) : NULL;
    return track && candidates_plays(&s->viewer->media, track) ? track->id : 0;
}

/* True where a slot has got another holder. */
static bool fill_kind(const struct room *room, struct transport *t, enum rtp_kind kind,
                      const struct candidates *c, const struct candidate_list *list, uint64_t now_us)
{
    bool changed = false;
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
            .holder = holder_of(s, c),
            .pin = pinned_track(room, s),
            .pinned = s->view.pin_participant != 0,
            .hidden = slot_hidden(s),
        };
    }
    for (size_t i = 0; i < SFU_TRACKS_MAX; i++) {
        if (t->tracks[i])
            mine[mine_count++] = t->tracks[i]->id;
    }
    const struct fill_wish wish = {
        .ids = (const uint32_t *)(void *)list->ids->data,
        .count = list->ids->len,
        .ranked = list->ranked,
        .mine = mine,
        .mine_count = mine_count,
    };
    fill_slots(slots, n, &wish);
    for (size_t i = 0; i < n; i++) {
        struct track *track = candidates_find(c, slots[i].holder);
        changed |= of[i]->holder != track;
        slot_hold(of[i], track, now_us);
    }
    return changed;
}

static bool fill_video(const struct room *room, struct transport *t, const struct candidates *c,
                       uint64_t now_us)
{
    struct candidate_list own;
    if (candidates_plays_all(c, &t->media))
        return fill_kind(room, t, RTP_VIDEO, c, &c->lists[RTP_VIDEO], now_us);
    candidates_sort_out(c, &t->media, &own);
    bool changed = fill_kind(room, t, RTP_VIDEO, c, &own, now_us);
    candidate_list_finish(&own);
    return changed;
}

/* One more than it has slots for: it does not hear itself. */
static size_t rank_slots(const struct transport *t)
{
    size_t n = 1;
    for (size_t i = 0; i < t->slot_count; i++)
        n += t->slots[i]->desc.kind == RTP_AUDIO && !t->slots[i]->desc.stopped;
    return n < RANK_SLOTS_MAX ? n : RANK_SLOTS_MAX;
}

static void rank_for(struct room *room, const GPtrArray *viewers)
{
    for (guint i = 0; i < viewers->len; i++) {
        size_t n = rank_slots(g_ptr_array_index(viewers, i));
        room->ears = n > room->ears ? n : room->ears;
    }
    room->speech.slots = spread_ears(room, room->ears);
}

/* What has become another since the last time. */
struct news {
    bool all;      /* whatever there is to show */
    bool kinds[2]; /* by enum rtp_kind: what is wanted */
    bool dominant;
};

static struct news find_news(const struct room *room, const struct candidates *c, uint64_t now_us)
{
    return (struct news){
        .all = room->all_due && now_us >= room->all_us,
        .kinds = {[RTP_AUDIO] = !candidate_list_same(&room->lists[RTP_AUDIO], &c->lists[RTP_AUDIO]),
                  [RTP_VIDEO] = !candidate_list_same(&room->lists[RTP_VIDEO], &c->lists[RTP_VIDEO])},
        .dominant = room->dominant != speech_dominant(&room->speech),
    };
}

static void fill_viewer(const struct room *room, struct transport *t, const struct candidates *c,
                        const struct news *news, uint64_t now_us)
{
    bool all = news->all || t->fill_due, touched = all || news->dominant;
    if (!t->connected)
        return;
    counter_add(&room->worker->counters, COUNT_fills, 1);
    if (all || news->kinds[RTP_AUDIO])
        touched |= fill_kind(room, t, RTP_AUDIO, c, &c->lists[RTP_AUDIO], now_us);
    if (all || news->kinds[RTP_VIDEO])
        touched |= fill_video(room, t, c, now_us);
    if (!touched)
        return;
    allot_touch(t);
    allot(t, now_us);
}

/* Nobody is touched any more; the lists of the last time are the candidates' to free. */
static void settle(struct room *room, struct candidates *c)
{
    for (int kind = 0; kind < 2; kind++) {
        struct candidate_list old = room->lists[kind];
        room->lists[kind] = c->lists[kind];
        c->lists[kind] = old;
    }
    room->dominant = speech_dominant(&room->speech);
    for (guint i = 0; i < room->due->len; i++)
        ((struct transport *)g_ptr_array_index(room->due, i))->fill_due = false;
    g_ptr_array_set_size(room->due, 0);
}

void room_fill(struct room *room, uint64_t now_us)
{
    struct candidates c;
    room->dirty = false;
    candidates_init(&c, room);
    const struct news news = find_news(room, &c, now_us);
    bool some = !(news.all || news.dominant || news.kinds[RTP_AUDIO] || news.kinds[RTP_VIDEO]);
    const GPtrArray *viewers = some ? room->due : room->transports;
    if (news.all) {
        room->all_due = false;
        room->all_us = now_us + room->transports->len * FILL_PAUSE_US;
        room->ears = 0;
    }
    rank_for(room, news.all ? viewers : room->due);
    for (guint i = 0; i < viewers->len; i++)
        fill_viewer(room, g_ptr_array_index(viewers, i), &c, &news, now_us);
    settle(room, &c);
    candidates_finish(&c);
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
