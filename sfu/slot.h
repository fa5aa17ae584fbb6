/* One receive slot of one viewer: an endless RTP stream that is pointed at one
 * source after another. Worker thread only. */
#pragma once

#include "batch.h"
#include "packet.h"
#include "rate.h"
#include "rewrite.h"
#include "select.h"
#include "sent.h"
#include "sfu.h"
#include "watch.h"

struct layer;
struct track;
struct transport;

enum {
    SLOT_FETCH_STEPS = 4,
    SLOT_SENT = 16, /* entries of the sent window to begin with; it is doubled as the rate rises */
    SLOT_SENT_MAX = 4096,
    SLOT_SENT_MS = 250,       /* and the round trip: younger packets are not forgotten, up to SLOT_SENT_MAX */
    SLOT_PROBE_REPEAT = 600,  /* bytes of a probe: for less padding will do, or it becomes a larger one */
    SLOT_PROBE_REPEATS = 10,  /* packets repeated in one tick of a probe, at most */
    SLOT_PROBE_PADDINGS = 64, /* and packets of padding */
    SLOT_RESENDS_MAX = 3,     /* of one packet */
    SLOT_RESEND_US = 100000,  /* or the round trip where that is shorter: between resends of one packet */
    SLOT_CORRECTION_US = 75000, /* a larger correction of a timestamp is counted */
    SLOT_KEY_ASKS = 3,          /* key frames that a viewer may ask for in SLOT_KEY_ASKS_US, for one slot */
    SLOT_KEY_ASKS_US = 10000000,
    SLOT_KEY_ASK_US = 500000, /* what it asks for so soon again is the same one */
    SLOT_CACHED_MS = 500,     /* what takes the viewer's network longer than that is not, either */
    SLOT_DRAIN_US = 500000,   /* slot_drain() lasts, at most */
};

/* The highest layers to be sent. */
struct slot_aim {
    uint8_t layer;    /* of the track, by quality */
    uint8_t sid, tid; /* within that layer's stream (points.h) */
    uint8_t wish; /* the layer of the track that it would be were all alive: its publisher is to send that */
};

/* What goes out, and out of what it is made. Its numbers go on as long as the slot lives. */
struct slot_stream {
    struct sent sent;
    struct select select;
    struct rewrite rewrite;
};

struct slot {
    /* set at init */
    struct transport *viewer;
    struct sfu_slot_desc desc;
    uint16_t index; /* in the viewer's slots */

    /* what is wanted */
    struct sfu_view_slot view;
    struct track *holder; /* whom room_fill() put here, or NULL */
    struct slot_aim aim;  /* as slot_aim() was told */
    bool aimed;           /* it was told, for this holder; nothing of it is sent before */
    enum sfu_why paused;  /* why nothing of it is sent; SFU_WHY_FILLED = it is not */
    uint64_t drain_us;    /* when slot_drain() was called; 0 = since then it went on, or became another's */

    /* what is sent */
    struct slot_stream *stream;      /* NULL: nothing was ever to be sent, as in most slots of a small room */
    struct watch current, target;    /* target.layer == NULL: settled */
    const struct sfu_format *format; /* of the current source, in the viewer's payload types */
    uint32_t switched_timestamp;     /* where the current source began */
    uint64_t rtx_index;              /* next; random at first, below 2^15 */
    bool reported;                   /* the viewer has sent a report for it, and knows its SSRC */
    uint32_t reported_highest;       /* in its last report */
    int32_t reported_lost;
    uint32_t reported_jitter; /* timestamp units */
    uint8_t reported_loss;    /* of 256 since the one before */

    uint64_t key_asked_us[SLOT_KEY_ASKS]; /* when the viewer asked for a key frame; 0 = it did not */
    uint8_t key_asks;                     /* which of these is the next */

    /* told */
    uint8_t told_why;
    uint32_t told_track;

