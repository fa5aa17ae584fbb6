/* Plenum's own room protocol (signaling/README.md): JSON-RPC over a WebSocket for each participant. */
#include "driver.h"
#include "ws_client.h"

#include <jansson.h>

enum { ID_JOIN = 1, ID_OFFER, ID_REST /* answers to the others are not waited for */ };

struct member {
    struct ws_client *ws;
    const struct driver_upcalls *up;
    void *arg;
    struct offer offer;
    char *join; /* the first message */
    uint32_t tracks[SFU_TRACKS_MAX];
};

/* --- Messages --------------------------------------------------------------------- */

/* params is taken. */
static char *request(int id, const char *method, json_t *params)
{
    json_t *message =
        json_pack("{s:s, s:i, s:s, s:o}", "jsonrpc", "2.0", "id", id, "method", method, "params", params);
    char *text = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    return text;
}

static void send_request(struct member *m, int id, const char *method, json_t *params)
{
    char *text = request(id, method, params);
    ws_client_send(m->ws, text);
    free(text);
}

static void fail(struct member *m, const char *doing, const char *why)
{
    g_autofree char *text = g_strdup_printf("%s: %s", doing, why);
    m->up->failed(m->arg, text);
}

static void on_joined(struct member *m)
{
    g_autofree char *sdp = offer_write(&m->offer);
    send_request(m, ID_OFFER, "offer", json_pack("{s:s}", "sdp", sdp));
}

/* The result's tracks: their ids, by the place of their m-line. */
static void read_tracks(struct member *m, const json_t *result, struct sfu_media_desc *media)
{
    size_t i;
    json_t *track;
    json_array_foreach(json_object_get(result, "tracks"), i, track)
    {
        const char *mid = json_string_value(json_object_get(track, "mid"));
        for (size_t j = 0; mid && j < media->track_count; j++) {
            if (strcmp(mid, media->tracks[j].mid) == 0)
                media->tracks[j].id = m->tracks[j] =
                    (uint32_t)json_integer_value(json_object_get(track, "track"));
        }
    }
}

static void on_answer(struct member *m, const json_t *result)
{
    const char *sdp = json_string_value(json_object_get(result, "sdp"));
    g_autofree struct offer_answer *answer = g_new(struct offer_answer, 1);
    char err[OFFER_ERROR_MAX];
    if (offer_read_answer(&m->offer, sdp ? sdp : "", answer, err) != 0) {
        fail(m, "the offer", err);
        return;
    }
    read_tracks(m, result, &answer->desc.media);
    m->up->answered(m->arg, answer);
}

static void on_response(struct member *m, const json_t *message, int id)
{
    const json_t *error = json_object_get(message, "error"), *result = json_object_get(message, "result");
    const char *words = json_string_value(json_object_get(error, "message"));
    if (error && id < ID_REST)
        fail(m, id == ID_JOIN ? "the server refused the join" : "the server refused the offer",
             words ? words : "without a reason");
    else if (id == ID_JOIN)
        on_joined(m);
    else if (id == ID_OFFER)
        on_answer(m, result);
}

static void on_encodings(struct member *m, const json_t *params)
{
    size_t i, j;
    json_t *track, *wanted;
    json_array_foreach(json_object_get(params, "tracks"), i, track)
    {
        uint32_t id = (uint32_t)json_integer_value(json_object_get(track, "track"));
        uint8_t layers = 0;
        json_array_foreach(json_object_get(track, "layers"), j, wanted)
        {
            if (json_is_true(wanted) && j < SFU_LAYERS_MAX)
                layers = (uint8_t)(layers | 1u << j);
        }
        for (j = 0; j < SFU_TRACKS_MAX; j++) {
            if (m->tracks[j] == id && id)
                m->up->wanted(m->arg, j, layers);
        }
    }
}

static void on_media(struct member *m, const json_t *params)
{
    const char *state = json_string_value(json_object_get(params, "state"));
    const char *reason = json_string_value(json_object_get(params, "reason"));
    if (state && strcmp(state, "gone") == 0)
        fail(m, "the server ended the media", reason ? reason : "without a reason");
}

static void on_shutdown(struct member *m, const json_t *params)
{
    (void)params;
    m->up->failed(m->arg, "the server goes down");
}

/* Those that matter here; the rest of what is told is not even parsed. */
static const struct {
    const char *method;
    void (*take)(struct member *m, const json_t *params);
} events[] = {{"encodings", on_encodings}, {"media", on_media}, {"shutdown", on_shutdown}};

static bool matters(const char *text)
{
    if (strstr(text, "\"result\"") || strstr(text, "\"error\""))
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(events); i++) {
        if (strstr(text, events[i].method))
            return true;
    }
    return false;
}

static void on_text(void *arg, const char *text, size_t len)
{
    struct member *m = arg;
    json_t *message = matters(text) ? json_loadb(text, len, 0, NULL) : NULL;
    const json_t *id = json_object_get(message, "id");
    const char *method = json_string_value(json_object_get(message, "method"));
    if (json_is_integer(id)) {
        on_response(m, message, (int)json_integer_value(id));
    } else {
        for (size_t i = 0; method && i < G_N_ELEMENTS(events); i++) {
            if (strcmp(method, events[i].method) == 0)
                events[i].take(m, json_object_get(message, "params"));
        }
    }
    json_decref(message);
}

static void on_opened(void *arg)
{
    struct member *m = arg;
    ws_client_send(m->ws, m->join);
}

static void on_closed(void *arg, const char *why)
{
    struct member *m = arg;
    m->up->failed(m->arg, why);
}

static const struct ws_client_upcalls ws_upcalls = {on_opened, on_text, on_closed};

/* --- The table -------------------------------------------------------------------- */

static void *join(struct driver_server *s, const struct driver_entry *entry, const struct driver_upcalls *up,
                  void *arg)
{
    struct member *m = g_new0(struct member, 1);
    m->up = up;
    m->arg = arg;
    m->offer = *entry->offer;
    json_t *params = json_pack("{s:s, s:s}", "room", entry->room, "name", entry->name);
    if (s->options->token)
        json_object_set_new(params, "token", json_string(s->options->token));
    m->join = request(ID_JOIN, "join", params);
    m->ws = ws_client_new(s->web, &ws_upcalls, m);
    return m;
}

static void view(void *member, size_t slot, const struct driver_view *views, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list,
                              json_pack("{s:I, s:b, s:i, s:i}", "slot", (json_int_t)(slot + i), "hidden",
                                        views[i].hidden, "width", views[i].width, "height", views[i].height));
    send_request(member, ID_REST, "view", json_pack("{s:o}", "slots", list));
}

static void leave(void *member)
{
    struct member *m = member;
    if (!m)
        return;
    ws_client_free(m->ws);
    free(m->join);
    g_free(m);
}

const struct driver driver_plenum = {
    .name = "plenum",
    .options = {"views", "tile", "token", "name"},
    .kind = &ws_client_plenum,
    .join = join,
    .view = view,
    .leave = leave,
};
