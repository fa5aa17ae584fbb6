#include "slot.h"

#include "track.h"
#include "transport.h"
#include "worker.h"

#include <errno.h>
#include <stdlib.h>

/* --- Life --------------------------------------------------------------------- */

void slot_init(struct slot *s, struct transport *viewer, uint16_t index, const struct sfu_slot_desc *desc)
{
    *s = (struct slot){.viewer = viewer, .desc = *desc, .index = index, .told_why = SFU_WHY_EMPTY};
    s->rtx_index = 1 + g_random_int() % 0x7fff;
}

int slot_make_stream(struct slot *s)
{
    if (s->stream)
        return 0;
    struct slot_stream *stream = calloc(1, sizeof(*stream));
    struct sent_packet *ring = malloc(SLOT_SENT * sizeof(*ring));
    if (!stream || !ring) {
        free(stream);
        free(ring);
        return -ENOMEM;
    }
    enum rtp_codec codec = s->desc.kind == RTP_VIDEO ? RTP_CODEC_VP8 : RTP_CODEC_OPUS;
    sent_init(&stream->sent, ring, SLOT_SENT);
    rewrite_init(&stream->rewrite, rtp_codecs[codec].clock_rate, (uint16_t)(1 + g_random_int() % 0x7fff),
                 g_random_int());
    s->stream = stream;
    return 0;
}

void slot_finish(struct slot *s)
{
    watch_end(&s->current);
    watch_end(&s->target);
    if (s->stream)
        free(s->stream->sent.ring);
    free(s->stream);
    s->stream = NULL;
}

/* --- What it shows -------------------------------------------------------------- */

static void stop(struct slot *s)
{
    watch_end(&s->current);
    watch_end(&s->target);
    s->drain_us = 0;
    if (s->stream)
        select_target(&s->stream->select, (struct select_target){.source = SELECT_NOTHING});
}

void slot_drain(struct slot *s, uint64_t now_us)
{
    stop(s);
    s->drain_us = now_us;
}

/* Until something that was sent since has arrived. */
static bool waits_for_queue(const struct slot *s, uint64_t now_us)
{
    return s->drain_us && now_us - s->drain_us < SLOT_DRAIN_US &&
           !estimator_arrived(&s->viewer->bandwidth->estimator, s->drain_us);
}

/* Layers inside the current source: what needs a key frame is asked for. */
static void point_inside(struct slot *s, struct layer *l, struct select_target target)
{
    watch_end(&s->target);
    select_target(&s->stream->select, target);
    if (select_wants_key(&s->stream->select))
        layer_want_key(l);
}

static void point_at(struct slot *s, struct layer *l, uint64_t now_us)
{
    const struct select_target target = {l->source, s->aim.sid, s->aim.tid};
    if (l == s->current.layer) {
        point_inside(s, l, target);
        return;
    }
    if (l == s->target.layer) {
        select_target(&s->stream->select, target);
        return;
    }
    watch_end(&s->target);
    if (slot_make_stream(s) != 0 || watch_begin(&s->target, s, l) != 0)
        return; /* no memory: it stays as it is until the next look */
    select_target(&s->stream->select, target);
    if (!slot_start_cached(s, l, now_us))
        layer_want_key(l);
}

/* Go on with what is forwarded, waiting for nothing. */
static void settle(struct slot *s)
{
    uint32_t source = s->current.layer ? s->current.layer->source : SELECT_NOTHING;
    watch_end(&s->target);
    if (s->stream) {
        struct select *select = &s->stream->select;
        select_target(select, (struct select_target){source, select->sid, select->tid});
    }
}

/* Of a paused one the lowest layer, so that there is something once there is room. */
void slot_need(const struct slot *s, uint64_t now_us)
{
    if (!s->holder || slot_hidden(s) || !s->viewer->connected)
        return;
    const struct layer *l = track_layer(s->holder, s->aim.layer, now_us);
    if (l && !slot_format(s, l))
        return;
    if (s->paused || !s->aimed) {
        track_need(s->holder, 0, now_us);
        return;
    }
    track_need(s->holder, s->aim.layer, now_us);
    track_need(s->holder, s->aim.wish, now_us);
    if (l)
        track_need(s->holder, l->quality, now_us);
}

void slot_tell(struct slot *s, uint64_t now_us)
{
    struct sfu_slot_event now = slot_describe(s, now_us);
    if (now.why != s->told_why || now.track != s->told_track)
        transport_tell_slots(s->viewer);
}

