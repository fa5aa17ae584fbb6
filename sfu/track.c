#include "track.h"

#include "remote.h"
#include "room.h"
#include "spread.h"
#include "transport.h"
#include "worker.h"

#include <stdlib.h>

_Static_assert((int)SFU_LAYERS_MAX <= (int)LAYER_ORDER_MAX, "layers that can be sorted");

/* --- Life -------------------------------------------------------------------- */

struct track *track_new(struct room *room, const struct track_info *info)
{
    struct track *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->id = info->id;
    t->kind = info->kind;
    t->source = info->source;
    t->participant = info->participant;
    t->joined_us = info->joined_us;
    t->room = room;
    t->layer_count = info->layer_count;
    for (uint8_t i = 0; i < t->layer_count; i++) {
        layer_init(&t->layers[i], t, i);
        t->order[i] = i;
    }
    return t;
}

struct track *track_publish(struct transport *publisher, const struct sfu_track_desc *desc, uint64_t now_us)
{
    const struct track_info info = {
        .id = desc->id,
        .participant = publisher->participant,
        .kind = desc->kind,
        .source = desc->source,
        .layer_count = desc->rid_count ? desc->rid_count : 1,
        .joined_us = now_us,
    };
    struct track *t = track_new(publisher->room, &info);
    if (!t)
        return NULL;
    t->muted = desc->muted;
    t->publisher = publisher;
    t->clock = &publisher->clock;
    t->desc = *desc;
    demand_init(&t->demand, t->layer_count, now_us);
    return t;
}

struct track_info track_info(const struct track *t)
{
    return (struct track_info){
        .id = t->id,
        .participant = t->participant,
        .kind = t->kind,
        .source = t->source,
        .layer_count = t->layer_count,
        .joined_us = t->joined_us,
    };
}

void track_free(struct track *track)
{
    if (!track)
        return;
    for (uint8_t i = 0; i < track->layer_count; i++)
        layer_finish(&track->layers[i]);
    spread_forget(track);
    free(track->remote);
    free(track);
}

/* --- What becomes of it ------------------------------------------------------------- */

void track_changed(struct track *t)
{
    if (!t->remote)
        t->step_count = 0;
    spread_errand(t);
    room_touch(t->room);
}

void track_become(struct track *track, enum sfu_source source)
{
    if (track->source == source)
        return;
    track->source = source;
    track_changed(track);
}

void track_mute(struct track *track, bool muted)
{
    if (track->muted == muted)
        return;
    track->muted = muted;
    for (uint8_t i = 0; muted && i < track->layer_count; i++)
        layer_unwatch(&track->layers[i]);
    track->level = (struct level){0};
    track->speaker = (struct dominant_speaker){0};
    track_changed(track);
}

/* Sizes show which layers are the better ones, whatever the offer's order is. Those of layers that have
 * stopped may be of another camera. */
void track_sort_layers(struct track *t, uint64_t now_us)
{
    uint32_t pixels[LAYER_ORDER_MAX];
    for (uint8_t i = 0; i < t->layer_count; i++) {
        const struct layer *l = &t->layers[i];
        pixels[i] = layer_alive(l, now_us) ? (uint32_t)l->width * l->height : 0;
    }
    if (!layer_order(pixels, t->layer_count, t->order))
        return;
    for (uint8_t i = 0; i < t->layer_count; i++)
        t->layers[t->order[i]].quality = i;
    track_changed(t);
}

/* --- What is needed --------------------------------------------------------------- */

static void tell_wanted(struct track *t, uint64_t now_us)
{
    uint8_t layers;
    if (t->kind == RTP_VIDEO && !t->remote && demand_due(&t->demand, &layers, now_us))
        worker_tell(t->room->worker, EVENT_WANTED, t->publisher->id, 0, layers, t->id, NULL);
}

void track_need(struct track *t, unsigned quality, uint64_t now_us)
{
    uint8_t best = t->order[quality < t->layer_count ? quality : t->layer_count - 1u];
    uint8_t layers = (uint8_t)(1u << t->order[0] | 1u << best);
    if (t->remote)
        remote_need(t, layers);
    else
        track_need_layers(t, layers, now_us);
}

void track_need_layers(struct track *t, uint8_t layers, uint64_t now_us)
{
    for (uint8_t i = 0; i < t->layer_count; i++) {
        if (layers & 1u << i)
            demand_note(&t->demand, i, now_us);
    }
    tell_wanted(t, now_us);
}

void track_second(struct track *t, uint64_t now_us)
{
    for (uint8_t i = 0; i < t->layer_count; i++)
        layer_second(&t->layers[i], now_us);
    tell_wanted(t, now_us);
}

/* --- Choosing -------------------------------------------------------------------- */

const struct sfu_format *track_format(const struct track *track)
{
    for (uint8_t i = 0; i < track->layer_count; i++) {
        if (track->layers[i].format)
            return track->layers[i].format;
    }
    return NULL;
}

struct layer *track_layer(struct track *track, unsigned wanted, uint64_t now_us)
{
    struct layer *best = NULL, *any = NULL;
    for (uint8_t i = 0; i < track->layer_count; i++) {
        struct layer *l = &track->layers[track->order[i]];
        if (!layer_alive(l, now_us))
            continue;
        if (!any || i <= wanted)
            any = l;
        if (rhythm_keeps(&l->rhythm) && (!best || i <= wanted))
            best = l;
    }
    return best ? best : any;
}
