/* A participant who sends what no browser would: counted drops, and nobody else notices. */
#include "call.h"

#include "rtcp_write.h"

#include <glib.h>

static const struct wish publisher = {.audio = true, .video = true};
static const struct wish viewer = {.audio_slots = 2, .video_slots = 2, .feedback = PEER_REPORTS};
static const struct wish member = {
    .audio = true, .video = true, .layers = 2, .video_slots = 2, .feedback = PEER_REPORTS};

enum { VP8 = 96, VP8_RTX = 97, OPUS = 111, HEADER = 12 };

/* Two who behave, and one who will not. */
struct scene {
    struct call *call;
    struct person *good, *watcher, *bad;
    uint64_t index; /* of made-up streams: grows, so that none is used twice */
};

static void scene_begin(struct scene *s)
{
    *s = (struct scene){.call = call_new(1), .index = 1000};
    s->good = call_join_now(s->call, &publisher);
    s->watcher = call_join_now(s->call, &viewer);
    const struct sink *first = person_sink(s->watcher, RTP_VIDEO, 0);
    UNTIL(s->call, first->packets >= 20);
    s->bad = call_join_now(s->call, &member);
}

/* Meanwhile the good one's streams lacked nothing, and everyone is still here. */
static void scene_end(struct scene *s)
{
    const struct sink *video = person_sink(s->watcher, RTP_VIDEO, 0);
    const struct sink *audio = person_sink(s->watcher, RTP_AUDIO, 0);
    uint64_t videos = video->packets, audios = audio->packets;
    UNTIL(s->call, video->packets > videos + 30 && audio->packets > audios + 15);
    assert_int_equal(video->csrc, person_track(s->good, RTP_VIDEO));
    assert_int_equal(video->switches, 0);
    assert_int_equal(sink_missing(video) + sink_missing(audio), 0);
    assert_int_equal(sink_faults(video) + sink_faults(audio), 0);
    assert_int_equal(s->watcher->peer->undecryptable, 0);
    assert_false(s->good->gone || s->watcher->gone);
    call_free(s->call);
}

/* An RTP packet of `len` payload bytes with a mid, sealed and sent. */
static void send_rtp(struct scene *s, uint32_t ssrc, uint8_t pt, const char *mid, const uint8_t *payload,
                     size_t len)
{
    uint8_t rtp[PEER_DATAGRAM_MAX];
    struct wr w = wr_init(rtp, sizeof(rtp));
    uint64_t index = s->index++;
    wr_u8(&w, mid ? 0x90 : 0x80);
    wr_u8(&w, pt);
    wr_u16(&w, (uint16_t)index);
    wr_u32(&w, (uint32_t)index * 3000);
    wr_u32(&w, ssrc);
    if (mid) {
        wr_u32(&w, 0xbede0001);
        wr_u8(&w, 0x10);
        wr_u8(&w, (uint8_t)mid[0]);
        wr_u16(&w, 0);
    }
    size_t header_len = wr_len(&w);
    wr_bytes(&w, payload, len);
    assert_false(w.bad);
    peer_send_rtp(s->bad->peer, rtp, header_len, wr_len(&w), index);
}

static const uint8_t frame[40] = {0x90, 0x80, 0x81, 0x00, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 1, 0xf0, 0};

static void unknown_ssrcs(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s);
    uint64_t before = call_counter(s.call, "drop_ssrc_unknown");
    for (uint32_t i = 0; i < 500; i++) {
        send_rtp(&s, 0x10000 + i, VP8, NULL, frame, sizeof(frame));
        if (i % 50 == 0)
            call_turn(s.call);
    }
    UNTIL(s.call,
          call_counter(s.call, "drop_ssrc_unknown") + call_counter(s.call, "drop_ssrc_cap") >= before + 500);
    /* It has not cut itself off: its own streams still come through. */
    UNTIL(s.call, person_sink(s.watcher, RTP_VIDEO, 1)->packets > 20);
    const struct sink *sink = person_sink(s.watcher, RTP_VIDEO, 1);
    struct source *high = peer_source(s.bad->peer, CAMERA, 1);
    high->conf.ssrc += 2;
    uint64_t keys = sink->keys;
    UNTIL(s.call, sink->keys > keys && sink->layer == 1 && sink->source_seq == (uint16_t)(high->index - 1));
    scene_end(&s);
}

