/* Who is in which slot: the decision of architecture's slot model for one viewer
 * and one kind of media, as a pure function over small arrays. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FILL_SLOTS_MAX = 64 };

struct fill_slot {
    uint32_t holder; /* in: the track that is in it; out: that shall be; 0 = none */
    uint32_t pin;    /* the track that the viewer wants here; 0 = none */
    bool pinned;     /* the viewer chose: nothing but `pin` may be here */
    bool hidden;     /* the viewer does not look: nothing here */
};

/* Fill n slots (at most FILL_SLOTS_MAX) from candidates, the most wanted first,
 * without the viewer's own tracks (`mine`, of mine_count), which are not even
 * shown where they are pinned. Pinned slots show their pin; the others the first candidates that are not
 * shown by a pin. Who is shown already and still wanted keeps the slot; newcomers take the free ones in
 * order. */
void fill_slots(struct fill_slot *slots, size_t n, const uint32_t *candidates, size_t candidate_count,
                const uint32_t *mine, size_t mine_count);
