#include "send_clock.h"

#include "seq.h"

enum {
    SEND_TIME_HZ = 1 << 26, /* 6.18 bits fixed point, and 8 to the left, so that it wraps at 2^32 */
    BEFORE_S = 64,          /* where a line begins: send times go back by 32 s at the most */
};

static uint64_t line_us(const struct send_clock *c, uint64_t ticks)
{
    return ticks / c->rate * 1000000 + ticks % c->rate * 1000000 / c->rate;
}

static uint32_t value_of(const struct send_clock_stamp *s)
{
    return s->has_send_time ? s->send_time << 8 : s->timestamp;
}

static enum send_clock_verdict begin(struct send_clock *c, const struct send_clock_stamp *s, uint64_t now_us,
                                     uint64_t *sent_us)
{
    *c = (struct send_clock){
        .source = s->has_send_time ? SEND_CLOCK_SEND_TIME : SEND_CLOCK_STREAM,
        .ssrc = s->ssrc,
        .rate = s->has_send_time ? SEND_TIME_HZ : s->clock_rate,
        .newest = value_of(s),
        .newest_us = now_us,
    };
    c->ticks = (uint64_t)c->rate * BEFORE_S;
    *sent_us = line_us(c, c->ticks);
    return SEND_CLOCK_ANEW;
}

static bool is_followed(const struct send_clock *c, const struct send_clock_stamp *s)
{
    if (s->has_send_time)
        return c->source == SEND_CLOCK_SEND_TIME;
    return c->source == SEND_CLOCK_STREAM && c->ssrc == s->ssrc && c->rate == s->clock_rate;
}

/* No packet waits for seconds more than the one before, or less: its sender's clock was set, or its stream
 * has begun anew. */
static bool jumps(const struct send_clock *c, uint64_t ticks, uint64_t now_us)
{
    int64_t later_us = (int64_t)(now_us - c->newest_us) - (int64_t)(line_us(c, ticks) - line_us(c, c->ticks));
    return later_us > SEND_CLOCK_JUMP_US || later_us < -SEND_CLOCK_JUMP_US;
}

enum send_clock_verdict send_clock_packet(struct send_clock *c, const struct send_clock_stamp *s,
                                          uint64_t now_us, uint64_t *sent_us)
{
    if (!s->has_send_time && !s->clock_rate)
        return SEND_CLOCK_NOTHING;
    bool stuck = c->source == SEND_CLOCK_NONE || now_us - c->newest_us >= SEND_CLOCK_SILENT_US;
    if (!is_followed(c, s)) {
        bool better = s->has_send_time && c->source == SEND_CLOCK_STREAM;
        return stuck || better ? begin(c, s, now_us, sent_us) : SEND_CLOCK_NOTHING;
    }
    int32_t step = ts_diff(value_of(s), c->newest);
    if (step <= 0 && stuck)
        return begin(c, s, now_us, sent_us);
    if (step <= 0 && !s->has_send_time)
        return SEND_CLOCK_NOTHING; /* the rest of a frame, or sent again */
    uint64_t ticks = c->ticks + (uint64_t)(int64_t)step;
    if (step > 0) {
        if (jumps(c, ticks, now_us))
            return begin(c, s, now_us, sent_us);
        c->newest = value_of(s);
        c->ticks = ticks;
        c->newest_us = now_us;
    }
    *sent_us = line_us(c, ticks);
    return SEND_CLOCK_KNOWN;
}
