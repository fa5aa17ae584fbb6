#include "members.h"

#include "clock.h"
#include "ice.h"

#include <stdlib.h>

enum state { IDLE, JOINING, THERE };

struct member {
    struct members *all;
    uint32_t place; /* the room is place % rooms */
    uint64_t id;    /* of the guest; another for each who comes here */
    enum state state;
    uint64_t began_us;
    void *driven;
    struct offer offer;
};

struct members {
    const struct options *options;
    const struct driver *driver;
    struct driver_server *server;
    struct crew *crew;
    GPtrArray *at;     /* by place */
    GHashTable *by_id; /* those who are not idle */
    uint64_t last_id;
    struct members_counts counts;
    char first_error[MEMBERS_WORDS_MAX];
    struct tally tally;
};

/* --- What each is to be --------------------------------------------------------------- */

/* The first of a room come before the others. */
static uint32_t rank(const struct member *m)
{
    return m->place / m->all->options->rooms;
}

static bool among(const struct member *m, int32_t count)
{
    return count < 0 || rank(m) < (uint32_t)count;
}

static void make_offer(struct member *m)
{
    const struct options *o = m->all->options;
    struct offer *offer = &m->offer;
    bool publishes = among(m, o->publishers);
    *offer = (struct offer){
        .fingerprint = *crew_fingerprint(m->all->crew),
        .audio = publishes && among(m, o->audio),
        .video = publishes && among(m, o->video),
        .layers = (uint8_t)o->layer_count,
        .transport_cc = o->feedback == OPTIONS_TRANSPORT_CC,
        .remb = o->feedback == OPTIONS_REMB,
    };
    if (!publishes || !m->all->driver->one_way) {
        offer->audio_slots = (uint8_t)o->audio_slots;
        offer->video_slots = (uint8_t)o->video_slots;
    }
    (void)!ice_random_string(offer->ufrag, ICE_UFRAG_LEN);
    (void)!ice_random_string(offer->pwd, ICE_PWD_LEN);
}

/* How many of a room speak, or could. */
static uint32_t talkers(const struct options *o)
{
    uint32_t n = o->participants;
    n = o->publishers >= 0 && (uint32_t)o->publishers < n ? (uint32_t)o->publishers : n;
    return o->audio >= 0 && (uint32_t)o->audio < n ? (uint32_t)o->audio : n;
}

static struct guest_plan *make_plan(const struct member *m, const struct offer_answer *answer)
{
    const struct options *o = m->all->options;
    struct guest_plan *plan = g_new(struct guest_plan, 1);
    *plan = (struct guest_plan){
        .id = m->id,
        .answer = *answer,
        .talk = {.people = talkers(o),
                 .at_once = o->talk < 0 ? talkers(o) : (uint32_t)o->talk,
                 .turn_us = (uint64_t)(o->turn * 1e6),
                 .seed = m->place % o->rooms,
                 .pauses = o->pauses},
        .person = rank(m),
        .impaired = o->impaired < 0 || rank(m) + (uint32_t)o->impaired >= o->participants,
        .random = (uint64_t)g_random_int() << 32 | g_random_int(),
    };
    return plan;
}

/* --- Coming and going ----------------------------------------------------------------- */

static void drop(struct member *m)
{
    struct members_counts *counts = &m->all->counts;
    counts->joining -= m->state == JOINING;
    counts->there -= m->state == THERE;
    m->state = IDLE;
    g_hash_table_remove(m->all->by_id, &m->id);
    m->all->driver->leave(g_steal_pointer(&m->driven));
    crew_leave(m->all->crew, m->id);
}

static void fail(struct member *m, const char *why)
{
    struct members *all = m->all;
    if (m->state == IDLE)
        return;
    all->counts.failed += m->state == JOINING;
    all->counts.ended += m->state == THERE;
    if (!*all->first_error)
        g_strlcpy(all->first_error, why, sizeof(all->first_error));
    drop(m);
}

static void on_answered(void *arg, const struct offer_answer *answer)
{
    struct member *m = arg;
    g_autofree struct guest_plan *plan = make_plan(m, answer);
    const struct options *o = m->all->options;
    histogram_add(&m->all->tally.steps[TALLY_SIGNALLING], clock_now_us() - m->began_us);
    crew_join(m->all->crew, plan);
    if (!o->tile_count || !m->offer.video_slots)
        return;
    g_autofree struct driver_view *views = g_new(struct driver_view, o->video_slots);
    for (uint32_t i = 0; i < o->video_slots; i++) {
        const struct options_tile *tile = &o->tiles[MIN(i, o->tile_count - 1)];
        views[i] = (struct driver_view){false, tile->width, tile->height};
    }
    m->all->driver->view(m->driven, o->audio_slots, views, o->video_slots);
}

static void on_wanted(void *arg, size_t track, uint8_t layers)
{
    struct member *m = arg;
    crew_wanted(m->all->crew, m->id, track, layers);
}

