/* Janus with its VideoRoom plugin, over its WebSocket API: a session of its own for each participant. Who
 * publishes offers, and does not receive; who watches is offered the streams of the next publishers in the
 * circle, as many as it has slots, once all publishers of the room are there. */
#include "driver.h"
#include "ws_client.h"

#include <jansson.h>

enum {
    KEEPALIVE_S = 25, /* Janus ends a session after 60 s */
    PUBLISHERS_MAX = 1000,
    ROOM_EXISTS = 427,
};

/* The driver's own of the server. */
struct rooms {
    GHashTable *by_name;
    uint64_t last_feed;
};

struct room {
    json_int_t number;
    uint32_t watchers; /* so far */
    GPtrArray *feeds;  /* members who publish, and are connected */
    GPtrArray *waiting;
};

struct member {
    const struct options *options;
    struct room *room;
    struct ws_client *ws;
    const struct driver_upcalls *up;
    void *arg;
    struct offer offer;
    char *name;
    bool publishes;
    uint32_t number; /* of a watcher, in its room */
    json_int_t session, handle, feed;
    guint keepalive;
};

/* --- Requests ---------------------------------------------------------------------- */

/* step: comes back with what is answered. more is taken; NULL is fine. */
static void ask(struct member *m, const char *what, const char *step, json_t *more)
{
    json_t *message = json_pack("{s:s, s:s}", "janus", what, "transaction", step);
    if (m->session)
        json_object_set_new(message, "session_id", json_integer(m->session));
    if (m->handle)
        json_object_set_new(message, "handle_id", json_integer(m->handle));
    json_object_update(message, more);
    json_decref(more);
    char *text = json_dumps(message, JSON_COMPACT);
    ws_client_send(m->ws, text);
    free(text);
    json_decref(message);
}

/* To the plugin. body is taken; sdp NULL = none. */
static void tell(struct member *m, const char *step, json_t *body, const char *type, const char *sdp)
{
    json_t *more = json_pack("{s:o}", "body", body);
    if (sdp)
        json_object_set_new(more, "jsep", json_pack("{s:s, s:s}", "type", type, "sdp", sdp));
    ask(m, "message", step, more);
}

static gboolean keep_alive(void *arg)
{
    struct member *m = arg;
    if (m->session)
        ask(m, "keepalive", "keepalive", NULL);
    return G_SOURCE_CONTINUE;
}

static void publish(struct member *m)
{
    g_autofree char *sdp = offer_write(&m->offer);
    tell(m, "publish",
         json_pack("{s:s, s:s, s:I, s:I, s:s}", "request", "joinandconfigure", "ptype", "publisher", "room",
                   m->room->number, "id", m->feed, "display", m->name),
         "offer", sdp);
}

/* The mids of a publisher are the places of its m-lines; what it does not send has none. */
static const char *mid_of(const struct member *publisher, enum rtp_kind kind)
{
    if (kind == RTP_AUDIO)
        return publisher->offer.audio ? "0" : NULL;
    return !publisher->offer.video ? NULL : publisher->offer.audio ? "1" : "0";
}

/* Appends up to `most` streams of that kind. Returns how many there are. */
static uint8_t list_streams(const struct member *m, enum rtp_kind kind, uint8_t most, json_t *streams)
{
    const GPtrArray *feeds = m->room->feeds;
    uint8_t n = 0;
    for (guint i = 0; i < feeds->len && n < most; i++) {
        const struct member *publisher = feeds->pdata[(m->number + 1 + i) % feeds->len];
        const char *mid = mid_of(publisher, kind);
        if (!mid)
            continue;
        json_array_append_new(streams, json_pack("{s:I, s:s}", "feed", publisher->feed, "mid", mid));
        n++;
    }
    return n;
}

