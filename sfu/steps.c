/* What a track has to offer (track.h, track_steps): its layers and their temporal
 * ones, with what they cost. The publisher's own word goes before what was
 * measured: a shared screen that stands still measures as nothing. */
#include "track.h"

enum { STEPS_FRESH_US = 200000 /* viewers in one room share a list for so long */, USUAL_FPS = 30 };

/* One stream's spatial layer, as told and as measured. */
struct offer {
    uint8_t layer; /* as the step is named */
    const struct layer *from;
    const struct layers_spatial *told; /* NULL = not told */
    uint8_t sid;                       /* of it in its stream */
    uint8_t temporal_count;
};

/* Of a stream's spatial layers each has half the size of the one above, and key frames say that of the top.
 */
static uint16_t measured_size(const struct layer *l, uint16_t top, uint8_t sid)
{
    return (uint16_t)(sid + 1 < l->spatial_count ? top >> (l->spatial_count - 1 - sid) : top);
}

/* Its publisher was asked for it long ago, and it is not there. */
static bool is_absent(const struct layer *l, uint64_t now_us)
{
    return !layer_alive(l, now_us) && now_us >= l->heard_us + DEMAND_KEEP_US &&
           demand_lasts(&l->track->demand, l->index, now_us);
}

/* What is usual, where it is not told: 30 frames a second, and half of it for each temporal layer less. */
static uint8_t fps_of(const struct offer *o, uint8_t tid)
{
    if (o->told && o->told->fps)
        return layers_fps(o->told, tid);
    return (uint8_t)(USUAL_FPS >> (o->temporal_count - 1 - tid));
}

static void add_steps(struct track *t, const struct offer *o, uint64_t now_us)
{
    const struct layer *l = o->from;
    for (uint8_t tid = 0; tid < o->temporal_count && t->step_count < ALLOCATE_STEPS_MAX; tid++) {
        uint32_t told = o->told ? o->told->bps[tid] : 0;
        uint32_t bps = !told && l->rates ? layer_rate_bps(l->rates, o->sid, tid, now_us) : told;
        t->steps[t->step_count++] = (struct allocate_step){
            .layer = o->layer,
            .tid = tid,
            .fps = fps_of(o, tid),
            .alive = layer_alive(l, now_us),
            .width = o->told && o->told->width ? o->told->width : measured_size(l, l->width, o->sid),
            .height = o->told && o->told->width ? o->told->height : measured_size(l, l->height, o->sid),
            .bps = allocate_on_wire(bps, fps_of(o, tid)),
            .alive_us = is_absent(l, now_us) ? ALLOCATE_NEVER : l->started_us,
        };
    }
}

static void add_stream(struct track *t, const struct layer *l, uint64_t now_us)
{
    bool simulcast = t->layer_count > 1;
    const struct layers_spatial *told = l->index < t->told.stream_count ? t->told.of[l->index] : NULL;
    for (uint8_t sid = 0; sid < LAYERS_SPATIAL_MAX; sid++) {
        bool is_told = told && told[sid].temporal_count;
        bool is_there = is_told || (!simulcast && l->rates && layer_rate_has(l->rates, sid));
        if (sid > 0 && (simulcast || !is_there))
            break;
        struct offer o = {
            .layer = simulcast ? l->quality : sid,
            .from = l,
            .told = is_told ? &told[sid] : NULL,
            .sid = sid,
            .temporal_count = is_told    ? told[sid].temporal_count
                              : l->rates ? layer_rate_temporal(l->rates, sid)
                                         : 1,
        };
        add_steps(t, &o, now_us);
    }
}

const struct allocate_step *track_steps(struct track *t, uint8_t *count, uint64_t now_us)
{
    if (!t->remote && (!t->step_count || now_us - t->steps_us >= STEPS_FRESH_US)) {
        t->step_count = 0;
        t->steps_us = now_us;
        for (uint8_t i = 0; i < t->layer_count; i++)
            add_stream(t, &t->layers[t->order[i]], now_us);
    }
    *count = t->step_count;
    return t->steps;
}
