/* A publisher's camera, and what the server has of it: an encoder (../unit/layered_encoder.h) for each RTP
 * stream with rates and key frames of the sizes that are asked for, whose packets reach the server in order
 * and without loss, a while after they were captured; there they are kept to be sent again and handed to
 * whoever watches the stream. It is what sfu/track.c makes of the parts in rtp/. */
#pragma once

#include "allocate.h"
#include "demand.h"
#include "frame.h"
#include "layer_rate.h"
#include "rhythm.h"
#include "video.h"
#include "world.h"

enum {
    PUBLISHER_STREAMS_MAX = 3,
    PUBLISHER_HISTORY = 1024, /* packets of a stream: 4 s of the largest */
    PUBLISHER_WATCHERS_MAX = 256,
    PUBLISHER_PACKET_MAX =
        256, /* bytes that a packet really has; what it weighs on the wire is another thing */
};

/* A packet as the server has it. */
struct media {
    uint64_t number; /* unwrapped; 0 = none */
    uint64_t captured_us, arrival_us;
    struct rtp_view view;
    struct frame_info frame;
    struct truth truth;
    uint16_t len;
    uint16_t payload; /* bytes that it weighs */
    uint8_t bytes[PUBLISHER_PACKET_MAX];
};

struct forwarder;
struct layered;
struct publisher;

/* An RTP stream of it. */
struct stream {
    struct publisher *publisher;
    uint8_t index;
    uint32_t source;
    bool wanted; /* by the server, as the publisher was told */
    bool broken; /* it sends nothing, whatever is wanted */
    struct layered *encoder;
    uint32_t packet_bytes[VIDEO_LAYERS_MAX]; /* of the picture's frames, by spatial id */
    double debt;                             /* bytes that a key frame took ahead of its share */
    size_t delivered;                        /* of the encoder's packets */
    bool paused;                             /* the last picture was left out */

    /* at the server */
    struct dependency dependency;
    struct layer_rate rates;
    struct media *history; /* a ring by number */
    uint64_t newest, key_number;
    uint64_t started_us, heard_us;
    struct rhythm rhythm;
    bool was_alive, key_wanted;
    uint64_t key_wanted_us, key_asked_us;
    struct forwarder *watchers[PUBLISHER_WATCHERS_MAX];
    size_t watcher_count;
};

struct publisher {
    uint32_t id;
    const struct video_kind *kind;
    struct world *world;
    uint64_t stop_us; /* no more pictures */
    bool muted;
    uint64_t captured_us; /* of the last picture */
    bool delivering;
    struct stream streams[PUBLISHER_STREAMS_MAX];
    struct demand demand;
    uint8_t told; /* wanted layers, on their way to it */
    struct allocate_step steps[ALLOCATE_STEPS_MAX];

    /* upcalls; set after publisher_init() */
    void (*forward)(struct forwarder *f, struct stream *s, const struct media *m);
    void (*changed)(void *arg); /* a layer came, died or was proven */
    void *arg;
};

/* Room for the pictures of so many seconds. source: the first of three numbers for its streams. */
void publisher_init(struct publisher *p, struct world *w, uint32_t id, const struct video_kind *kind,
                    double seconds);
void publisher_start(struct publisher *p);
void publisher_finish(struct publisher *p);

/* Once a second, and when it is muted. */
void publisher_second(struct publisher *p);
void publisher_mute(struct publisher *p, bool muted);

/* --- For forwarders, as of track.h -------------------------------------------------------- */

bool stream_alive(const struct stream *s);
void stream_watch(struct stream *s, struct forwarder *f);
void stream_leave(struct stream *s, const struct forwarder *f);
void stream_want_key(struct stream *s);
const struct media *stream_get(const struct stream *s, uint64_t number);

/* The best living stream up to `wanted`, else the lowest living one, or NULL. */
struct stream *publisher_stream(struct publisher *p, unsigned wanted);
void publisher_need(struct publisher *p, unsigned layer);
const struct allocate_step *publisher_steps(struct publisher *p, uint8_t *count);