    /* figures */
    uint64_t packets, bytes;
    uint32_t octets;           /* payload, for sender reports (RFC 3550, section 6.4.1) */
    uint64_t reported_packets; /* at the last sender report */
    uint32_t retransmitted, nacked, plis;
    struct rate rate;
};

void slot_init(struct slot *s, struct transport *viewer, uint16_t index, const struct sfu_slot_desc *desc);
void slot_finish(struct slot *s);

/* Nothing is to be sent: the viewer does not look, or has stopped the m-line. */
static inline bool slot_hidden(const struct slot *s)
{
    return s->view.hidden || s->desc.stopped;
}

/* That track is to be shown, once slot_aim() says how; NULL = nothing, at once. */
void slot_hold(struct slot *s, struct track *track, uint64_t now_us);

/* Tell the viewer what it shows, where that is another thing than was told. */
void slot_tell(struct slot *s, uint64_t now_us);

/* Choose the layer again: the living ones changed. */
void slot_retarget(struct slot *s, uint64_t now_us);

/* Send these layers of the holder and none above them, until the slot gets another holder. Where that layer
 * of the track does not live it is the best living one below, else the lowest living one. */
void slot_aim(struct slot *s, const struct slot_aim *aim, uint64_t now_us);

/* Send nothing until the next slot_aim(): the viewer's network does not carry it, or the server. */
void slot_pause(struct slot *s, enum sfu_why why, uint64_t now_us);

/* It is about to fall to a lower layer, and a queue on the way is full of the one that it leaves: send
 * nothing until that is gone, or SLOT_DRAIN_US are over. A key frame that finds the queue full is lost, and
 * to repair it takes longer. Goes on with slot_retarget(). */
void slot_drain(struct slot *s, uint64_t now_us);

/* Say which layers it needs: once a second, and when it is pointed elsewhere. */
void slot_need(const struct slot *s, uint64_t now_us);

/* Its holder's track is no more; the room will be filled anew. */
void slot_forget_holder(struct slot *s);

/* That layer's stream has ended: stop listening. */
void slot_forget_layer(struct slot *s, struct layer *layer);

/* The viewer's format for that layer (media_plays). NULL: it cannot decode it, or nothing came yet. */
const struct sfu_format *slot_format(const struct slot *s, const struct layer *layer);

/* Make its stream, where it has none yet: before anything is sent. 0 or -ENOMEM. */
int slot_make_stream(struct slot *s) __attribute__((warn_unused_result));

/* Begin the target layer with its last key frame and what followed, where that is little and all there, and
 * not so old that the stream would fall behind its clock. False: it has to wait for a key frame. */
bool slot_start_cached(struct slot *s, struct layer *layer, uint64_t now_us);

/* slot_forward() comes soon: what it will touch is asked for (fetch.h) in SLOT_FETCH_STEPS steps, from 0 on,
 * each of which finds its way in what the one before has brought. */
void slot_fetch(const struct slot *s, unsigned step);

/* A packet of a layer that the slot listens to. */
void slot_forward(struct slot *s, struct layer *layer, const struct batch_packet *p, uint64_t now_us);

/* The viewer lost that packet: true where it is to be sent again, by slot_resend(). */
bool slot_nacked(struct slot *s, uint16_t seq, uint64_t now_us);

/* Send that packet again, if it is still there. Returns the bytes that left. */
size_t slot_resend(struct slot *s, uint16_t seq, uint64_t now_us);

/* Whether slot_probe() can do anything, whatever the slot shows. */
bool slot_can_probe(const struct slot *s);

/* Send so many bytes to find out what the way carries: what was sent last once
 * more, then padding. Only where slot_can_probe(). */
void slot_probe(struct slot *s, size_t bytes, uint64_t now_us);

/* The viewer needs a key frame. One that asks for too many, from which all others would suffer, is not
 * heeded. */
void slot_want_key(struct slot *s, uint64_t now_us);

/* What it shows, or whom it would show and why it does not. */
struct sfu_slot_event slot_describe(const struct slot *s, uint64_t now_us);
