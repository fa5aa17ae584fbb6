/* An answer in the making, shared by the parts of answer_make.c: each decides about
 * one noun and writes it into the new state and into the model of the answer. */
#pragma once

#include "answer.h"

/* What becomes of one m-line of the offer; same index. */
struct answer_plan {
    bool taken;           /* else port 0 */
    bool sends, receives; /* as the client says; both false: inactive */
    bool track, slot;     /* is one, or was: an inactive m-line is answered as what it may become again */
    bool rtx;             /* RTX was agreed on */
    enum rtp_kind kind;
    unsigned codecs; /* bit 1 << enum rtp_codec for each agreed on */
};

struct answer_build {
    const struct sdp *offer;
    const struct answer_config *config;
    const struct answer_source *sources;
    size_t source_count;
    const struct answer_state *before;
    struct answer_state *next; /* a copy of before, to be kept if all goes well */
    struct answer_plan plan[SDP_SECTIONS_MAX];
    struct sdp answer; /* as many sections as the offer */
    char *err;
    size_t err_len;
};

/* Write the error, with "line N: " before it where line is not 0. Returns -EINVAL. */
int answer_fail(struct answer_build *b, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4), warn_unused_result));

/* The same for what is a good offer and not served here. Returns -ENOTSUP. */
int answer_refuse(struct answer_build *b, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4), warn_unused_result));

/* --- answer_place.c: what each m-line is, and that it is where it was ------- */

int answer_place(struct answer_build *b) __attribute__((warn_unused_result));

/* --- answer_codecs.c --------------------------------------------------------- */

/* A payload type may mean one thing only in all of the offer. */
int answer_codecs_check(struct answer_build *b) __attribute__((warn_unused_result));

/* Choose the formats of section i. Without any in common it is no longer taken. */
void answer_codecs(struct answer_build *b, size_t i);

/* --- answer_exts.c ----------------------------------------------------------- */

/* One id for each URI, one URI for each id. */
int answer_exts_check(struct answer_build *b) __attribute__((warn_unused_result));
void answer_exts(struct answer_build *b, size_t i);

/* Whether the client offers that extension on this section with an id that can be used. */
bool answer_exts_offered(const struct answer_build *b, const struct sdp_section *s, enum rtp_ext ext);

/* --- answer_tracks.c, answer_slots.c ------------------------------------------ */

/* All tracks, in m-line order. */
int answer_tracks(struct answer_build *b) __attribute__((warn_unused_result));

/* All slots; new ones get SSRCs. */
int answer_slots(struct answer_build *b) __attribute__((warn_unused_result));

/* --- answer_transport.c -------------------------------------------------------- */

/* BUNDLE, rtcp-mux, ICE credentials, DTLS role and fingerprint, candidates. */
int answer_transport(struct answer_build *b) __attribute__((warn_unused_result));

/* len characters of RFC 8839's ice-char, 6 random bits each, and a NUL. */
void answer_random_text(const struct answer_config *config, char *out, size_t len);
