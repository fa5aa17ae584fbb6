/* What control plane and workers say to each other, as mails (mailbox.h). `id` is
 * the room or transport that it is about; bodies are owned by the mail. */
#pragma once

#include "sfu.h"

enum command {                    /* control -> worker */
               COMMAND_ROOM_OPEN, /* id: room */
               COMMAND_ROOM_CLOSE,
               COMMAND_JOIN, /* id: transport, value: room, b: participant, body: struct sfu_transport_desc */
               COMMAND_UPDATE, /* id: transport, body: struct sfu_transport_desc */
               COMMAND_LEAVE,
               COMMAND_VIEW,  /* a: first slot, b: count, body: struct sfu_view_slot[b] */
               COMMAND_MUTE,  /* b: track, a: muted */
               COMMAND_STATS, /* value: cookie */
               COMMAND_STOP,
               COMMAND_COUNT
};

enum event {                  /* worker -> control */
             EVENT_CONNECTED, /* id: transport */
             EVENT_GONE,      /* a: enum sfu_gone */
             EVENT_SLOTS,     /* b: count, body: struct sfu_slot_event[b] */
             EVENT_SPEAKERS,  /* id: room, b: count, body: struct sfu_speaker_event[b] */
             EVENT_WANTED,    /* id: the publisher's transport, a: layers (bit i: layer i), b: track */
             EVENT_STATS,     /* value: cookie, body: struct sfu_transport_stats */
             EVENT_COUNT
};
