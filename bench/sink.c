#include "sink.h"

#include "seq.h"
#include "stamp.h"
#include "vp8.h"

enum { NEAR = 1 << 16, KEY_HEADER_LEN = 10, FRAME_TAG_LEN = 3, TOC_LEN = 1, TICKS_A_MS = 90 };

void sink_init(struct sink *s, enum rtp_kind kind, uint32_t ssrc, uint32_t rtx_ssrc)
{
    *s = (struct sink){.kind = kind, .ssrc = ssrc, .rtx_ssrc = rtx_ssrc, .picture_id = -1};
    receive_stats_init(&s->stats, ssrc, kind == RTP_VIDEO ? 90000 : 48000);
}

static bool has(const struct sink *s, uint64_t number)
{
    return s->have[number / 64 % (SINK_WINDOW / 64)] >> number % 64 & 1;
}

static void mark(struct sink *s, uint64_t number, bool here)
{
    uint64_t *word = &s->have[number / 64 % (SINK_WINDOW / 64)], bit = UINT64_C(1) << number % 64;
    *word = here ? *word | bit : *word & ~bit;
}

/* What the payload says of itself. */
struct content {
    struct stamp stamp;
    bool start, key;
    int32_t picture_id;
    bool sound;
};

static struct content read_content(const struct sink *s, const struct sink_packet *p)
{
    struct content c = {.start = true, .key = true, .picture_id = -1};
    size_t head = TOC_LEN;
    if (s->kind == RTP_VIDEO) {
        struct vp8_descriptor d;
        if (vp8_read(&d, p->payload, p->plain) != 0)
            return c;
        c.start = d.start;
        c.key = d.start && d.key;
        c.picture_id = d.picture_id;
        head = d.len + (c.key ? (size_t)KEY_HEADER_LEN : d.start ? (size_t)FRAME_TAG_LEN : 0);
    }
    /* A source that was not told its track stamps 0. */
    c.sound = s->unstamped || (p->plain > head && stamp_read(&c.stamp, p->payload + head, p->plain - head) &&
                               (c.stamp.track == p->csrc || !c.stamp.track));
    return c;
}

/* The packet that follows the newest one: does it go on from there? */
static void follow(struct sink *s, const struct sink_packet *p, const struct content *c)
{
    bool other = p->csrc != s->csrc || c->stamp.layer != s->layer;
    bool next_frame = p->timestamp != s->timestamp;
    if (ts_diff(p->timestamp, s->timestamp) < 0)
        s->timestamps_back++;
    if (s->kind == RTP_VIDEO && c->picture_id != ((s->picture_id + (next_frame ? 1 : 0)) & 0x7fff))
        s->pictures_broken++;
    if (other && !(c->start && c->key))
        s->cold_switches++;
}

/* A frame of a video track came, by its timestamp so much after the one before. Whether what a slot shows
 * changes hands at once or after a while is the server's choice, so a freeze is only what happens to one
 * track; another layer may have other times. */
static void watch_frames(struct sink *s, bool other_track, bool other_layer, uint64_t apart_us,
                         uint64_t now_us)
{
    uint64_t took_us = now_us - s->frame_us, usual_us = s->frame_time_us;
    uint64_t freeze_us = usual_us + (other_layer ? SINK_SWITCH_US : SINK_FREEZE_US);
    bool first = !s->frame_us || other_track;
    s->frame_us = now_us;
    if (!first && usual_us && took_us > 3 * usual_us && took_us > freeze_us) {
        s->freezes++;
        s->frozen_us += took_us - usual_us;
    } else if (!first && !other_layer) {
        s->frame_time_us = usual_us ? (7 * usual_us + apart_us) / 8 : apart_us;
    }
    if (first || other_layer)
        s->frame_time_us = 0;
}

static uint64_t frames_apart_us(const struct sink *s, const struct sink_packet *p)
{
    int32_t ticks = ts_diff(p->timestamp, s->timestamp);
    return ticks > 0 ? (uint64_t)ticks * 1000 / TICKS_A_MS : 0;
}

