/* A synthetic participant: the client side of ICE, DTLS, SRTP and RTCP, sources
 * that it sends and sinks for the slots that it receives. It is driven by its
 * owner, who has the socket and the clock: datagrams and now_us go in, datagrams
 * come out by an upcall. Tests and the load tester use it. */
#pragma once

#include "check.h"
#include "dtls.h"
#include "peek.h"
#include "seal.h"
#include "secure.h"
#include "sfu.h"
#include "sink.h"
#include "source.h"
#include "transport_cc.h"

enum {
    PEER_DATAGRAM_MAX = 1500,
    PEER_CHECK_FIRST_US = 100000, /* between the first two ICE checks before there is an answer ... */
    PEER_CHECK_LAST_US =
        1600000,              /* ... doubled each time, up to this: a server that is behind gets no more */
    PEER_CHECK_US = 2000000,  /* and after it */
    PEER_SECOND_US = 1000000, /* between reports */
    PEER_NACK_US = 10000,     /* between looks for what is missing, while anything is */
};

/* What it tells of its network, besides receiver reports. */
enum peer_feedback {
    PEER_TRANSPORT_CC, /* each 50 ms as browsers do, where the header extension was negotiated */
    PEER_REMB,         /* once a second: peer.remb_bps */
    PEER_REPORTS,      /* nothing */
};

/* What SDP would have said, seen from the server: `server` is what sfu_join() is
 * given, whose remote_ufrag, tracks and slots are this participant's. */
struct peer_conf {
    const struct sfu_transport_desc *server;
    struct sfu_fingerprint server_fingerprint;
    struct addr address;     /* the server's, for answers to its checks; zeroed where it is lite */
    int64_t clock_offset_us; /* of this participant's wall clock */
    bool silent;             /* no NACKs, no PLIs of its own accord */
    enum peer_feedback feedback;
    uint32_t remb_bps;
    uint32_t verify_every; /* 0 or 1: each RTP packet is verified and read in full; N: one in N, of the others
                              the first bytes are read */
};

struct peer_upcalls {
    void (*output)(void *arg, const uint8_t *datagram, size_t len);
    /* A slot's packet as it came, decrypted; not what RTX brings again, nor what is read in part only. NULL =
     * nobody looks. */
    void (*media)(void *arg, const uint8_t *rtp, size_t len);
};

/* As which a slot's packets come. */
struct peer_ssrcs {
    uint32_t ssrc, rtx_ssrc; /* rtx_ssrc 0 = never */
};

struct peer {
    /* set at init */
    const struct peer_upcalls *up;
    void *arg;
    struct sfu_media_desc media;
    char ufrag[SFU_UFRAG_MAX + 1], pwd[SFU_PWD_MAX + 1]; /* of this participant */
    struct addr address;                                 /* the server's */
    bool silent;
    enum peer_feedback feedback;
    uint32_t remb_bps; /* may be changed at any time; 0 = says nothing */

    struct check check;
    struct dtls *dtls;
    struct secure *secure; /* NULL before DTLS is done */
    struct seal *seal;
    struct peek *peek;                 /* NULL where each packet is verified */
    uint32_t verify_every, unverified; /* how many since the last that was */
    const char *profile;               /* of SRTP, "" before */
    int64_t clock_offset_us;
    bool reached; /* a check was answered */
    bool missing; /* packets of a slot */
    uint64_t answered_us;
    uint64_t check_us, second_us, nack_us; /* next */
    uint64_t recheck_us;                   /* behind the next check, where it is not answered */
    uint32_t rtcp_ssrc;
    uint16_t transport_seq;           /* of what it sends */
    struct transport_cc transport_cc; /* of what it receives */

    struct source *sources; /* of all tracks, layer by layer */
    size_t source_count;
    struct sink *sinks; /* of all slots */
    size_t sink_count;
    struct peer_ssrcs ssrcs[SFU_SLOTS_MAX]; /* theirs, close together: each packet is looked up */

    /* figures */
    uint32_t checks_answered;
    uint32_t undecryptable; /* SRTP or SRTCP that did not verify */
    uint32_t strangers;     /* RTP of an SSRC that is no slot's */
    uint32_t paddings;      /* packets of padding alone, on an SSRC for RTX */
    uint32_t reports;       /* receiver report blocks about its sources */
    uint32_t acknowledged;  /* transport-cc feedback about what it sends */
    uint32_t rembs;         /* REMB about that ... */
    uint64_t told_bps;      /* ... of which the last one said this */
    uint32_t told_sources;  /* of so many of its sources, */
    uint32_t told_others;   /* and of so many others */
};

/* ctx: peers may share one; its fingerprint is what the server has to be told.
 * random: any bits, another for each peer. NULL without memory or where a library fails. */
struct peer *peer_new(struct dtls_context *ctx, const struct peer_conf *conf, const struct peer_upcalls *up,
                      void *arg, uint64_t random, uint64_t now_us);
/* Sends nothing. NULL is fine. */
void peer_free(struct peer *p);

/* One datagram from the server; may be written over. */
void peer_receive(struct peer *p, uint8_t *datagram, size_t len, uint64_t now_us);

/* Do what is due. Returns when to come again; a datagram that comes meanwhile may make it sooner:
 * peer_due_us(). */
uint64_t peer_tick(struct peer *p, uint64_t now_us);

/* When there is something to do for what has come; UINT64_MAX = nothing. */
uint64_t peer_due_us(const struct peer *p);

bool peer_connected(const struct peer *p);

/* Send close_notify. */
void peer_close(struct peer *p);

/* The server's new credentials after an ICE restart; a check goes out at the next tick. */
void peer_restart(struct peer *p, const char *ufrag, const char *pwd);

/* A check at the next tick: the owner's address has become another. */
void peer_check_soon(struct peer *p);

/* Another offer was answered: `media` has what there was and, behind it, new tracks and slots, for which
 * sources and sinks are made; pointers to the others do not hold any more. 0 or -ENOMEM. */
int peer_update(struct peer *p, const struct sfu_media_desc *media, uint64_t random, uint64_t now_us)
    __attribute__((warn_unused_result));

/* The source of track `track` (index into media.tracks), layer `layer`. */
struct source *peer_source(struct peer *p, size_t track, size_t layer);

/* Ask for a key frame of that slot (PLI). */
void peer_want_key(struct peer *p, size_t slot);

/* Seal and send whatever the owner made: plain RTP of len bytes whose header (with extensions) is header_len
 * long, under an index whose low 16 bits are its sequence number and that was never used for its SSRC. */
void peer_send_rtp(struct peer *p, const uint8_t *rtp, size_t header_len, size_t len, uint64_t index);

/* Protect and send a plain RTCP compound of the owner's. */
void peer_send_rtcp(struct peer *p, const uint8_t *rtcp, size_t len);
