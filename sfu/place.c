#include "place.h"

static bool has_room(const struct place *p, unsigned worker)
{
    return p->asked & UINT64_C(1) << worker;
}

unsigned place_next(const struct place *p, uint32_t spread, const uint32_t *busy, unsigned workers)
{
    unsigned least = p->home;
    if (!spread || p->count[p->home] < spread)
        return p->home;
    for (unsigned i = 0; i < workers; i++) {
        if (has_room(p, i) && p->count[i] < spread)
            return i;
        if (busy[i] < busy[least] || (busy[i] == busy[least] && has_room(p, i) && !has_room(p, least)))
            least = i;
    }
    return least;
}
