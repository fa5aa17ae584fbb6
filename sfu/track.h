/* What one participant publishes on one m-line, with a layer (layer.h) for each
 * simulcast encoding, or a single one. Worker thread only. */
#pragma once

#include "allocate.h"
#include "clock_source.h"
#include "demand.h"
#include "dominant.h"
#include "layer.h"
#include "layer_order.h"
#include "layers.h"
#include "level.h"
#include "sfu.h"

struct remote;
struct room;
struct transport;

struct track {
    uint32_t id;
    enum rtp_kind kind;
    enum sfu_source source;
    bool muted;
    uint32_t participant;             /* who publishes it, */
    struct transport *publisher;      /* NULL: it is on another worker, ... */
    struct remote *remote;            /* ... as this says; else NULL */
    const struct clock_source *clock; /* and its NTP clock against ours */
    struct room *room;
    uint64_t joined_us;
    bool errand; /* in the worker's list of those of which other workers are to be told something */
    struct track *next_errand;
    struct sfu_track_desc desc;
    struct level level;                             /* audio */
    struct demand demand;                           /* video: which layers its publisher is to send */
    struct layers told;                             /* video: what the publisher says of its layers */
    struct allocate_step steps[ALLOCATE_STEPS_MAX]; /* as track_steps() last found */
    uint8_t step_count;
    uint64_t steps_us;
    struct dominant_speaker speaker;
    uint8_t layer_count;
    uint8_t order[LAYER_ORDER_MAX]; /* index of the layer of each quality */
    struct layer layers[SFU_LAYERS_MAX];
};

/* What every worker that has the room knows of a track from the beginning. */
struct track_info {
    uint32_t id, participant;
    enum rtp_kind kind;
    enum sfu_source source;
    uint8_t layer_count;
    uint64_t joined_us;
};

/* Of that room, which it does not join yet; with its layers, and nobody who publishes it: that is its maker's
 * to add. NULL without memory. */
struct track *track_new(struct room *room, const struct track_info *info);

/* What `publisher` sends on that m-line. NULL without memory. */
struct track *track_publish(struct transport *publisher, const struct sfu_track_desc *desc, uint64_t now_us);

struct track_info track_info(const struct track *track);

/* Takes it out of every slot. NULL is fine. */
void track_free(struct track *track);

/* Its publisher says that it is that by now: a camera's m-line shows a screen. */
void track_become(struct track *track, enum sfu_source source);

/* Mute or unmute, by the publisher's word. */
void track_mute(struct track *track, bool muted);

/* A viewer has the layer of that quality (SFU_LAYERS_MAX: the best) or would if it were alive; to be said
 * once a second as long as it is so. The publisher is told where that is news. The lowest layer is kept along
 * with any other: a viewer falls to it when its network gets worse, and can hardly wait for it then. */
void track_need(struct track *track, unsigned quality, uint64_t now_us);

/* The same of those layers (bit i: layer i), by viewers on another worker, which has merged their needs. */
void track_need_layers(struct track *track, uint8_t layers, uint64_t now_us);

/* Once a second: let go of old packets, see which layers came or died, and tell which are not needed. */
void track_second(struct track *track, uint64_t now_us);

/* The best living layer up to the quality `wanted`, else the lowest living one; NULL where
 * none lives. Silent ones and those that have still to prove themselves are taken
 * only where there is no other. */
struct layer *track_layer(struct track *track, unsigned wanted, uint64_t now_us);

/* In which it comes; NULL: nothing came yet. */
const struct sfu_format *track_format(const struct track *track);

/* What the track has to offer, by layer and temporal id, lowest first; layers that are not being sent as
 * well. The list is the track's, good for this turn. */
const struct allocate_step *track_steps(struct track *track, uint8_t *count, uint64_t now_us);

/* What it has to offer is something else now: slots may have to change, and other workers to be told. */
void track_changed(struct track *track);

/* The size of a layer has become another: find out again which are the better ones. */
void track_sort_layers(struct track *track, uint64_t now_us);
