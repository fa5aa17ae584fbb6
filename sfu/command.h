/* What control plane and workers say to each other, as mails (mailbox.h). `id` is
 * the room or transport that it is about; bodies are owned by the mail. */
#pragma once

#include "mailbox.h"
#include "sfu.h"

struct worker;

enum command {                    /* control -> worker */
               COMMAND_ROOM_OPEN, /* id: room, a: its home worker */
               COMMAND_ROOM_LINK, /* a: another worker that has it */
               COMMAND_ROOM_CLOSE,
               COMMAND_JOIN, /* id: transport, value: room, b: participant, body: struct sfu_transport_desc */
               COMMAND_UPDATE, /* id: transport, body: struct sfu_transport_desc */
               COMMAND_LEAVE,
               COMMAND_VIEW,  /* a: first slot, b: count, body: struct sfu_view_slot[b] */
               COMMAND_MUTE,  /* b: track, a: muted */
               COMMAND_STATS, /* value: cookie */
               COMMAND_STOP,
               /* worker -> worker (spread.h); id: room, a: the worker that it is from, b: track if not said
                */
               COMMAND_TRACK_OPEN, /* body: struct track_info */
               COMMAND_TRACK_CLOSE,
               COMMAND_TRACK_STATE, /* body: struct remote_state */
               COMMAND_TRACK_WISH,  /* value: struct remote_wish, a byte for each of its members */
               COMMAND_PACKETS,     /* body: struct link_batch, which stays the sender's */
               COMMAND_LEVELS,      /* b: count, body: struct spread_level[b] */
               COMMAND_SPEECH,      /* body: struct spread_speech */
               COMMAND_EARS,        /* b: audio slots to rank for */
               COMMAND_COUNT
};

enum event {                    /* worker -> control */
             EVENT_CONNECTED,   /* id: transport */
             EVENT_GONE,        /* a: enum sfu_gone, value: room */
             EVENT_SLOTS,       /* b: count, body: struct sfu_slot_event[b] */
             EVENT_SPEAKERS,    /* id: room, b: count, body: struct sfu_speaker_event[b] */
             EVENT_WANTED,      /* id: the publisher's transport, a: layers (bit i: layer i), b: track */
             EVENT_STATS,       /* value: cookie, body: struct sfu_transport_stats */
             EVENT_ROOM_OPENED, /* id: room, a: the worker that has it now */
             EVENT_LOAD,        /* a: enum sfu_shed, b: index of the worker, value: percent busy */
             EVENT_COUNT
};

/* Worker thread: carry out a command. It takes from the body what it keeps; the mail stays the caller's. Of
 * what is not there any more it is counted. */
void command_obey(struct worker *w, struct mail *m);
