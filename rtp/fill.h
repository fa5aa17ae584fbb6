/* Who is in which slot: the decision of architecture's slot model for one viewer
 * and one kind of media, as a pure function over small arrays. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FILL_SLOTS_MAX = 64 };

struct fill_slot {
    uint32_t holder; /* in: the candidate that is in it; out: that shall be; 0 = none */
    uint32_t pin;    /* the track that the viewer wants here; 0 = none */
    bool pinned;     /* the viewer chose: nothing but `pin` may be here */
    bool hidden;     /* the viewer does not look: nothing here */
};

/* What there is to show. */
struct fill_wish {
    const uint32_t *ids; /* the most wanted first */
    size_t count;
    size_t ranked;        /* of the first so many the order counts; the others are as good as each other */
    const uint32_t *mine; /* the viewer's own tracks: not even shown where they are pinned */
    size_t mine_count;
};

/* Fill n slots (at most FILL_SLOTS_MAX). Pinned slots show their pin; the others
 * the ranked candidates that are not shown by a pin, then, as far as there is room, those of the rest that
 * are shown already, then the others of the rest. Who is shown already and still wanted keeps the slot;
 * newcomers take the free ones in order. A holder that is not wanted any more is not to be given. */
void fill_slots(struct fill_slot *slots, size_t n, const struct fill_wish *wish);
