/* The media plane as the control plane sees it: start it, tell it what to do by
 * calls that post messages, and take its events on the control thread.
 *
 * All calls are made from one thread, the control thread, and none of them
 * waits. What a call describes is copied. Rooms and transports are named by
 * 64-bit ids that are never used twice; a message for an id that has gone is
 * dropped. */
#pragma once

#include "codec.h"
#include "conf.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SFU_MID_MAX = 16,     /* bytes of a mid or rid that are kept; longer ones are refused in SDP */
    SFU_LAYERS_MAX = 3,   /* simulcast layers of one track */
    SFU_TRACKS_MAX = 8,   /* m-lines that one participant publishes on */
    SFU_SLOTS_MAX = 64,   /* receive slots of one viewer, audio and video together */
    SFU_FORMATS_MAX = 24, /* payload types of one transport, RTX aside */
    SFU_UFRAG_MAX = 256,  /* RFC 8839, section 5.4 */
    SFU_PWD_MAX = 256,
    SFU_CANDIDATES_MAX = 32,
};

struct sfu;

/* --- What SDP negotiated for one transport ------------------------------- */

/* One payload type of the transport. Payload types mean the same on each of its
 * m-lines (RFC 9143 wants that of a BUNDLE). */
struct sfu_format {
    enum rtp_codec codec;
    uint8_t pt;
    uint8_t rtx_pt;   /* 0 = not negotiated */
    uint32_t variant; /* tells formats of one codec apart; H.264: packetization-mode << 24 | profile-level-id
                         with its level cleared */
    bool nack, pli, transport_cc, remb;
};

enum sfu_source { SFU_MIC, SFU_CAMERA, SFU_SCREEN, SFU_SCREEN_AUDIO, SFU_SOURCE_COUNT };

/* One m-line on which the participant sends. */
struct sfu_track_desc {
    uint32_t id; /* of the source track: unique in the room, not 0; sent to viewers as CSRC */
    enum rtp_kind kind;
    enum sfu_source source;
    char mid[SFU_MID_MAX + 1];
    char rids[SFU_LAYERS_MAX][SFU_MID_MAX + 1]; /* lowest quality first */
    uint8_t rid_count;                          /* 0 = one stream, no simulcast */
    uint32_t ssrcs[SFU_LAYERS_MAX];             /* as signalled with a=ssrc, layer by layer; 0 = learn it */
    uint32_t rtx_ssrcs[SFU_LAYERS_MAX];
    bool muted;
};

/* One m-line on which the participant receives. The SSRCs were chosen by the
 * control plane: random, unique in the transport, never changed or used again. */
struct sfu_slot_desc {
    enum rtp_kind kind;
    char mid[SFU_MID_MAX + 1];
    uint32_t ssrc;
    uint32_t rtx_ssrc; /* 0 = the viewer did not negotiate RTX for this kind */
    bool stopped;      /* a later offer made the m-line inactive: nothing is sent, the index stays taken */
};

enum sfu_hash { SFU_SHA256, SFU_SHA384, SFU_SHA512 };

struct sfu_fingerprint {
    enum sfu_hash hash;
    uint8_t len; /* bytes in value: 32, 48 or 64 */
    uint8_t value[64];
};

struct sfu_media_desc {
    struct sfu_format formats[SFU_FORMATS_MAX];
    struct rtp_ext_map exts;
    struct sfu_track_desc tracks[SFU_TRACKS_MAX];
    struct sfu_slot_desc slots[SFU_SLOTS_MAX]; /* in m-line order; the index names the slot from here on */
    uint8_t format_count, track_count, slot_count;
    char cname[24]; /* ours, for SDES */
};

struct sfu_transport_desc {
    char ufrag[SFU_UFRAG_MAX + 1], pwd[SFU_PWD_MAX + 1]; /* ours */
    char remote_ufrag[SFU_UFRAG_MAX + 1], remote_pwd[SFU_PWD_MAX + 1];
    struct sfu_fingerprint fingerprint; /* the peer's certificate has to have it */
    bool dtls_client;                   /* we send the ClientHello: the offer said a=setup:passive */
    struct sfu_media_desc media;
};

/* --- What a viewer wants ---------------------------------------------------- */

struct sfu_view_slot {
    bool hidden;                /* nothing is sent */
    uint16_t width, height;     /* device pixels on the viewer's screen; 0 = not told */
    uint8_t max_fps;            /* 0 = as many as there are */
    uint8_t priority;           /* higher goes first, where not all can have what they want */
    uint32_t pin_participant;   /* show this one here; 0 = the server chooses */
    enum sfu_source pin_source; /* SFU_CAMERA or SFU_SCREEN */
};

