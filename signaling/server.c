#include "server.h"

#include "lobby.h"
#include "log.h"
#include "media.h"
#include "rpc.h"

enum { RETRY_MS = 1000, RETRY_SPREAD_MS = 4000 };

static void free_meeting(void *meeting)
{
    meeting_free(meeting);
}

static void free_session(void *session)
{
    session_free(session);
}

void server_init(struct server *server, const struct conf *conf)
{
    *server = (struct server){.conf = conf};
    server->clients = g_hash_table_new(NULL, NULL);
    server->meetings = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_meeting);
    server->rooms = g_hash_table_new(g_int64_hash, g_int64_equal);
    server->sessions = g_hash_table_new_full(NULL, NULL, NULL, free_session);
    server->transports = g_hash_table_new(g_int64_hash, g_int64_equal);
}

static void end_sessions(struct server *server)
{
    g_autoptr(GList) sessions = g_hash_table_get_values(server->sessions);
    for (GList *item = sessions; item; item = item->next)
        session_end(item->data, "closed");
}

void server_finish(struct server *server)
{
    server->draining = true;
    end_sessions(server);
    lobby_finish(server);
    g_hash_table_unref(server->transports);
    g_hash_table_unref(server->sessions);
    g_hash_table_unref(server->rooms);
    g_hash_table_unref(server->meetings);
    g_hash_table_unref(server->clients);
}

struct meeting *server_meeting(const struct server *server, const char *name)
{
    return g_hash_table_lookup(server->meetings, name);
}

struct meeting *server_open_meeting(struct server *server, const char *name)
{
    struct meeting *meeting = meeting_new(server->conf, name, sfu_room_open(server->sfu));
    g_hash_table_insert(server->meetings, meeting->name, meeting);
    g_hash_table_insert(server->rooms, &meeting->room, meeting);
    log_info(name, 0, "room opened");
    return meeting;
}

void server_close_meeting(struct server *server, struct meeting *meeting)
{
    log_info(meeting->name, 0, "room closed");
    sfu_room_close(server->sfu, meeting->room);
    g_hash_table_remove(server->rooms, &meeting->room);
    g_hash_table_remove(server->meetings, meeting->name); /* frees it */
}

struct session *server_session(const struct server *server, uint32_t participant)
{
    return g_hash_table_lookup(server->sessions, GUINT_TO_POINTER(participant));
}

static void say_goodbye(struct client *client)
{
    struct notice *notice =
        notice_event("shutdown",
                     json_pack("{s:s, s:i}", "reason", "the server is going down", "retry_after",
                               RETRY_MS + g_random_int_range(0, RETRY_SPREAD_MS)),
                     false);
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

/* --- What the media plane tells ------------------------------------------- */

static struct session *session_of(const struct server *server, uint64_t transport)
{
    return g_hash_table_lookup(server->transports, &transport);
}

static void on_connected(void *arg, uint64_t transport)
{
    struct session *session = session_of(arg, transport);
    if (session)
        media_connected(session);
}

static void on_gone(void *arg, uint64_t transport, enum sfu_gone why)
{
    struct session *session = session_of(arg, transport);
    if (session)
        media_gone(session, why);
}

static void on_slots(void *arg, uint64_t transport, const struct sfu_slot_event *slots, size_t count)
{
    struct session *session = session_of(arg, transport);
    if (session)
        media_slots(session, slots, count);
}

static void on_speakers(void *arg, uint64_t room, const struct sfu_speaker_event *speakers, size_t count)
{
    const struct server *server = arg;
    struct meeting *meeting = g_hash_table_lookup(server->rooms, &room);
    if (meeting)
        meeting_speakers(meeting, speakers, count);
}

static void on_stats(void *arg, uint64_t cookie, const struct sfu_transport_stats *stats)
{
    struct session *session = session_of(arg, stats->transport);
    if (session && session->client)
        rpc_answer(session->client, cookie, media_stats(stats));
}

const struct sfu_upcalls server_upcalls = {
    .connected = on_connected,
    .gone = on_gone,
    .slots = on_slots,
    .speakers = on_speakers,
    .stats = on_stats,
};
