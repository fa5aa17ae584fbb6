#include "sender.h"

#include "rtcp.h"

#include <stdlib.h>
#include <string.h>

enum {
    OVERHEAD = 44, /* IP, UDP, and the tag of SRTP */
    IDLE_US = 100000,
    SECOND_US = 1000000,
    RESEND_PERCENT = 25, /* as in sfu/bandwidth.h */
    VOICE_BYTES = 100,   /* with its RTP header */
    VOICE_BPS = 40000,
};

/* --- Sending ------------------------------------------------------------------------------ */

static void on_timer(struct world *w, void *arg);

static void set_timer(struct sender *s)
{
    bool busy = s->count || probe_active(&s->estimator.probe);
    uint64_t when = s->world->now_us + (busy ? PACER_TICK_US : IDLE_US);
    if (s->timer_us && s->timer_us <= when)
        return;
    s->timer_us = when;
    world_at(s->world, when, on_timer, s);
}

static void leave(struct sender *s, struct packet *p, size_t size, bool marker)
{
    p->size = size + OVERHEAD;
    p->marker = marker;
    p->to = s->viewer;
    p->arrive = s->arrive;
    p->number = estimator_number(&s->estimator);
    s->sent_us = s->world->now_us;
    estimator_sent(&s->estimator, p->size, true, s->world->now_us);
    link_send(s->world, s->there, p);
    set_timer(s);
}

size_t sender_send(struct sender *s, struct composed *c, size_t size, const struct truth *truth)
{
    size_t len = c->header_len + c->patch_len + c->rest_len;
    struct packet *p = packet_new(sizeof(struct parcel) + len);
    struct parcel *parcel = (struct parcel *)p->data;
    *parcel = (struct parcel){.truth = *truth, .sent_us = s->world->now_us, .len = (uint16_t)len};
    compose_stamp(c, estimator_number(&s->estimator), s->world->now_us);
    memcpy(parcel->bytes, c->header, c->header_len);
    memcpy(parcel->bytes + c->header_len, c->patch, c->patch_len);
    memcpy(parcel->bytes + c->header_len + c->patch_len, c->rest, c->rest_len);
    leave(s, p, size, c->header[1] >> 7);
    return size;
}

void sender_voices(struct sender *s)
{
    for (size_t i = 0; i < s->voices; i++) {
        struct packet *p = packet_new(sizeof(struct parcel));
        struct parcel *parcel = (struct parcel *)p->data;
        *parcel = (struct parcel){.voice = true, .sent_us = s->world->now_us};
        rate_add(&s->voice_rate, VOICE_BYTES + OVERHEAD, s->world->now_us);
        leave(s, p, VOICE_BYTES, true);
    }
}

/* --- Spending ------------------------------------------------------------------------------- */

enum { SEATS_MAX = SENDER_VOICES_MAX + SENDER_SLOTS_MAX };

static void describe(const struct sender *s, struct allocate_slot slots[SEATS_MAX],
                     struct allocate_step voices[SENDER_VOICES_MAX])
{
    uint32_t bps = s->voices ? rate_bps(&s->voice_rate, s->world->now_us) / (uint32_t)s->voices : 0;
    for (size_t i = 0; i < SENDER_VOICES_MAX; i++) {
        voices[i] = (struct allocate_step){.alive = true, .bps = bps ? bps : VOICE_BPS};
        slots[i] = (struct allocate_slot){
            .kind = RTP_AUDIO, .source = i < s->voices, .steps = &voices[i], .step_count = 1};
    }
    for (size_t i = 0; i < s->slot_count; i++) {
        const struct forwarder *f = &s->slots[i];
        struct allocate_slot *to = &slots[SENDER_VOICES_MAX + i];
        *to = (struct allocate_slot){.kind = RTP_VIDEO, .hidden = f->hidden};
        if (!f->holder)
            continue;
        to->source = f->holder->id;
        to->width = (uint16_t)(f->height * 16 / 9);
        to->height = f->height;
        to->pinned = f->pin != 0;
        to->speaker = f->holder->id == s->speaker;
        to->steps = publisher_steps(f->holder, &to->step_count);
    }
}

