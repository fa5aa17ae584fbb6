/* What one participant publishes on one m-line, and the RTP streams in which it
 * arrives: a layer for each simulcast encoding, or a single one. Worker thread
 * only. */
#pragma once

#include "allocate.h"
#include "batch.h"
#include "clock_map.h"
#include "demand.h"
#include "dominant.h"
#include "history.h"
#include "layer_order.h"
#include "layer_rate.h"
#include "layers.h"
#include "level.h"
#include "nack.h"
#include "rate.h"
#include "receive_stats.h"
#include "sfu.h"
#include "watch.h"

struct remote;
struct room;
struct track;
struct transport;

enum {
    LAYER_DEAD_US = 1500000, /* without packets; layer_alive() has an exception */
    LAYER_DTX_DEAD_US = 5000000,
    LAYER_KEY_ASK_US = 1000000, /* between key frame requests */
    LAYER_LOWEST_KEY_ASK_US = 500000,
    LAYER_SILENT_US = 250000, /* without a frame while another layer of the track had some: it is not shown */
    LAYER_PROVE_US = 2000000, /* that it has to live after that, to be shown again */
    LAYER_CACHED_MAX = 40,    /* packets: a key frame with more behind it is not fresh */
};

struct layer {
    struct track *track;
    uint8_t index;   /* in the track, as its offer lists them */
    uint8_t quality; /* among those of the track, 0 = the lowest: what slots and steps mean by a layer */
    uint32_t source; /* its name for select.h; new whenever the stream begins anew; 0 = nothing came yet */
    uint32_t ssrc, rtx_ssrc;         /* 0 = not known yet */
    const struct sfu_format *format; /* of the publisher's; NULL = nothing came yet */
    uint64_t newest;                 /* sequence number, unwrapped */
    struct history history;
    struct receive_stats stats;
    struct nack *nack; /* NULL: what is lost stays lost */
    struct clock_map clock;
    struct layer_rate *rates;      /* video: as measured */
    struct dependency *dependency; /* NULL where no descriptor was negotiated */
    uint64_t started_us;           /* since when packets come without a pause */
    uint64_t heard_us;             /* last packet */
    uint64_t frame_us;             /* last first packet of a frame, as it arrived */
    uint64_t proven_us;            /* when it will be as good as the others again; 0 = it is */
    bool silent;                   /* see LAYER_SILENT_US */
    uint64_t key_asked_us;
    bool key_wanted, was_alive;
    uint64_t key_number;    /* of the first packet of the last key frame; 0 = none yet */
    uint8_t spatial_count;  /* of the last key frame that said, as the size; 0 = none did */
    uint16_t width, height; /* of its largest spatial layer */
    uint32_t nacks_sent, plis_sent;
    struct watchers watchers;
    uint64_t relayed; /* bit i: worker i wants its packets, too */
    struct batch_habit habit;
};

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

/* NULL without memory. */
struct track *track_new(struct transport *publisher, const struct sfu_track_desc *desc, uint64_t now_us);

/* Takes it out of every slot. NULL is fine. */
void track_free(struct track *track);

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

/* An authentic packet of this layer, parsed as far as its view; `recovered`: RTX
 * brought it. The layer takes a reference where it keeps it. */
void layer_receive(struct layer *layer, struct packet *p, const struct sfu_format *format, bool recovered,
                   uint64_t now_us);

/* Keep a packet that was read, and note what it tells of the layer. True where it is to be forwarded. */
bool layer_keep(struct layer *layer, struct packet *p, uint64_t number, uint64_t now_us);

/* Its SSRC or codec has become another, or its numbers begin anew: what was
 * received before is forgotten, and slots wait for a key frame. */
void layer_restart(struct layer *layer);

/* Something came lately, or of a screen: since all of its layers fell silent. */
bool layer_alive(const struct layer *layer, uint64_t now_us);

/* The best living layer up to the quality `wanted`, else the lowest living one; NULL where
 * none lives. Silent ones and those that have still to prove themselves are taken
 * only where there is no other. */
struct layer *track_layer(struct track *track, unsigned wanted, uint64_t now_us);

/* In which it comes; NULL: nothing came yet. */
const struct sfu_format *track_format(const struct track *track);

/* What the track has to offer, by layer and temporal id, lowest first; layers that are not being sent as
 * well. The list is the track's, good for this turn. */
const struct allocate_step *track_steps(struct track *track, uint8_t *count, uint64_t now_us);

/* Its last key frame and what followed it are all here, and little: one may begin with them. */
bool layer_has_fresh_key(const struct layer *layer);

/* A viewer waits for a key frame: it is asked for at the next feedback, as often
 * as the rules allow, until it comes. */
void layer_want_key(struct layer *layer);

/* A key frame request is due now: notes that it goes out. */
bool layer_key_due(struct layer *layer, uint64_t now_us);
