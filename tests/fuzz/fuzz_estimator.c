/* Whatever is sent and whatever the viewer says of it, or pretends to say: the
 * history stays consistent, each packet is told once, and the target within its
 * bounds. Invalid numbers (NaN, infinity) would show as a target outside. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "estimator.h"

#define CHECK(what)                                                                                          \
    do {                                                                                                     \
        if (!(what))                                                                                         \
            abort();                                                                                         \
    } while (0)

enum op {
    SEND,
    BURST,
    PAUSE,
    HONEST,
    HOSTILE,
    REMB,
    REPORT,
    RTT,
    WANT,
    PROBE,
    DROP,
    GROW,
    EXPECT,
    WISH,
    OP_COUNT
};

struct viewer {
    struct estimator e;
    struct flight_packet *ring;
    uint64_t now_us;
    uint16_t reported; /* number of the first packet that no honest report told of */
};

static struct rtcp_cc cc;

/* A report on the packets since the last one, in the order of sending, some of them lost. */
static void honest(struct viewer *v, uint8_t every, uint16_t spread)
{
    uint16_t count = (uint16_t)(estimator_number(&v->e) - v->reported);
    cc.count = count > RTCP_CC_STATUSES_MAX ? RTCP_CC_STATUSES_MAX : count;
    cc.reference = (int32_t)(v->now_us / RTCP_CC_REFERENCE_US % 0x800000);
    for (size_t i = 0; i < cc.count; i++) {
        bool received = every == 0 || i % every != 0;
        cc.status[i] = (struct rtcp_cc_status){.seq = (uint16_t)(v->reported + i),
                                               .received = received,
                                               .delta = received ? (int16_t)(spread & 0xff) : 0};
    }
    v->reported = (uint16_t)(v->reported + cc.count);
    estimator_feedback(&v->e, &cc, v->now_us);
}

/* Any report at all; on a copy of the history it is seen that nothing is told twice. */
static void hostile(struct viewer *v, struct rd *r, uint16_t base)
{
    static struct flight_packet ring[FLIGHT_CAPACITY_MAX];
    static struct flight_batch batch;
    uint8_t count = rd_u8(r);
    cc.reference = (int32_t)(rd_u24(r) << 8) / 256;
    cc.count = count;
    for (size_t i = 0; i < count; i++) {
        uint16_t bits = rd_u16(r);
        cc.status[i] = (struct rtcp_cc_status){
            .seq = (uint16_t)(base + i), .received = bits & 1, .delta = bits & 1 ? (int16_t)bits : 0};
    }
    struct flight copy = v->e.flight;
    memcpy(ring, v->e.flight.ring, (copy.mask + 1) * sizeof *ring);
    copy.ring = ring;
    flight_feedback(&copy, &cc, v->now_us, &batch);
    CHECK(batch.count + batch.unknown <= cc.count);
    for (size_t i = 0; i < batch.count; i++) {
        CHECK(batch.of[i].sent_us <= v->now_us);
        CHECK(!batch.of[i].late || !batch.of[i].lost);
    }
    flight_feedback(&copy, &cc, v->now_us, &batch);
    CHECK(batch.count == 0);
    estimator_feedback(&v->e, &cc, v->now_us);
}

static void grow(struct viewer *v)
{
    size_t capacity = (v->e.flight.mask + 1) * 2;
    if (!flight_crowded(&v->e.flight))
        return;
    CHECK(capacity <= FLIGHT_CAPACITY_MAX);
    v->ring = malloc(capacity * sizeof *v->ring);
    CHECK(v->ring);
    free(flight_grow(&v->e.flight, v->ring, capacity));
}

static void probe(struct viewer *v)
{
    for (int tick = 0; tick < 100 && probe_active(&v->e.probe); tick++) {
        size_t due = estimator_probe_due(&v->e, v->now_us);
        for (size_t left = due; left > 0; left -= left < 1200 ? left : 1200)
            estimator_sent(&v->e, left < 1200 ? left : 1200, true, v->now_us);
        v->now_us += PROBE_TICK_US;
    }
    CHECK(!v->e.probe.sending);
}

static void step(struct viewer *v, struct rd *r)
{
    uint8_t op = rd_u8(r), arg = rd_u8(r);
    uint16_t wide = rd_u16(r);
    switch ((enum op)(op % OP_COUNT)) {
    case SEND:
        v->now_us += wide;
        estimator_sent(&v->e, arg * 257u, true, v->now_us);
        break;
    case BURST:
        for (unsigned i = 0; i < arg; i++, v->now_us += wide)
            estimator_sent(&v->e, 1200, true, v->now_us);
        break;
    case PAUSE:
        v->now_us += (uint64_t)wide << (arg & 31);
        estimator_tick(&v->e, v->now_us);
        break;
    case HONEST:
        v->now_us += 50000;
        honest(v, arg, wide);
        break;
    case HOSTILE:
        v->now_us += 1000;
        hostile(v, r, (uint16_t)(estimator_number(&v->e) - wide));
        break;
    case REMB:
        estimator_remb(&v->e, (uint64_t)wide << (arg & 63), v->now_us);
        break;
    case REPORT:
        estimator_report(&v->e, (uint32_t)wide << (arg & 31), (int32_t)((uint32_t)wide << (arg >> 5)) - 1000,
                         v->now_us);
        break;
    case RTT:
        estimator_rtt(&v->e, (uint32_t)wide << (arg & 31));
        break;
    case WANT:
        estimator_want(&v->e, (uint32_t)wide << (arg & 31), v->now_us);
        break;
    case PROBE:
        probe(v);
        break;
    case DROP:
        estimator_dropped(&v->e, wide);
        break;
    case GROW:
        grow(v);
        break;
    case EXPECT:
        estimator_expect(&v->e, arg & 1);
        break;
    case WISH:
        estimator_wish(&v->e, (uint32_t)wide << (arg & 31), v->now_us);
        break;
    case OP_COUNT:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct viewer v;
    v = (struct viewer){.now_us = UINT64_C(1) << 32};
    v.ring = malloc(FLIGHT_CAPACITY_MIN * sizeof *v.ring);
    CHECK(v.ring);
    estimator_init(&v.e, v.ring, FLIGHT_CAPACITY_MIN, v.now_us);
    v.reported = estimator_number(&v.e);
    struct rd r = rd_init(data, len);
    while (rd_left(&r) >= 4) {
        step(&v, &r);
        uint32_t target = estimator_target_bps(&v.e);
        CHECK(target >= ESTIMATOR_FLOOR_BPS && target <= ESTIMATOR_MAX_BPS);
        CHECK(v.e.aimd.bps >= ESTIMATOR_FLOOR_BPS && v.e.aimd.bps <= ESTIMATOR_MAX_BPS);
        CHECK(isfinite(v.e.delay.trendline.smoothed_ms) && isfinite(v.e.delay.trendline.threshold_ms));
        CHECK(isfinite(v.e.acked.bps) && isfinite(v.e.loss.bps) && isfinite(v.e.aimd.capacity.kbps));
        CHECK(v.e.loss.inherent >= 0 && v.e.loss.inherent < 1 && loss_estimate_share(&v.e.loss) <= 1);
    }
    free(v.ring);
    return 0;
}
