/* Answer a participant's offer: the JSEP (RFC 8829) answerer of a server that
 * forwards. A pure function of the offer, the room's configuration and what
 * earlier offers of the same participant have settled; randomness and track ids
 * come in as functions.
 *
 * m-lines on which the client sends become tracks, those on which it receives
 * become slots, sendrecv ones both. Data channels and media that we do not know
 * are rejected (port 0) in their place. */
#pragma once

#include "sdp.h"

enum { ANSWER_CODECS_MAX = 8 };

struct answer_config {
    enum rtp_codec audio[ANSWER_CODECS_MAX], video[ANSWER_CODECS_MAX]; /* the room's lists, best first */
    size_t audio_count, video_count;
    bool red;           /* RED around Opus where it is offered */
    bool only_sends;    /* the client may not receive (RFC 9725): no slots, sendrecv is answered recvonly */
    bool only_receives; /* ... may not send (WHEP): no tracks; and its slots are one stream, to be played
                           together */
    struct sfu_fingerprint fingerprint;                     /* ours */
    struct sockaddr_storage candidates[SFU_CANDIDATES_MAX]; /* best first */
    size_t candidate_count;
    void (*random)(void *arg, void *out, size_t len); /* must be unpredictable: credentials come from it */
    uint32_t (*track_id)(void *arg);                  /* unique in the room, not 0 */
    void *arg;
};

/* What the `offer` request says of one sending m-line. */
struct answer_source {
    char mid[SFU_MID_MAX + 1];
    enum sfu_source source;
    bool muted;
};

/* One m-line as settled; its index is its place in the SDP. */
struct answer_section {
    char mid[SFU_MID_MAX + 1];
    uint32_t track;         /* id of the track on it, 0 = has never been one */
    enum sfu_source source; /* of that track */
    enum rtp_kind kind;
    int16_t slot; /* index into desc.media.slots, -1 = is none */
    bool stopped; /* the offer's or the answer's port was 0: another m-line may take the place */
};

/* All that is remembered between offers of one participant. Zeroed = no offer
 * yet. desc is what sfu_join() and then sfu_update() take; desc.media.tracks
 * and .slots are also what the `offer` result lists. */
struct answer_state {
    struct sfu_transport_desc desc;
    struct answer_section sections[SDP_SECTIONS_MAX];
    size_t section_count;
    uint64_t origin;  /* session id of our o= line */
    uint32_t version; /* of our o= line; 0 = no offer yet */
};

/* Answer the offer in `text`. sources: what the request said (may be empty: the first
 * audio is the mic, the first video the camera, the second video the screen,
 * the second audio its sound). A track keeps id and source while its m-line lives;
 * muted is as said in this request, else as state->desc has it, which the caller
 * keeps up to date.
 *
 * 0: *state moves on and *answer is the text, to be freed with g_free(). Else
 * one line in words in err (SDP_ERROR_MAX is enough), and *state is as it was:
 * -EBADMSG (malformed), -E2BIG (over a cap of the parser), -EINVAL (it contradicts
 * itself or what was settled, or lacks what has to be there), -ENOTSUP (a good
 * offer of what is not served here). */
int answer_make(struct answer_state *state, const char *text, size_t len, const struct answer_config *config,
                const struct answer_source *sources, size_t source_count, char **answer, char *err,
                size_t err_len) __attribute__((warn_unused_result));

/* An ICE restart without an offer (RFC 9725, section 4.3.3): the client has these credentials from now on,
 * and ours become new ones. The fragment (RFC 8840) that tells ours, to be freed with g_free(). state: not
 * zeroed. */
char *answer_restart(struct answer_state *state, const struct answer_config *config, const char *ufrag,
                     const char *pwd);

/* Codecs of that kind named in a list such as "VP8 H264", in order; others are
 * left out. Returns their number. */
size_t answer_codec_list(const char *list, enum rtp_kind kind, enum rtp_codec out[ANSWER_CODECS_MAX]);
