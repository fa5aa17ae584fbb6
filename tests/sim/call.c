#include "call.h"

#include "fill.h"

#include <stdlib.h>

enum {
    SECOND_US = 1000000,
    VOICE_US = 20000,
    DRAIN_US = 10000000, /* after the end, until nothing is under way */
    HEIGHT = 720,
};

static size_t or_one(uint8_t n)
{
    return n ? n : 1;
}

/* --- Slots ----------------------------------------------------------------------------------- */

static void touch(void *arg);

/* A pin that cannot be shown leaves its slot empty. */
static uint32_t pinned(const struct call *c, const struct forwarder *f)
{
    return f->pin && !c->publishers[f->pin - 1].muted ? f->pin : 0;
}

static void fill_viewer(struct call *c, struct call_viewer *v, const struct fill_wish *wish)
{
    struct fill_slot slots[SENDER_SLOTS_MAX];
    struct sender *s = &v->sender;
    for (size_t i = 0; i < s->slot_count; i++)
        slots[i] = (struct fill_slot){
            .holder = s->slots[i].holder && !s->slots[i].holder->muted ? s->slots[i].holder->id : 0,
            .pin = pinned(c, &s->slots[i]),
            .pinned = s->slots[i].pin != 0,
            .hidden = s->slots[i].hidden,
        };
    fill_slots(slots, s->slot_count, wish);
    s->speaker = c->speaker;
    for (size_t i = 0; i < s->slot_count; i++)
        forwarder_hold(&s->slots[i], slots[i].holder ? &c->publishers[slots[i].holder - 1] : NULL);
    sender_touch(s);
}

static void fill(struct world *w, void *arg)
{
    struct call *c = arg;
    uint32_t candidates[CALL_PUBLISHERS_MAX + 1];
    size_t count = 0, ranked = 0;
    c->dirty = false;
    if (c->speaker && !c->publishers[c->speaker - 1].muted)
        candidates[count++] = c->speaker;
    ranked = count;
    for (size_t i = 0; i < c->publisher_count; i++)
        if (!c->publishers[i].muted && i + 1 != c->speaker)
            candidates[count++] = (uint32_t)i + 1;
    const struct fill_wish wish = {.ids = candidates, .count = count, .ranked = ranked};
    for (size_t i = 0; i < c->viewer_count; i++)
        if (w->now_us >= c->viewers[i].start_us)
            fill_viewer(c, &c->viewers[i], &wish);
}

/* Once for whatever happens in one moment. */
static void touch(void *arg)
{
    struct call *c = arg;
    if (!c->dirty)
        world_at(&c->world, c->world.now_us, fill, c);
    c->dirty = true;
}

/* --- Events ---------------------------------------------------------------------------------- */

static void act_on_viewer(struct call *c, struct call_viewer *v, const struct call_event *e)
{
    struct forwarder *slots = v->sender.slots;
    switch (e->act) {
    case CALL_BPS:
        v->there->bps = e->value;
        break;
    case CALL_LOSS:
        v->there->loss = e->value / 1000.0;
        break;
    case CALL_JITTER:
        v->there->jitter_us = e->value * 1000;
        break;
    case CALL_CROSS:
        v->cross.share = e->value / 100.0;
        break;
    case CALL_HIDE:
    case CALL_SHOW:
        slots[e->value % v->sender.slot_count].hidden = e->act == CALL_HIDE;
        break;
    case CALL_HEIGHT:
        slots[0].height = (uint16_t)e->value;
        break;
    case CALL_PIN:
        slots[0].pin = e->value == CALL_ALL ? 0 : 1 + e->value % (uint32_t)c->publisher_count;
        break;
    default:
        break;
    }
}

static void act_on_publisher(struct call *c, struct publisher *p, const struct call_event *e)
{
    switch (e->act) {
    case CALL_MUTE:
    case CALL_UNMUTE:
        publisher_mute(p, e->act == CALL_MUTE);
        break;
    case CALL_BREAK:
    case CALL_MEND:
        p->streams[e->value % p->kind->streams].broken = e->act == CALL_BREAK;
        break;
    case CALL_SPEAK:
        c->speaker = p->id;
        break;
    default:
        break;
    }
}

static void act(struct call *c, const struct call_event *e)
{
    for (size_t i = 0; i < c->viewer_count; i++)
        if (e->who == CALL_ALL || e->who == i)
            act_on_viewer(c, &c->viewers[i], e);
    for (size_t i = 0; i < c->publisher_count; i++)
        if (e->who == CALL_ALL || e->who == i)
            act_on_publisher(c, &c->publishers[i], e);
    touch(c);
}