/* Bytes of each class of the demultiplexer (RFC 7983), of all lengths, from its own address. */
static void junk(void **state)
{
    static const uint8_t first[] = {0, 1, 3, 4, 19, 20, 22, 23, 63, 64, 79, 127, 128, 144, 191, 192, 255};
    static const uint8_t second[] = {0, 1, 96, 200, 205, 223};
    (void)state;
    struct scene s;
    scene_begin(&s);
    uint64_t before = call_counter(s.call, "rx_datagrams"), sent = 0;
    uint8_t bytes[1500];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)g_random_int();
    for (size_t i = 0; i < COUNT(first); i++) {
        for (size_t j = 0; j < COUNT(second); j++) {
            static const size_t lens[] = {0, 1, 2, 7, 8, 11, 12, 13, 19, 20, 28, 40, 1280, 1281, 1500};
            for (size_t k = 0; k < COUNT(lens); k++) {
                bytes[0] = first[i];
                bytes[1] = second[j];
                person_send_raw(s.bad, bytes, lens[k]);
                sent++;
            }
        }
        call_turn(s.call);
    }
    static const uint8_t huge[9000] = {0x80, VP8};
    person_send_raw(s.bad, huge, 1537);
    person_send_raw(s.bad, huge, sizeof(huge));
    UNTIL(s.call, call_counter(s.call, "rx_datagrams") >= before + sent + 2);
    UNTIL(s.call, call_counter(s.call, "drop_too_long") == 2);
    static const char *const counters[] = {"drop_short", "drop_unknown_class", "drop_stun_bad",
                                           "drop_srtp_auth", "drop_srtcp_auth"};
    for (size_t i = 0; i < COUNT(counters); i++) {
        if (!call_counter(s.call, counters[i]))
            fail_msg("%s is 0", counters[i]);
    }
    assert_false(s.bad->gone); /* nothing of it was authentic */
    UNTIL(s.call, person_sink(s.watcher, RTP_VIDEO, 1)->packets > 20);
    scene_end(&s);
}

/* What left by the bad one's socket, to be sent again. */
static struct {
    size_t len;
    uint8_t bytes[2048];
} taped[64];
static size_t taped_count;

static bool tape(struct person *p, const uint8_t *datagram, size_t len)
{
    (void)p;
    if (datagram[0] >= 128 && taped_count < COUNT(taped)) {
        memcpy(taped[taped_count].bytes, datagram, len);
        taped[taped_count++].len = len;
    }
    return false;
}

static void replays(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s);
    taped_count = 0;
    s.bad->lose_out = tape;
    UNTIL(s.call, taped_count == COUNT(taped));
    s.bad->lose_out = NULL;
    uint64_t before = call_counter(s.call, "drop_srtp_replay") + call_counter(s.call, "drop_srtcp_replay");
    for (size_t i = 0; i < taped_count; i++)
        person_send_raw(s.bad, taped[i].bytes, taped[i].len);
    UNTIL(s.call, call_counter(s.call, "drop_srtp_replay") + call_counter(s.call, "drop_srtcp_replay") >=
                      before + taped_count);
    /* Whose tag is broken. */
    uint64_t wrong = call_counter(s.call, "drop_srtp_auth") + call_counter(s.call, "drop_srtcp_auth");
    for (size_t i = 0; i < taped_count; i++) {
        taped[i].bytes[taped[i].len - 6] ^= 1;
        taped[i].bytes[3] ^= 0x40; /* another number */
        person_send_raw(s.bad, taped[i].bytes, taped[i].len);
    }
    UNTIL(s.call, call_counter(s.call, "drop_srtp_auth") + call_counter(s.call, "drop_srtcp_auth") > wrong);
    scene_end(&s);
}

