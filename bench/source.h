/* One RTP stream that a synthetic participant sends: Opus-like audio packets, or
 * VP8 video frames (RFC 7741) as bursts of equal packets. It decides what is sent
 * when, and writes it; it knows no socket and no keys. */
#pragma once

#include "codec.h"

#include "bytes.h"
#include "rtcp.h"

enum {
    SOURCE_RING = 512, /* packets that can be sent again */
    SOURCE_PACKET_MAX = 1400,
};

struct source_conf;

/* One frame of a codec, without any RTP payload descriptor. */
struct source_frame {
    const uint8_t *data; /* outlives the source: packets may be asked for again */
    size_t len;          /* not 0 */
    uint8_t tid;         /* temporal layer */
    bool sync;           /* refers to nothing but frames of temporal layer 0 */
    bool key;
};

/* Where a source gets frames that a decoder understands. It is shared by all sources of all threads: what is
 * told apart for one source is *at, which is the supplier's to use (0 at first; the place in a loop, say). */
struct source_frames {
    /* The next frame of that source's codec, layer and size; a key frame where `key`. */
    struct source_frame (*next)(const struct source_frames *frames, const struct source_conf *conf, bool key,
                                uint64_t *at);
};

/* Set by the owner before source_init(). */
struct source_conf {
    enum rtp_kind kind;
    enum rtp_codec codec;
    uint32_t track; /* goes into the stamp */
    uint8_t layer;
    const char *mid, *rid;          /* rid NULL or "" = no simulcast; both outlive the source */
    const struct rtp_ext_map *exts; /* outlives the source */
    uint32_t ssrc, rtx_ssrc;
    uint8_t pt, rtx_pt;
    uint32_t interval_us; /* between frames */
    uint32_t spread_us;   /* over which a frame's packets are spread; 0 = one burst */
    uint16_t packets;     /* of a video frame */
    uint16_t key_packets; /* of a key frame; 0 = as many */
    uint16_t payload_len; /* bytes of each packet; with `frames`: at most */
    bool last_longer;     /* of a frame's packets by a byte, as encoders cut; not with `frames` */
    const struct source_frames *frames; /* of video; NULL = stamped filler; outlives the source */
    uint16_t width, height;             /* of video */
    uint8_t level;                      /* of audio: 0 loud .. 127 silent */
    int64_t clock_offset_us;            /* of the sender's wall clock */
};

/* A packet as it was sent; enough to write it once more. */
struct source_packet {
    uint64_t index, sent_us;
    uint32_t timestamp;
    const uint8_t *data;     /* its part of a supplied frame, NULL = filler */
    uint16_t len;            /* of data */
    uint16_t picture_id, at; /* at: place in its frame */
    uint8_t tl0, tid, level;
    bool key, sync, last;
};

struct source {
    struct source_conf conf;   /* level, sizes and times may be changed at any time */
    bool paused;               /* sends nothing */
    bool key_due;              /* the next frame is a key frame */
    uint64_t index, rtx_index; /* next */
    uint32_t origin_timestamp;
    uint64_t origin_us, next_us;
    struct source_packet frame; /* being sent; frame.at counts up to `packets` */
    uint16_t packets;           /* of that frame */
    struct source_frame supplied;
    uint64_t supplied_at; /* the supplier's own */
    bool in_frame;
    uint32_t sent, octets, keys; /* packets, bytes of payload, key frames */
    uint32_t nacked, key_asked;  /* by the receiver: packets, requests */
    struct source_packet ring[SOURCE_RING];
};

/* random: any bits. Starts at now_us, video with a key frame. */
void source_init(struct source *s, const struct source_conf *conf, uint64_t random, uint64_t now_us);

/* When there is something to send; UINT64_MAX = never. */
uint64_t source_due_us(const struct source *s);

/* The next packet that is due: false = none. A source that was not asked for a
 * while goes on from now; it does not make up for what it missed. */
bool source_next(struct source *s, uint64_t now_us, struct source_packet *out);

/* The packet sent under that sequence number, or NULL. */
const struct source_packet *source_find(const struct source *s, uint16_t seq);

/* Write it as RTP. Returns its length, *header_len of which are the header with
 * extensions; 0 where it does not fit. */
size_t source_write(const struct source *s, const struct source_packet *p, uint16_t transport_seq,
                    uint8_t *out, size_t cap, size_t *header_len);

/* The same as RTX (RFC 4588), under the index that *index is set to. */
size_t source_write_rtx(struct source *s, const struct source_packet *p, uint16_t transport_seq, uint8_t *out,
                        size_t cap, size_t *header_len, uint64_t *index);

/* What a sender report says now. */
struct rtcp_sr source_report(const struct source *s, uint64_t now_us);
