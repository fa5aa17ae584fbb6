#include "lobby.h"

#include "meeting.h"

#include <string.h>

enum { LISTED_MAX = 200, INTERVAL_MS = 1000 };

/* Fullest first, then by name. */
static int by_count(const void *a, const void *b)
{
    const struct meeting *one = a, *other = b;
    if (one->sessions->len != other->sessions->len)
        return one->sessions->len < other->sessions->len ? 1 : -1;
    return strcmp(one->name, other->name);
}

json_t *lobby_list(const struct server *server)
{
    json_t *rooms = json_array();
    g_autoptr(GList) meetings = NULL;
    if (server->conf->room.list)
        meetings = g_list_sort(g_hash_table_get_values(server->meetings), by_count);
    for (GList *item = meetings; item && json_array_size(rooms) < LISTED_MAX; item = item->next) {
        const struct meeting *meeting = item->data;
        json_array_append_new(
            rooms, json_pack("{s:s, s:i}", "room", meeting->name, "count", (int)meeting->sessions->len));
    }
    return json_pack("{s:o, s:i}", "rooms", rooms, "total", (int)g_list_length(meetings));
}

static gboolean tell(void *arg)
{
    struct server *server = arg;
    GHashTableIter iter;
    void *key;
    struct notice *notice = NULL;
    server->room_list_timer = 0;
    g_hash_table_iter_init(&iter, server->clients);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        struct client *client = key;
        if (!client->wants_rooms)
            continue;
        if (!notice)
            notice = notice_event("rooms", lobby_list(server), false);
        client_send(client, notice, 0);
    }
    notice_unref(notice);
    return G_SOURCE_REMOVE;
}

void lobby_changed(struct server *server)
{
    if (!server->room_list_timer && !server->draining && server->conf->room.list)
        server->room_list_timer = g_timeout_add(INTERVAL_MS, tell, server);
}

void lobby_finish(struct server *server)
{
    if (server->room_list_timer)
        g_source_remove(server->room_list_timer);
    server->room_list_timer = 0;
}