static void take_newest(struct sink *s, uint64_t number, const struct sink_packet *p, const struct content *c,
                        uint64_t now_us)
{
    if (s->newest && number == s->newest + 1)
        follow(s, p, c);
    if (p->csrc != s->csrc || c->stamp.layer != s->layer) {
        s->switches += s->newest != 0;
        s->layer_switches += s->newest != 0 && p->csrc == s->csrc;
        s->switch_timestamp = p->timestamp;
    }
    if (s->kind == RTP_VIDEO && c->start)
        watch_frames(s, p->csrc != s->csrc, c->stamp.layer != s->layer, frames_apart_us(s, p), now_us);
    for (uint64_t i = s->newest + 1; i < number && i <= s->newest + SINK_WINDOW; i++)
        mark(s, i, false);
    s->newest = number;
    s->csrc = p->csrc;
    s->timestamp = p->timestamp;
    s->marker = p->marker;
    s->layer = c->stamp.layer;
    s->source_seq = c->stamp.seq;
    s->picture_id = c->picture_id;
    s->sent_us = c->stamp.sent_us;
    s->arrived_us = now_us;
}

static void feed_nack(struct sink *s, const struct sink_packet *p, const struct content *c, uint64_t now_us)
{
    if (s->kind != RTP_VIDEO)
        return;
    nack_receive(&s->nack, p->seq, now_us);
    if (c->start && c->key)
        nack_key_frame(&s->nack, p->seq);
}

/* Nothing is to be shown, nor to be asked for again. What is ahead of all others tells nothing of itself, and
 * is left to be missing. */
static void take_filler(struct sink *s, const struct sink_packet *p, uint64_t number, uint64_t now_us)
{
    if (s->kind == RTP_VIDEO)
        nack_receive(&s->nack, p->seq, now_us);
    if (number > s->newest)
        return;
    s->fillers++;
    mark(s, number, true);
}

void sink_receive(struct sink *s, const struct sink_packet *p, uint64_t now_us)
{
    uint64_t number = s->newest ? seq_extend(s->newest, p->seq) : (uint64_t)NEAR + p->seq;
    if (!p->recovered)
        (void)receive_stats_packet(&s->stats, p->seq, p->timestamp, p->len, now_us);
    if (!s->newest && p->len)
        s->first = number;
    if (number < s->first || number + SINK_WINDOW <= s->newest) {
        s->stale++;
        return;
    }
    if (number <= s->newest && has(s, number)) {
        s->duplicates += !p->recovered;
        s->repeats += p->recovered;
        return;
    }
    if (!p->len) {
        take_filler(s, p, number, now_us);
        return;
    }
    struct content c = read_content(s, p);
    feed_nack(s, p, &c, now_us);
    s->packets++;
    s->bytes += p->len;
    s->recovered += p->recovered;
    s->reordered += !p->recovered && number < s->newest;
    if (s->latency && c.sound && !s->unstamped && now_us >= c.stamp.sent_us)
        histogram_add(s->latency, now_us - c.stamp.sent_us);
    s->corrupt += !c.sound;
    s->frames += s->kind == RTP_VIDEO && c.start;
    s->keys += s->kind == RTP_VIDEO && c.start && c.key;
    if (number > s->newest)
        take_newest(s, number, p, &c, now_us);
    mark(s, number, true);
}

/* The first packet's number is its sequence number, and NEAR. */
uint64_t sink_index(const struct sink *s, uint16_t seq)
{
    return seq_extend(s->newest, seq) - NEAR;
}

uint64_t sink_missing(const struct sink *s)
{
    return s->newest ? s->newest - s->first + 1 - s->packets - s->fillers : 0;
}

uint64_t sink_faults(const struct sink *s)
{
    return s->corrupt + s->stale + s->timestamps_back + s->pictures_broken + s->cold_switches;
}
