/* Which layer each received SSRC of a transport belongs to: as its offer says, or as the first packet does
 * (ingress.c). Worker thread only. */
#pragma once

#include "sfu.h"

struct layer;
struct secure;
struct track;

enum { STREAMS_MAX = SFU_TRACKS_MAX * SFU_LAYERS_MAX * 2 };

struct stream {
    uint32_t ssrc;
    struct layer *layer;
    bool rtx;
};

/* Zeroed is empty. */
struct streams {
    struct stream at[STREAMS_MAX];
    size_t count;
};

/* NULL = not known. Good until streams_remove(). */
static inline struct stream *streams_find(struct streams *s, uint32_t ssrc)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->at[i].ssrc == ssrc)
            return &s->at[i];
    }
    return NULL;
}

/* NULL where there are STREAMS_MAX: it stays unknown. */
struct stream *streams_add(struct streams *s, uint32_t ssrc, struct layer *layer, bool rtx);

/* Those of that track go; secure forgets them, too, where there is one. */
void streams_remove(struct streams *s, const struct track *track, struct secure *secure);
