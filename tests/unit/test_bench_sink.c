/* What a sink makes of packets that its source wrote: what came, what is missing, and what must not be. */
#include "sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "source.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { FRAME_US = 40000, TRACK = 7, PAYLOAD = 200 };

/* Packets of a video source as a server without any choice would forward them, each 1 ms after it was made.
 */
struct stream {
    struct rtp_ext_map exts;
    struct source source;
    struct sink sink;
    struct histogram latency;
    uint64_t now_us;
    uint16_t seq;
    uint32_t csrc;
};

static void stream_init(struct stream *t)
{
    *t = (struct stream){.now_us = 1000000, .seq = 100, .csrc = TRACK};
    const struct source_conf conf = {.kind = RTP_VIDEO,
                                     .track = TRACK,
                                     .mid = "0",
                                     .exts = &t->exts,
                                     .ssrc = 1,
                                     .pt = 96,
                                     .interval_us = FRAME_US,
                                     .packets = 3,
                                     .payload_len = PAYLOAD,
                                     .width = 320,
                                     .height = 180};
    source_init(&t->source, &conf, 12345, t->now_us);
    sink_init(&t->sink, RTP_VIDEO, 1, 2);
    t->sink.latency = &t->latency;
}

struct written {
    uint8_t rtp[SOURCE_PACKET_MAX];
    struct sink_packet packet;
};

/* The next packet, at the time it is due. */
static void stream_write(struct stream *t, struct written *out)
{
    struct source_packet p;
    size_t header;
    uint64_t due_us = source_due_us(&t->source);
    t->now_us = due_us > t->now_us ? due_us : t->now_us;
    assert_true(source_next(&t->source, t->now_us, &p));
    size_t len = source_write(&t->source, &p, 0, out->rtp, sizeof(out->rtp), &header);
    assert_true(len > header);
    out->packet = (struct sink_packet){.seq = t->seq++,
                                       .timestamp = p.timestamp,
                                       .csrc = t->csrc,
                                       .marker = p.last,
                                       .payload = out->rtp + header,
                                       .len = len - header,
                                       .plain = len - header};
}

static void give(struct stream *t, const struct written *w)
{
    sink_receive(&t->sink, &w->packet, t->now_us + 1000);
}

static void forward(struct stream *t, unsigned packets)
{
    struct written w;
    while (packets--) {
        stream_write(t, &w);
        give(t, &w);
    }
}

static void a_perfect_stream(void **state)
{
    (void)state;
    struct stream t;
    stream_init(&t);
    forward(&t, 300);
    assert_int_equal(t.sink.packets, 300);
    assert_int_equal(t.sink.frames, 100);
    assert_int_equal(t.sink.keys, 1);
    assert_int_equal(sink_missing(&t.sink), 0);
    assert_int_equal(sink_faults(&t.sink), 0);
    assert_int_equal(t.sink.freezes + t.sink.reordered + t.sink.duplicates + t.sink.switches, 0);
    assert_int_equal(t.latency.count, 300);
    assert_in_range(histogram_quantile(&t.latency, 1), 1000, 1030);
    assert_int_equal(sink_index(&t.sink, t.seq), t.seq);
}

static void what_is_missing_late_and_twice(void **state)
{
    (void)state;
    struct stream t;
    struct written held, w;
    stream_init(&t);
    forward(&t, 9);
    stream_write(&t, &held);
    forward(&t, 1);
    assert_int_equal(sink_missing(&t.sink), 1);
    give(&t, &held);
    assert_int_equal(sink_missing(&t.sink), 0);
    assert_int_equal(t.sink.reordered, 1);
    give(&t, &held);
    assert_int_equal(t.sink.duplicates, 1);
    stream_write(&t, &held);
    stream_write(&t, &w);
    give(&t, &w);
    held.packet.recovered = true;
    give(&t, &held);
    assert_int_equal(t.sink.recovered, 1);
    assert_int_equal(t.sink.reordered, 1);
    assert_int_equal(sink_missing(&t.sink), 0);
    give(&t, &held);
    assert_int_equal(t.sink.repeats, 1);
    assert_int_equal(sink_faults(&t.sink), 0);
}

/* A number that the server has no use for any more comes without a payload, as the newest or behind it. */
static void what_fills_a_hole(void **state)
{
    (void)state;
    struct stream t;
    struct written late, ahead;
    stream_init(&t);
    forward(&t, 9);
    stream_write(&t, &late);
    forward(&t, 1);
    late.packet.len = late.packet.plain = 0;
    give(&t, &late);
    assert_int_equal(t.sink.fillers, 1);
    assert_int_equal(t.sink.nack.count, 0);
    assert_int_equal(sink_missing(&t.sink), 0);
    give(&t, &late);
    assert_int_equal(t.sink.duplicates, 1);
    stream_write(&t, &ahead);
    ahead.packet.len = ahead.packet.plain = 0;
    give(&t, &ahead);
    forward(&t, 3);
    assert_int_equal(sink_missing(&t.sink), 1);
    assert_int_equal(t.sink.nack.count, 0);
    assert_int_equal(t.sink.packets, 13);
    assert_int_equal(t.latency.count, 13);
    assert_int_equal(t.sink.switches + t.sink.freezes + sink_faults(&t.sink), 0);
}

