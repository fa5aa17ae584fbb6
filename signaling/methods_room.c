#include "entry.h"
#include "ice_servers.h"
#include "log.h"
#include "methods.h"
#include "server.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum { BUSY_RETRY_MS = 5000, BUSY_SPREAD_MS = 10000 }; /* those who come back do not come all at once */

/* --- join ----------------------------------------------------------------- */

struct resumed {
    bool resumed, complete;
    uint32_t event; /* number of the last notification before the result */
};

static json_t *join_result(struct session *session, struct resumed how)
{
    const struct meeting *meeting = session->meeting;
    g_autofree char *secret = session_renew(session);
    return json_pack("{s:I, s:s, s:i, s:b, s:b, s:I, s:s, s:s, s:o, s:i, s:o}", "participant",
                     (json_int_t)session->participant, "session", secret, "grace",
                     (int)session->server->conf->signaling.grace, "resumed", how.resumed, "complete",
                     how.complete, "event", (json_int_t)how.event, "room", meeting->name, "name",
                     session->name, "ice_servers",
                     ice_servers_list(session->server->conf, session->participant, time(NULL)), "count",
                     (int)meeting->sessions->len, "participants", meeting_roster(meeting, session));
}

static void replay(struct client *client, uint32_t event)
{
    if (client->session)
        session_replay(client->session, event);
}

static void tell_speakers(struct client *client, uint32_t arg)
{
    struct session *session = client->session;
    (void)arg;
    if (session && session->meeting->speakers)
        session_notify(session, session->meeting->speakers);
}

/* Too much was missed: how things stand now, instead. */
static void tell_state(struct client *client, uint32_t arg)
{
    if (client->session)
        media_tell_state(client->session);
    tell_speakers(client, arg);
}

static enum rpc_code resume(struct rpc_call *call, const char *room, const char *secret)
{
    struct session *session = server_resume(call->client, room, secret);
    if (!session)
        return RPC_RESUME_EXPIRED;
    uint32_t event = (uint32_t)schema_integer(call->params, "event", 0);
    bool complete = session_has_since(session, event);
    call->then = complete ? replay : tell_state;
    call->then_arg = event;
    call->result =
        join_result(session, (struct resumed){true, complete, complete ? event : session->next_event - 1});
    return RPC_OK;
}

static enum rpc_code enter(struct rpc_call *call, const struct entry *entry)
{
    struct client *client = call->client;
    struct session *session;
    enum rpc_code code = entry_make(entry, client->server, SESSION_SOCKET, client->address, &session);
    if (code == RPC_BUSY)
        call->retry_ms = g_random_int_range(BUSY_RETRY_MS, BUSY_RETRY_MS + BUSY_SPREAD_MS);
    if (code != RPC_OK)
        return code;
    session_attach(session, client);
    call->result = join_result(session, (struct resumed){false, true, 0});
    call->then = tell_speakers;
    meeting_joined(session->meeting, session);
    return RPC_OK;
}

enum rpc_code methods_join(struct rpc_call *call)
{
    const char *room = schema_string(call->params, "room");
    const char *resumes = schema_string(call->params, "resume");
    struct entry entry;
    if (call->client->session)
        return RPC_ALREADY_JOINED;
    if (resumes)
        return resume(call, room, resumes);
    int result = entry_check(&entry, call->client->server, room, schema_string(call->params, "name"),
                             schema_string(call->params, "token"), call->message);
    enum rpc_code code = result == 0         ? enter(call, &entry)
                         : result == -EINVAL ? RPC_PARAMS
                                             : RPC_UNAUTHORIZED;
    entry_finish(&entry);
    return code;
}

/* --- the rest ------------------------------------------------------------- */

static void close_socket(struct client *client, uint32_t arg)
{
    (void)arg;
    client_close(client, CLIENT_LEFT, "left");
}

enum rpc_code methods_leave(struct rpc_call *call)
{
    server_end(call->client->session, "left");
    call->then = close_socket;
    return RPC_OK;
}

enum rpc_code methods_rename(struct rpc_call *call)
{
    struct session *session = call->client->session;
    g_free(session->name);
    session->name = g_strdup(schema_string(call->params, "name"));
    log_info(session->meeting->name, session->participant, "renamed");
    meeting_updated(session->meeting, session);
    return RPC_OK;
}

enum rpc_code methods_participants(struct rpc_call *call)
{
    const struct meeting *meeting = call->client->session->meeting;
    uint32_t after = (uint32_t)schema_integer(call->params, "after", 0), next;
    size_t limit = (size_t)schema_integer(call->params, "limit", 100);
    json_t *page = meeting_page(meeting, after, limit, &next);
    call->result = json_pack("{s:i, s:o}", "count", (int)meeting->sessions->len, "participants", page);
    if (next)
        json_object_set_new(call->result, "next", json_integer(next));
    return RPC_OK;
}

enum rpc_code methods_rooms(struct rpc_call *call)
{
    call->client->wants_rooms = schema_boolean(call->params, "subscribe", false);
    call->result = lobby_list(&call->client->server->lobby);
    return RPC_OK;
}

enum rpc_code methods_chat(struct rpc_call *call)
{
    struct session *session = call->client->session, *to = NULL;
    struct meeting *meeting = session->meeting;
    const json_t *text = json_object_get(call->params, "text");
    uint32_t most = session->server->conf->signaling.chat_length;
    uint32_t number = (uint32_t)schema_integer(call->params, "to", 0);
    if (json_string_length(text) > most)
        return rpc_fail(call, RPC_PARAMS, "text has to be a string of 1 to %u bytes", most);
    if (number && !(to = meeting_session(meeting, number)))
        return RPC_NO_PARTICIPANT;
    json_int_t id = (json_int_t)++meeting->last_chat, now = g_get_real_time() / 1000;
    json_t *params = json_pack("{s:I, s:I, s:I, s:s, s:O}", "id", id, "time", now, "from",
                               (json_int_t)session->participant, "name", session->name, "text", text);
    if (to)
        json_object_set_new(params, "to", json_integer(number));
    struct notice *notice = notice_event("chat", params, true);
    if (to && to != session)
        session_notify(to, notice);
    if (to)
        session_notify(session, notice);
    else
        meeting_notify(meeting, notice);
    notice_unref(notice);
    call->result = json_pack("{s:I, s:I}", "id", id, "time", now);
    return RPC_OK;
}
