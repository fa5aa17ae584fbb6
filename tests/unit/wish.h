/* What a participant of a call comes with (call.h), and how that is described to the media plane. */
#pragma once

#include "peer.h"

enum { /* tracks of someone who has both */
       MIC = 0,
       CAMERA = 1,
};

enum { /* payload types, the same for all, and ids of header extensions */
       WISH_RED = 63,
       WISH_VP8 = 96,
       WISH_LAYERED = 100, /* as of layered_encoder.h */
       WISH_OPUS = 111,
       WISH_LEVEL_ID = 4,
       WISH_DESCRIPTOR_ID = 9, /* likewise */
};

/* How a media plane finds out which stream belongs to which track. */
enum signalled {
    BY_MID,  /* header extensions mid and rid, as browsers do */
    BY_SSRC, /* a=ssrc in the offer, no such extensions */
    BY_KIND, /* neither: there is one track of a kind */
};

/* What someone comes with. Its microphone is QUIET until a test makes it speak. */
struct wish {
    bool audio, video;
    uint8_t layers; /* of video: 0 or 1 = no simulcast */
    uint8_t audio_slots, video_slots;
    bool no_rtx;             /* in its slots and its sources */
    bool no_levels;          /* of its sound */
    bool no_send_times;      /* nor in what it receives */
    bool silent;             /* no NACKs, no PLIs of its own accord */
    bool server_begins_dtls; /* a=setup:passive */
    bool red;                /* it knows that, too */
    bool no_video_codec;     /* it cannot decode VP8 */
    enum rtp_codec layered;  /* nor that, but this one, with the dependency descriptor where ... */
    bool descriptor;         /* ... this says so; what is sent of it is the test's to make */
    bool muted;              /* its tracks, from the beginning */
    enum signalled signalled;
    bool obedient;               /* it sends what is wanted only */
    bool wrong_fingerprint;      /* the server is told another */
    enum peer_feedback feedback; /* other than transport-cc: that is not negotiated, either, nor is REMB
                                    unless it is this. PEER_REPORTS for tests of what is sent, which no
                                    estimate of a busy machine shall lower */
    uint32_t remb_bps;
    const char *profiles; /* of SRTP, as for dtls_context_new() */
    int64_t clock_offset_us;
};

/* As SDP would have said it; fingerprint: of its certificate. */
void wish_describe(const struct wish *wish, uint32_t participant, const struct sfu_fingerprint *fingerprint,
                   struct sfu_transport_desc *out);

/* One track more of that participant, or so many more slots. */
struct sfu_track_desc *wish_add_track(struct sfu_media_desc *media, uint32_t participant,
                                      enum sfu_source source);
void wish_add_slots(struct sfu_media_desc *media, enum rtp_kind kind, size_t count);