static void on_failed(void *arg, const char *why)
{
    fail(arg, why);
}

static const struct driver_upcalls driver_upcalls = {on_answered, on_wanted, on_failed};

static void begin(struct member *m, uint64_t now_us)
{
    struct members *all = m->all;
    const struct options *o = all->options;
    g_autofree char *room =
        o->rooms > 1 ? g_strdup_printf("%s-%u", o->room, m->place % o->rooms + 1) : g_strdup(o->room);
    g_autofree char *name = g_strdup_printf("%s %u", o->name, all->counts.begun + 1);
    m->id = ++all->last_id;
    m->state = JOINING;
    m->began_us = now_us;
    all->counts.begun++;
    all->counts.joining++;
    g_hash_table_insert(all->by_id, &m->id, m);
    make_offer(m);
    const struct driver_entry entry = {room, name, &m->offer};
    m->driven = all->driver->join(all->server, &entry, &driver_upcalls, m);
}

void members_add(struct members *m, uint64_t now_us)
{
    struct member *one = g_new0(struct member, 1);
    *one = (struct member){.all = m, .place = m->at->len};
    g_ptr_array_add(m->at, one);
    begin(one, now_us);
}

static struct member *anyone_there(struct members *m)
{
    if (!m->counts.there)
        return NULL;
    for (;;) {
        struct member *one = m->at->pdata[g_random_int_range(0, (gint32)m->at->len)];
        if (one->state == THERE)
            return one;
    }
}

void members_replace(struct members *m, uint64_t now_us)
{
    struct member *one = anyone_there(m);
    if (!one)
        return;
    drop(one);
    begin(one, now_us);
}

void members_look_elsewhere(struct members *m)
{
    static const struct driver_view views[] = {
        {true, 0, 0}, {false, 160, 90}, {false, 320, 180}, {false, 640, 360}, {false, 1280, 720}};
    struct member *one = anyone_there(m);
    const struct options *o = m->options;
    if (!one || !one->offer.video_slots)
        return;
    const struct driver_view *view = &views[g_random_int_range(0, G_N_ELEMENTS(views))];
    uint32_t slot = (uint32_t)g_random_int_range(0, (gint32)o->video_slots);
    m->driver->view(one->driven, o->audio_slots + slot, view, 1);
}

void members_check(struct members *m, uint64_t now_us)
{
    for (size_t i = 0; i < m->at->len && m->counts.joining; i++) {
        struct member *one = m->at->pdata[i];
        if (one->state == JOINING && now_us > one->began_us + MEMBERS_PATIENCE_US)
            fail(one, "no connection within 30 s: do UDP packets get through to the server?");
    }
}

void members_leave_all(struct members *m)
{
    for (size_t i = 0; i < m->at->len; i++) {
        struct member *one = m->at->pdata[i];
        if (one->state != IDLE)
            drop(one);
    }
}

/* --- What the crew tells ------------------------------------------------------------------ */

void members_reached(struct members *m, uint64_t guest, enum tally_step step, uint64_t now_us)
{
    struct member *one = g_hash_table_lookup(m->by_id, &guest);
    if (!one)
        return;
    if (step == TALLY_PACKET)
        histogram_add(&m->tally.steps[TALLY_MEDIA], now_us - one->began_us);
    if (step != TALLY_DTLS)
        return;
    histogram_add(&m->tally.steps[TALLY_CONNECTED], now_us - one->began_us);
    one->state = THERE;
    m->counts.joining--;
    m->counts.there++;
}

void members_broken(struct members *m, uint64_t guest, int err)
{
    struct member *one = g_hash_table_lookup(m->by_id, &guest);
    g_autofree char *why = g_strdup_printf("no socket for its media: %s", web_explain_error(-err));
    if (one)
        fail(one, why);
}

/* --- All of them ------------------------------------------------------------------------------ */

struct members *members_new(const struct options *options, struct driver_server *server)
{
    struct members *m = g_new0(struct members, 1);
    *m = (struct members){
        .options = options,
        .driver = server->driver,
        .server = server,
        .at = g_ptr_array_new_with_free_func(g_free),
        .by_id = g_hash_table_new(g_int64_hash, g_int64_equal),
    };
    return m;
}

void members_set_crew(struct members *m, struct crew *crew)
{
    m->crew = crew;
}

void members_free(struct members *m)
{
    if (!m)
        return;
    g_hash_table_destroy(m->by_id);
    g_ptr_array_free(m->at, TRUE);
    g_free(m);
}

uint32_t members_size(const struct members *m)
{
    return m->at->len;
}

struct members_counts members_counts(const struct members *m)
{
    return m->counts;
}

const char *members_first_error(const struct members *m)
{
    return m->first_error;
}

const struct tally *members_tally(const struct members *m)
{
    return &m->tally;
}
