/* One slot as a synthetic participant receives it: an endless RTP stream, of
 * which it counts what came, what is missing, and every way in which it is not
 * the one unbroken stream that it has to be. */
#pragma once

#include "nack.h"
#include "packet_view.h"
#include "receive_stats.h"
#include "rtcp.h"

enum { SINK_WINDOW = 2048 /* sequence numbers back that duplicates are told from new ones */ };

struct sink {
    uint32_t ssrc, rtx_ssrc;
    enum rtp_kind kind;
    uint64_t first, newest; /* sequence numbers, unwrapped; newest 0 = nothing came yet */
    uint64_t have[SINK_WINDOW / 64];

    /* what came */
    uint64_t packets, bytes; /* each packet once */
    uint64_t recovered;      /* of them by RTX */
    uint64_t duplicates;     /* on top of them */
    uint64_t frames, keys;   /* first packets of video frames */
    uint64_t switches;       /* the source (CSRC or layer) became another */

    /* what must not come */
    uint64_t corrupt;         /* a payload that is not what its source wrote, or not the CSRC's */
    uint64_t stale;           /* older than the first packet or the window */
    uint64_t timestamps_back; /* the next packet has an older timestamp */
    uint64_t pictures_broken; /* the next frame's picture id is not one more, or changes within a frame */
    uint64_t cold_switches;   /* another source that does not begin with a key frame */

    /* of the newest packet */
    uint32_t csrc, timestamp;
    uint8_t layer;
    uint16_t source_seq;
    int32_t picture_id;
    bool marker;
    uint64_t arrived_us, sent_us;
    uint32_t switch_timestamp; /* of the first packet of the source that is shown now */

    struct rtcp_sr sr; /* the last */
    uint32_t srs;      /* how many */
    uint64_t sr_us;    /* when it came */

    struct nack nack; /* video */
    struct receive_stats stats;
};

void sink_init(struct sink *s, enum rtp_kind kind, uint32_t ssrc, uint32_t rtx_ssrc);

/* A decrypted packet p, parsed as v, of the slot's SSRC; `seq` and `payload` are those of what was repeated
 * where RTX brought it. */
struct sink_packet {
    uint16_t seq;
    uint32_t timestamp, csrc;
    bool marker, recovered;
    const uint8_t *payload;
    size_t len;
};
void sink_receive(struct sink *s, const struct sink_packet *p, uint64_t now_us);

/* Numbers between the first and the newest that never came. */
uint64_t sink_missing(const struct sink *s);

/* Everything that must not come. */
uint64_t sink_faults(const struct sink *s);
