#include "server.h"

#include "log.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum {
    RETRY_MS = 1000, /* told to the clients when the server goes down, and spread over this much more */
    RETRY_SPREAD_MS = 4000,
    BURST_SECONDS = 10,       /* of requests that a quiet client has saved up */
    REQUEST_BYTES = 16 << 10, /* of text that count as one more request */
    TRIM_SECONDS = 5,         /* from server_trim_soon() to when it is done */
};

static void free_meeting(void *meeting)
{
    meeting_free(meeting);
}

static void free_session(void *session)
{
    session_free(session);
}

void server_init(struct server *server, const struct conf *conf, const struct rpc_method *methods)
{
    *server = (struct server){.conf = conf, .methods = methods};
    server->clients = g_hash_table_new(NULL, NULL);
    server->meetings = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_meeting);
    server->rooms = g_hash_table_new(g_int64_hash, g_int64_equal);
    server->sessions = g_hash_table_new_full(NULL, NULL, NULL, free_session);
    server->plane = (struct media_plane){
        .conf = conf,
        .transports = g_hash_table_new(g_int64_hash, g_int64_equal),
    };
    server->lobby = (struct lobby){.conf = conf, .meetings = server->meetings, .clients = server->clients};
}

static void end_sessions(struct server *server)
{
    g_autoptr(GList) sessions = g_hash_table_get_values(server->sessions);
    for (GList *item = sessions; item; item = item->next)
        server_end(item->data, "closed");
}

void server_finish(struct server *server)
{
    server->draining = true;
    end_sessions(server);
    g_clear_handle_id(&server->trim_timer, g_source_remove);
    lobby_finish(&server->lobby);
    g_hash_table_unref(server->plane.transports);
    g_hash_table_unref(server->sessions);
    g_hash_table_unref(server->rooms);
    g_hash_table_unref(server->meetings);
    g_hash_table_unref(server->clients);
}

/* --- rooms and sessions ------------------------------------------------------- */

struct meeting *server_meeting(const struct server *server, const char *name)
{
    return g_hash_table_lookup(server->meetings, name);
}

struct meeting *server_open_meeting(struct server *server, const char *name)
{
    struct meeting *meeting = meeting_new(server->conf, name, sfu_room_open(server->plane.sfu));
    g_hash_table_insert(server->meetings, meeting->name, meeting);
    g_hash_table_insert(server->rooms, &meeting->room, meeting);
    log_info(name, 0, "room opened");
    return meeting;
}

static void close_meeting(struct server *server, struct meeting *meeting)
{
    log_info(meeting->name, 0, "room closed");
    sfu_room_close(server->plane.sfu, meeting->room);
    g_hash_table_remove(server->rooms, &meeting->room);
    g_hash_table_remove(server->meetings, meeting->name); /* frees it */
}

struct session *server_session(const struct server *server, uint32_t participant)
{
    return g_hash_table_lookup(server->sessions, GUINT_TO_POINTER(participant));
}

bool server_is_full(const struct server *server)
{
    return g_hash_table_size(server->clients) + server->streams >= server->conf->http.connections;
}

struct session *server_enter(struct server *server, struct meeting *meeting, const char *name,
                             enum session_way way, const char *address)
{
    struct session *session = session_new(++server->last_participant, name);
    session->server = server;
    session->plane = &server->plane;
    session->meeting = meeting;
    session->way = way;
    server->streams += way != SESSION_SOCKET;
    g_hash_table_insert(server->sessions, GUINT_TO_POINTER(session->participant), session);
    meeting_add(meeting, session);
    log_info(meeting->name, session->participant, "joined from %s", address);
    lobby_changed(&server->lobby);
    return session;
}

/* malloc() keeps what was freed, for this thread and for the workers. */
static gboolean trim(void *arg)
{
    struct server *server = arg;
    server->trim_timer = 0;
    malloc_trim(0);
    return G_SOURCE_REMOVE;
}

void server_trim_soon(struct server *server)
{
    if (!server->trim_timer)
        server->trim_timer = g_timeout_add_seconds(TRIM_SECONDS, trim, server);
}

