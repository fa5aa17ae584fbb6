#include "room.h"

#include "allot.h"
#include "fill.h"
#include "media.h"
#include "slot.h"
#include "track.h"
#include "transport.h"
#include "worker.h"

#include <stdlib.h>

/* For each viewer, between two times that the slots of all are filled: a small share of a core, and no wait
 * that anybody notices. */
enum { FILL_PAUSE_US = 100 };

static void on_all_timer(void *arg, uint64_t now_us);

static void list_init(struct room_list *list)
{
    *list = (struct room_list){.ids = g_array_new(FALSE, FALSE, sizeof(uint32_t))};
}

static void list_finish(struct room_list *list)
{
    g_array_free(list->ids, TRUE);
}

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
    list_init(&room->lists[RTP_AUDIO]);
    list_init(&room->lists[RTP_VIDEO]);
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
    list_finish(&room->lists[RTP_AUDIO]);
    list_finish(&room->lists[RTP_VIDEO]);
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
                t->slots[j]->holder = NULL;
        }
    }
    room_touch(room);
}

struct track *room_track(const struct room *room, uint32_t id)
{
    return g_hash_table_lookup(room->tracks_by_id, GUINT_TO_POINTER(id));
}

/* --- Filling ------------------------------------------------------------------- */

enum { FORMATS_MAX = 8 }; /* different ones that are looked at; where there are more, all tracks are */

struct candidates {
    GHashTable *by_id;                             /* id -> struct track, of all tracks that are not muted */
    struct room_list lists[2];                     /* by enum rtp_kind */
    const struct sfu_format *formats[FORMATS_MAX]; /* in which the video of the room comes */
    size_t format_count;
};

static uint32_t list_at(const struct room_list *list, size_t i)
{
    return g_array_index(list->ids, uint32_t, i);
}

static void note_format(struct candidates *c, const struct sfu_format *f)
{
    if (!f || c->format_count == FORMATS_MAX)
        return;
    for (size_t i = 0; i < c->format_count; i++) {
        if (c->formats[i]->codec == f->codec && c->formats[i]->variant == f->variant)
            return;
    }
    c->formats[c->format_count++] = f;
}

static void add_candidate(struct candidates *c, struct track *track)
{
    if (!g_hash_table_insert(c->by_id, GUINT_TO_POINTER(track->id), track))
        return;
    g_array_append_val(c->lists[track->kind].ids, track->id);
    if (track->kind == RTP_VIDEO)
        note_format(c, track_format(track));
}

static void add_candidates(struct candidates *c, const struct room *room, enum sfu_source source)
{
    for (guint i = 0; i < room->tracks->len; i++) {
        struct track *track = g_ptr_array_index(room->tracks, i);
        if (track->source == source && !track->muted)
            add_candidate(c, track);
    }
}

/* Those before are wanted in their order, those that follow no more than each other. */
static void end_of_ranked(struct candidates *c, enum rtp_kind kind)
{
    c->lists[kind].ranked = c->lists[kind].ids->len;
}

/* Screens, then the cameras of those who spoke, the latest first, then the others. */
static void add_pictures(struct candidates *c, const struct room *room)
{
    add_candidates(c, room, SFU_SCREEN);
    for (size_t i = 0; i < room->speech.recent_count; i++) {
        for (guint j = 0; j < room->tracks->len; j++) {
            struct track *track = g_ptr_array_index(room->tracks, j);
            if (track->participant == room->speech.recent[i] && track->source == SFU_CAMERA && !track->muted)
                add_candidate(c, track);
        }
    }
    end_of_ranked(c, RTP_VIDEO);
    add_candidates(c, room, SFU_CAMERA);
}

/* Who is heard, then the others. */
static void add_voices(struct candidates *c, const struct room *room)
{
    const struct rank_order *heard = &room->speech.heard;
    for (size_t i = 0; i < heard->count; i++) {
        struct track *track = room_track(room, heard->at[i].id);
        if (track && !track->muted)
            add_candidate(c, track);
    }
    end_of_ranked(c, RTP_AUDIO);
    add_candidates(c, room, SFU_MIC);
    add_candidates(c, room, SFU_SCREEN_AUDIO);
}

