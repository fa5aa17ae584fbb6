#include "voices.h"

#include "ladder.h"

enum { USUAL_BPS = 40000 /* Opus at 32 kbps with its headers */ };

const struct allocate_step *voices_step(const struct allocate_slot *slot)
{
    for (size_t i = 0; i < ladder_steps(slot); i++) {
        if (slot->steps[i].alive)
            return &slot->steps[i];
    }
    return NULL;
}

uint32_t voices_bps(const struct allocate_slot *slot)
{
    const struct allocate_step *s = voices_step(slot);
    return !s ? 0 : s->bps ? s->bps : USUAL_BPS;
}

bool voices_has(const struct allocate_slot *slot)
{
    return slot->kind == RTP_AUDIO && slot->source && !slot->hidden && voices_step(slot);
}

size_t voices_count(const struct allocate_slot *slots, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count && i < ALLOCATE_SLOTS_MAX; i++)
        n += voices_has(&slots[i]);
    return n;
}

size_t voices_before(const struct allocate_slot *slots, size_t count, size_t at)
{
    size_t before = 0;
    for (size_t i = 0; i < count && i < ALLOCATE_SLOTS_MAX; i++) {
        bool first =
            slots[i].priority != slots[at].priority ? slots[i].priority > slots[at].priority : i < at;
        before += voices_has(&slots[i]) && first;
    }
    return before;
}
