#include "entry.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static int fail(int code, char err[SCHEMA_ERROR_MAX], const char *words)
{
    g_strlcpy(err, words, SCHEMA_ERROR_MAX);
    return code;
}

static bool fits_name(const char *name)
{
    glong len = g_utf8_validate(name, -1, NULL) ? g_utf8_strlen(name, -1) : 0;
    return len >= 1 && len <= SESSION_NAME_MAX && schema_name(name);
}

int entry_check(struct entry *entry, const struct server *server, const char *room, const char *name,
                const char *token, char err[SCHEMA_ERROR_MAX])
{
    const char *secret = server->conf->auth.secret;
    *entry = (struct entry){.room = room};
    if (*secret && (!token || !*token))
        return fail(-EACCES, err, "a token is needed to join here");
    int result =
        *secret ? token_check(&entry->token, token, secret, room, time(NULL), err, SCHEMA_ERROR_MAX) : 0;
    if (result < 0)
        return result;
    if (entry->token.name && !fits_name(entry->token.name))
        return fail(-EACCES, err, "the name in the token cannot be shown");
    entry->name = entry->token.name ? entry->token.name : name;
    if (!entry->name || !*entry->name)
        return fail(-EINVAL, err, "name is missing");
    return fits_name(entry->name) ? 0 : fail(-EINVAL, err, "name: up to 64 characters to show");
}

/* The room to be joined, made where that is allowed. */
static enum rpc_code find_meeting(struct server *server, const struct entry *entry, struct meeting **meeting)
{
    const struct conf *conf = server->conf;
    *meeting = server_meeting(server, entry->room);
    if (server->last_participant == UINT32_MAX)
        return RPC_SERVER_FULL;
    if (*meeting)
        return (*meeting)->sessions->len < conf->room.max_participants ? RPC_OK : RPC_ROOM_FULL;
    if (!conf->room.open && !entry->token.create)
        return RPC_NO_ROOM;
    if (g_hash_table_size(server->meetings) >= conf->room.max_rooms)
        return RPC_SERVER_FULL;
    *meeting = server_open_meeting(server, entry->room);
    return RPC_OK;
}

enum rpc_code entry_make(const struct entry *entry, struct server *server, enum session_way way,
                         const char *address, struct session **session)
{
    struct meeting *meeting = server_meeting(server, entry->room);
    if (sfu_overloaded(server->plane.sfu, meeting ? meeting->room : 0)) {
        server->turned_away++;
        return RPC_BUSY;
    }
    enum rpc_code code = find_meeting(server, entry, &meeting);
    if (code == RPC_OK)
        *session = server_enter(server, meeting, entry->name, way, address);
    return code;
}

void entry_finish(struct entry *entry)
{
    token_finish(&entry->token);
}