/* Frames come each 40 ms, until there is a gap; then some more. */
static void freezes(void **state)
{
    (void)state;
    static const struct {
        uint64_t gap_us;
        uint64_t freezes;
    } rows[] = {{40000, 0}, {160000, 0}, {189000, 0}, {195000, 1}, {1040000, 1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct stream t;
        stream_init(&t);
        forward(&t, 60);
        t.source.next_us = t.now_us + rows[i].gap_us;
        forward(&t, 60);
        assert_int_equal(t.sink.freezes, rows[i].freezes);
        assert_int_equal(t.sink.frozen_us, rows[i].freezes * (rows[i].gap_us - FRAME_US));
    }
}

/* A layer with fewer frames takes over: what is usual is another from then on. */
static void layers_have_times_of_their_own(void **state)
{
    (void)state;
    static const struct {
        uint64_t wait_us, freezes;
    } rows[] = {{FRAME_US, 0}, {500000, 0}, {700000, 1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct stream t;
        stream_init(&t);
        forward(&t, 60);
        t.source.conf.layer = 1;
        t.source.conf.interval_us = 250000;
        t.source.key_due = true;
        t.source.next_us = t.now_us + rows[i].wait_us;
        forward(&t, 60);
        assert_int_equal(t.sink.layer_switches, 1);
        assert_int_equal(t.sink.freezes, rows[i].freezes);
    }
}

/* Frames that come all at once, as a cached key frame and what followed it, are no habit. */
static void catching_up_is_no_freeze(void **state)
{
    (void)state;
    struct stream t;
    static struct written held[100];
    stream_init(&t);
    t.source.conf.interval_us = 250000;
    forward(&t, 40);
    assert_int_equal(t.sink.freezes, 0);
    for (size_t i = 0; i < COUNT(held); i++)
        stream_write(&t, &held[i]);
    for (size_t i = 0; i < COUNT(held); i++)
        give(&t, &held[i]);
    assert_int_equal(t.sink.freezes, 1); /* until they came */
    forward(&t, 100);
    assert_int_equal(t.sink.freezes, 1);
}

/* Another participant after a pause is no freeze, another layer is no other participant. */
static void switches(void **state)
{
    (void)state;
    static const struct {
        uint32_t track;
        uint8_t layer;
        bool key;
        uint64_t switches, layer_switches, cold;
    } rows[] = {
        {TRACK, 0, false, 0, 0, 0},    {TRACK, 1, true, 1, 1, 0},      {TRACK, 1, false, 1, 1, 1},
        {TRACK + 1, 0, true, 1, 0, 0}, {TRACK + 1, 1, false, 1, 0, 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct stream t;
        stream_init(&t);
        forward(&t, 30);
        t.source.conf.track = t.csrc = rows[i].track;
        t.source.conf.layer = rows[i].layer;
        t.source.key_due = rows[i].key;
        if (rows[i].track != TRACK)
            t.source.next_us += 2000000;
        forward(&t, 30);
        assert_int_equal(t.sink.switches, rows[i].switches);
        assert_int_equal(t.sink.layer_switches, rows[i].layer_switches);
        assert_int_equal(t.sink.cold_switches, rows[i].cold);
        assert_int_equal(t.sink.freezes, 0);
    }
}

static void corrupt_payloads(void **state)
{
    (void)state;
    static const struct {
        size_t at;    /* of the payload: this byte is another */
        size_t plain; /* bytes that are looked at */
        uint64_t corrupt;
    } rows[] = {{150, PAYLOAD, 1}, {150, 64, 0}, {30, 64, 1}, {PAYLOAD - 1, PAYLOAD, 1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct stream t;
        struct written w;
        stream_init(&t);
        forward(&t, 4);
        stream_write(&t, &w);
        w.rtp[w.packet.payload - w.rtp + (ptrdiff_t)rows[i].at] ^= 1;
        w.packet.plain = rows[i].plain;
        give(&t, &w);
        assert_int_equal(t.sink.corrupt, rows[i].corrupt);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_perfect_stream),
        cmocka_unit_test(what_is_missing_late_and_twice),
        cmocka_unit_test(what_fills_a_hole),
        cmocka_unit_test(freezes),
        cmocka_unit_test(layers_have_times_of_their_own),
        cmocka_unit_test(catching_up_is_no_freeze),
        cmocka_unit_test(switches),
        cmocka_unit_test(corrupt_payloads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
