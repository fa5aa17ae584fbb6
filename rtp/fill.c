#include "fill.h"

static bool contains(const uint32_t *list, size_t n, uint32_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i] == id)
            return true;
    }
    return false;
}

static bool open_to_all(const struct fill_slot *slot)
{
    return !slot->hidden && !slot->pinned;
}

static bool shown_by_pin(const struct fill_slot *slots, size_t n, uint32_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (slots[i].pinned && !slots[i].hidden && slots[i].pin == id)
            return true;
    }
    return false;
}

/* Set aside the pinned and hidden slots; count those that the server fills. */
static size_t settle_chosen(struct fill_slot *slots, size_t n, const uint32_t *mine, size_t mine_count)
{
    size_t left = 0;
    for (size_t i = 0; i < n; i++) {
        if (slots[i].hidden)
            slots[i].holder = 0;
        else if (slots[i].pinned)
            slots[i].holder = contains(mine, mine_count, slots[i].pin) ? 0 : slots[i].pin;
        else
            left++;
    }
    return left;
}

/* Empty the slots whose holder is not wanted, or is in an earlier one as well. */
static void release_unwanted(struct fill_slot *slots, size_t n, const uint32_t *want, size_t want_count)
{
    for (size_t i = 0; i < n; i++) {
        if (!open_to_all(&slots[i]) || !slots[i].holder)
            continue;
        bool keep = contains(want, want_count, slots[i].holder);
        for (size_t j = 0; keep && j < i; j++)
            keep = !open_to_all(&slots[j]) || slots[j].holder != slots[i].holder;
        if (!keep)
            slots[i].holder = 0;
    }
}

static bool held(const struct fill_slot *slots, size_t n, uint32_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (open_to_all(&slots[i]) && slots[i].holder == id)
            return true;
    }
    return false;
}

/* Those that are to have the slots that the server fills. */
struct wanted {
    uint32_t ids[FILL_SLOTS_MAX];
    size_t count, room;
};

static void want(struct wanted *w, const struct fill_slot *slots, size_t n, const struct fill_wish *wish,
                 uint32_t id)
{
    if (id && w->count < w->room && !contains(wish->mine, wish->mine_count, id) &&
        !shown_by_pin(slots, n, id) && !contains(w->ids, w->count, id))
        w->ids[w->count++] = id;
}

static void choose(struct wanted *w, const struct fill_slot *slots, size_t n, const struct fill_wish *wish)
{
    for (size_t i = 0; i < wish->ranked && w->count < w->room; i++)
        want(w, slots, n, wish, wish->ids[i]);
    for (size_t i = 0; i < n; i++) {
        if (open_to_all(&slots[i]))
            want(w, slots, n, wish, slots[i].holder);
    }
    for (size_t i = wish->ranked; i < wish->count && w->count < w->room; i++)
        want(w, slots, n, wish, wish->ids[i]);
}

void fill_slots(struct fill_slot *slots, size_t n, const struct fill_wish *wish)
{
    struct wanted w = {0};
    if (n > FILL_SLOTS_MAX)
        n = FILL_SLOTS_MAX;
    w.room = settle_chosen(slots, n, wish->mine, wish->mine_count);
    choose(&w, slots, n, wish);
    release_unwanted(slots, n, w.ids, w.count);
    size_t at = 0;
    for (size_t i = 0; i < w.count; i++) {
        if (held(slots, n, w.ids[i]))
            continue;
        while (!open_to_all(&slots[at]) || slots[at].holder)
            at++; /* there are as many open slots as wanted tracks */
        slots[at].holder = w.ids[i];
    }
}
