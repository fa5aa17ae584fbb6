#include "decoder.h"

#include <stdlib.h>
#include <string.h>

void decoder_init(struct decoder *d)
{
    *d = (struct decoder){.layer = DECODER_NO_LAYER, .rising = DECODER_NO_LAYER};
    d->ring = calloc(DECODER_RING, sizeof *d->ring);
    if (!d->ring)
        abort();
}

void decoder_finish(struct decoder *d)
{
    free(d->ring);
}

static const struct truth *at(const struct decoder *d, uint64_t index)
{
    const struct decoder_packet *p = &d->ring[index % DECODER_RING];
    return p->index == index ? &p->truth : NULL;
}

/* All packets of the frame whose first has that index are there. */
static bool whole(const struct decoder *d, uint64_t first)
{
    const struct truth *t = at(d, first);
    for (uint8_t i = 1; t && i < t->packets; i++)
        if (!at(d, first + i))
            return false;
    return t && t->at == 0;
}

static bool has_references(const struct decoder *d, const struct truth *t)
{
    for (size_t i = 0; i < t->ref_count; i++)
        if (d->source != t->source || d->whole[t->refs[i] % DECODER_FRAMES] != t->refs[i] + 1)
            return false;
    return true;
}

/* A picture ends where the next one begins. */
static void show(struct decoder *d, const struct truth *t, uint64_t now_us)
{
    if (d->source == t->source && d->picture == t->picture) {
        d->rising = t->layer > d->rising ? t->layer : d->rising;
        return;
    }
    if (d->decoded_us && now_us - d->decoded_us > DECODER_FREEZE_US)
        d->frozen_us += now_us - d->decoded_us;
    d->decoded_us = now_us;
    d->pictures++;
    d->layer = d->rising;
    d->rising = t->layer;
}

static void decode(struct decoder *d, const struct truth *t, uint64_t now_us)
{
    if (t->key && t->sid == 0) {
        memset(d->whole, 0, sizeof d->whole);
        d->needs_key = false;
    } else if (!has_references(d, t)) {
        d->lost_frames++;
        d->needs_key = true;
        return;
    }
    show(d, t, now_us);
    d->source = t->source;
    d->picture = t->picture;
    d->whole[t->frame % DECODER_FRAMES] = t->frame + 1;
}

/* Frame by frame, as far as there is no gap. */
static void decode_all(struct decoder *d, uint64_t now_us)
{
    const struct truth *t;
    while ((t = at(d, d->next)) != NULL) {
        if (t->at == 0 && !whole(d, d->next))
            break;
        if (t->at == 0)
            decode(d, t, now_us);
        d->next += t->at == 0 ? t->packets : 1; /* else the beginning is missing: of no use */
    }
    bool stuck = d->next <= d->newest;
    d->stuck_us = !stuck ? 0 : d->stuck_us ? d->stuck_us : now_us;
}

void decoder_receive(struct decoder *d, uint64_t index, const struct truth *t, uint64_t now_us)
{
    if (!d->next)
        d->next = index;
    if (index < d->next || (d->newest > DECODER_RING && index < d->newest - DECODER_RING / 2))
        return;
    d->ring[index % DECODER_RING] = (struct decoder_packet){index, *t};
    d->newest = index > d->newest ? index : d->newest;
    if (d->newest - d->next > DECODER_RING / 2)
        d->next = d->newest;
    uint64_t first = index - t->at;
    if (t->key && t->sid == 0 && first > d->next && whole(d, first))
        d->next = first;
    uint64_t before = d->next;
    decode_all(d, now_us);
    if (d->next != before && d->stuck_us)
        d->stuck_us = now_us;
}

bool decoder_tick(struct decoder *d, uint64_t now_us)
{
    if (d->stuck_us && now_us - d->stuck_us > DECODER_WAIT_US) {
        while (d->next <= d->newest && !(at(d, d->next) && at(d, d->next)->at == 0 && whole(d, d->next)))
            d->next++;
        d->lost_frames++;
        d->needs_key = true;
        d->stuck_us = 0;
        decode_all(d, now_us);
    }
    return d->needs_key;
}

void decoder_rest(struct decoder *d)
{
    d->decoded_us = 0;
    d->layer = d->rising = DECODER_NO_LAYER;
}

uint64_t decoder_frozen_us(const struct decoder *d, uint64_t now_us)
{
    uint64_t since_us = d->decoded_us ? now_us - d->decoded_us : 0;
    return d->frozen_us + (since_us > DECODER_FREEZE_US ? since_us : 0);
}
