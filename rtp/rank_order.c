#include "rank_order.h"

/* One who is ordered: its place so far, and what it is like now. */
struct entry {
    struct rank_holder holder;
    const struct rank_candidate *now;
    bool leads, speaks;
};

static const struct rank_candidate *find(const struct rank_candidate *candidates, size_t count, uint32_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (candidates[i].id == id)
            return &candidates[i];
    }
    return NULL;
}

static bool holds(const struct rank *r, uint32_t id)
{
    for (size_t i = 0; i < r->slots; i++) {
        if (r->holders[i].id == id)
            return true;
    }
    return false;
}

static bool ordered(const struct rank_order *o, uint32_t id)
{
    for (size_t i = 0; i < o->count; i++) {
        if (o->at[i].id == id)
            return true;
    }
    return false;
}

/* Who speaks stays before who spoke lately, and that one before who spoke long ago. */
static bool goes_before(const struct entry *a, const struct entry *b)
{
    if (a->speaks != b->speaks)
        return a->speaks;
    return !a->speaks && a->now->voice_us > b->now->voice_us;
}

static void insert(struct entry *list, size_t n, const struct entry *e)
{
    for (; n > 0 && goes_before(e, &list[n - 1]); n--)
        list[n] = list[n - 1];
    list[n] = *e;
}

/* Those who were ordered before keep their order among equals; the new ones come behind. */
static size_t gather(struct entry *list, const struct rank_order *o, const struct rank *r,
                     const struct rank_candidate *candidates, size_t count, uint64_t now_us)
{
    size_t n = 0;
    for (size_t i = 0; i < o->count + r->slots; i++) {
        bool old = i < o->count;
        struct rank_holder h = old ? o->at[i] : (struct rank_holder){.id = r->holders[i - o->count].id};
        const struct rank_candidate *c = h.id ? find(candidates, count, h.id) : NULL;
        if (!c || (old ? !holds(r, h.id) : ordered(o, h.id)))
            continue;
        bool speaks = c->voice_us && now_us < c->voice_us + RANK_HOLD_US;
        insert(list, n++, &(struct entry){h, c, rank_leads(c, now_us), speaks});
    }
    return n;
}

static int loudness(const struct entry *e)
{
    return e->leads ? UINT8_MAX : e->now->loudness;
}

/* The loudest of those behind `at` who speak and are clearly louder, or n. */
static size_t louder_behind(const struct entry *list, size_t n, size_t at)
{
    size_t best = n;
    for (size_t i = at + 1; i < n && list[i].speaks; i++) {
        if (loudness(&list[i]) >= loudness(&list[at]) + RANK_MARGIN &&
            (best == n || loudness(&list[i]) > loudness(&list[best])))
            best = i;
    }
    return best;
}

static void move_up_the_louder(struct entry *list, size_t n, uint64_t now_us)
{
    for (size_t i = 0; i < n; i++) {
        size_t j = louder_behind(list, n, i);
        if (j == n) {
            list[i].holder.quieter_us = 0;
        } else if (!list[i].holder.quieter_us) {
            list[i].holder.quieter_us = now_us;
        } else if (now_us >= list[i].holder.quieter_us + RANK_HOLD_US) {
            struct entry quieter = list[i];
            list[i] = list[j];
            list[j] = quieter;
            list[i].holder.quieter_us = list[j].holder.quieter_us = 0;
        }
    }
}

bool rank_order_update(struct rank_order *o, const struct rank *r, const struct rank_candidate *candidates,
                       size_t count, uint64_t now_us)
{
    struct entry list[RANK_SLOTS_MAX];
    size_t n = gather(list, o, r, candidates, count, now_us);
    move_up_the_louder(list, n, now_us);
    bool changed = n != o->count;
    for (size_t i = 0; i < n; i++) {
        changed |= o->at[i].id != list[i].holder.id;
        o->at[i] = list[i].holder;
    }
    o->count = n;
    return changed;
}