/* --- Events, all told on the control thread from sfu_dispatch() ------------- */

enum sfu_gone {
    SFU_GONE_CLOSED,    /* sfu_leave() was called */
    SFU_GONE_TIMEOUT,   /* no authentic packet for 30 s */
    SFU_GONE_HANDSHAKE, /* no DTLS handshake within 30 s */
    SFU_GONE_DTLS,      /* wrong fingerprint, no SRTP profile in common, alert */
    SFU_GONE_PEER,      /* close_notify */
    SFU_GONE_SHUTDOWN,
};

enum sfu_why { /* why a slot shows nothing, or what it shows */
               SFU_WHY_FILLED,
               SFU_WHY_EMPTY,     /* nobody to show */
               SFU_WHY_HIDDEN,    /* the viewer hid it */
               SFU_WHY_MUTED,     /* pinned, but the publisher has muted or not published it */
               SFU_WHY_NO_CODEC,  /* the viewer cannot decode the source's codec */
               SFU_WHY_NO_LAYER,  /* nothing arrives from the publisher */
               SFU_WHY_BANDWIDTH, /* paused: the viewer's network does not carry it */
               SFU_WHY_OVERLOAD,  /* paused: the server has too much to do */
               SFU_WHY_COUNT
};

struct sfu_slot_event {
    uint16_t slot;          /* index into the transport's slots */
    uint8_t why;            /* enum sfu_why */
    uint32_t track;         /* the source track's id; also where it cannot be shown (NO_CODEC, NO_LAYER,
                               BANDWIDTH, OVERLOAD); 0 = nobody's */
    uint32_t participant;   /* who owns that track, or 0 */
    uint32_t rtp_timestamp; /* of the slot's stream, from which this holds */
};

struct sfu_speaker_event {
    uint32_t participant;
    uint8_t level; /* smoothed, 0 loud .. 127 silent */
    bool dominant; /* the one to show; listed even while silent */
};

enum { SFU_SPEAKERS_MAX = 8 };

struct sfu_layer_stats {
    uint32_t ssrc;
    uint64_t packets, bytes;
    uint32_t lost, nacks, plis;
    uint32_t jitter_us;
    uint32_t bitrate; /* bits per second over the last second */
    uint16_t width, height;
    bool wanted; /* somebody needs it, as upcalls.wanted told */
};

struct sfu_track_stats {
    uint32_t id;
    enum rtp_kind kind;
    enum sfu_source source;
    enum rtp_codec codec;
    uint8_t layer_count;
    struct sfu_layer_stats layers[SFU_LAYERS_MAX];
};

struct sfu_slot_stats {
    uint32_t track, ssrc;
    /* Simulcast layer, or the spatial one of a single stream; -1 = none */
    int8_t layer;           /* being forwarded */
    int8_t target;          /* that it is to have */
    int8_t temporal;        /* being forwarded up to this id; -1 = none, or the source has none */
    uint16_t width, height; /* of the layer being forwarded; 0 = not known */
    uint8_t why;
    uint8_t loss;       /* of 256, as the viewer's last receiver report says */
    uint32_t jitter_us; /* likewise */
    uint32_t allotted;  /* bits per second that the target is thought to take */
    uint64_t packets, bytes;
    uint32_t retransmitted, nacked, plis;
    uint32_t lost; /* as the viewer's receiver reports say */
    uint32_t bitrate;
};

struct sfu_transport_stats {
    uint64_t transport;
    uint32_t rtt_us;
    uint32_t estimate; /* bits per second that its network is thought to carry to it; 0 = it has no slots */
    uint32_t allotted; /* bits per second of that which its slots are to take together */
    uint32_t remb; /* bits per second that it may send of pictures, as it was told by REMB; 0 = not told so */
    const char *srtp_profile; /* static string, "" before DTLS is done */
    uint64_t packets_in, bytes_in, packets_out, bytes_out;
    uint8_t track_count, slot_count;
    struct sfu_track_stats tracks[SFU_TRACKS_MAX];
    struct sfu_slot_stats slots[SFU_SLOTS_MAX];
};

enum sfu_shed { /* what a worker with too much to do leaves out, each with those before it */
                SFU_SHED_NOTHING,
                SFU_SHED_LAYERS, /* of video, the highest first */
                SFU_SHED_VIDEO,  /* whole slots, the least wanted first; and nobody new is to come */
                SFU_SHED_AUDIO,  /* likewise, the quietest first, but for one */
};

