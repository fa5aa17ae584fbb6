/* What each viewer's network carries decides which layers it gets, viewer by
 * viewer. */
#include "call.h"

static const struct wish publisher = {.audio = true, .video = true, .layers = 3};
static const struct wish viewer = {.audio_slots = 1, .video_slots = 1};

enum { KBPS = 1000, QUEUE_US = 300000, GAP_US = 300000 };

/* 110 kbit/s, 400 kbit/s, 1 Mbit/s; and a voice of 55. */
static struct person *join_publisher(struct call *c)
{
    struct person *p = call_join_now(c, &publisher);
    peer_source(p->peer, CAMERA, 0)->conf.packets = 1;
    peer_source(p->peer, CAMERA, 0)->conf.payload_len = 400;
    peer_source(p->peer, CAMERA, 1)->conf.packets = 2;
    peer_source(p->peer, CAMERA, 1)->conf.payload_len = 780;
    UNTIL(c, person_stats(p)->tracks[CAMERA].layers[0].packets > 60); /* the rates are known */
    return p;
}

static const struct sink *picture(const struct person *p)
{
    return person_sink(p, RTP_VIDEO, 0);
}

static const struct sink *voice(const struct person *p)
{
    return person_sink(p, RTP_AUDIO, 0);
}

static bool flows(const struct sink *s)
{
    return s->newest && clock_now_us() - s->arrived_us < GAP_US;
}

static bool shows(const struct person *p, uint8_t layer)
{
    return picture(p)->layer == layer && flows(picture(p));
}

/* Run on until the narrow one has had that layer for so long, while everybody has sound and the wide one the
 * best picture all the time. */
static void until_steady(struct call *c, unsigned ms, const struct person *narrow, uint8_t layer,
                         const struct person *wide)
{
    uint64_t now_us = clock_now_us(), begin_us = now_us, since_us = now_us;
    while (now_us - since_us < ms * UINT64_C(1000)) {
        call_turn(c);
        now_us = clock_now_us();
        assert_true(now_us - begin_us < CALL_PATIENCE_US);
        if (!flows(voice(narrow)) || !flows(voice(wide)) || !shows(wide, 2))
            fail_msg("after %lu ms: gaps of %lu, %lu and %lu us, layer %u; estimate %u",
                     (now_us - begin_us) / 1000, now_us - voice(narrow)->arrived_us,
                     now_us - voice(wide)->arrived_us, now_us - picture(wide)->arrived_us,
                     picture(wide)->layer, person_stats((struct person *)(uintptr_t)wide)->estimate);
        if (!shows(narrow, layer))
            since_us = now_us;
    }
}

/* 300 kbit/s carry the voice and the lowest layer; the other viewer does not notice. Once there is room the
 * best is found by itself. */
static void a_narrow_link_gets_a_low_layer(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    join_publisher(c);
    struct person *wide = call_join_now(c, &viewer), *narrow = call_join(c, &viewer);
    person_narrow(narrow, 300 * KBPS, QUEUE_US);
    UNTIL(c, shows(wide, 2) && flows(voice(wide)) && flows(voice(narrow)));
    until_steady(c, 2000, narrow, 0, wide);
    assert_in_range(person_stats(narrow)->estimate, 100 * KBPS, 400 * KBPS);
    assert_true(sink_missing(voice(narrow)) < 20); /* of those that found its queue full at the start */
    person_widen(narrow);
    UNTIL(c, shows(narrow, 2));
    person_assert_sound(narrow);
    call_free(c);
}

/* A link that becomes narrow with the best layer on it: a queue is full of that before anybody knows, and it
 * is let go before the lowest begins, or that would be lost in it. It is one picture to the viewer all the
 * while.
 */
static void a_link_becomes_narrow(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    join_publisher(c);
    struct person *b = call_join(c, &viewer);
    UNTIL(c, shows(b, 2) && flows(voice(b)));
    person_narrow(b, 300 * KBPS, QUEUE_US);
    for (uint64_t begin_us = clock_now_us(); !shows(b, 0); call_turn(c)) {
        assert_true(clock_now_us() - begin_us < CALL_PATIENCE_US);
        assert_int_equal(b->slots[person_slot(b, RTP_VIDEO, 0)].why, SFU_WHY_FILLED);
    }
    assert_int_equal(picture(b)->switches, 2); /* to the best, and from there to the lowest */
    assert_true(sink_missing(voice(b)) < 20);  /* of those that found the queue full */
    call_free(c);
}

/* Who tells nothing of its network gets the best at once; who tells its bandwidth gets what goes into it. */
static void without_transport_cc(void **state)
{
    struct wish remb = viewer, nothing = viewer;
    (void)state;
    struct call *c = call_new(1);
    join_publisher(c);
    remb.feedback = PEER_REMB;
    nothing.feedback = PEER_REPORTS;
    struct person *told = call_join_now(c, &remb), *open = call_join_now(c, &nothing);
    UNTIL(c, shows(open, 2) && shows(told, 2));
    assert_int_equal(picture(open)->switches, 0);
    told->peer->remb_bps = 300 * KBPS;
    UNTIL(c, shows(told, 0));
    assert_int_equal(person_stats(told)->estimate, 300 * KBPS);
    told->peer->remb_bps = 700 * KBPS;
    UNTIL(c, shows(told, 1));
    assert_true(shows(open, 2));
    assert_int_equal(open->peer->paddings + told->peer->paddings, 0);
    call_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_narrow_link_gets_a_low_layer),
        cmocka_unit_test(a_link_becomes_narrow),
        cmocka_unit_test(without_transport_cc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