/* Payloads and headers that are wrong under a right tag. */
static void broken_packets(void **state)
{
    static const struct {
        const char *counter;
        uint32_t ssrc;
        uint8_t pt;
        const char *mid;
        size_t len;
        uint8_t payload[8];
    } rows[] = {
        {"drop_pt_unknown", 0x20000, 50, "1", 8, {0}},
        {"drop_ssrc_unknown", 0x20001, OPUS, "1", 8, {0}},       /* audio on the camera's m-line */
        {"drop_ssrc_unknown", 0x20002, VP8, "7", 8, {0x10}},     /* no such mid */
        {"drop_ssrc_unknown", 0x20003, VP8_RTX, "1", 8, {0x10}}, /* no rid */
    };
    (void)state;
    struct scene s;
    scene_begin(&s);
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t before = call_counter(s.call, rows[i].counter);
        send_rtp(&s, rows[i].ssrc, rows[i].pt, rows[i].mid, rows[i].payload, rows[i].len);
        UNTIL(s.call, call_counter(s.call, rows[i].counter) > before);
    }
    /* VP8 that ends in its descriptor, on a stream that is known. */
    struct source *low = peer_source(s.bad->peer, CAMERA, 0);
    uint8_t rtp[64] = {0x80, VP8};
    UNTIL(s.call, low->sent > 10);
    uint64_t before = call_counter(s.call, "drop_frame_bad");
    put_u16(rtp + 2, (uint16_t)low->index);
    put_u32(rtp + 8, low->conf.ssrc);
    rtp[HEADER] = 0x90;
    rtp[HEADER + 1] = 0xf0;
    peer_send_rtp(s.bad->peer, rtp, HEADER, HEADER + 2, low->index++);
    UNTIL(s.call, call_counter(s.call, "drop_frame_bad") > before);
    /* RTX of less than two bytes, and of a number that was never sent, far ahead. */
    before = call_counter(s.call, "drop_rtp_bad");
    rtp[1] = VP8_RTX;
    put_u32(rtp + 8, low->conf.rtx_ssrc);
    memcpy(rtp + HEADER,
           "\xbe\xde\0\3\x10"
           "1\x31r0\0\0\0\0\0\0\0",
           16);
    rtp[0] = 0x90;
    uint64_t index = low->rtx_index++;
    put_u16(rtp + 2, (uint16_t)index);
    peer_send_rtp(s.bad->peer, rtp, HEADER + 16, HEADER + 17, index);
    UNTIL(s.call, call_counter(s.call, "drop_rtp_bad") > before);
    scene_end(&s);
}

/* RTX that claims a number far ahead must not make the stream's own packets look old. */
static void rtx_from_the_future(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s);
    struct source *high = peer_source(s.bad->peer, CAMERA, 1);
    const struct sink *sink = person_sink(s.watcher, RTP_VIDEO, 1);
    UNTIL(s.call, sink->packets > 20 && sink->layer == 1);
    for (uint32_t ahead = 500; ahead < 32000; ahead += 3000) {
        uint8_t rtp[PEER_DATAGRAM_MAX];
        size_t header_len;
        uint64_t index;
        struct source_packet p = *source_find(high, (uint16_t)(high->index - 1));
        p.index += ahead;
        size_t len = source_write_rtx(high, &p, 0, rtp, sizeof(rtp), &header_len, &index);
        peer_send_rtp(s.bad->peer, rtp, header_len, len, index);
    }
    uint64_t packets = sink->packets, keys = sink->keys;
    UNTIL(s.call, sink->packets > packets + 60);
    assert_int_equal(sink->keys, keys); /* nothing broke, no key frame was needed */
    assert_int_equal(sink_missing(sink), 0);
    scene_end(&s);
}

/* Two SSRCs that both say that they are one layer, in turns. */
static void one_rid_on_two_ssrcs(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s);
    struct source *high = peer_source(s.bad->peer, CAMERA, 1);
    uint32_t ssrc = high->conf.ssrc;
    uint64_t end_us = clock_now_us() + 1000000;
    for (uint32_t i = 0; clock_now_us() < end_us; i++) {
        high->conf.ssrc = ssrc + i % 2 * 2;
        call_turn(s.call);
    }
    high->conf.ssrc = ssrc + 4; /* one of them again */
    const struct sink *sink = person_sink(s.watcher, RTP_VIDEO, 1);
    uint64_t packets = sink->packets;
    UNTIL(s.call, sink->packets > packets + 30 && sink->layer == 1);
    assert_int_equal(sink->corrupt + sink->cold_switches + sink->timestamps_back, 0);
    scene_end(&s);
}

