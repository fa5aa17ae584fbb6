#include "candidates.h"

#include "media.h"
#include "room.h"
#include "track.h"

/* --- A list ------------------------------------------------------------------------- */

void candidate_list_init(struct candidate_list *list)
{
    *list = (struct candidate_list){.ids = g_array_new(FALSE, FALSE, sizeof(uint32_t))};
}

void candidate_list_finish(struct candidate_list *list)
{
    g_array_free(list->ids, TRUE);
}

bool candidate_list_same(const struct candidate_list *a, const struct candidate_list *b)
{
    return a->ranked == b->ranked && a->ids->len == b->ids->len &&
           (!a->ids->len || memcmp(a->ids->data, b->ids->data, a->ids->len * sizeof(uint32_t)) == 0);
}

/* --- Who is one ----------------------------------------------------------------------- */

static void note_format(struct candidates *c, const struct sfu_format *f)
{
    if (!f || c->format_count == CANDIDATES_FORMATS_MAX)
        return;
    for (size_t i = 0; i < c->format_count; i++) {
        if (c->formats[i]->codec == f->codec && c->formats[i]->variant == f->variant)
            return;
    }
    c->formats[c->format_count++] = f;
}

static void add(struct candidates *c, struct track *track)
{
    if (!g_hash_table_insert(c->by_id, GUINT_TO_POINTER(track->id), track))
        return;
    g_array_append_val(c->lists[track->kind].ids, track->id);
    if (track->kind == RTP_VIDEO)
        note_format(c, track_format(track));
}

static void add_all(struct candidates *c, const struct room *room, enum sfu_source source)
{
    for (guint i = 0; i < room->tracks->len; i++) {
        struct track *track = g_ptr_array_index(room->tracks, i);
        if (track->source == source && !track->muted)
            add(c, track);
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
    add_all(c, room, SFU_SCREEN);
    for (size_t i = 0; i < room->speech.recent_count; i++) {
        for (guint j = 0; j < room->tracks->len; j++) {
            struct track *track = g_ptr_array_index(room->tracks, j);
            if (track->participant == room->speech.recent[i] && track->source == SFU_CAMERA && !track->muted)
                add(c, track);
        }
    }
    end_of_ranked(c, RTP_VIDEO);
    add_all(c, room, SFU_CAMERA);
}

/* Who is heard, then the others. */
static void add_voices(struct candidates *c, const struct room *room)
{
    const struct rank_order *heard = &room->speech.heard;
    for (size_t i = 0; i < heard->count; i++) {
        struct track *track = room_track(room, heard->at[i].id);
        if (track && !track->muted)
            add(c, track);
    }
    end_of_ranked(c, RTP_AUDIO);
    add_all(c, room, SFU_MIC);
    add_all(c, room, SFU_SCREEN_AUDIO);
}

void candidates_init(struct candidates *c, const struct room *room)
{
    *c = (struct candidates){.by_id = g_hash_table_new(NULL, NULL)};
    candidate_list_init(&c->lists[RTP_AUDIO]);
    candidate_list_init(&c->lists[RTP_VIDEO]);
    add_pictures(c, room);
    add_voices(c, room);
}

void candidates_finish(struct candidates *c)
{
    candidate_list_finish(&c->lists[RTP_AUDIO]);
    candidate_list_finish(&c->lists[RTP_VIDEO]);
    g_hash_table_destroy(c->by_id);
}

struct track *candidates_find(const struct candidates *c, uint32_t id)
{
    return g_hash_table_lookup(c->by_id, GUINT_TO_POINTER(id));
}

/* --- Who plays it ----------------------------------------------------------------------- */

bool candidates_plays(const struct sfu_media_desc *media, const struct track *track)
{
    const struct sfu_format *f = track_format(track);
    return !f || media_plays(media, f);
}

bool candidates_plays_all(const struct candidates *c, const struct sfu_media_desc *media)
{
    for (size_t i = 0; i < c->format_count; i++) {
        if (!media_plays(media, c->formats[i]))
            return false;
    }
    return c->format_count < CANDIDATES_FORMATS_MAX;
}

void candidates_sort_out(const struct candidates *c, const struct sfu_media_desc *media,
                         struct candidate_list *own)
{
    const struct candidate_list *all = &c->lists[RTP_VIDEO];
    candidate_list_init(own);
    for (int played = 1; played >= 0; played--) {
        for (guint i = 0; i < all->ids->len; i++) {
            uint32_t id = g_array_index(all->ids, uint32_t, i);
            if (candidates_plays(media, candidates_find(c, id)) != played)
                continue;
            g_array_append_val(own->ids, id);
            own->ranked += played && i < all->ranked;
        }
    }
}
