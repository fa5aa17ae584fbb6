/* Coming into a room, whatever the way: the token, the name to show, and whether
 * there is a place. */
#pragma once

#include "rpc.h"
#include "server.h"
#include "token.h"

/* Someone who may come in. */
struct entry {
    const char *room; /* of a form that schema_room() takes */
    const char *name; /* the token's, else the one that was given */
    struct token token;
};

/* Looks at what someone gives, each "" or NULL where it is missing, and makes nothing but the entry, which
 * points to room and name. 0; -EACCES: no token that holds; -EPERM: one for another room; -EINVAL: no name;
 * these with words in err. Either way entry_finish() has to follow. */
int entry_check(struct entry *entry, const struct server *server, const char *room, const char *name,
                const char *token, char err[SCHEMA_ERROR_MAX]) __attribute__((warn_unused_result));

/* Makes the session, and the room where it is the first; the others are not told yet. RPC_OK, or why there is
 * no place. address: for the log. */
enum rpc_code entry_make(const struct entry *entry, struct server *server, enum session_way way,
                         const char *address, struct session **session) __attribute__((warn_unused_result));

void entry_finish(struct entry *entry);
