/* A room as the control plane has it: who is in it, in order of joining, and
 * what they still have to be told. (sfu's room is where the media flows; the
 * name keeps the two apart in one program.) */
#pragma once

#include "conf.h"
#include "notice.h"
#include "sfu.h"

#include <glib.h>
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct session;

struct meeting {
    const struct conf *conf;
    char *name;
    uint64_t room;       /* the media plane's number */
    GPtrArray *sessions; /* struct session, in order of joining, not owned */
    uint64_t last_chat;
    uint32_t last_track;

    /* What the roster notification will say: participant -> enum, and a list of {participant, reason} */
    GHashTable *changed;
    json_t *left;
    unsigned flush_timer;
    struct notice *speakers; /* the last notification of them, or NULL */
};

struct meeting *meeting_new(const struct conf *conf, const char *name, uint64_t room);
void meeting_free(struct meeting *meeting);

/* In a room of up to signaling.small_room changes are told at once, above that every 500 ms for all
 * that happened meanwhile. The text is made once and shared by all. */
void meeting_add(struct meeting *meeting, struct session *session); /* not told yet */
void meeting_joined(struct meeting *meeting,
                    struct session *session); /* not told to itself in a small room */
void meeting_updated(struct meeting *meeting, struct session *session);
void meeting_remove(struct meeting *meeting, struct session *session,
                    const char *reason); /* NULL: nobody was told of it */

/* Sends a numbered notice to everyone. */
void meeting_notify(struct meeting *meeting, struct notice *notice);

void meeting_speakers(struct meeting *meeting, const struct sfu_speaker_event *speakers, size_t count);

/* The roster entries that a join gets: everyone, or in a large room oneself and the first who publish. */
json_t *meeting_roster(const struct meeting *meeting, const struct session *self);

/* Up to `limit` roster entries of those with a number above `after`, in order of number; *next becomes the
 * last one's where more follow, else 0. */
json_t *meeting_page(const struct meeting *meeting, uint32_t after, size_t limit, uint32_t *next);

struct session *meeting_session(const struct meeting *meeting, uint32_t participant); /* NULL: not in here */
