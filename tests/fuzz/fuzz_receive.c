/* Streams of packets as bytes, through everything that counts them: whatever
 * comes, the lists stay sorted and bounded, and the feedback can be read. */
#include <stdlib.h>

#include "clock_map.h"
#include "nack.h"
#include "receive_estimate.h"
#include "receive_stats.h"
#include "seq.h"
#include "transport_cc.h"

#include "transport_cc_reader.h"

#define CHECK(what)                                                                                          \
    do {                                                                                                     \
        if (!(what))                                                                                         \
            abort();                                                                                         \
    } while (0)

enum op {
    PACKET,
    FAR_PACKET,
    BURST,
    PAUSE,
    NACK,
    KEY_FRAME,
    RESET,
    REPORT,
    FEEDBACK,
    SENDER_REPORT,
    OP_COUNT
};

struct stream {
    uint64_t now_us;
    uint16_t seq;
    uint32_t timestamp, highest;
    struct receive_stats stats;
    struct nack nack;
    struct transport_cc cc;
    struct clock_source clock;
    struct clock_map map;
    struct receive_estimate estimate;
};

static struct cc_report feedback;

static void check_nack(const struct nack *n)
{
    CHECK(n->count <= NACK_MAX);
    for (size_t i = 0; i < n->count; i++) {
        uint16_t after = i + 1 < n->count ? n->missing[i + 1].seq : n->newest;
        CHECK(seq_newer(after, n->missing[i].seq));
        CHECK(n->missing[i].tries <= NACK_TRIES);
        CHECK(seq_diff(n->newest, n->missing[i].seq) <= NACK_AGE);
    }
}

/* Send times that have little to do with arrivals, and timestamps that have. */
static void check_estimate(struct stream *s, uint16_t seq, bool marker)
{
    const struct send_clock_stamp stamp = {
        .has_send_time = marker,
        .send_time = seq * 256u & 0xffffff,
        .ssrc = 1 + (seq >> 15),
        .timestamp = s->timestamp,
        .clock_rate = seq % 16 ? 90000 : 0,
    };
    receive_estimate_packet(&s->estimate, &stamp, seq & 2047u, s->now_us);
    uint32_t told = receive_estimate_due(&s->estimate, s->now_us);
    CHECK(told == 0 || (told >= RECEIVE_ESTIMATE_FLOOR_BPS && told <= RECEIVE_ESTIMATE_MAX_BPS));
    CHECK(receive_estimate_due(&s->estimate, s->now_us) == 0);
}

static void packet(struct stream *s, uint16_t seq, bool marker)
{
    check_estimate(s, seq, marker);
    enum receive_verdict verdict = receive_stats_packet(&s->stats, seq, s->timestamp, 1200, s->now_us);
    if (verdict == RECEIVE_RESTART)
        nack_reset(&s->nack);
    nack_receive(&s->nack, seq, s->now_us);
    CHECK(!nack_receive(&s->nack, seq, s->now_us));
    transport_cc_receive(&s->cc, seq, marker, s->now_us);
    CHECK(s->cc.count <= TRANSPORT_CC_MAX);
    clock_map_packet(&s->map, s->timestamp, s->now_us);
    uint64_t us = clock_map_to_us(&s->map, &s->clock, s->timestamp);
    CHECK(us == 0 || clock_map_to_rtp(&s->map, &s->clock, us) == s->timestamp);
}

static void ask(struct stream *s, uint32_t rtt_us, size_t max)
{
    uint16_t out[256];
    size_t count = nack_due(&s->nack, s->now_us, rtt_us, out, max);
    CHECK(count <= max);
    for (size_t i = 1; i < count; i++)
        CHECK(seq_newer(out[i], out[i - 1]));
    CHECK(count == max || nack_next_us(&s->nack) > s->now_us);
}

static void report(struct stream *s)
{
    struct receive_report r;
    if (!receive_stats_report(&s->stats, s->now_us, &r))
        return;
    CHECK(r.lost >= -0x800000 && r.lost <= 0x7fffff);
    CHECK(r.highest >= s->highest || r.highest < 0x10000);
    s->highest = r.highest;
}

static void feed_back(struct stream *s, size_t cap)
{
    uint8_t out[TRANSPORT_CC_LEN_MAX + 56];
    size_t len, packets = 0;
    while ((len = transport_cc_build(&s->cc, 1, 2, s->now_us, out, cap)) > 0) {
        CHECK(len <= cap && len <= TRANSPORT_CC_LEN_MAX && packets++ < TRANSPORT_CC_MAX);
        CHECK(cc_read(&feedback, out, len));
        CHECK(feedback.deltas > 0 && feedback.symbol[feedback.count - 1] != 0);
    }
    CHECK(cap < TRANSPORT_CC_LEN_MIN || transport_cc_due_us(&s->cc) == UINT64_MAX);
}

static void step(struct stream *s, uint8_t op, uint8_t arg, uint16_t wide)
{
    switch ((enum op)(op % OP_COUNT)) {
    case PACKET: /* near the last one */
        s->now_us += wide;
        s->timestamp += wide / 11u;
        s->seq = (uint16_t)(s->seq + (int8_t)arg);
        packet(s, s->seq, wide & 1);
        break;
    case FAR_PACKET:
        s->seq = wide;
        s->timestamp += (uint32_t)arg << 24;
        packet(s, s->seq, false);
        break;
    case BURST:
        for (unsigned i = 0; i < arg; i++) {
            s->now_us += wide % 4096u;
            packet(s, ++s->seq, i == arg - 1u);
        }
        break;
    case PAUSE:
        s->now_us += (uint64_t)wide << (arg & 15);
        break;
    case NACK:
        ask(s, wide * 16u, arg);
        break;
    case KEY_FRAME:
        nack_key_frame(&s->nack, wide);
        break;
    case RESET:
        nack_reset(&s->nack);
        break;
    case REPORT:
        report(s);
        break;
    case FEEDBACK:
        feed_back(s, wide & 1 ? (size_t)arg : sizeof(uint8_t[TRANSPORT_CC_LEN_MAX + 56]));
        break;
    case SENDER_REPORT: {
        uint64_t ntp = (uint64_t)wide << 48 | (uint64_t)arg << 31;
        receive_stats_sr(&s->stats, ntp, s->now_us);
        if (clock_source_sr(&s->clock, ntp, s->now_us))
            clock_map_sr(&s->map, &s->clock, ntp, s->timestamp - arg * 1000u);
        break;
    }
    case OP_COUNT:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct stream s;
    s = (struct stream){.now_us = UINT64_C(1) << 40, .seq = 65000};
    receive_stats_init(&s.stats, 1, 90000);
    clock_map_init(&s.map, 90000);
    receive_estimate_init(&s.estimate, s.now_us);
    struct rd r = rd_init(data, len);
    while (rd_left(&r) >= 4) {
        uint8_t op = rd_u8(&r), arg = rd_u8(&r);
        step(&s, op, arg, rd_u16(&r));
        check_nack(&s.nack);
    }
    report(&s);
    feed_back(&s, TRANSPORT_CC_LEN_MAX);
    return 0;
}