struct sfu_load {
    unsigned busy; /* percent of its time that a worker works */
    enum sfu_shed shed;
};

/* Upcalls, all on the control thread. Arguments live for the call only. */
struct sfu_upcalls {
    void (*connected)(void *arg, uint64_t transport); /* ICE and DTLS are done, media flows */
    void (*gone)(void *arg, uint64_t transport, enum sfu_gone why);
    void (*slots)(void *arg, uint64_t transport, const struct sfu_slot_event *slots, size_t count);
    /* The room's speakers, loudest first; told when the set or its order changed, 300 ms apart at least. */
    void (*speakers)(void *arg, uint64_t room, const struct sfu_speaker_event *speakers, size_t count);
    /* From now on somebody needs these encodings of a video track, and no others (bit i: layer i; a track
     * without simulcast has layer 0): its publisher may stop the rest. Until it is told, all are wanted. */
    void (*wanted)(void *arg, uint64_t transport, uint32_t track, uint8_t layers);
    /* cookie as given to sfu_stats(). */
    void (*stats)(void *arg, uint64_t cookie, const struct sfu_transport_stats *stats);
    /* That worker leaves out other things than before; 5 s apart at least. */
    void (*load)(void *arg, unsigned worker, const struct sfu_load *load);
};

/* --- Life ------------------------------------------------------------------- */

/* Open the sockets, make the certificate, start the workers. 0, or a negative
 * errno with one line in words in err (which names the port in use, say). */
int sfu_start(const struct conf *conf, const struct sfu_upcalls *up, void *arg, struct sfu **out, char *err,
              size_t err_len) __attribute__((warn_unused_result));

/* Send close_notify to all, join the threads, free everything. NULL is fine. */
void sfu_stop(struct sfu *sfu);

/* Readable when sfu_dispatch() has something to tell. */
int sfu_event_fd(const struct sfu *sfu);
void sfu_dispatch(struct sfu *sfu);

/* SHA-256 of our certificate, for a=fingerprint. */
const struct sfu_fingerprint *sfu_our_fingerprint(const struct sfu *sfu);

/* Counter lines "name value\n" of all workers (drops by reason, packets, batches), for /metrics later and
 * for tests: copies at most len bytes with the NUL, returns the full length. Reads counters that workers
 * write with relaxed atomics. */
size_t sfu_counters(const struct sfu *sfu, char *buf, size_t len);

/* --- Rooms and transports ---------------------------------------------------- */

/* A room, whose home is the worker with the least to do. Never 0. */
uint64_t sfu_room_open(struct sfu *sfu);
void sfu_room_close(struct sfu *sfu, uint64_t room); /* its transports go first, with SFU_GONE_CLOSED */

/* The id of a transport that is to come into that room, never 0: it says already on which worker that will
 * be. One that never joins costs nothing. */
uint64_t sfu_place(struct sfu *sfu, uint64_t room);

/* Addresses at which that transport's worker listens, as host candidates: public addresses
 * (rtc.public_address) first, else every bound address that is not a wildcard. Returns their number. */
size_t sfu_candidates(const struct sfu *sfu, uint64_t transport, struct sockaddr_storage *out, size_t max);

/* That transport, for a participant (`participant`: number unique in the server, not
 * 0). It waits for ICE. */
void sfu_join(struct sfu *sfu, uint64_t transport, uint64_t room, uint32_t participant,
              const struct sfu_transport_desc *desc);

/* Refuse who would come into that room (0: a new one), as the worker for it already leaves out video slots,
 * or more waits for a worker than it can take. */
bool sfu_overloaded(const struct sfu *sfu, uint64_t room);

/* Of the worker that has the most to do. */
struct sfu_load sfu_load(const struct sfu *sfu);

/* A new offer of that participant was answered: ICE credentials (a restart,
 * where they differ) and media. Tracks are matched by id, and may be muted otherwise
 * than before, or of another source; slots by index and SSRC: they are only ever
 * added. The DTLS session goes on. */
void sfu_update(struct sfu *sfu, uint64_t transport, const struct sfu_transport_desc *desc);

void sfu_leave(struct sfu *sfu, uint64_t transport);

/* What slot `first` and the following show. */
void sfu_view(struct sfu *sfu, uint64_t transport, size_t first, const struct sfu_view_slot *slots,
              size_t count);

void sfu_mute(struct sfu *sfu, uint64_t transport, uint32_t track, bool muted);

/* The answer comes through upcalls.stats, or not at all where the transport has gone. */
void sfu_stats(struct sfu *sfu, uint64_t transport, uint64_t cookie);
