#include "sfu.h"

#include "command.h"
#include "place.h"
#include "worker.h"
#include "workers.h"

enum {
    ID_WORKER_BITS = 8,       /* of a room's or transport's id: which worker it is on */
    OVERLOAD_BACKLOG = 10000, /* commands that wait for a worker, beyond which nobody may join */
};

struct sfu {
    const struct sfu_upcalls *up;
    void *arg;
    struct workers workers;
    struct places places;
    uint64_t next_id;
};

/* --- Life --------------------------------------------------------------------- */

int sfu_start(const struct conf *conf, const struct sfu_upcalls *up, void *arg, struct sfu **out, char *err,
              size_t err_len)
{
    struct sfu *sfu = g_new0(struct sfu, 1);
    sfu->up = up;
    sfu->arg = arg;
    places_init(&sfu->places, conf_workers(conf), conf->rtc.spread);
    int e = workers_start(&sfu->workers, conf, err, err_len);
    if (e) {
        sfu_stop(sfu);
        sfu = NULL;
    }
    *out = sfu;
    return e;
}

void sfu_stop(struct sfu *sfu)
{
    if (!sfu)
        return;
    workers_stop(&sfu->workers);
    places_finish(&sfu->places);
    g_free(sfu);
}

/* --- Ids and mail ------------------------------------------------------------------- */

static unsigned worker_index(uint64_t id)
{
    return id & ((1 << ID_WORKER_BITS) - 1);
}

static struct worker *worker_of(const struct sfu *sfu, uint64_t id)
{
    return &sfu->workers.at[worker_index(id)];
}

static uint64_t new_id(struct sfu *sfu, unsigned worker)
{
    return ++sfu->next_id << ID_WORKER_BITS | worker;
}

static void post_to(const struct sfu *sfu, unsigned worker, struct mail m)
{
    if (m.body)
        m.free_body = g_free;
    mailbox_post(&sfu->workers.at[worker].to_worker, &m);
}

static void post(const struct sfu *sfu, uint64_t on, struct mail m)
{
    post_to(sfu, worker_index(on), m);
}

/* --- Rooms on several workers --------------------------------------------------------- */

static void open_on(const struct sfu *sfu, struct place *p, unsigned worker)
{
    if (place_asks(p, worker))
        post_to(sfu, worker, (struct mail){.type = COMMAND_ROOM_OPEN, .id = p->room, .a = (uint16_t)p->home});
}

/* That worker has it: it and those who have it already may write to each other from now on, as what they
 * write finds a room. */
static void on_room_opened(struct sfu *sfu, const struct mail *m)
{
    struct place *p = places_find(&sfu->places, m->id);
    uint64_t others = p ? place_opened(p, m->a) : 0;
    for (unsigned i = 0; i < sfu->workers.count; i++) {
        if (!(others >> i & 1))
            continue;
        post_to(sfu, i, (struct mail){.type = COMMAND_ROOM_LINK, .id = m->id, .a = m->a});
        post_to(sfu, m->a, (struct mail){.type = COMMAND_ROOM_LINK, .id = m->id, .a = (uint16_t)i});
    }
}

/* --- Events ------------------------------------------------------------------------- */

static void on_connected(struct sfu *sfu, const struct mail *m)
{
    sfu->up->connected(sfu->arg, m->id);
}

static void on_gone(struct sfu *sfu, const struct mail *m)
{
    places_gone(&sfu->places, places_find(&sfu->places, m->value), worker_index(m->id));
    sfu->up->gone(sfu->arg, m->id, (enum sfu_gone)m->a);
}

static void on_slots(struct sfu *sfu, const struct mail *m)
{
    sfu->up->slots(sfu->arg, m->id, m->body, m->b);
}

static void on_speakers(struct sfu *sfu, const struct mail *m)
{
    sfu->up->speakers(sfu->arg, m->id, m->body, m->b);
}

static void on_wanted(struct sfu *sfu, const struct mail *m)
{
    sfu->up->wanted(sfu->arg, m->id, m->b, (uint8_t)m->a);
}

static void on_stats(struct sfu *sfu, const struct mail *m)
{
    sfu->up->stats(sfu->arg, m->value, m->body);
}

static void on_load(struct sfu *sfu, const struct mail *m)
{
    const struct sfu_load load = {.busy = (unsigned)m->value, .shed = (enum sfu_shed)m->a};
    sfu->up->load(sfu->arg, m->b, &load);
}

static void (*const events[EVENT_COUNT])(struct sfu *, const struct mail *) = {
    [EVENT_CONNECTED] = on_connected,     [EVENT_GONE] = on_gone,     [EVENT_SLOTS] = on_slots,
    [EVENT_SPEAKERS] = on_speakers,       [EVENT_WANTED] = on_wanted, [EVENT_STATS] = on_stats,
    [EVENT_ROOM_OPENED] = on_room_opened, [EVENT_LOAD] = on_load,
};

int sfu_event_fd(const struct sfu *sfu)
{
    return mailbox_fd(&sfu->workers.events);
}

void sfu_dispatch(struct sfu *sfu)
{
    struct mail m;
    mailbox_clear(&sfu->workers.events);
    while (mailbox_take(&sfu->workers.events, &m)) {
        events[m.type](sfu, &m);
        mail_free(&m);
    }
    for (unsigned i = 0; i < sfu->workers.count; i++)
        mailbox_sender_flush(&sfu->workers.at[i].to_worker);
}

/* --- Commands ------------------------------------------------------------------------- */