static void watch(struct member *m)
{
    json_t *streams = json_array();
    m->offer.audio_slots = list_streams(m, RTP_AUDIO, m->offer.audio_slots, streams);
    m->offer.video_slots = list_streams(m, RTP_VIDEO, m->offer.video_slots, streams);
    tell(m, "watch",
         json_pack("{s:s, s:s, s:I, s:o}", "request", "join", "ptype", "subscriber", "room", m->room->number,
                   "streams", streams),
         NULL, NULL);
}

/* Those who waited for the last publisher of their room begin. */
static void begin_to_watch(struct room *room, const struct options *o)
{
    if (o->publishers < 0 || room->feeds->len < (uint32_t)o->publishers)
        return;
    for (guint i = 0; i < room->waiting->len; i++)
        watch(room->waiting->pdata[i]);
    g_ptr_array_set_size(room->waiting, 0);
}

/* --- Answers ------------------------------------------------------------------------ */

static void on_session(struct member *m, const json_t *message)
{
    m->session = json_integer_value(json_object_get(json_object_get(message, "data"), "id"));
    ask(m, "attach", "handle", json_pack("{s:s}", "plugin", "janus.plugin.videoroom"));
}

/* Whoever publishes makes the room; all but the first hear that it exists. */
static void on_handle(struct member *m, const json_t *message)
{
    m->handle = json_integer_value(json_object_get(json_object_get(message, "data"), "id"));
    if (m->publishes) {
        tell(m, "room",
             json_pack("{s:s, s:I, s:i, s:s, s:s}", "request", "create", "room", m->room->number,
                       "publishers", PUBLISHERS_MAX, "audiocodec", "opus", "videocodec", "vp8"),
             NULL, NULL);
    } else {
        g_ptr_array_add(m->room->waiting, m);
        begin_to_watch(m->room, m->options);
    }
}

static void on_room(struct member *m, const json_t *message)
{
    (void)message;
    publish(m);
}

static void take_sdp(struct member *m, const json_t *message)
{
    const char *sdp = json_string_value(json_object_get(json_object_get(message, "jsep"), "sdp"));
    g_autofree struct offer_answer *read = g_new(struct offer_answer, 1);
    char err[OFFER_ERROR_MAX];
    if (!sdp)
        return; /* an acknowledgement */
    if (offer_read_answer(&m->offer, sdp, read, err) != 0) {
        m->up->failed(m->arg, err);
        return;
    }
    if (!m->publishes) {
        g_autofree char *reply = offer_write_reply(&m->offer, read);
        tell(m, "start", json_pack("{s:s}", "request", "start"), "answer", reply);
    }
    ask(m, "trickle", "candidates", json_pack("{s:{s:b}}", "candidate", "completed", true));
    m->up->answered(m->arg, read);
}

static const struct {
    const char *step;
    void (*take)(struct member *m, const json_t *message);
} steps[] = {{"session", on_session},
             {"handle", on_handle},
             {"room", on_room},
             {"publish", take_sdp},
             {"watch", take_sdp}};

/* What is wrong in words, or NULL. */
static const char *error_of(const json_t *message)
{
    const json_t *plugin = json_object_get(json_object_get(message, "plugindata"), "data");
    const char *core = json_string_value(json_object_get(json_object_get(message, "error"), "reason"));
    const char *words = json_string_value(json_object_get(plugin, "error"));
    if (json_integer_value(json_object_get(plugin, "error_code")) == ROOM_EXISTS)
        return NULL;
    return core ? core : words;
}

static void on_event(struct member *m, const char *what, const json_t *message)
{
    if (strcmp(what, "webrtcup") == 0 && m->publishes) {
        g_ptr_array_add(m->room->feeds, m);
        begin_to_watch(m->room, m->options);
    } else if (strcmp(what, "hangup") == 0 || strcmp(what, "timeout") == 0) {
        const char *reason = json_string_value(json_object_get(message, "reason"));
        g_autofree char *why =
            g_strdup_printf("the server ended the media: %s", reason ? reason : "no keepalive came in time");
        m->up->failed(m->arg, why);
    }
}

