#include "sent.h"

#include "seq.h"

#include <string.h>

void sent_init(struct sent *s, struct sent_packet *ring, size_t capacity)
{
    memset(ring, 0, capacity * sizeof(*ring));
    *s = (struct sent){.ring = ring, .mask = capacity - 1};
}

void sent_grow(struct sent *s, struct sent_packet *ring, size_t capacity)
{
    struct sent old = *s;
    sent_init(s, ring, capacity);
    s->highest = old.highest;
    /* The larger window reaches further back than the smaller one remembered. */
    s->floor = old.highest > old.mask ? old.highest - old.mask : 0;
    if (s->floor < old.floor)
        s->floor = old.floor;
    for (size_t i = 0; i <= old.mask; i++) {
        if (old.ring[i].source)
            ring[old.ring[i].out.index & s->mask] = old.ring[i];
    }
}

bool sent_crowded(const struct sent *s, uint64_t index, uint32_t now_ms, uint32_t keep_ms)
{
    const struct sent_packet *at = &s->ring[index & s->mask];
    return index > s->highest && at->source && now_ms - at->sent_ms < keep_ms;
}

/* Entries between the last highest index and the new one were never sent: a NACK
 * for them must not find what lay there a round of the ring ago. */
static void forget_between(struct sent *s, uint64_t from, uint64_t to)
{
    if (to - from > s->mask)
        from = to - s->mask - 1;
    for (uint64_t i = from + 1; i < to; i++)
        s->ring[i & s->mask].source = 0;
}

bool sent_note(struct sent *s, const struct sent_packet *p)
{
    uint64_t index = p->out.index;
    struct sent_packet *at = &s->ring[index & s->mask];
    if (index > s->highest) {
        if (s->highest)
            forget_between(s, s->highest, index);
        s->highest = index;
    } else if (s->highest - index > s->mask || index < s->floor || at->source) {
        return false;
    }
    *at = *p;
    return true;
}

struct sent_packet *sent_find(struct sent *s, uint16_t seq)
{
    uint64_t index = seq_extend(s->highest, seq);
    struct sent_packet *at = &s->ring[index & s->mask];
    return s->highest && at->source && at->out.index == index ? at : NULL;
}