static void next_event(struct world *w, void *arg)
{
    struct call *c = arg;
    const struct call_event *events = c->is->events;
    act(c, &events[c->next_event++]);
    if (c->next_event < CALL_EVENTS_MAX && events[c->next_event].act)
        world_at(w, c->start_us + (uint64_t)(events[c->next_event].at_s * 1e6), next_event, c);
}

static uint32_t dice(struct world *w, uint32_t n)
{
    return (uint32_t)(world_random(w) * n);
}

/* Of any kind; those that take something away are followed by those that give it back. */
static void random_event(struct world *w, void *arg)
{
    struct call *c = arg;
    static const uint32_t rates[] = {0, 150000, 400000, 900000, 2000000, 6000000};
    static const uint16_t heights[] = {0, 90, 180, 360, 720};
    struct call_event e = {.act = CALL_BPS + (enum call_act)dice(w, CALL_PIN), .value = dice(w, 16)};
    bool publisher = e.act >= CALL_MUTE && e.act <= CALL_SPEAK;
    e.who = (uint8_t)dice(w, (uint32_t)(publisher ? c->publisher_count : c->viewer_count));
    if (e.act == CALL_BPS)
        e.value = rates[dice(w, sizeof rates / sizeof *rates)];
    else if (e.act == CALL_HEIGHT)
        e.value = heights[dice(w, sizeof heights / sizeof *heights)];
    else if (e.act == CALL_LOSS)
        e.value = dice(w, 2) * dice(w, 100);
    else if (e.act == CALL_PIN && dice(w, 2))
        e.value = CALL_ALL;
    if (w->now_us >= c->end_us)
        return;
    act(c, &e);
    world_at(w, w->now_us + c->is->random_events * (uint64_t)SECOND_US, random_event, c);
}

/* --- Time -------------------------------------------------------------------------------------- */

static void each_second(struct world *w, void *arg)
{
    struct call *c = arg;
    if (w->now_us >= c->end_us)
        return;
    for (size_t i = 0; i < c->viewer_count; i++)
        sender_second(&c->viewers[i].sender);
    for (size_t i = 0; i < c->publisher_count; i++)
        publisher_second(&c->publishers[i]);
    world_at(w, w->now_us + SECOND_US, each_second, c);
}

static void speak(struct world *w, void *arg)
{
    struct call_viewer *v = arg;
    if (w->now_us >= v->call->end_us)
        return;
    sender_voices(&v->sender);
    world_at(w, w->now_us + VOICE_US - 2000 + dice(w, 4000), speak, v);
}

static void sample_viewer(struct call_viewer *v)
{
    uint64_t now_us = v->call->world.now_us;
    bool here = now_us >= v->start_us;
    struct sample sample = {
        .target_bps = here ? sender_target(&v->sender) : 0,
        .received_bps = rate_bps(&v->receiver.received, now_us),
        .delay_bps = here ? v->sender.estimator.aimd.bps : 0,
        .link_bps = v->there->bps,
        .silence_ms = (uint32_t)(receiver_silence_us(&v->receiver) / 1000),
    };
    for (size_t i = 0; i < v->sender.slot_count; i++) {
        const struct forwarder *f = &v->sender.slots[i];
        struct decoder *d = &v->receiver.streams[i].decoder;
        sample.rungs[i] = forwarder_rung(f);
        if (!sample.rungs[i])
            decoder_rest(d);
        sample.layers[i] = d->layer;
        sample.holders[i] = f->holder ? f->holder->id : 0;
        sample.pictures[i] = (uint32_t)d->pictures;
        sample.frozen_ms[i] = (uint32_t)(decoder_frozen_us(d, now_us) / 1000);
    }
    record_add(&v->record, &sample);
}

static void take_samples(struct world *w, void *arg)
{
    struct call *c = arg;
    for (size_t i = 0; i < c->viewer_count; i++)
        sample_viewer(&c->viewers[i]);
    if (w->now_us < c->end_us)
        world_at(w, w->now_us + RECORD_SAMPLE_US, take_samples, c);
}

/* --- Life ---------------------------------------------------------------------------------------- */

static void come(struct world *w, void *arg)
{
    struct call_viewer *v = arg;
    receiver_start(&v->receiver);
    world_at(w, w->now_us, speak, v);
    v->cross.link = v->there;
    v->cross.end_us = v->call->end_us;
    cross_start(&v->cross, w);
    touch(v->call);
}

