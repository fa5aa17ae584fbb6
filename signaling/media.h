/* A participant's transport in the media plane, as the protocol sees it: made by
 * the first offer, changed by the next ones, gone one day; what its slots show. */
#pragma once

#include "rpc.h"
#include "session.h"
#include "sfu.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct media {
    uint64_t transport;
    bool connected;
    struct sfu_transport_desc desc;             /* as last answered */
    struct sfu_view_slot views[SFU_SLOTS_MAX];  /* as the client wants its slots */
    struct sfu_slot_event shown[SFU_SLOTS_MAX]; /* as the media plane last told */
};

/* Lets the transport go, if there is one. */
void media_leave(struct session *session);

/* Upcalls of the media plane. media_gone() may end the session, where its socket is gone as well. */
void media_connected(struct session *session);
void media_gone(struct session *session, enum sfu_gone why);
void media_slots(struct session *session, const struct sfu_slot_event *slots, size_t count);

/* Tells the client all its slots and the state of its media. */
void media_tell_state(struct session *session);

/* The result of the method `stats`; stats NULL: there is no transport. */
json_t *media_stats(const struct sfu_transport_stats *stats);