struct session *server_resume(struct client *client, const char *room, const char *secret)
{
    char *end;
    unsigned long participant = strtoul(secret, &end, 10);
    if (*end != '-' || participant > UINT32_MAX)
        return NULL;
    struct session *session = server_session(client->server, (uint32_t)participant);
    if (!session || strcmp(session->meeting->name, room) != 0 || !session_has_secret(session, end + 1))
        return NULL;
    if (session->grace_timer)
        g_source_remove(session->grace_timer);
    session->grace_timer = 0;
    session_attach(session, client);
    log_info(room, session->participant, "resumed from %s", client->address);
    return session;
}

void server_end(struct session *session, const char *reason)
{
    struct server *server = session->server;
    struct meeting *meeting = session->meeting;
    log_info(meeting->name, session->participant, "out: %s", reason ? reason : "its offer was refused");
    if (session->client)
        session->client->session = NULL;
    if (session->grace_timer)
        g_source_remove(session->grace_timer);
    server->streams -= session->way != SESSION_SOCKET;
    media_leave(session);
    meeting_remove(meeting, session, reason);
    g_hash_table_remove(server->sessions, GUINT_TO_POINTER(session->participant)); /* frees it */
    if (meeting->sessions->len == 0)
        close_meeting(server, meeting);
    if (server->draining)
        return;
    lobby_changed(&server->lobby);
    server_trim_soon(server);
}

static gboolean grace_is_over(void *arg)
{
    struct session *session = arg;
    session->grace_timer = 0;
    server_end(session, "timeout");
    return G_SOURCE_REMOVE;
}

static void detach(struct session *session, bool gone_for_good)
{
    uint32_t grace = session->server->conf->signaling.grace;
    session->client = NULL;
    if (gone_for_good || grace == 0) {
        server_end(session, gone_for_good ? "left" : "timeout");
        return;
    }
    log_info(session->meeting->name, session->participant, "socket lost");
    session->grace_timer = g_timeout_add_seconds(grace, grace_is_over, session);
}

/* --- sockets ------------------------------------------------------------------ */

struct client *server_connect(struct server *server, const struct client_io *io, void *socket,
                              const char *address)
{
    struct client *client = g_new0(struct client, 1);
    client->server = server;
    client->io = io;
    client->socket = socket;
    client->tokens = (double)server->conf->signaling.rate * BURST_SECONDS;
    client->tokens_at = g_get_monotonic_time();
    g_strlcpy(client->address, address, sizeof(client->address));
    g_hash_table_add(server->clients, client);
    return client;
}

void server_disconnect(struct client *client, bool gone_for_good)
{
    if (!client)
        return;
    g_hash_table_remove(client->server->clients, client);
    rpc_forget(client);
    if (client->session)
        detach(client->session, gone_for_good);
    g_free(client);
}

/* Whether a request of that size may be made now. What is refused is paid for too, so that who goes on asking
 * gets ever deeper into debt, and is disconnected at the bottom. */
static bool pay(struct client *client, size_t len)
{
    double rate = client->server->conf->signaling.rate, burst = rate * BURST_SECONDS;
    size_t price = 1 + len / REQUEST_BYTES;
    int64_t now = g_get_monotonic_time();
    client->tokens += rate * (double)(now - client->tokens_at) / G_USEC_PER_SEC;
    client->tokens = MIN(client->tokens, burst) - (double)price;
    client->tokens_at = now;
    if (client->tokens < -burst)
        client_close(client, CLIENT_RATE, "too many requests");
    return client->tokens >= 0;
}

void server_receive(struct client *client, const char *text, size_t len)
{
    const struct server *server = client->server;
    if (client->closing)
        return;
    enum rpc_code refusal = server->draining ? RPC_SHUTTING_DOWN : pay(client, len) ? RPC_OK : RPC_RATE;
    if (!client->closing)
        rpc_receive(client, server->methods, text, len, refusal);
}

static void say_goodbye(struct client *client)
{
    json_t *params = json_pack("{s:s, s:i}", "reason", "the server is going down", "retry_after",
                               RETRY_MS + g_random_int_range(0, RETRY_SPREAD_MS));
    struct notice *notice = notice_event("shutdown", params, false);
    client_send(client, notice, 0);
    notice_unref(notice);
    client_close(client, CLIENT_SHUTDOWN, "the server is going down");
}

void server_drain(struct server *server)
{
    server->draining = true;
    g_autoptr(GList) clients = g_hash_table_get_keys(server->clients);
    for (GList *item = clients; item; item = item->next)
        say_goodbye(item->data);
    end_sessions(server);
}
