#include "replay.h"

#include "seq.h"

#include <string.h>

uint64_t replay_index(const struct replay *r, uint16_t seq)
{
    if (!r->started)
        return seq;
    uint64_t index = seq_extend(r->newest, seq);
    return index > r->newest + UINT16_MAX ? seq : index; /* there is nothing below 0 */
}

static uint64_t bit(uint64_t index)
{
    return UINT64_C(1) << index % 64;
}

bool replay_is_fresh(const struct replay *r, uint64_t index)
{
    if (!r->started || index > r->newest)
        return true;
    return r->newest - index < REPLAY_WINDOW && !(r->seen[index % REPLAY_WINDOW / 64] & bit(index));
}

/* What lies between did not come. */
static void move_to(struct replay *r, uint64_t index)
{
    if (!r->started || index - r->newest >= REPLAY_WINDOW) {
        memset(r->seen, 0, sizeof(r->seen));
    } else {
        for (uint64_t i = r->newest + 1; i < index; i++)
            r->seen[i % REPLAY_WINDOW / 64] &= ~bit(i);
    }
    r->newest = index;
    r->started = true;
}

void replay_note(struct replay *r, uint64_t index)
{
    if (!r->started || index > r->newest)
        move_to(r, index);
    r->seen[index % REPLAY_WINDOW / 64] |= bit(index);
}
