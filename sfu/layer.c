#include "layer.h"

#include "remote.h"
#include "rewrite.h"
#include "room.h"
#include "seq.h"
#include "slot.h"
#include "track.h"
#include "transport.h"
#include "worker.h"

#include <stdlib.h>

static struct counters *counters_of(const struct layer *l)
{
    return &l->track->room->worker->counters;
}

/* --- Life -------------------------------------------------------------------- */

void layer_init(struct layer *l, struct track *track, uint8_t index)
{
    *l = (struct layer){.track = track, .index = index, .quality = index};
}

void layer_unwatch(struct layer *l)
{
    while (l->watchers.count)
        slot_forget_layer(l->watchers.list[l->watchers.count - 1].slot, l);
}

/* Free what the stream gathered; whoever watches it has to find another. */
static void stop(struct layer *l)
{
    struct worker *w = l->track->room->worker;
    if (batch_has(&w->batch, l))
        batch_flush(&w->batch, w->now_us);
    layer_unwatch(l);
    if (l->history.ring)
        history_finish(&l->history);
    free(l->nack);
    free(l->dependency);
    free(l->rates);
    l->nack = NULL;
    l->dependency = NULL;
    l->rates = NULL;
    l->source = SELECT_NOTHING;
    l->format = NULL;
    l->key_wanted = false;
    l->was_alive = false;
    l->rhythm = (struct rhythm){0};
    l->key_number = 0;
    l->spatial_count = 0;
}

void layer_finish(struct layer *l)
{
    stop(l);
    free(l->watchers.list);
}

void layer_restart(struct layer *l)
{
    stop(l);
    track_changed(l->track);
}

/* The first packet of a stream: make what receiving needs. */
static bool start(struct layer *l, const struct packet *p, const struct sfu_format *format)
{
    const struct transport *publisher = l->track->publisher;
    bool video = l->track->kind == RTP_VIDEO;
    uint32_t clock_rate = rtp_codecs[format->codec].clock_rate;
    if (history_init(&l->history, video ? HISTORY_VIDEO : HISTORY_AUDIO,
                     video ? HISTORY_VIDEO_MAX : HISTORY_AUDIO) != 0)
        return false;
    if (video && format->nack)
        l->nack = calloc(1, sizeof(*l->nack));
    if (video && publisher->media.exts.id[RTP_EXT_DEPENDENCY])
        l->dependency = calloc(1, sizeof(*l->dependency));
    if (video)
        l->rates = calloc(1, sizeof(*l->rates));
    l->format = format;
    l->newest = REWRITE_NEAR + (uint64_t)p->view.seq;
    l->source = worker_new_source(l->track->room->worker);
    receive_stats_init(&l->stats, p->view.ssrc, clock_rate);
    clock_map_init(&l->clock, clock_rate);
    track_changed(l->track);
    return true;
}

/* --- Receiving ------------------------------------------------------------------ */

/* Statistics of the stream itself. False where the packet's number is out of
 * range and not to be believed yet. */
static bool count_arrival(struct layer *l, const struct packet *p, const struct sfu_format *format,
                          uint64_t now_us)
{
    enum receive_verdict verdict =
        receive_stats_packet(&l->stats, p->view.seq, p->view.timestamp, p->len, now_us);
    if (verdict == RECEIVE_JUMP) {
        counter_add(counters_of(l), COUNT_drop_jump, 1);
        return false;
    }
    if (verdict == RECEIVE_RESTART) {
        struct receive_stats stats = l->stats; /* they go on */
        layer_restart(l);
        if (!start(l, p, format))
            return false;
        l->stats = stats;
    }
    clock_map_packet(&l->clock, p->view.timestamp, now_us);
    return true;
}

static void note_rhythm(struct layer *l, uint64_t now_us)
{
    rhythm_frame(&l->rhythm, now_us);
    for (uint8_t i = 0; i < l->track->layer_count; i++) {
        struct layer *other = &l->track->layers[i];
        if (other != l && other->was_alive && rhythm_other(&other->rhythm, now_us))
            track_changed(l->track);
    }
}

static void note_key_frame(struct layer *l, const struct packet *p, uint64_t number, uint64_t now_us)
{
    const struct frame_info *f = &p->frame;
    l->key_wanted = false;
    if (number > l->key_number)
        l->key_number = number;
    if (l->nack)
        nack_key_frame(l->nack, p->view.seq);
    if (!f->width)
        return;
    if (l->height != f->height || l->spatial_count != f->spatial_count)
        track_changed(l->track);
    l->spatial_count = f->spatial_count;
    l->width = f->width;
    l->height = f->height;
    if (!l->track->remote)
        track_sort_layers(l->track, now_us);
}

static void note_frame(struct layer *l, const struct packet *p, uint64_t number, uint64_t now_us)
{
    if (!p->frame.start || l->track->kind != RTP_VIDEO)
        return;
    if (l->track->layer_count > 1 && !l->track->remote) /* who publishes it hears all of them */
        note_rhythm(l, now_us);
    if (p->frame.key)
        note_key_frame(l, p, number, now_us);
}

/* Whoever waited for it joins before this packet, at its first key frame. */
static void come_alive(struct layer *l, uint64_t now_us)
{
    if (l->was_alive || l->track->muted)
        return;
    l->was_alive = true;
    l->started_us = now_us;
    l->rhythm = (struct rhythm){0};
    room_retarget(l->track->room, l->track, now_us);
    track_changed(l->track);
}

/* What the layers cost, as measured and as the publisher says. A word of it that is malformed is no word, and
 * one that comes late is out of date. */
