/* The paths of WHIP and WHEP:
 *
 *   /whip/ROOM                publish into the room
 *   /whep/ROOM                play its programme: who speaks
 *   /whep/ROOM/PARTICIPANT    play that one
 *   /whip/ROOM/SESSION        what a POST has made; SESSION is PARTICIPANT-SECRET
 *   /whep/ROOM/SESSION */
#pragma once

#include "session.h"

#include <stdbool.h>

enum { WHIP_ROOM_MAX = 64 };

struct whip_path {
    enum session_way way; /* SESSION_WHIP or SESSION_WHEP */
    char room[WHIP_ROOM_MAX + 1];
    uint32_t participant;                /* to be played or, with a secret, who has the session; 0 = none */
    char secret[SESSION_SECRET_LEN + 1]; /* of the session; "" = not a session's path */
};

/* Whether the path is in their realm, good or not. */
bool whip_path_is(const char *path);

/* path: decoded, without a query. false: there is nothing of that name. */
bool whip_path_parse(struct whip_path *out, const char *path);
