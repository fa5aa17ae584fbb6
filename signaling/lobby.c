#include "lobby.h"

#include "client.h"
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

json_t *lobby_list(const struct lobby *lobby)
{
    json_t *rooms = json_array();
    g_autoptr(GList) meetings = NULL;
    if (lobby->conf->room.list)
        meetings = g_list_sort(g_hash_table_get_values(lobby->meetings), by_count);
    for (GList *item = meetings; item && json_array_size(rooms) < LISTED_MAX; item = item->next) {
        const struct meeting *meeting = item->data;
        json_array_append_new(
            rooms, json_pack("{s:s, s:i}", "room", meeting->name, "count", (int)meeting->sessions->len));
    }
    return json_pack("{s:o, s:i}", "rooms", rooms, "total", (int)g_list_length(meetings));
}

static gboolean tell(void *arg)
{
    struct lobby *lobby = arg;
    GHashTableIter iter;
    void *key;
    struct notice *notice = NULL;
    lobby->timer = 0;
    g_hash_table_iter_init(&iter, lobby->clients);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        struct client *client = key;
        if (!client->wants_rooms)
            continue;
        if (!notice)
            notice = notice_event("rooms", lobby_list(lobby), false);
        client_send(client, notice, 0);
    }
    notice_unref(notice);
    return G_SOURCE_REMOVE;
}

void lobby_changed(struct lobby *lobby)
{
    if (!lobby->timer && lobby->conf->room.list)
        lobby->timer = g_timeout_add(INTERVAL_MS, tell, lobby);
}

void lobby_finish(struct lobby *lobby)
{
    if (lobby->timer)
        g_source_remove(lobby->timer);
    lobby->timer = 0;
}