static bool falls(const struct forwarder *f, uint8_t layer)
{
    return f->current && f->current->publisher == f->holder && layer < f->current->index &&
           estimator_swamped(&f->sender->estimator, f->sender->world->now_us);
}

static void obey(struct forwarder *f, const struct allocate_choice *c)
{
    bool given = c->layer != ALLOCATE_NONE;
    if (!f->holder)
        return;
    if (c->why == ALLOCATE_BANDWIDTH) {
        forwarder_pause(f);
        return;
    }
    uint8_t wish = c->wish == ALLOCATE_NONE ? 0 : c->wish, layer = given ? c->layer : wish;
    uint8_t tid = given ? c->tid : POINTS_TEMPORAL - 1;
    if (f->holder->kind->streams > 1 && falls(f, layer))
        forwarder_drain(f);
    if (f->holder->kind->streams > 1)
        forwarder_aim(f, layer, POINTS_SPATIAL - 1, tid, wish);
    else
        forwarder_aim(f, 0, layer, tid, 0);
}

static void spend(struct sender *s)
{
    /* publisher_steps() gives a list that is the publisher's: the same for all slots that show it */
    struct allocate_slot slots[SEATS_MAX];
    struct allocate_step voices[SENDER_VOICES_MAX];
    struct allocate_choice choices[SEATS_MAX];
    struct allocate_total total;
    size_t count = SENDER_VOICES_MAX + s->slot_count;
    uint64_t now_us = s->world->now_us;
    describe(s, slots, voices);
    estimator_wish(&s->estimator, (uint32_t)allocate_wanted_bps(slots, count), now_us);
    allocate_run(&s->allocate, slots, count, estimator_target_bps(&s->estimator), now_us, choices, &total);
    for (size_t i = 0; i < s->slot_count; i++)
        obey(&s->slots[i], &choices[SENDER_VOICES_MAX + i]);
    estimator_have(&s->estimator, (uint32_t)total.used_bps);
    estimator_want(&s->estimator, (uint32_t)(total.more ? total.wanted_bps : total.used_bps), now_us);
}

static void allot(struct sender *s)
{
    for (size_t i = 0; i < s->slot_count; i++)
        if (s->slots[i].drain_us)
            forwarder_retarget(&s->slots[i]);
    if (!allocate_due(&s->allocate, estimator_target_bps(&s->estimator), s->world->now_us))
        return;
    spend(s);
    set_timer(s);
}

void sender_touch(struct sender *s)
{
    allocate_touch(&s->allocate);
    allot(s);
}

/* --- Retransmissions and probes ----------------------------------------------------------------- */

static void resend_waiting(struct sender *s)
{
    pacer_fill(&s->pacer, estimator_target_bps(&s->estimator), s->world->now_us);
    while (s->count && !pacer_in_debt(&s->pacer)) {
        const struct sender_resend *r = &s->waiting[s->first];
        s->first = (s->first + 1) % SENDER_WAITING_MAX;
        s->count--;
        size_t len = forwarder_resend(&s->slots[r->slot], r->seq);
        pacer_take(&s->pacer, len);
        pacer_take(&s->resend_share, len);
    }
}

static void resend(struct sender *s, uint8_t slot, uint16_t seq)
{
    pacer_fill(&s->resend_share, estimator_target_bps(&s->estimator), s->world->now_us);
    if (s->count == SENDER_WAITING_MAX || pacer_in_debt(&s->resend_share))
        return;
    s->waiting[(s->first + s->count++) % SENDER_WAITING_MAX] = (struct sender_resend){slot, seq};
    resend_waiting(s);
    set_timer(s);
}

/* The slot with the most to repeat. */
static struct forwarder *probe_slot(struct sender *s)
{
    struct forwarder *best = &s->slots[0];
    for (size_t i = 1; i < s->slot_count; i++)
        if (rate_bps(&s->slots[i].rate, s->world->now_us) > rate_bps(&best->rate, s->world->now_us))
            best = &s->slots[i];
    return best;
}

