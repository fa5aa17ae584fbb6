#include "allot.h"

#include "bandwidth.h"
#include "room.h"
#include "slot.h"
#include "track.h"
#include "transport.h"
#include "worker.h"

enum {
    AUDIO_BPS = 58000,          /* what a voice is taken to need before it was measured, with all headers */
    AUDIO_HEADERS_PERCENT = 45, /* those of UDP and IP and SRTP's tag, which a slot's rate does not count */
};

/* What the allocator is told, for all slots of one viewer. */
struct sheet {
    struct allocate_slot slots[SFU_SLOTS_MAX];
    struct allocate_choice choices[SFU_SLOTS_MAX];
    struct allocate_step voices[SFU_SLOTS_MAX]; /* the one step of each audio slot */
};

/* Whom the viewer has asked for, then the others as they are heard. */
static uint8_t voice_priority(const struct slot *s)
{
    const struct rank_order *heard = &s->holder->room->speech.heard;
    if (s->view.pin_participant)
        return UINT8_MAX;
    for (size_t i = 0; i < heard->count; i++) {
        if (heard->at[i].id == s->holder->id)
            return (uint8_t)(UINT8_MAX - 1 - i);
    }
    return 0;
}

static void describe_voice(struct allocate_slot *to, struct allocate_step *step, const struct slot *s,
                           uint64_t now_us)
{
    uint32_t bps = rate_bps(&s->rate, now_us);
    bps = bps ? bps + bps / 100 * AUDIO_HEADERS_PERCENT : AUDIO_BPS;
    *step = (struct allocate_step){.alive = true, .bps = bps};
    to->priority = voice_priority(s);
    to->steps = step;
    to->step_count = 1;
}

/* Nothing is set aside for what the viewer cannot decode. */
static bool is_decodable(const struct slot *s, uint64_t now_us)
{
    const struct layer *l = track_layer(s->holder, SFU_LAYERS_MAX, now_us);
    return !l || slot_format(s, l);
}

static void describe_picture(struct allocate_slot *to, const struct slot *s, uint64_t now_us)
{
    const struct track *track = s->holder;
    to->width = s->view.width;
    to->height = s->view.height;
    to->max_fps = s->view.max_fps;
    to->priority = s->view.priority;
    to->pinned = s->view.pin_participant != 0;
    to->screen = track->source == SFU_SCREEN;
    to->speaker = track->participant == speech_dominant(&track->room->speech);
    if (!is_decodable(s, now_us))
        return;
    to->steps = track_steps(s->holder, &to->step_count, now_us);
}

static void describe(struct sheet *sheet, const struct transport *t, uint64_t now_us)
{
    for (size_t i = 0; i < t->slot_count; i++) {
        const struct slot *s = t->slots[i];
        struct allocate_slot *to = &sheet->slots[i];
        *to = (struct allocate_slot){.kind = s->desc.kind, .hidden = slot_hidden(s)};
        if (!s->holder)
            continue;
        to->source = s->holder->id;
        if (s->desc.kind == RTP_AUDIO)
            describe_voice(to, &sheet->voices[i], s, now_us);
        else
            describe_picture(to, s, now_us);
    }
}

/* With simulcast a choice's layer is the track's; a single stream's are its spatial ones. */
static struct slot_aim aim_of(const struct track *track, const struct allocate_choice *choice)
{
    uint8_t wish = choice->wish == ALLOCATE_NONE ? 0 : choice->wish;
    uint8_t layer = choice->layer == ALLOCATE_NONE ? wish : choice->layer;
    uint8_t tid = choice->layer == ALLOCATE_NONE ? POINTS_TEMPORAL - 1 : choice->tid;
    if (track->layer_count > 1)
        return (struct slot_aim){.layer = layer, .sid = POINTS_SPATIAL - 1, .tid = tid, .wish = wish};
    return (struct slot_aim){.sid = layer, .tid = tid};
}

static void hold_back(struct slot *s, enum sfu_why why, uint64_t now_us)
{
    if (why == SFU_WHY_OVERLOAD && s->paused != why)
        counter_add(&s->viewer->worker->counters,
                    s->desc.kind == RTP_VIDEO ? COUNT_shed_video : COUNT_shed_audio, 1);
    slot_pause(s, why, now_us);
}

static bool is_less(const struct slot_aim *aim, const struct slot_aim *than)
{
    if (aim->layer != than->layer)
        return aim->layer < than->layer;
    return aim->sid != than->sid ? aim->sid < than->sid : aim->tid < than->tid;
}

/* It leaves a layer of which a queue on the way is full. */
static bool falls(const struct slot *s, const struct slot_aim *aim, uint64_t now_us)
{
    const struct layer *from = s->current.layer;
    return from && from->track == s->holder && aim->layer < from->quality &&
           estimator_swamped(&s->viewer->bandwidth->estimator, now_us);
}

static void obey(struct slot *s, const struct allocate_choice *choice, bool shed, uint64_t now_us)
{
    if (!s->holder)
        return;
    if (choice->why == ALLOCATE_BANDWIDTH || choice->why == ALLOCATE_OVERLOAD) {
        hold_back(s, choice->why == ALLOCATE_OVERLOAD ? SFU_WHY_OVERLOAD : SFU_WHY_BANDWIDTH, now_us);
        return;
    }
    const struct slot_aim aim = aim_of(s->holder, choice);
    if (shed && s->aimed && is_less(&aim, &s->aim))
        counter_add(&s->viewer->worker->counters, COUNT_shed_layers, 1);
    if (falls(s, &aim, now_us))
        slot_drain(s, now_us);
    slot_aim(s, &aim, now_us);
}

void allot_touch(struct transport *t)
{
    if (t->bandwidth)
        allocate_touch(&t->bandwidth->allocate);
}

static uint32_t capped(uint64_t bps)
{
    return bps < UINT32_MAX ? (uint32_t)bps : UINT32_MAX;
}

static void spend(struct transport *t, uint64_t now_us)
{
    struct bandwidth *b = t->bandwidth;
    struct sheet sheet;
    struct allocate_total total;
    describe(&sheet, t, now_us);
    estimator_wish(&b->estimator, capped(allocate_wanted_bps(sheet.slots, t->slot_count)), now_us);
    allocate_run(&b->allocate, sheet.slots, t->slot_count, estimator_target_bps(&b->estimator), now_us,
                 sheet.choices, &total);
    for (size_t i = 0; i < t->slot_count; i++)
        obey(t->slots[i], &sheet.choices[i], total.shed, now_us);
    /* What is had is wanted, too: an estimate is looked after while a source that may move stands still. */
    estimator_have(&b->estimator, capped(total.used_bps));
    bandwidth_want(b, capped(total.more ? total.wanted_bps : total.used_bps), now_us);
}

/* Those that have waited for a queue to drain go on. */
static void go_on(struct transport *t, uint64_t now_us)
{
    for (size_t i = 0; i < t->slot_count; i++) {
        if (t->slots[i]->drain_us)
            slot_retarget(t->slots[i], now_us);
    }
}

void allot(struct transport *t, uint64_t now_us)
{
    struct bandwidth *b = t->bandwidth;
    if (!b || !t->connected)
        return;
    go_on(t, now_us);
    b->allocate.share = load_share(t->worker->shed.load.level, t->participant);
    if (!allocate_due(&b->allocate, estimator_target_bps(&b->estimator), now_us))
        return;
    spend(t, now_us);
    bandwidth_wake(b, now_us);
}
