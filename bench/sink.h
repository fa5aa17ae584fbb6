/* One slot as a synthetic participant receives it: an endless RTP stream, of
 * which it counts what came, what is missing, and every way in which it is not
 * the one unbroken stream that it has to be. */
#pragma once

#include "histogram.h"
#include "nack.h"
#include "packet_view.h"
#include "receive_stats.h"
#include "rtcp.h"

enum {
    SINK_WINDOW = 2048, /* sequence numbers back that duplicates are told from new ones */
    /* A picture that stands longer than usual by this, and three times as long, is frozen. */
    SINK_FREEZE_US = 150000, /* later than usual */
    SINK_SWITCH_US = 500000, /* ... where another layer begins */
};

struct sink {
    uint32_t ssrc, rtx_ssrc;
    enum rtp_kind kind;
    uint64_t first, newest; /* sequence numbers, unwrapped; newest 0 = nothing came yet */
    uint64_t have[SINK_WINDOW / 64];

    /* what came */
    uint64_t packets, bytes; /* each packet once */
    uint64_t recovered;      /* of them by RTX */
    uint64_t duplicates;     /* on top of them */
    uint64_t repeats; /* by RTX, of what was there: probes of the bandwidth, and answers that came late */
    uint64_t fillers; /* without a payload: numbers of what the server has left out, behind the newest */
    uint64_t frames, keys;   /* first packets of video frames */
    uint64_t reordered;      /* of them behind a later one, not by RTX */
    uint64_t switches;       /* the source (CSRC or layer) became another */
    uint64_t layer_switches; /* of them to another layer of the same track */
    uint64_t freezes;        /* times that the next frame of a track came much too late */
    uint64_t frozen_us;      /* too late in all */

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

    struct histogram *latency; /* us from stamp to arrival goes there; NULL = nowhere; the owner's */
    bool unstamped;            /* set by the owner: payloads are real media, nothing is read from them */
    uint64_t frame_us, frame_time_us; /* when the newest frame came; what is usual between two timestamps */

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
    size_t plain; /* bytes of the payload that were decrypted; the rest is not looked at */
};
void sink_receive(struct sink *s, const struct sink_packet *p, uint64_t now_us);

/* The SRTP index of the packet with that number, near the newest; something must have come. */
uint64_t sink_index(const struct sink *s, uint16_t seq);

/* Numbers between the first and the newest that never came. */
uint64_t sink_missing(const struct sink *s);

/* Everything that must not come. */
uint64_t sink_faults(const struct sink *s);