static void handle(struct member *m, const json_t *message)
{
    const char *what = json_string_value(json_object_get(message, "janus"));
    const char *step = json_string_value(json_object_get(message, "transaction"));
    const char *wrong = error_of(message);
    if (wrong) {
        g_autofree char *why = g_strdup_printf("the server refused: %s", wrong);
        m->up->failed(m->arg, why);
        return;
    }
    if (!what || strcmp(what, "ack") == 0)
        return;
    for (size_t i = 0; step && i < G_N_ELEMENTS(steps); i++) {
        if (strcmp(step, steps[i].step) == 0) {
            steps[i].take(m, message);
            return;
        }
    }
    on_event(m, what, message);
}

static void on_text(void *arg, const char *text, size_t len)
{
    json_t *message = json_loadb(text, len, 0, NULL);
    handle(arg, message);
    json_decref(message);
}

static void on_opened(void *arg)
{
    ask(arg, "create", "session", NULL);
}

static void on_closed(void *arg, const char *why)
{
    struct member *m = arg;
    m->up->failed(m->arg, why);
}

static const struct ws_client_upcalls ws_upcalls = {on_opened, on_text, on_closed};

/* --- The table ---------------------------------------------------------------------- */

static void free_room(void *room)
{
    struct room *r = room;
    g_ptr_array_free(r->feeds, TRUE);
    g_ptr_array_free(r->waiting, TRUE);
    g_free(r);
}

/* Rooms have numbers there: one that follows from the name. */
static struct room *find_room(const struct rooms *rooms, const char *name)
{
    struct room *room = g_hash_table_lookup(rooms->by_name, name);
    if (room)
        return room;
    room = g_new(struct room, 1);
    *room = (struct room){
        .number = (json_int_t)g_str_hash(name) + 1, .feeds = g_ptr_array_new(), .waiting = g_ptr_array_new()};
    g_hash_table_insert(rooms->by_name, g_strdup(name), room);
    return room;
}

static void *rooms_new(void)
{
    struct rooms *rooms = g_new(struct rooms, 1);
    *rooms = (struct rooms){
        .by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_room),
        .last_feed = g_random_int(), /* another run's may linger */
    };
    return rooms;
}

static void rooms_free(void *own)
{
    struct rooms *rooms = own;
    g_hash_table_destroy(rooms->by_name);
    g_free(rooms);
}

static void *join(struct driver_server *s, const struct driver_entry *entry, const struct driver_upcalls *up,
                  void *arg)
{
    struct rooms *rooms = s->own;
    struct member *m = g_new0(struct member, 1);
    *m = (struct member){
        .options = s->options,
        .room = find_room(rooms, entry->room),
        .up = up,
        .arg = arg,
        .offer = *entry->offer,
        .name = g_strdup(entry->name),
        .publishes = entry->offer->audio || entry->offer->video,
        .keepalive = g_timeout_add_seconds(KEEPALIVE_S, keep_alive, m),
    };
    if (m->publishes)
        m->feed = (json_int_t)++rooms->last_feed;
    else
        m->number = m->room->watchers++;
    m->ws = ws_client_new(s->web, &ws_upcalls, m);
    return m;
}

static void leave(void *member)
{
    struct member *m = member;
    if (!m)
        return;
    m->handle = 0; /* what ends is the whole session */
    if (m->session)
        ask(m, "destroy", "destroy", NULL);
    g_source_remove(m->keepalive);
    g_ptr_array_remove(m->room->feeds, m);
    g_ptr_array_remove(m->room->waiting, m);
    ws_client_free(m->ws);
    g_free(m->name);
    g_free(m);
}

const struct driver driver_janus = {
    .name = "janus",
    .options = {"name"},
    .kind = &ws_client_janus,
    .one_way = true,
    .own_new = rooms_new,
    .own_free = rooms_free,
    .join = join,
    .leave = leave,
};
