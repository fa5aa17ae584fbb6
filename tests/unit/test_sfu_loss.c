/* Packets lost on either way, and key frames asked for. */
#include "call.h"

static const struct wish publisher = {.audio = true, .video = true};
static const struct wish viewer = {.audio_slots = 1, .video_slots = 1, .feedback = PEER_REPORTS};

static bool is_video(const uint8_t *p, size_t len, uint8_t pt)
{
    return len > 12 && p[0] >= 128 && p[0] < 192 && (p[1] & 0x7f) == pt;
}

/* Two in a row, and one more: what any way may lose, or the slot would be paused for it. */
static bool lose_some(struct person *p, const uint8_t *datagram, size_t len)
{
    if (!is_video(datagram, len, 96))
        return false;
    uint32_t n = p->seen++ % 40;
    return n == 19 || n == 38 || n == 39;
}

static void rtx_brings_back_what_a_viewer_lost(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    call_join_now(c, &publisher);
    struct person *b = call_join_now(c, &viewer);
    struct sink *s = person_sink(b, RTP_VIDEO, 0);
    b->lose_in = lose_some;
    UNTIL(c, s->packets >= 800);
    b->lose_in = NULL;
    UNTIL(c, sink_missing(s) == 0);
    assert_true(b->lost >= 50);
    assert_int_equal(s->recovered, b->lost);
    person_assert_sound(b); /* each byte is the source's: RTX too */
    assert_true(person_stats(b)->slots[person_slot(b, RTP_VIDEO, 0)].retransmitted >= s->recovered);
    /* Losses of the way to the viewer are no business of the publisher's. */
    assert_int_equal(peer_source(c->people[0].peer, CAMERA, 0)->nacked, 0);
    call_free(c);
}

/* What Firefox knows of a medium: which of its SSRCs a mid has told it. */
static struct {
    bool media, rtx;
    uint32_t without; /* packets of media that came without a mid */
} told;

/* The header is not encrypted, but what the padding's length is. */
static int read_header(struct rtp_view *v, const struct person *p, const uint8_t *datagram, size_t len)
{
    uint8_t copy[PEER_DATAGRAM_MAX];
    memcpy(copy, datagram, len);
    copy[0] &= (uint8_t)~0x20;
    return rtp_view_parse(v, copy, len, &p->peer->media.exts);
}

/* Once a mid has told it one SSRC of a medium it takes none there that no mid has told it. */
static bool is_unknown(struct person *p, const uint8_t *datagram, size_t len)
{
    const struct peer_ssrcs *slot = &p->peer->ssrcs[person_slot(p, RTP_VIDEO, 0)];
    struct rtp_view v;
    if (lose_some(p, datagram, len))
        return true;
    if (read_header(&v, p, datagram, len) != 0 || (v.ssrc != slot->ssrc && v.ssrc != slot->rtx_ssrc))
        return false;
    bool *known = v.ssrc == slot->ssrc ? &told.media : &told.rtx;
    *known |= v.ext[RTP_EXT_MID].len > 0;
    told.without += v.ssrc == slot->ssrc && !v.ext[RTP_EXT_MID].len;
    return (told.media || told.rtx) && !*known;
}

static void rtx_reaches_those_who_go_by_the_mid(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct wish wish = viewer;
    wish.feedback = PEER_TRANSPORT_CC; /* and so it is probed */
    call_join_now(c, &publisher);
    struct person *b = call_join(c, &wish);
    b->lose_in = is_unknown;
    UNTIL(c, told.without > 0); /* it has reported on the medium */
    struct sink *s = person_sink(b, RTP_VIDEO, 0);
    uint64_t recovered = s->recovered;
    UNTIL(c, s->recovered > recovered + 20);
    UNTIL(c, b->peer->paddings > 0);
    person_assert_sound(b);
    call_free(c);
}

static void the_server_asks_for_what_it_lost(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
    struct sink *s = person_sink(b, RTP_VIDEO, 0);
    a->lose_out = lose_some;
    UNTIL(c, s->packets >= 800);
    a->lose_out = NULL;
    UNTIL(c, sink_missing(s) == 0);
    assert_true(a->lost >= 50);
    assert_true(peer_source(a->peer, CAMERA, 0)->nacked >= a->lost);
    person_assert_sound(b);
    assert_int_equal(person_stats(a)->tracks[CAMERA].layers[0].lost, a->lost); /* RTX does not hide it */
    call_free(c);
}

/* Without RTX what a viewer lost stays lost, and what it gave up makes it ask for a key frame. */
static void without_rtx_nothing_is_sent_twice(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    call_join_now(c, &publisher);
    struct wish plain = viewer;
    plain.no_rtx = true;
    struct person *b = call_join_now(c, &plain);
    struct sink *s = person_sink(b, RTP_VIDEO, 0);
    UNTIL(c, s->packets >= 20);
    uint8_t nack[64];
    struct wr w = wr_init(nack, sizeof(nack));
    wr_u32(&w, 0x81cd0003); /* RTPFB, generic NACK */
    wr_u32(&w, 1);
    wr_u32(&w, s->ssrc);
    wr_u16(&w, (uint16_t)(s->newest - 3)); /* and the one behind it */
    wr_u16(&w, 1);
    peer_send_rtcp(b->peer, nack, wr_len(&w));
    uint64_t packets = s->packets;
    UNTIL(c, s->packets > packets + 60);
    assert_int_equal(s->duplicates, 0);
    assert_int_equal(sink_missing(s), 0);
    assert_int_equal(person_stats(b)->slots[person_slot(b, RTP_VIDEO, 0)].nacked, 2);
    assert_int_equal(person_stats(b)->slots[person_slot(b, RTP_VIDEO, 0)].retransmitted, 0);
    call_free(c);
}

