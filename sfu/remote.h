/* A track that is published on another worker, as it appears here: a struct track
 * like any other, whose layers are fed with copies of the packets that were
 * decrypted there (link.h). Slots watch it, and its histories answer NACKs here;
 * what is wanted of it is merged and told to the publisher's worker at the end of
 * the turn (spread.h).
 *
 * Packets come only of layers that somebody here watches. What has to be known of
 * the others (do they live, what do they cost) is told by the publisher's worker,
 * when it changes and as long as it lives (SPREAD_TELL_US). Times are those of one clock on all workers.
 * Worker thread only. */
#pragma once

#include "link.h"
#include "track.h"

/* --- What the publisher's worker tells, as bodies of mails ------------------------ */

struct remote_layer {
    uint32_t source; /* the stream's name there, 0 = nothing came yet */
    bool alive, silent;
    uint8_t spatial_count;
    uint16_t width, height;
    uint64_t proven_us;
    struct sfu_format format;
    struct clock_map clock;
};

struct remote_state {
    enum sfu_source source;
    bool muted;
    uint8_t step_count;
    struct allocate_step steps[ALLOCATE_STEPS_MAX];
    struct clock_source clock;
    uint8_t order[LAYER_ORDER_MAX];
    struct remote_layer layers[SFU_LAYERS_MAX];
};

/* --- What is kept here ------------------------------------------------------------ */

struct remote {
    unsigned worker; /* the publisher's */
    struct clock_source clock;
    struct sfu_format formats[SFU_LAYERS_MAX];
    uint32_t sources[SFU_LAYERS_MAX]; /* as the layers' streams are named there */
    uint8_t watched;                  /* bit i: packets of layer i were asked for */
    uint8_t needed;                   /* it was needed in this second; the next two: to be told */
    uint8_t news_needed, news_keys;
};

/* What is wanted of a track, merged over all its viewers on one worker. Bit i: layer i. */
struct remote_wish {
    uint8_t watched; /* its packets are to come */
    uint8_t needed;  /* since the last wish (track_need_layers) */
    uint8_t keys;    /* a key frame is waited for; likewise */
};

/* Of that room, which it does not join yet. NULL without memory. */
struct track *remote_new(struct room *room, unsigned worker, const struct track_info *info);

void remote_take_state(struct track *track, const struct remote_state *state, uint64_t now_us);

/* Copy them and forward the copies. The batch is not needed any more afterwards. */
void remote_take_packets(struct track *track, const struct link_batch *b, uint64_t now_us);

/* What is wanted of it may be news: it is looked at at the end of the turn. */
void remote_watchers_changed(struct track *track);
void remote_need(struct track *track, uint8_t layers);
void remote_want_key(struct layer *layer);

/* True where the publisher's worker has to be told *wish; notes that it was. */
bool remote_wish(struct track *track, struct remote_wish *wish);

/* Once a second: let go of old packets, and ask again for what has not come. */
void remote_second(struct track *track, uint64_t now_us);
