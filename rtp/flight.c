#include "flight.h"

#include "seq.h"

#include <string.h>

enum state { UNUSED, WAITING, SKIPPED, LOST, ARRIVED };

enum { REFERENCE_BITS = 24 };

/* Where numbers start: well above 0, so that none before the first wraps below it. */
#define FIRST (UINT64_C(1) << 16)

void flight_init(struct flight *f, struct flight_packet *ring, size_t capacity)
{
    memset(ring, 0, capacity * sizeof *ring);
    *f = (struct flight){.ring = ring, .mask = capacity - 1, .next = FIRST, .floor = FIRST, .heard = FIRST};
}

static struct flight_packet *entry(const struct flight *f, uint64_t number)
{
    return &f->ring[number & f->mask];
}

static uint64_t oldest(const struct flight *f)
{
    uint64_t reach = f->next - f->mask - 1;
    return f->next < f->mask + 1 || reach < f->floor ? f->floor : reach;
}

bool flight_crowded(const struct flight *f)
{
    return f->crowded && f->mask + 1 < FLIGHT_CAPACITY_MAX;
}

struct flight_packet *flight_grow(struct flight *f, struct flight_packet *ring, size_t capacity)
{
    struct flight_packet *old = f->ring;
    uint64_t from = oldest(f);
    memset(ring, 0, capacity * sizeof *ring);
    for (uint64_t n = from; n < f->next; n++)
        ring[n & (capacity - 1)] = *entry(f, n);
    f->ring = ring;
    f->mask = capacity - 1;
    f->floor = from;
    f->crowded = false;
    return old;
}

uint16_t flight_next(const struct flight *f)
{
    return (uint16_t)f->next;
}

/* How long ago the packet left. The time kept wraps, the difference does not within 19 hours. */
static uint64_t age_us(const struct flight_packet *p, uint64_t now_us)
{
    return (uint64_t)(uint32_t)((uint32_t)(now_us / FLIGHT_TICK_US) - p->sent_tick) * FLIGHT_TICK_US;
}

void flight_sent(struct flight *f, size_t size, uint8_t cluster, uint64_t now_us)
{
    struct flight_packet *p = entry(f, f->next++);
    if ((p->state == WAITING || p->state == SKIPPED) && age_us(p, now_us) < FLIGHT_KEEP_US)
        f->crowded = true;
    *p = (struct flight_packet){.sent_tick = (uint32_t)(now_us / FLIGHT_TICK_US),
                                .size = size > UINT16_MAX ? UINT16_MAX : (uint16_t)size,
                                .cluster = cluster,
                                .state = WAITING};
}

static struct flight_packet *find(const struct flight *f, uint16_t seq)
{
    uint64_t number = seq_extend(f->next - 1, seq);
    if (number < oldest(f) || number >= f->next)
        return NULL;
    struct flight_packet *p = entry(f, number);
    return p->state == UNUSED ? NULL : p;
}

bool flight_dropped(struct flight *f, uint16_t seq)
{
    struct flight_packet *p = find(f, seq);
    if (!p || (p->state != WAITING && p->state != SKIPPED))
        return false;
    p->state = UNUSED;
    return true;
}

/* The reference has 24 bits: the nearest time to the one before. */
static uint64_t unwrap_reference(struct flight *f, int32_t reference)
{
    uint32_t low = (uint32_t)reference & ((1u << REFERENCE_BITS) - 1);
    if (!f->referenced) {
        f->referenced = true;
        f->reference = (UINT64_C(1) << REFERENCE_BITS) + low;
        return f->reference;
    }
    uint32_t forward = (low - (uint32_t)f->reference) << (32 - REFERENCE_BITS);
    int64_t diff = (int32_t)forward / (1 << (32 - REFERENCE_BITS));
    if (diff < 0 && f->reference < (UINT64_C(1) << REFERENCE_BITS)) /* going back for ever */
        diff += 1 << REFERENCE_BITS;
    f->reference = f->reference + (uint64_t)diff;
    return f->reference;
}

static bool takes(const struct flight_packet *p, bool received)
{
    return p->state == WAITING || p->state == SKIPPED || (received && p->state == LOST);
}

static struct flight_result result(const struct flight_packet *p, const struct rtcp_cc_status *status,
                                   uint64_t arrival_us, uint64_t now_us)
{
    uint64_t age = age_us(p, now_us);
    return (struct flight_result){
        .sent_us = age < now_us ? now_us - age : 0,
        .arrival_us = status->received ? arrival_us : 0,
        .size = p->size,
        .cluster = p->cluster,
        .lost = !status->received,
        .late = status->received && p->state == LOST,
        .counted = p->state == SKIPPED,
    };
}

/* Reports follow on each other: what lies before this one and was in none is in a lost one. */
static uint64_t skip(struct flight *f, const struct rtcp_cc *cc)
{
    uint64_t first = seq_extend(f->next - 1, cc->status[0].seq), bytes = 0;
    uint64_t last = seq_extend(f->next - 1, cc->status[cc->count - 1].seq);
    if (last >= f->next || first > last || last < f->heard)
        return 0;
    for (uint64_t n = f->heard < oldest(f) ? oldest(f) : f->heard; n < first; n++) {
        if (entry(f, n)->state == WAITING) {
            entry(f, n)->state = SKIPPED;
            bytes += entry(f, n)->size;
        }
    }
    f->heard = last + 1;
    return bytes;
}

void flight_feedback(struct flight *f, const struct rtcp_cc *cc, uint64_t now_us, struct flight_batch *out)
{
    uint64_t arrival_us = unwrap_reference(f, cc->reference) * RTCP_CC_REFERENCE_US;
    out->count = out->unknown = 0;
    out->skipped_bytes = cc->count > 0 && cc->count <= RTCP_CC_STATUSES_MAX ? skip(f, cc) : 0;
    for (size_t i = 0; i < cc->count && i < RTCP_CC_STATUSES_MAX; i++) {
        const struct rtcp_cc_status *status = &cc->status[i];
        if (status->received)
            arrival_us += (uint64_t)(int64_t)(status->delta * RTCP_CC_TICK_US);
        struct flight_packet *p = find(f, status->seq);
        if (!p) {
            out->unknown++;
        } else if (takes(p, status->received)) {
            out->of[out->count++] = result(p, status, arrival_us, now_us);
            p->state = status->received ? ARRIVED : LOST;
        }
    }
}