static void note_cost(struct layer *l, const struct packet *p, bool newest, uint64_t now_us)
{
    const struct rtp_ext_at *said = &p->view.ext[RTP_EXT_VIDEO_LAYERS];
    if (l->rates)
        layer_rate_add(l->rates, p->view.timestamp, &p->frame, p->len, now_us);
    if (said->len && newest)
        (void)!layers_read(&l->track->told, p->data + said->off, said->len);
}

static void note_level(struct layer *l, const struct packet *p, uint64_t now_us)
{
    const struct rtp_ext_map *exts = &l->track->publisher->media.exts;
    uint8_t level;
    bool voice;
    if (l->track->kind != RTP_AUDIO)
        return;
    if (!exts->id[RTP_EXT_AUDIO_LEVEL])
        level = level_guess(p->view.payload_len);
    else if (!rtp_audio_level(&p->view, p->data, &level, &voice))
        return;
    level_packet(&l->track->level, level, now_us);
    dominant_packet(&l->track->speaker, level, now_us);
    speech_heard(&l->track->room->speech, now_us);
}

/* RED goes to and fro with the Opus that it is made of, packet by packet; that is one stream. */
static bool is_another_codec(const struct layer *l, const struct sfu_format *format)
{
    return l->format && l->format != format && l->track->kind == RTP_VIDEO;
}

bool layer_keep(struct layer *l, struct packet *p, uint64_t number, uint64_t now_us)
{
    come_alive(l, now_us);
    if (!history_put(&l->history, number, p)) {
        counter_add(counters_of(l), COUNT_drop_duplicate, 1);
        return false;
    }
    if (number > l->newest)
        l->newest = number;
    if (l->track->muted) {
        counter_add(counters_of(l), COUNT_drop_muted, 1);
        return false;
    }
    note_frame(l, p, number, now_us);
    return true;
}

void layer_receive(struct layer *l, struct packet *p, const struct sfu_format *format, bool recovered,
                   uint64_t now_us)
{
    if (is_another_codec(l, format)) {
        if (recovered) { /* of what it sent before */
            counter_add(counters_of(l), COUNT_drop_jump, 1);
            return;
        }
        layer_restart(l);
    }
    if (!l->source && (recovered || !start(l, p, format)))
        return;
    if (!recovered && !count_arrival(l, p, format, now_us))
        return;
    uint64_t number = seq_extend(l->newest, p->view.seq);
    if (recovered && number > l->newest) { /* it repeats what was not sent, or numbers of before a restart */
        counter_add(counters_of(l), COUNT_drop_jump, 1);
        return;
    }
    l->format = format;
    l->heard_us = now_us;
    rhythm_packet(&l->rhythm);
    if (l->nack)
        nack_receive(l->nack, p->view.seq, now_us);
    if (history_has(&l->history, number)) {
        counter_add(counters_of(l), COUNT_drop_duplicate, 1);
        return;
    }
    if (frame_info_read(&p->frame, format->codec, &p->view, p->data, l->dependency) != 0 &&
        p->view.payload_len) {
        counter_add(counters_of(l), COUNT_drop_frame_bad, 1);
        return;
    }
    packet_add_padding(p);
    if (!layer_keep(l, p, number, now_us))
        return;
    note_level(l, p, now_us);
    note_cost(l, p, number == l->newest, now_us);
    if (l->watchers.count || l->relayed)
        batch_add(&l->track->room->worker->batch, l, p, number, now_us);
}

/* --- Being there ---------------------------------------------------------------------- */

/* A shared screen that stands still sends nothing: its layers end with its track, or while others go on. */
static uint64_t compared_with(const struct track *t, uint64_t now_us)
{
    uint64_t newest_us = 0;
    if (t->source != SFU_SCREEN)
        return now_us;
    for (uint8_t i = 0; i < t->layer_count; i++)
        newest_us = t->layers[i].heard_us > newest_us ? t->layers[i].heard_us : newest_us;
    return newest_us;
}

bool layer_alive(const struct layer *l, uint64_t now_us)
{
    if (l->track->remote)
        return l->source && l->was_alive;
    uint64_t dead = l->track->kind == RTP_AUDIO ? LAYER_DTX_DEAD_US : LAYER_DEAD_US;
    return l->source && compared_with(l->track, now_us) - l->heard_us < dead;
}

void layer_second(struct layer *l, uint64_t now_us)
{
    if (l->history.ring)
        history_expire(&l->history, now_us);
    bool alive = layer_alive(l, now_us);
    bool proven = rhythm_proven(&l->rhythm, now_us);
    if (alive != l->was_alive || proven)
        track_changed(l->track);
    l->was_alive = alive;
}

static bool is_wanted(const struct layer *l)
{
    return l->track->demand.told & 1u << l->index;
}

bool layer_has_fresh_key(const struct layer *l)
{
    if (!l->key_number || l->newest - l->key_number >= LAYER_CACHED_MAX)
        return false;
    for (uint64_t i = l->key_number; i <= l->newest; i++) {
        if (!history_get(&l->history, i))
            return false;
    }
    return true;
}

void layer_want_key(struct layer *l)
{
    if (l->key_wanted || l->track->kind != RTP_VIDEO)
        return;
    l->key_wanted = true;
    if (l->track->remote)
        remote_want_key(l);
    else if (l->track->publisher)
        transport_feedback_soon(l->track->publisher, l->track->room->worker->now_us);
}

bool layer_key_due(struct layer *l, uint64_t now_us)
{
    uint64_t interval = l->quality == 0 ? LAYER_LOWEST_KEY_ASK_US : LAYER_KEY_ASK_US;
    if (l->nack && nack_take_key_frame_wanted(l->nack))
        l->key_wanted = true;
    if (!l->key_wanted || !l->source || !is_wanted(l) ||
        (l->key_asked_us && now_us - l->key_asked_us < interval))
        return false;
    l->key_asked_us = now_us;
    l->plis_sent++;
    return true;
}
