#include "command.h"

#include "room.h"
#include "transport.h"
#include "worker.h"

static void on_room_open(struct worker *w, struct mail *m)
{
    struct room *room = room_new(w, m->id, m->a);
    g_hash_table_insert(w->rooms, &room->id, room);
    worker_tell(w, EVENT_ROOM_OPENED, m->id, 0, (uint16_t)w->index, 0, NULL);
}

static void on_room_close(struct worker *w, struct mail *m)
{
    struct room *room = g_hash_table_lookup(w->rooms, &m->id);
    if (!room)
        return;
    room_end_transports(room, SFU_GONE_CLOSED);
    g_hash_table_remove(w->rooms, &m->id);
    room_free(room);
}

static void on_join(struct worker *w, struct mail *m)
{
    struct room *room = g_hash_table_lookup(w->rooms, &m->value);
    if (!room || !transport_new(w, room, m->id, m->b, m->body, w->now_us))
        worker_tell(w, EVENT_GONE, m->id, m->value, SFU_GONE_CLOSED, 0, NULL);
}

static void on_update(struct worker *w, struct transport *t, struct mail *m)
{
    transport_update(t, m->body, w->now_us);
}

static void on_leave(struct worker *w, struct transport *t, struct mail *m)
{
    (void)w;
    (void)m;
    transport_end(t, SFU_GONE_CLOSED);
}

static void on_view(struct worker *w, struct transport *t, struct mail *m)
{
    (void)w;
    transport_view(t, m->a, m->body, m->b);
}

static void on_mute(struct worker *w, struct transport *t, struct mail *m)
{
    (void)w;
    transport_mute(t, m->b, m->a);
}

static void on_stats(struct worker *w, struct transport *t, struct mail *m)
{
    struct sfu_transport_stats *stats = g_new0(struct sfu_transport_stats, 1);
    transport_stats(t, stats, w->now_us);
    worker_tell(w, EVENT_STATS, m->id, m->value, 0, 0, stats);
}

static void on_stop(struct worker *w, struct mail *m)
{
    (void)m;
    w->stopping = true;
}

/* What each command is about, and who carries it out. */
static const struct {
    void (*worker)(struct worker *, struct mail *);
    void (*room)(struct room *, struct mail *);
    void (*transport)(struct worker *, struct transport *, struct mail *);
} commands[COMMAND_COUNT] = {
    [COMMAND_ROOM_OPEN] = {.worker = on_room_open},
    [COMMAND_ROOM_CLOSE] = {.worker = on_room_close},
    [COMMAND_JOIN] = {.worker = on_join},
    [COMMAND_STOP] = {.worker = on_stop},
    [COMMAND_UPDATE] = {.transport = on_update},
    [COMMAND_LEAVE] = {.transport = on_leave},
    [COMMAND_VIEW] = {.transport = on_view},
    [COMMAND_MUTE] = {.transport = on_mute},
    [COMMAND_STATS] = {.transport = on_stats},
    [COMMAND_PACKETS] = {.worker = spread_on_packets},
    [COMMAND_ROOM_LINK] = {.room = spread_on_link},
    [COMMAND_TRACK_OPEN] = {.room = spread_on_track_open},
    [COMMAND_TRACK_CLOSE] = {.room = spread_on_track_close},
    [COMMAND_TRACK_STATE] = {.room = spread_on_track_state},
    [COMMAND_TRACK_WISH] = {.room = spread_on_wish},
    [COMMAND_LEVELS] = {.room = spread_on_levels},
    [COMMAND_SPEECH] = {.room = spread_on_speech},
    [COMMAND_EARS] = {.room = spread_on_ears},
};

void command_obey(struct worker *w, struct mail *m)
{
    counter_add(&w->counters, COUNT_mail_received, 1);
    if (commands[m->type].worker) {
        commands[m->type].worker(w, m);
        return;
    }
    struct room *room = commands[m->type].room ? g_hash_table_lookup(w->rooms, &m->id) : NULL;
    struct transport *t = commands[m->type].transport ? directory_find(&w->directory, m->id) : NULL;
    if (room)
        commands[m->type].room(room, m);
    else if (t)
        commands[m->type].transport(w, t, m);
    else
        counter_add(&w->counters, COUNT_drop_mail_stale, 1);
}
