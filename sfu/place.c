#include "place.h"

static uint64_t bit(unsigned worker)
{
    return UINT64_C(1) << worker;
}

void places_init(struct places *p, unsigned workers, uint32_t spread)
{
    *p = (struct places){
        .workers = workers,
        .spread = spread,
        .rooms = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free),
    };
}

void places_finish(struct places *p)
{
    g_hash_table_destroy(p->rooms);
}

unsigned places_home(const struct places *p)
{
    unsigned least = 0;
    for (unsigned i = 1; i < p->workers; i++) {
        if (p->homes[i] + p->busy[i] < p->homes[least] + p->busy[least])
            least = i;
    }
    return least;
}

struct place *places_add(struct places *p, uint64_t room, unsigned home)
{
    struct place *place = g_new0(struct place, 1);
    place->room = room;
    place->home = home;
    p->homes[home]++;
    g_hash_table_insert(p->rooms, &place->room, place);
    return place;
}

struct place *places_find(const struct places *p, uint64_t room)
{
    return g_hash_table_lookup(p->rooms, &room);
}

void places_remove(struct places *p, struct place *place)
{
    p->homes[place->home]--;
    g_hash_table_remove(p->rooms, &place->room);
}

static bool has_room(const struct place *place, unsigned worker)
{
    return place->asked & bit(worker);
}

unsigned places_next(const struct places *p, const struct place *place)
{
    const uint32_t *busy = p->busy;
    unsigned least = place->home;
    if (!p->spread || place->count[place->home] < p->spread)
        return place->home;
    for (unsigned i = 0; i < p->workers; i++) {
        if (has_room(place, i) && place->count[i] < p->spread)
            return i;
        if (busy[i] < busy[least] ||
            (busy[i] == busy[least] && has_room(place, i) && !has_room(place, least)))
            least = i;
    }
    return least;
}

void places_joined(struct places *p, struct place *place, unsigned worker)
{
    p->busy[worker]++;
    if (place)
        place->count[worker]++;
}

void places_gone(struct places *p, struct place *place, unsigned worker)
{
    p->busy[worker]--;
    if (place)
        place->count[worker]--;
}

bool place_asks(struct place *place, unsigned worker)
{
    bool first = !(place->asked & bit(worker));
    place->asked |= bit(worker);
    return first;
}

uint64_t place_opened(struct place *place, unsigned worker)
{
    uint64_t others = place->open & ~bit(worker);
    place->open |= bit(worker);
    return others;
}