void slot_retarget(struct slot *s, uint64_t now_us)
{
    slot_need(s, now_us);
    bool wanted = s->holder && s->aimed && !slot_hidden(s) && s->viewer->connected;
    struct layer *l = wanted ? track_layer(s->holder, s->aim.layer, now_us) : NULL;
    if (!wanted || (l && !slot_format(s, l)))
        stop(s);
    else if (l && !waits_for_queue(s, now_us))
        point_at(s, l, now_us);
    else if (!l)
        settle(s);
    slot_tell(s, now_us);
}

void slot_forget_holder(struct slot *s)
{
    s->holder = NULL;
    s->aimed = false;
    s->paused = SFU_WHY_FILLED;
    s->drain_us = 0;
}

/* What there was before goes on until the next slot_aim() or slot_pause(), and a new holder's key frame. */
void slot_hold(struct slot *s, struct track *track, uint64_t now_us)
{
    if (s->holder != track)
        slot_forget_holder(s);
    s->holder = track;
    if (!track)
        slot_retarget(s, now_us);
}

void slot_aim(struct slot *s, const struct slot_aim *aim, uint64_t now_us)
{
    s->aim = *aim;
    s->aimed = s->holder != NULL;
    s->paused = SFU_WHY_FILLED;
    slot_retarget(s, now_us);
}

void slot_pause(struct slot *s, enum sfu_why why, uint64_t now_us)
{
    s->aimed = false;
    s->paused = s->holder ? why : SFU_WHY_FILLED;
    slot_retarget(s, now_us);
}

void slot_forget_layer(struct slot *s, struct layer *layer)
{
    if (s->stream)
        select_forget(&s->stream->select, layer->source);
    if (s->current.layer == layer) {
        watch_end(&s->current);
        transport_tell_slots(s->viewer);
    }
    if (s->target.layer == layer)
        watch_end(&s->target);
}

static void name(struct sfu_slot_event *e, const struct track *track)
{
    e->track = track->id;
    e->participant = track->participant;
}

/* Nothing of its holder is being forwarded. */
static void describe_waiting(const struct slot *s, struct sfu_slot_event *e, uint64_t now_us)
{
    const struct layer *l = track_layer(s->holder, SFU_LAYERS_MAX, now_us);
    if (l && slot_format(s, l))
        return; /* a key frame will come */
    e->why = l ? SFU_WHY_NO_CODEC : SFU_WHY_NO_LAYER;
    name(e, s->holder);
}

/* Whose packets go out, or will in a moment, when the queue has drained. */
static const struct track *shown_track(const struct slot *s, uint64_t now_us)
{
    if (s->drain_us)
        return s->holder && track_layer(s->holder, s->aim.layer, now_us) ? s->holder : NULL;
    return s->current.layer && layer_alive(s->current.layer, now_us) ? s->current.layer->track : NULL;
}

struct sfu_slot_event slot_describe(const struct slot *s, uint64_t now_us)
{
    struct sfu_slot_event e = {.slot = s->index, .why = SFU_WHY_EMPTY};
    if (s->stream)
        e.rtp_timestamp = s->stream->rewrite.timestamp;
    const struct track *shown = shown_track(s, now_us);
    if (slot_hidden(s)) {
        e.why = SFU_WHY_HIDDEN;
    } else if (s->paused && s->holder) {
        e.why = (uint8_t)s->paused;
        name(&e, s->holder);
    } else if (shown) {
        e.why = SFU_WHY_FILLED;
        e.rtp_timestamp = s->switched_timestamp;
        name(&e, shown);
    } else if (s->holder) {
        describe_waiting(s, &e, now_us);
    } else if (s->view.pin_participant) {
        e.why = SFU_WHY_MUTED;
    }
    return e;
}

static bool may_ask(struct slot *s, uint64_t now_us)
{
    uint64_t *oldest_us = &s->key_asked_us[s->key_asks];
    uint64_t newest_us = s->key_asked_us[(s->key_asks + SLOT_KEY_ASKS - 1u) % SLOT_KEY_ASKS];
    if ((newest_us && now_us - newest_us < SLOT_KEY_ASK_US) ||
        (*oldest_us && now_us - *oldest_us < SLOT_KEY_ASKS_US))
        return false;
    *oldest_us = now_us;
    s->key_asks = (uint8_t)((s->key_asks + 1) % SLOT_KEY_ASKS);
    return true;
}

void slot_want_key(struct slot *s, uint64_t now_us)
{
    struct layer *l = s->target.layer ? s->target.layer : s->current.layer;
    s->plis++;
    if (l && may_ask(s, now_us))
        layer_want_key(l);
}