uint64_t sfu_room_open(struct sfu *sfu)
{
    unsigned home = places_home(&sfu->places);
    struct place *p = places_add(&sfu->places, new_id(sfu, home), home);
    open_on(sfu, p, p->home);
    return p->room;
}

void sfu_room_close(struct sfu *sfu, uint64_t room)
{
    struct place *p = places_find(&sfu->places, room);
    for (unsigned i = 0; p && i < sfu->workers.count; i++) {
        if (p->asked >> i & 1)
            post_to(sfu, i, (struct mail){.type = COMMAND_ROOM_CLOSE, .id = room});
    }
    if (p)
        places_remove(&sfu->places, p);
}

static void copy_address(const struct addr *from, struct sockaddr_storage *to)
{
    union addr_sa sa;
    socklen_t len = addr_to_sockaddr(from, &sa);
    memset(to, 0, sizeof(*to));
    memcpy(to, &sa, len);
}

uint64_t sfu_place(struct sfu *sfu, uint64_t room)
{
    const struct place *p = places_find(&sfu->places, room);
    return new_id(sfu, p ? places_next(&sfu->places, p) : worker_index(room));
}

size_t sfu_candidates(const struct sfu *sfu, uint64_t transport, struct sockaddr_storage *out, size_t max)
{
    const struct worker *w = worker_of(sfu, transport);
    size_t n = 0;
    for (size_t i = 0; i < sfu->workers.public.count && n < max; i++) {
        struct addr at = sfu->workers.public.at[i];
        at.port = w->sockets.at[0].local.port;
        copy_address(&at, &out[n++]);
    }
    for (size_t i = 0; !sfu->workers.public.count && i < w->sockets.count && n < max; i++) {
        if (!addr_is_wildcard(&w->sockets.at[i].local))
            copy_address(&w->sockets.at[i].local, &out[n++]);
    }
    return n;
}

void sfu_join(struct sfu *sfu, uint64_t transport, uint64_t room, uint32_t participant,
              const struct sfu_transport_desc *desc)
{
    struct place *p = places_find(&sfu->places, room);
    places_joined(&sfu->places, p, worker_index(transport));
    if (p)
        open_on(sfu, p, worker_index(transport));
    post(sfu, transport,
         (struct mail){.type = COMMAND_JOIN,
                       .id = transport,
                       .value = room,
                       .b = participant,
                       .body = g_memdup2(desc, sizeof(*desc))});
}

bool sfu_overloaded(const struct sfu *sfu, uint64_t room)
{
    const struct place *p = places_find(&sfu->places, room);
    unsigned next = p ? places_next(&sfu->places, p) : places_home(&sfu->places);
    if (shed_refuses(&sfu->workers.at[next].shed))
        return true;
    for (unsigned i = 0; i < sfu->workers.count; i++) {
        if (mailbox_sender_backlog(&sfu->workers.at[i].to_worker) > OVERLOAD_BACKLOG)
            return true;
    }
    return false;
}

struct sfu_load sfu_load(const struct sfu *sfu)
{
    unsigned busy = 0, level = 0;
    for (unsigned i = 0; i < sfu->workers.count; i++) {
        unsigned its_busy = shed_busy(&sfu->workers.at[i].shed),
                 its_level = shed_level(&sfu->workers.at[i].shed);
        busy = its_busy > busy ? its_busy : busy;
        level = its_level > level ? its_level : level;
    }
    return (struct sfu_load){.busy = shed_percent(busy), .shed = shed_stage(level)};
}

void sfu_update(struct sfu *sfu, uint64_t transport, const struct sfu_transport_desc *desc)
{
    post(sfu, transport,
         (struct mail){.type = COMMAND_UPDATE, .id = transport, .body = g_memdup2(desc, sizeof(*desc))});
}

void sfu_leave(struct sfu *sfu, uint64_t transport)
{
    post(sfu, transport, (struct mail){.type = COMMAND_LEAVE, .id = transport});
}

void sfu_view(struct sfu *sfu, uint64_t transport, size_t first, const struct sfu_view_slot *slots,
              size_t count)
{
    if (!count || first + count > SFU_SLOTS_MAX)
        return;
    post(sfu, transport,
         (struct mail){.type = COMMAND_VIEW,
                       .id = transport,
                       .a = (uint16_t)first,
                       .b = (uint32_t)count,
                       .body = g_memdup2(slots, count * sizeof(*slots))});
}

void sfu_mute(struct sfu *sfu, uint64_t transport, uint32_t track, bool muted)
{
    post(sfu, transport, (struct mail){.type = COMMAND_MUTE, .id = transport, .a = muted, .b = track});
}

void sfu_stats(struct sfu *sfu, uint64_t transport, uint64_t cookie)
{
    post(sfu, transport, (struct mail){.type = COMMAND_STATS, .id = transport, .value = cookie});
}

const struct sfu_fingerprint *sfu_our_fingerprint(const struct sfu *sfu)
{
    return dtls_context_fingerprint(sfu->workers.dtls);
}

size_t sfu_counters(const struct sfu *sfu, char *buf, size_t len)
{
    size_t used = 0;
    for (int c = 0; c < COUNTER_COUNT; c++) {
        uint64_t sum = 0;
        for (unsigned i = 0; i < sfu->workers.count; i++)
            sum += counter_get(&sfu->workers.at[i].counters, (enum counter)c);
        int n = snprintf(used < len ? buf + used : NULL, used < len ? len - used : 0,
                         "%s %" G_GUINT64_FORMAT "\n", counter_info((enum counter)c)->name, sum);
        used += n > 0 ? (size_t)n : 0;
    }
    return used;
}
