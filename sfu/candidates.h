/* Who in a room may be shown or heard, the most wanted first, as it is now: what
 * its viewers' slots are filled from. Worker thread only. */
#pragma once

#include "sfu.h"

#include <glib.h>

struct room;
struct track;

enum { CANDIDATES_FORMATS_MAX = 8 };

/* Those of one kind. */
struct candidate_list {
    GArray *ids;   /* uint32_t, of tracks */
    size_t ranked; /* of so many the order counts (fill.h) */
};

void candidate_list_init(struct candidate_list *list);
void candidate_list_finish(struct candidate_list *list);
bool candidate_list_same(const struct candidate_list *a, const struct candidate_list *b);

struct candidates {
    GHashTable *by_id;              /* id -> struct track, of all tracks that are not muted */
    struct candidate_list lists[2]; /* by enum rtp_kind */
    /* in which the video of the room comes; where there are more, all tracks are looked at */
    const struct sfu_format *formats[CANDIDATES_FORMATS_MAX];
    size_t format_count;
};

/* The room's tracks, which have to stay until candidates_finish(). */
void candidates_init(struct candidates *c, const struct room *room);
void candidates_finish(struct candidates *c);

/* The track with that id, or NULL. */
struct track *candidates_find(const struct candidates *c, uint32_t id);

/* With what was agreed on there the track can be decoded; true where nothing has come of it yet. */
bool candidates_plays(const struct sfu_media_desc *media, const struct track *track);

/* Likewise all of the video. */
bool candidates_plays_all(const struct candidates *c, const struct sfu_media_desc *media);

/* The video in the order in which such a viewer wants it: what it cannot play comes last, where it takes a
 * place that nobody else needs and is told why nothing is seen. *own is initialised, and the caller's to
 * finish. */
void candidates_sort_out(const struct candidates *c, const struct sfu_media_desc *media,
                         struct candidate_list *own);
