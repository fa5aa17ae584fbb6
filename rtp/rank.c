#include "rank.h"

enum { LOUDEST = 255 };

void rank_init(struct rank *r, size_t slots)
{
    *r = (struct rank){.slots = slots < RANK_SLOTS_MAX ? slots : RANK_SLOTS_MAX};
}

/* One decision: the candidates, and for each slot its holder's candidate. */
struct round {
    const struct rank_candidate *candidates;
    size_t count;
    uint32_t except;
    uint64_t now_us;
    const struct rank_candidate *held[RANK_SLOTS_MAX]; /* NULL = the slot is free */
};

static bool voiced_within(const struct rank_candidate *c, uint64_t now_us, uint64_t us)
{
    return c->voice_us != 0 && now_us < c->voice_us + us;
}

bool rank_leads(const struct rank_candidate *c, uint64_t now_us)
{
    return c->dominant && voiced_within(c, now_us, RANK_HOLD_US);
}

static int loudness(const struct rank_candidate *c, uint64_t now_us)
{
    return rank_leads(c, now_us) ? LOUDEST : c->loudness;
}

static bool louder(const struct rank_candidate *a, const struct rank_candidate *b, uint64_t now_us)
{
    int x = loudness(a, now_us), y = loudness(b, now_us);
    return x != y ? x > y : a->id < b->id;
}

static bool holds(const struct rank *r, uint32_t id)
{
    for (size_t i = 0; i < r->slots; i++)
        if (r->holders[i].id == id)
            return true;
    return false;
}

/* Find the holders among the candidates; the slots of those who have gone are free. */
static bool release_gone(struct rank *r, struct round *round)
{
    bool changed = false;
    for (size_t i = 0; i < r->slots; i++) {
        struct rank_holder *h = &r->holders[i];
        for (size_t k = 0; k < round->count && h->id && !round->held[i]; k++)
            if (round->candidates[k].id == h->id && h->id != round->except)
                round->held[i] = &round->candidates[k];
        if (h->id && !round->held[i]) {
            *h = (struct rank_holder){0};
            changed = true;
        }
    }
    return changed;
}

/* The loudest candidate without a slot; of those who are speaking, if `speaking`. */
static const struct rank_candidate *challenger(const struct rank *r, const struct round *round, bool speaking)
{
    const struct rank_candidate *best = NULL;
    for (size_t k = 0; k < round->count; k++) {
        const struct rank_candidate *c = &round->candidates[k];
        if (c->id == round->except ||
            (speaking && !rank_leads(c, round->now_us) && !voiced_within(c, round->now_us, RANK_RECENT_US)))
            continue;
        if ((!best || louder(c, best, round->now_us)) && !holds(r, c->id))
            best = c;
    }
    return best;
}

static void seat(struct rank *r, struct round *round, size_t slot, const struct rank_candidate *c)
{
    r->holders[slot] = (struct rank_holder){.id = c->id};
    round->held[slot] = c;
}

static bool fill_free(struct rank *r, struct round *round)
{
    bool changed = false;
    for (size_t i = 0; i < r->slots; i++) {
        if (round->held[i])
            continue;
        const struct rank_candidate *c = challenger(r, round, false);
        if (!c)
            break;
        seat(r, round, i, c);
        changed = true;
    }
    return changed;
}

static bool clearly_quieter(const struct rank_candidate *holder, const struct rank_candidate *c,
                            uint64_t now_us)
{
    return loudness(holder, now_us) + RANK_MARGIN <= loudness(c, now_us);
}

/* Start or stop the holders' clocks of being clearly quieter than the loudest challenger. */
static void time_quieter(struct rank *r, const struct round *round, const struct rank_candidate *c)
{
    for (size_t i = 0; i < r->slots; i++) {
        struct rank_holder *h = &r->holders[i];
        if (!round->held[i] || !c || !clearly_quieter(round->held[i], c, round->now_us))
            h->quieter_us = 0;
        else if (h->quieter_us == 0)
            h->quieter_us = round->now_us;
    }
}

/* May that holder make room for the challenger now? */
static bool yields(const struct rank_holder *h, const struct rank_candidate *holder,
                   const struct rank_candidate *c, uint64_t now_us)
{
    if (rank_leads(holder, now_us))
        return false;
    if (rank_leads(c, now_us) || !voiced_within(holder, now_us, RANK_HOLD_US))
        return true;
    return h->quieter_us != 0 && now_us >= h->quieter_us + RANK_HOLD_US && clearly_quieter(holder, c, now_us);
}

/* Of two holders that may: the one silent for longer, then the quieter one. */
static bool goes_before(const struct rank_candidate *a, const struct rank_candidate *b, uint64_t now_us)
{
    bool a_speaks = voiced_within(a, now_us, RANK_HOLD_US), b_speaks = voiced_within(b, now_us, RANK_HOLD_US);
    if (a_speaks != b_speaks)
        return b_speaks;
    if (!a_speaks && a->voice_us != b->voice_us)
        return a->voice_us < b->voice_us;
    return louder(b, a, now_us);
}

static bool replace_one(struct rank *r, struct round *round, const struct rank_candidate *c)
{
    size_t slot = r->slots;
    for (size_t i = 0; i < r->slots; i++) {
        const struct rank_candidate *h = round->held[i];
        if (h && yields(&r->holders[i], h, c, round->now_us) &&
            (slot == r->slots || goes_before(h, round->held[slot], round->now_us)))
            slot = i;
    }
    if (slot == r->slots)
        return false;
    seat(r, round, slot, c);
    return true;
}

bool rank_update(struct rank *r, const struct rank_candidate *candidates, size_t count, uint32_t except,
                 uint64_t now_us)
{
    struct round round = {.candidates = candidates, .count = count, .except = except, .now_us = now_us};
    bool changed = release_gone(r, &round);
    changed |= fill_free(r, &round);
    const struct rank_candidate *c = challenger(r, &round, true);
    time_quieter(r, &round, c);
    /* Each turn seats one who speaks, so there are at most as many as slots. */
    for (size_t i = 0; i < r->slots && c && replace_one(r, &round, c); i++) {
        changed = true;
        c = challenger(r, &round, true);
    }
    return changed;
}
