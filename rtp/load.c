#include "load.h"

enum {
    WINDOW_US = 300000, /* what lies further back than that counts for less than half */
    LOOKS_MAX = 5,      /* that one look may stand for, where the thread was away for long */
    RISE_DROPS = 100,   /* of the level, a look */
    RISE_MIN = 5,       /* ... without, and more by what the load is above its limit, ... */
    RISE_SLOWER = 2,    /* ... divided by that */
    FALL_MIN = 1,
    FALL_SLOWER = 40,
    GOLDEN = 0x9e3779b9, /* 2^32 / golden ratio: multiples of it are spread evenly */
};

static unsigned lesser(uint64_t a, uint64_t b)
{
    return (unsigned)(a < b ? a : b);
}

/* The older, the less it counts. */
static void note(struct load *l, const struct load_sample *seen)
{
    uint64_t worked_us = seen->busy_us < seen->span_us ? seen->busy_us : seen->span_us;
    uint64_t fades_us = WINDOW_US + seen->span_us;
    l->busy_us = l->busy_us * WINDOW_US / fades_us + worked_us;
    l->span_us = l->span_us * WINDOW_US / fades_us + seen->span_us;
    l->busy = l->span_us ? (unsigned)(l->busy_us * LOAD_FULL / l->span_us) : 0;
}

/* In one look of the usual length. What was done shows late: it is enough once the last look was better. */
static unsigned rise(const struct load *l, const struct load_sample *seen)
{
    if (seen->drops)
        return RISE_DROPS;
    bool above = l->busy > l->limit && seen->busy_us * LOAD_FULL > seen->span_us * l->limit;
    return above ? RISE_MIN + (l->busy - l->limit) / RISE_SLOWER : 0;
}

static unsigned fall(const struct load *l, const struct load_sample *seen)
{
    unsigned low = l->limit > LOAD_MARGIN ? l->limit - LOAD_MARGIN : 0;
    bool below = l->busy < low && seen->busy_us * LOAD_FULL < seen->span_us * low;
    return below ? FALL_MIN + (low - l->busy) / FALL_SLOWER : 0;
}

void load_look(struct load *l, const struct load_sample *seen)
{
    uint64_t looks = seen->span_us / LOAD_LOOK_US;
    unsigned times = looks ? lesser(looks, LOOKS_MAX) : 1;
    note(l, seen);
    if (l->limit >= LOAD_FULL)
        return;
    unsigned up = rise(l, seen) * times, down = up ? 0 : fall(l, seen) * times;
    l->level = lesser(l->level + up, LOAD_VOICES_END);
    l->level -= lesser(down, l->level);
}

/* Half of a stage passes from the first viewer's first step to the last one's. */
unsigned load_share(unsigned level, uint32_t viewer)
{
    unsigned stage = level / LOAD_STAGE * LOAD_STAGE, within = 2 * (level % LOAD_STAGE);
    unsigned place = (unsigned)((uint64_t)(uint32_t)(viewer * GOLDEN) * LOAD_STAGE >> 32);
    return within > place ? stage + lesser(within - place, LOAD_STAGE) : stage;
}

uint64_t load_budget_bps(unsigned share, uint64_t all, uint64_t least, uint64_t voices)
{
    least = least < all ? least : all;
    voices = voices < least ? voices : least;
    if (share <= LOAD_LAYERS_END)
        return all - (all - least) * share / LOAD_STAGE;
    return voices + (least - voices) * (LOAD_SLOTS_END - lesser(share, LOAD_SLOTS_END)) / LOAD_STAGE;
}

size_t load_voices(unsigned share, size_t count)
{
    if (share <= LOAD_SLOTS_END || count < 2)
        return count;
    size_t spared = (LOAD_VOICES_END - lesser(share, LOAD_VOICES_END)) * (count - 1) / LOAD_STAGE;
    return 1 + spared;
}
