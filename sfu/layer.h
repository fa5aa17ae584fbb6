/* One RTP stream in which a track arrives: a simulcast encoding, or all there is.
 * What it needs to be received, and what is known of it. Worker thread only. */
#pragma once

#include "batch.h"
#include "clock_map.h"
#include "history.h"
#include "layer_rate.h"
#include "nack.h"
#include "receive_stats.h"
#include "rhythm.h"
#include "sfu.h"
#include "watch.h"

struct packet;
struct track;

enum {
    LAYER_DEAD_US = 1500000, /* without packets; layer_alive() has an exception */
    LAYER_DTX_DEAD_US = 5000000,
    LAYER_KEY_ASK_US = 1000000, /* between key frame requests */
    LAYER_LOWEST_KEY_ASK_US = 500000,
    LAYER_CACHED_MAX = 40, /* packets: a key frame with more behind it is not fresh */
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
    struct rhythm rhythm;          /* against the others of the track; who publishes it hears all of them */
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

/* Of that track, at this place in its offer; nothing came yet. */
void layer_init(struct layer *layer, struct track *track, uint8_t index);

/* Free what it holds; whoever watches it has to find another. */
void layer_finish(struct layer *layer);

/* Nobody watches it any more. */
void layer_unwatch(struct layer *layer);

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

/* Once a second: let go of old packets, see whether it came or died. */
void layer_second(struct layer *layer, uint64_t now_us);

/* Its last key frame and what followed it are all here, and little: one may begin with them. */
bool layer_has_fresh_key(const struct layer *layer);

/* A viewer waits for a key frame: it is asked for at the next feedback, as often
 * as the rules allow, until it comes. */
void layer_want_key(struct layer *layer);

/* A key frame request is due now: notes that it goes out. */
bool layer_key_due(struct layer *layer, uint64_t now_us);