static void on_timer(struct world *w, void *arg)
{
    struct sender *s = arg;
    if (w->now_us != s->timer_us)
        return; /* it was set anew, for an earlier time */
    s->timer_us = 0;
    resend_waiting(s);
    estimator_tick(&s->estimator, w->now_us);
    allot(s);
    size_t due = estimator_probe_due(&s->estimator, w->now_us);
    if (due)
        forwarder_probe(probe_slot(s), due);
    if (s->count || w->now_us - s->sent_us < SECOND_US || estimator_hungry(&s->estimator))
        set_timer(s);
}

/* --- What comes back ------------------------------------------------------------------------------ */

static struct forwarder *slot_of(struct sender *s, uint32_t ssrc)
{
    uint32_t i = (ssrc - SENDER_SSRC) / 2;
    return i < s->slot_count ? &s->slots[i] : NULL;
}

static void on_nack(struct sender *s, const struct rtcp_view *v)
{
    struct forwarder *f = slot_of(s, v->media);
    struct rtcp_nack_iter it = {0};
    uint16_t seq;
    while (f && rtcp_nack_next(v, &it, &seq))
        if (forwarder_nacked(f, seq, s->rtt_us))
            resend(s, f->index, seq);
}

static void on_feedback(struct sender *s, const struct rtcp_view *v)
{
    static struct rtcp_cc cc;
    if (rtcp_cc_read(v, &cc) != 0)
        abort();
    estimator_feedback(&s->estimator, &cc, s->world->now_us);
    if (flight_crowded(&s->estimator.flight)) {
        size_t capacity = (s->estimator.flight.mask + 1) * 2;
        s->ring = calloc(capacity, sizeof *s->ring);
        if (!s->ring)
            abort();
        free(flight_grow(&s->estimator.flight, s->ring, capacity));
    }
    allot(s);
    set_timer(s);
}

void sender_rtcp(struct sender *s, const uint8_t *p, size_t len)
{
    struct rd compound = rd_init(p, len);
    struct rtcp_view v;
    while (rtcp_next(&compound, &v) == 1) {
        if (v.kind == RTCP_NACK)
            on_nack(s, &v);
        else if (v.kind == RTCP_PLI && slot_of(s, v.media))
            forwarder_want_key(slot_of(s, v.media));
        else if (v.kind == RTCP_TRANSPORT_CC)
            on_feedback(s, &v);
    }
}

void sender_round_trip(struct sender *s, uint32_t rtt_us)
{
    s->rtt_us = rtt_us;
    estimator_rtt(&s->estimator, rtt_us);
}

/* --- Life ------------------------------------------------------------------------------------------- */

void sender_second(struct sender *s)
{
    for (size_t i = 0; i < s->slot_count; i++)
        forwarder_need(&s->slots[i]);
}

void sender_init(struct sender *s, struct world *w, struct link *there, size_t slots)
{
    *s = (struct sender){.world = w, .there = there, .slot_count = slots};
    s->ring = calloc(FLIGHT_CAPACITY_MIN, sizeof *s->ring);
    if (!s->ring)
        abort();
    estimator_init(&s->estimator, s->ring, FLIGHT_CAPACITY_MIN, w->now_us);
    estimator_expect(&s->estimator, true);
    pacer_init(&s->pacer, PACER_PERCENT, PACER_DEPTH_US, w->now_us);
    pacer_init(&s->resend_share, RESEND_PERCENT, SECOND_US, w->now_us);
    for (size_t i = 0; i < slots; i++)
        forwarder_init(&s->slots[i], s, (uint8_t)i, (uint32_t)(world_random(w) * UINT32_MAX));
}

void sender_finish(struct sender *s)
{
    free(s->ring);
}

uint32_t sender_target(const struct sender *s)
{
    return estimator_target_bps(&s->estimator);
}
