#include "clock_map.h"

#include "ntp.h"
#include "seq.h"

#include <stddef.h>

void clock_map_init(struct clock_map *m, uint32_t clock_rate)
{
    *m = (struct clock_map){.clock_rate = clock_rate};
}

static int64_t extend(const struct clock_map *m, uint32_t timestamp)
{
    return m->newest + ts_diff(timestamp, (uint32_t)m->newest);
}

/* n units, `from` of them a second, in units of which `to` are a second, to the
 * nearest; for negative ones, too, which timestamps that jump back lead to. */
static int64_t scale(int64_t n, int64_t from, int64_t to)
{
    int64_t seconds = n / from, part = n % from;
    if (part < 0) {
        part += from;
        seconds--;
    }
    return seconds * to + (part * to + from / 2) / from;
}

static int64_t timestamp_us(const struct clock_map *m, int64_t timestamp)
{
    return scale(timestamp, m->clock_rate, 1000000);
}

static int64_t advance(struct clock_map *m, uint32_t timestamp)
{
    if (!m->started) {
        m->started = true;
        m->newest = (INT64_C(1) << 32) + timestamp;
        return m->newest;
    }
    int64_t extended = extend(m, timestamp);
    if (extended > m->newest)
        m->newest = extended;
    return extended;
}

void clock_map_packet(struct clock_map *m, uint32_t timestamp, uint64_t arrival_us)
{
    int64_t extended = advance(m, timestamp);
    int64_t sample_us = (int64_t)arrival_us - timestamp_us(m, extended);
    if (min_filter_add(&m->arrival, sample_us, arrival_us) != MIN_FILTER_STEPPED)
        return;
    m->newest = extended;
    m->has_pair = false;
}

void clock_map_sr(struct clock_map *m, const struct clock_source *c, uint64_t ntp, uint32_t timestamp)
{
    /* What a report claims never moves `newest`, which the packets are read by. */
    bool same_clock = m->has_pair && m->pair_epoch == c->epoch;
    if (same_clock && ntp_diff_us(ntp, m->pair_ntp) < 0)
        return;
    m->has_pair = true;
    m->pair_ntp = ntp;
    m->pair_timestamp = m->started ? extend(m, timestamp) : advance(m, timestamp);
    m->pair_epoch = c->epoch;
}

/* Server time minus timestamp time by the latest sender report. */
static int64_t pair_offset_us(const struct clock_map *m, const struct clock_source *c)
{
    return clock_source_to_us(c, m->pair_ntp) - timestamp_us(m, m->pair_timestamp);
}

bool clock_map_synced(const struct clock_map *m, const struct clock_source *c)
{
    if (!c || !clock_source_ready(c) || !m->has_pair || m->pair_epoch != c->epoch)
        return false;
    int64_t off_us = m->arrival.started ? pair_offset_us(m, c) - m->arrival.value : 0;
    return off_us <= CLOCK_MAP_TRUST_US && off_us >= -CLOCK_MAP_TRUST_US;
}

bool clock_map_ready(const struct clock_map *m, const struct clock_source *c)
{
    return m->arrival.started || clock_map_synced(m, c);
}

static int64_t offset_us(const struct clock_map *m, const struct clock_source *c)
{
    return clock_map_synced(m, c) ? pair_offset_us(m, c) : m->arrival.value;
}

uint64_t clock_map_to_us(const struct clock_map *m, const struct clock_source *c, uint32_t timestamp)
{
    if (!clock_map_ready(m, c))
        return 0;
    int64_t us = timestamp_us(m, extend(m, timestamp)) + offset_us(m, c);
    return us < 0 ? 0 : (uint64_t)us;
}

uint32_t clock_map_to_rtp(const struct clock_map *m, const struct clock_source *c, uint64_t us)
{
    if (!clock_map_ready(m, c))
        return 0;
    int64_t since_us = (int64_t)us - offset_us(m, c);
    return (uint32_t)(uint64_t)scale(since_us, 1000000, m->clock_rate);
}