static bool plays(const struct transport *viewer, const struct track *track)
{
    const struct sfu_format *f = track_format(track);
    return !f || media_plays(&viewer->media, f);
}

static bool plays_all(const struct transport *viewer, const struct candidates *c)
{
    for (size_t i = 0; i < c->format_count; i++) {
        if (!media_plays(&viewer->media, c->formats[i]))
            return false;
    }
    return c->format_count < FORMATS_MAX;
}

/* The same candidates in the order in which that viewer wants them: what it cannot play comes last, where it
 * takes a place that nobody else needs and is told why nothing is seen. */
static void sort_out(struct room_list *own, const struct candidates *c, const struct transport *viewer)
{
    const struct room_list *all = &c->lists[RTP_VIDEO];
    for (int played = 1; played >= 0; played--) {
        for (guint i = 0; i < all->ids->len; i++) {
            uint32_t id = list_at(all, i);
            if (plays(viewer, g_hash_table_lookup(c->by_id, GUINT_TO_POINTER(id))) != played)
                continue;
            g_array_append_val(own->ids, id);
            own->ranked += played && i < all->ranked;
        }
    }
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
        if (track->participant == view->pin_participant && track->publisher != s->viewer &&
            track->source == source && !track->muted)
            return track->id;
    }
    return 0;
}

/* The holder as long as it is a candidate; what cannot be played has no right to its slot. */
static uint32_t holder_of(const struct slot *s, const struct candidates *c)
{
    uint32_t id = s->holder ? s->holder->id : 0;
    const struct track *track = g_hash_table_lookup(c->by_id, GUINT_TO_POINTER(id));
    return track && plays(s->viewer, track) ? id : 0;
}

/* True where a slot has got another holder. */
static bool fill_kind(const struct room *room, struct transport *t, enum rtp_kind kind,
                      const struct candidates *c, const struct room_list *list, uint64_t now_us)
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
        struct track *track = g_hash_table_lookup(c->by_id, GUINT_TO_POINTER(slots[i].holder));
        changed |= of[i]->holder != track;
        slot_hold(of[i], track, now_us);
    }
    return changed;
}

static bool fill_video(const struct room *room, struct transport *t, const struct candidates *c,
                       uint64_t now_us)
{
    struct room_list own;
    if (plays_all(t, c))
        return fill_kind(room, t, RTP_VIDEO, c, &c->lists[RTP_VIDEO], now_us);
    list_init(&own);
    sort_out(&own, c, t);
    bool changed = fill_kind(room, t, RTP_VIDEO, c, &own, now_us);
    list_finish(&own);
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

static bool same_list(const struct room_list *a, const struct room_list *b)
{
    return a->ranked == b->ranked && a->ids->len == b->ids->len &&
           (!a->ids->len || memcmp(a->ids->data, b->ids->data, a->ids->len * sizeof(uint32_t)) == 0);
}

static struct news find_news(const struct room *room, const struct candidates *c, uint64_t now_us)
{
    return (struct news){
        .all = room->all_due && now_us >= room->all_us,
        .kinds = {[RTP_AUDIO] = !same_list(&room->lists[RTP_AUDIO], &c->lists[RTP_AUDIO]),
                  [RTP_VIDEO] = !same_list(&room->lists[RTP_VIDEO], &c->lists[RTP_VIDEO])},
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

/* Nobody is touched any more. */
static void settle(struct room *room, struct candidates *c)
{
    for (int kind = 0; kind < 2; kind++) {
        list_finish(&room->lists[kind]);
        room->lists[kind] = c->lists[kind];
    }
    room->dominant = speech_dominant(&room->speech);
    for (guint i = 0; i < room->due->len; i++)
        ((struct transport *)g_ptr_array_index(room->due, i))->fill_due = false;
    g_ptr_array_set_size(room->due, 0);
}

void room_fill(struct room *room, uint64_t now_us)
{
    struct candidates c = {.by_id = g_hash_table_new(NULL, NULL)};
    room->dirty = false;
    list_init(&c.lists[RTP_AUDIO]);
    list_init(&c.lists[RTP_VIDEO]);
    add_pictures(&c, room);
    add_voices(&c, room);
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
    g_hash_table_destroy(c.by_id);
    settle(room, &c);
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