static void set_up_links(struct call *c, struct call_viewer *v, size_t index)
{
    const struct call_scenario *s = c->is;
    uint64_t spread = s->spread_percent ? s->spread_percent : 100;
    uint64_t percent = 100;
    if (c->viewer_count > 1)
        percent = (100 * (c->viewer_count - 1 - index) + spread * index) / (c->viewer_count - 1);
    link_init(&v->own_there);
    link_init(&v->own_back);
    v->there = s->one_link ? &c->viewers[0].own_there : &v->own_there;
    v->own_there.bps = (uint32_t)(s->bps * percent / 100);
    v->own_there.loss = s->loss / 1000.0;
    v->own_there.jitter_us = s->jitter_ms * 1000;
    v->own_there.reorder = s->reorder;
    if (s->queue_ms)
        v->own_there.queue_us = s->queue_ms * 1000;
    if (s->delay_ms)
        v->own_there.delay_us = v->own_back.delay_us = s->delay_ms * 1000;
}

static void set_up_viewer(struct call *c, size_t index)
{
    const struct call_scenario *s = c->is;
    struct call_viewer *v = &c->viewers[index];
    uint16_t height = s->height ? s->height : HEIGHT;
    v->call = c;
    v->record.start_us = c->start_us;
    set_up_links(c, v, index);
    v->start_us = c->start_us + (uint64_t)(s->apart_s * 1e6) * index;
    sender_init(&v->sender, &c->world, v->there, or_one(s->slots));
    v->sender.voices = or_one(s->voices);
    for (size_t i = 0; i < v->sender.slot_count; i++)
        v->sender.slots[i].height = i > 0 && s->others_height ? s->others_height : height;
    receiver_init(&v->receiver, &c->world, &v->sender, &v->own_back);
    v->receiver.on_packet = record_packet;
    v->receiver.arg = &v->record;
    world_at(&c->world, v->start_us, come, v);
}

static void set_up(struct call *c, const struct call_scenario *s, uint64_t seed)
{
    c->is = s;
    world_init(&c->world, seed);
    c->start_us = c->world.now_us;
    c->end_us = c->start_us + (uint64_t)(s->end_s * 1e6);
    c->publisher_count = or_one(s->publishers);
    c->viewer_count = or_one(s->viewers);
    c->viewers = calloc(c->viewer_count, sizeof *c->viewers);
    if (!c->viewers)
        abort();
    for (size_t i = 0; i < c->publisher_count; i++) {
        struct publisher *p = &c->publishers[i];
        publisher_init(p, &c->world, (uint32_t)i + 1, s->kind, s->end_s);
        p->forward = forwarder_receive;
        p->changed = touch;
        p->arg = c;
        publisher_start(p);
    }
    for (size_t i = 0; i < c->viewer_count; i++)
        set_up_viewer(c, i);
}

struct call *call_run(const struct call_scenario *s, uint64_t seed)
{
    struct call *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    set_up(c, s, seed);
    if (s->events[0].act)
        world_at(&c->world, c->start_us + (uint64_t)(s->events[0].at_s * 1e6), next_event, c);
    if (s->random_events)
        world_at(&c->world, c->start_us + s->random_events * (uint64_t)SECOND_US, random_event, c);
    world_at(&c->world, c->start_us + SECOND_US, each_second, c);
    world_at(&c->world, c->start_us, take_samples, c);
    world_run(&c->world, c->end_us);
    for (size_t i = 0; i < c->viewer_count; i++)
        receiver_stop(&c->viewers[i].receiver);
    world_run(&c->world, c->end_us + DRAIN_US);
    return c;
}

void call_free(struct call *c)
{
    for (size_t i = 0; i < c->publisher_count; i++)
        publisher_finish(&c->publishers[i]);
    for (size_t i = 0; i < c->viewer_count; i++) {
        struct call_viewer *v = &c->viewers[i];
        link_finish(&v->own_there);
        link_finish(&v->own_back);
        receiver_finish(&v->receiver);
        sender_finish(&v->sender);
        record_finish(&v->record);
    }
    world_finish(&c->world);
    free(c->viewers);
    free(c);
}

uint64_t call_faults(const struct call *c, const char **first)
{
    uint64_t faults = 0;
    *first = "";
    for (size_t i = 0; i < c->viewer_count; i++) {
        const struct sender *s = &c->viewers[i].sender;
        for (size_t j = 0; j < s->slot_count; j++) {
            const struct reference *r = &s->slots[j].reference;
            if (r->faults && !faults)
                *first = r->fault;
            faults += r->faults;
        }
    }
    return faults;
}

uint64_t call_switches(const struct call *c)
{
    uint64_t switches = 0;
    for (size_t i = 0; i < c->viewer_count; i++)
        for (size_t j = 0; j < c->viewers[i].sender.slot_count; j++)
            switches += c->viewers[i].sender.slots[j].reference.switches;
    return switches;
}
