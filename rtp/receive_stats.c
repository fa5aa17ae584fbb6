#include "receive_stats.h"

#include "ntp.h"
#include "seq.h"

enum {
    NO_JUMP = 1 << 16,
    LOST_MAX = (1 << 23) - 1,
    TRANSIT_MAX_S = 5, /* a larger change of transit is a timestamp that jumped, not jitter */
};

void receive_stats_init(struct receive_stats *s, uint32_t ssrc, uint32_t clock_rate)
{
    *s = (struct receive_stats){.ssrc = ssrc, .clock_rate = clock_rate, .jump_seq = NO_JUMP};
}

static void start(struct receive_stats *s, uint64_t ext)
{
    s->started = true;
    s->base = s->highest = ext;
    s->has_transit = false;
}

/* The second packet after a jump. Numbers always go on upwards, over one more
 * wrap if need be, so that the reported highest never falls. */
static void restart(struct receive_stats *s, uint16_t seq)
{
    uint64_t ext = s->highest + (uint16_t)(seq - (uint16_t)s->highest);
    s->expected += s->highest - s->base + 1;
    start(s, ext);
    s->base = ext - 1;
    s->packets++;
}

/* RFC 3550, appendix A.1. There is no probation: the packet is authentic. */
static enum receive_verdict place(struct receive_stats *s, uint16_t seq)
{
    if (!s->started) {
        start(s, UINT64_C(0x10000) + seq);
        return RECEIVE_NEW;
    }
    int16_t ahead = seq_diff(seq, (uint16_t)s->highest);
    if (ahead > RECEIVE_STATS_DROPOUT || ahead < -RECEIVE_STATS_MISORDER) {
        if (seq == s->jump_seq) {
            restart(s, seq);
            s->jump_seq = NO_JUMP;
            return RECEIVE_RESTART;
        }
        s->jump_seq = (uint16_t)(seq + 1);
        return RECEIVE_JUMP;
    }
    s->jump_seq = NO_JUMP;
    uint64_t ext = seq_extend(s->highest, seq);
    if (ext < s->base)
        s->base = ext;
    if (ahead <= 0)
        return RECEIVE_LATE;
    s->highest = ext;
    return RECEIVE_NEW;
}

/* Low 32 bits of the time in timestamp units. */
static uint32_t to_timestamp(uint64_t us, uint32_t clock_rate)
{
    return (uint32_t)(us / 1000000 * clock_rate + us % 1000000 * clock_rate / 1000000);
}

/* RFC 3550, appendix A.8. */
static void add_jitter(struct receive_stats *s, uint32_t timestamp, uint64_t now_us)
{
    if (s->has_transit && s->timestamp == timestamp)
        return;
    uint32_t transit = to_timestamp(now_us, s->clock_rate) - timestamp;
    int64_t d = ts_diff(transit, s->transit);
    if (d < 0)
        d = -d;
    if (s->has_transit && d <= (int64_t)s->clock_rate * TRANSIT_MAX_S)
        s->jitter_q4 += (uint32_t)d - ((s->jitter_q4 + 8) >> 4);
    s->has_transit = true;
    s->transit = transit;
    s->timestamp = timestamp;
}

enum receive_verdict receive_stats_packet(struct receive_stats *s, uint16_t seq, uint32_t timestamp,
                                          size_t len, uint64_t now_us)
{
    s->bytes += len;
    rate_add(&s->rate, len > UINT32_MAX ? UINT32_MAX : (uint32_t)len, now_us);
    enum receive_verdict verdict = place(s, seq);
    if (verdict == RECEIVE_JUMP)
        return verdict;
    s->packets++;
    if (verdict != RECEIVE_LATE)
        add_jitter(s, timestamp, now_us);
    return verdict;
}

void receive_stats_sr(struct receive_stats *s, uint64_t ntp, uint64_t now_us)
{
    s->has_sr = true;
    s->lsr = ntp_middle(ntp);
    s->sr_us = now_us;
}

static uint64_t expected(const struct receive_stats *s)
{
    return s->started ? s->expected + (s->highest - s->base + 1) : 0;
}

int64_t receive_stats_lost(const struct receive_stats *s)
{
    return (int64_t)(expected(s) - s->packets);
}

/* RFC 3550, appendix A.3. */
static uint8_t take_fraction(struct receive_stats *s)
{
    int64_t expected_now = (int64_t)(expected(s) - s->expected_prior);
    int64_t lost = expected_now - (int64_t)(s->packets - s->packets_prior);
    s->expected_prior = expected(s);
    s->packets_prior = s->packets;
    if (expected_now <= 0 || lost <= 0)
        return 0;
    int64_t fraction = lost * 256 / expected_now;
    return fraction > UINT8_MAX ? UINT8_MAX : (uint8_t)fraction;
}

static int32_t clamp_lost(int64_t lost)
{
    if (lost > LOST_MAX)
        return LOST_MAX;
    return lost < -LOST_MAX - 1 ? -LOST_MAX - 1 : (int32_t)lost;
}

bool receive_stats_report(struct receive_stats *s, uint64_t now_us, struct receive_report *out)
{
    if (!s->started)
        return false;
    uint64_t since_sr_us = now_us > s->sr_us ? now_us - s->sr_us : 0;
    *out = (struct receive_report){
        .ssrc = s->ssrc,
        .fraction = take_fraction(s),
        .lost = clamp_lost(receive_stats_lost(s)),
        .highest = (uint32_t)(s->highest - 0x10000),
        .jitter = s->jitter_q4 >> 4,
        .lsr = s->has_sr ? s->lsr : 0,
        .dlsr = s->has_sr ? ntp_delay(since_sr_us) : 0,
    };
    return true;
}

uint32_t receive_stats_jitter_us(const struct receive_stats *s)
{
    if (s->clock_rate == 0)
        return 0;
    uint64_t us = (uint64_t)(s->jitter_q4 >> 4) * 1000000 / s->clock_rate;
    return us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}
