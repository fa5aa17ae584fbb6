/* The client's half of an SDP exchange: the offer of a synthetic participant, and what the answer to it says.
 * Its m-lines are the mic, the camera, then the receive slots, audio first; mids are their places. */
#pragma once

#include "addr.h"
#include "sfu.h"

enum { OFFER_ERROR_MAX = 256 };

/* Made by the caller. */
struct offer {
    char ufrag[SFU_UFRAG_MAX + 1], pwd[SFU_PWD_MAX + 1];
    struct sfu_fingerprint fingerprint; /* of SHA-256 */
    bool audio, video;                  /* what it sends */
    uint8_t layers;                     /* of its camera; 1 = no simulcast */
    uint8_t audio_slots, video_slots;
    bool transport_cc, remb; /* feedback that it can give */
};

/* Everything that a peer is made of: `desc` is seen from the server, as sfu_join() would take it. Track ids
 * are 0: no SDP tells them. */
struct offer_answer {
    struct sfu_transport_desc desc;
    struct sfu_fingerprint fingerprint; /* the server's */
    struct addr server;
};

/* To be freed with g_free(). */
char *offer_write(const struct offer *o);

/* Where it is the server that offers: what it sent was read as if it were an answer to o, whose m-lines it
 * has; this is what to answer. To be freed with g_free(). */
char *offer_write_reply(const struct offer *o, const struct offer_answer *theirs);

/* 0, or -EBADMSG with one line in words in err (OFFER_ERROR_MAX bytes). */
int offer_read_answer(const struct offer *o, const char *sdp, struct offer_answer *out, char *err)
    __attribute__((warn_unused_result));