/* More SSRCs than one may have, one after the other: each new one takes the layer over. */
static void more_ssrcs_than_the_cap(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s);
    struct source *high = peer_source(s.bad->peer, CAMERA, 1);
    const struct sink *sink = person_sink(s.watcher, RTP_VIDEO, 1);
    for (uint32_t i = 0; i < SECURE_STREAMS_MAX + 10; i++) {
        high->conf.ssrc += 2;
        high->conf.rtx_ssrc += 2;
        uint32_t sent = high->sent;
        UNTIL(s.call, high->sent > sent);
    }
    uint64_t keys = sink->keys;
    UNTIL(s.call, sink->keys > keys && sink->layer == 1);
    scene_end(&s);
}

static void rtcp_that_lies(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s);
    uint64_t before = call_counter(s.call, "rtcp_packets");
    struct peer *p = s.bad->peer;
    const uint32_t others[] = {peer_source(s.good->peer, CAMERA, 0)->conf.ssrc,
                               person_sink(s.watcher, RTP_VIDEO, 0)->ssrc};
    for (uint32_t i = 0; i < 200; i++) {
        uint8_t bytes[600];
        struct wr w = wr_init(bytes, sizeof(bytes));
        const uint16_t seqs[] = {1, 2, 3, 1000, 30000};
        /* Another's streams: none of its business. */
        rtcp_write_bye(&w, others, 2);
        rtcp_write_pli(&w, 1, others[i % 2]);
        (void)rtcp_write_nack(&w, 1, others[i % 2], seqs, COUNT(seqs));
        const struct rtcp_sr sr = {.ntp = UINT64_MAX - i, .rtp_timestamp = i * 77777777};
        rtcp_write_sr(&w, others[0], &sr, NULL, 0);
        /* Its own, with a clock that jumps. */
        rtcp_write_sr(&w, peer_source(p, CAMERA, 0)->conf.ssrc, &sr, NULL, 0);
        peer_send_rtcp(p, bytes, wr_len(&w));
        /* A length that leads past the end. */
        wr_u32(&w, 0x81cd0fff);
        peer_send_rtcp(p, bytes, wr_len(&w));
    }
    UNTIL(s.call,
          call_counter(s.call, "rtcp_packets") >= before + 400 && call_counter(s.call, "drop_rtcp_bad") > 0);
    scene_end(&s);
}

/* Its own numbers and timestamps jump to and fro. */
static void a_stream_that_jumps(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s);
    struct source *high = peer_source(s.bad->peer, CAMERA, 1);
    for (uint32_t i = 0; i < 40; i++) {
        high->index += (uint64_t[]){2999, 3002, 20000, 32767, 40000}[i % 5];
        high->origin_timestamp += (uint32_t[]){0, 0x7fffffff, 0x90000000, (uint32_t)-90000, 1}[i % 5];
        uint32_t sent = high->sent;
        UNTIL(s.call, high->sent > sent + 3);
    }
    assert_true(call_counter(s.call, "drop_jump") > 0);
    const struct sink *sink = person_sink(s.watcher, RTP_VIDEO, 1);
    uint64_t packets = sink->packets;
    UNTIL(s.call, sink->packets > packets + 30);
    assert_int_equal(sink->corrupt + sink->cold_switches, 0);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_ssrcs),
        cmocka_unit_test(junk),
        cmocka_unit_test(replays),
        cmocka_unit_test(broken_packets),
        cmocka_unit_test(rtx_from_the_future),
        cmocka_unit_test(one_rid_on_two_ssrcs),
        cmocka_unit_test(more_ssrcs_than_the_cap),
        cmocka_unit_test(rtcp_that_lies),
        cmocka_unit_test(a_stream_that_jumps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