/* The first packet of each key frame, once. */
static bool lose_key_starts(struct person *p, const uint8_t *datagram, size_t len)
{
    const struct source *s = peer_source(p->peer, CAMERA, 0);
    if (!is_video(datagram, len, 96))
        return false;
    const struct source_packet *packet = source_find(s, get_u16(datagram + 2));
    return packet && packet->key && packet->at == 0;
}

/* The switch happens at a packet that RTX brings, behind the rest of its frame. */
static void a_key_frame_that_arrives_out_of_order(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher);
    struct source *source = peer_source(a->peer, CAMERA, 0);
    UNTIL(c, source->sent > 100);
    a->lose_out = lose_key_starts;
    struct person *b = call_join_now(c, &viewer);
    struct sink *s = person_sink(b, RTP_VIDEO, 0);
    UNTIL(c, s->packets >= 60);
    assert_true(a->lost >= 1);
    UNTIL(c, sink_missing(s) == 0);
    assert_int_equal(s->keys, 1); /* nothing more was needed */
    assert_int_equal(source->key_asked, 1);
    person_assert_sound(b);
    call_free(c);
}

static void a_viewer_asks_for_key_frames(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
    struct source *source = peer_source(a->peer, CAMERA, 0);
    struct sink *s = person_sink(b, RTP_VIDEO, 0);
    UNTIL(c, s->packets >= 20);
    uint32_t asked = source->key_asked;
    peer_want_key(b->peer, person_slot(b, RTP_VIDEO, 0));
    UNTIL(c, source->key_asked > asked);
    uint64_t keys = s->keys;
    UNTIL(c, s->keys > keys);
    /* A flood of them is passed on three times in ten seconds (slot.h). */
    asked = source->key_asked;
    uint64_t begin_us = clock_now_us();
    while (clock_now_us() < begin_us + 2000000) {
        peer_want_key(b->peer, person_slot(b, RTP_VIDEO, 0));
        call_turn(c);
    }
    assert_true(source->key_asked > asked && source->key_asked <= asked + 2);
    call_free(c);
}

/* Everything that is asked for at once, and what never was sent. */
static void nacks_for_everything(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
    struct sink *s = person_sink(b, RTP_VIDEO, 0);
    UNTIL(c, s->packets >= 200);
    uint8_t nack[256];
    enum { ENTRIES = 30, NUMBERS = 17 * ENTRIES };
    for (uint32_t from = 0; from < 65536; from += NUMBERS) {
        struct wr w = wr_init(nack, sizeof(nack));
        wr_u32(&w, 0x81cd0000 | (2 + ENTRIES));
        wr_u32(&w, 1);
        wr_u32(&w, s->ssrc);
        for (uint32_t i = 0; i < ENTRIES; i++)
            wr_u32(&w, ((from + i * 17) & 0xffff) << 16 | 0xffff);
        peer_send_rtcp(b->peer, nack, wr_len(&w));
    }
    uint64_t newest = s->newest;
    UNTIL(c, s->newest > newest + 60);
    assert_int_equal(sink_missing(s), 0);
    assert_int_equal(sink_faults(s) - s->stale, 0);
    assert_true(s->repeats + s->stale > 0); /* it did send some again */
    assert_int_equal(peer_source(a->peer, CAMERA, 0)->nacked, 0);
    call_free(c);
}

/* Sequence numbers wrap on the way in and on the way out, while packets are lost: the rollover counters of
 * SRTP and all that unwraps have to follow. */
static void numbers_wrap(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
    struct source *source = peer_source(a->peer, CAMERA, 0);
    struct sink *s = person_sink(b, RTP_VIDEO, 0);
    UNTIL(c, s->packets >= 20);
    source->conf.interval_us = 4000;
    source->conf.packets = 40;
    source->conf.payload_len = 100;
    a->lose_out = b->lose_in = lose_some;
    UNTIL(c, source->index > 0x10000 + 1000);
    UNTIL(c, s->newest >> 16 > s->first >> 16);
    uint64_t newest = s->newest;
    UNTIL(c, s->newest > newest + 1000);
    assert_true(s->recovered > 100); /* the pacer allows no more */
    person_assert_sound(b);
    call_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rtx_brings_back_what_a_viewer_lost),
        cmocka_unit_test(rtx_reaches_those_who_go_by_the_mid),
        cmocka_unit_test(the_server_asks_for_what_it_lost),
        cmocka_unit_test(without_rtx_nothing_is_sent_twice),
        cmocka_unit_test(a_key_frame_that_arrives_out_of_order),
        cmocka_unit_test(a_viewer_asks_for_key_frames),
        cmocka_unit_test(nacks_for_everything),
        cmocka_unit_test(numbers_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
