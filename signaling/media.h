/* A participant's transport in the media plane, as the protocol sees it: made by
 * the first offer, changed by the next ones, gone one day; what its slots show. */
#pragma once

#include "answer.h"
#include "conf.h"
#include "session.h"
#include "sfu.h"

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

/* What all transports share. */
struct media_plane {
    const struct conf *conf;
    struct sfu *sfu;
    GHashTable *transports; /* the media plane's number of a transport -> struct session */
};

struct sparse;

/* Which encodings of a video track the client was told to send. */
struct media_wanted {
    uint32_t track; /* 0 = none */
    uint8_t layers; /* bit i: layer i */
};

struct media {
    uint64_t transport;
    bool connected;
    struct sparse *answer;        /* a struct answer_state: what the offers up to now have settled */
    size_t slot_count;            /* slots are only ever added */
    struct sfu_view_slot *views;  /* as the client wants its slots */
    struct sfu_slot_event *shown; /* as the media plane last told */
    struct media_wanted wanted[SFU_TRACKS_MAX]; /* likewise; what is not in it sends all */
};

/* What the offers up to now have settled, to be freed with g_free(). media NULL: none came. */
struct answer_state *media_settled(const struct media *media);

/* Lets the transport go, if there is one. */
void media_leave(struct session *session);

/* What an `offer` request says of the m-lines that send. */
struct media_naming {
    struct answer_source sources[SFU_TRACKS_MAX];
    const char *names[SFU_TRACKS_MAX]; /* NULL = as it was */
    size_t count;
};

/* Answers an offer: the first makes the transport, others change it. The session's tracks are what the offer
 * sends from here on. 0, or 1 where that is news for the others, and the answer, to be freed with g_free();
 * or a negative errno of answer_make() with one line in err, and nothing has changed. */
int media_offer(struct session *session, const char *sdp, const struct media_naming *naming, char **answer,
                char err[SDP_ERROR_MAX]) __attribute__((warn_unused_result));

/* The client restarts ICE without an offer: the fragment of SDP that answers it, to be freed with g_free().
 */
char *media_restart(struct session *session, const char *ufrag, const char *pwd);

/* The first slot of each kind shows that participant's camera or mic, the second its screen, others nothing.
 */
void media_pin(struct session *session, uint32_t participant);

void media_mute(struct session *session, uint32_t track, bool muted);

/* Upcalls of the media plane. */
void media_connected(struct session *session);
void media_gone(struct session *session, enum sfu_gone why);
void media_slots(struct session *session, const struct sfu_slot_event *slots, size_t count);
void media_wanted(struct session *session, uint32_t track, uint8_t layers);

/* Tells the client all its slots, the state of its media, and which encodings of it are wanted. */
void media_tell_state(struct session *session);

/* Why a slot shows what it does, in the protocol's words. */
const char *media_why(enum sfu_why why);
