/* When a publisher is told what its stream lacks and how it arrives, on a virtual clock: with the packets
 * that show it, or soon after; and nothing wakes the worker for one that has all it needs. */
#include "hall.h"

#include "transport_cc.h"

enum { VIEWER = 0, SENDER = 1, TWO_SECONDS_MS = 2000 };

static struct transport *publisher(struct hall *h)
{
    return h->seats[SENDER].transport;
}

static struct layer *layer(struct hall *h)
{
    return &publisher(h)->tracks[1]->layers[0];
}

/* What comes in by its transport, hall_turn() leaves out. */
static void came(struct hall *h)
{
    publisher(h)->media_us = h->now_us;
    transport_feedback_soon(publisher(h), h->now_us);
}

static void begin(struct hall *h)
{
    hall_begin(h);
    hall_join(h, VIEWER, 0, 1, false);
    hall_join(h, SENDER, 0, 0, false);
    struct sfu_media_desc *media = &publisher(h)->media;
    media->formats[1].nack = media->formats[1].transport_cc = true;
    media->exts.id[RTP_EXT_TRANSPORT_CC] = 2;
    arrival_negotiated(&publisher(h)->arrival, media, h->now_us);
    hall_run(h, TWO_SECONDS_MS);
    assert_ptr_equal(hall_slot(h, VIEWER, 0)->current.layer, layer(h));
    came(h);
    hall_settle(h);
    h->seats[SENDER].off[RTP_VIDEO] = true; /* from now on packets come as tests say */
}

static bool is_awaited(struct hall *h)
{
    return timer_is_set(&publisher(h)->feedback_timer);
}

static void one_that_lacks_nothing_wakes_nobody(void **state)
{
    struct hall h;
    (void)state;
    begin(&h);
    assert_false(is_awaited(&h));
    for (int i = 0; i < 10; i++) {
        hall_frame(&h, SENDER, RTP_VIDEO);
        came(&h);
        hall_turn(&h);
        assert_false(is_awaited(&h));
        hall_run(&h, 39);
    }
    hall_end(&h);
}

static void a_key_frame_is_asked_for_at_once(void **state)
{
    struct hall h;
    (void)state;
    begin(&h);
    uint32_t before = layer(&h)->plis_sent;
    slot_want_key(hall_slot(&h, VIEWER, 0), h.now_us);
    assert_int_equal(layer(&h)->plis_sent, before);
    hall_settle(&h);
    assert_int_equal(layer(&h)->plis_sent, before + 1);
    hall_run(&h, 900); /* without an answer, and without any packet, once more */
    assert_int_equal(layer(&h)->plis_sent, before + 2);
    hall_frame(&h, SENDER, RTP_VIDEO);
    came(&h);
    hall_run(&h, 900);
    assert_int_equal(layer(&h)->plis_sent, before + 2);
    assert_false(is_awaited(&h));
    hall_end(&h);
}

/* The last packet of a burst shows the gap; nothing comes after it for long. */
static void what_is_missing_is_asked_for_without_another_packet(void **state)
{
    struct hall h;
    (void)state;
    begin(&h);
    h.seats[SENDER].seq[RTP_VIDEO][0] += 2;
    hall_frame(&h, SENDER, RTP_VIDEO);
    came(&h);
    hall_settle(&h);
    assert_int_equal(layer(&h)->nacks_sent, 0); /* they may only be late */
    assert_true(is_awaited(&h));
    hall_run(&h, (NACK_FIRST_US + TRANSPORT_FEEDBACK_US) / 1000);
    assert_int_equal(layer(&h)->nacks_sent, 2);
    hall_end(&h);
}

/* With the next packet, be it sooner than that. */
static void what_is_missing_is_asked_for_with_the_next_packet(void **state)
{
    struct hall h;
    (void)state;
    begin(&h);
    h.now_us -= h.now_us % TIMER_GRID_US; /* where timers gather is as far away as can be */
    h.seats[SENDER].seq[RTP_VIDEO][0]++;
    hall_frame(&h, SENDER, RTP_VIDEO);
    came(&h);
    hall_run(&h, NACK_FIRST_US / 1000 + 1);
    assert_int_equal(layer(&h)->nacks_sent, 0);
    hall_frame(&h, SENDER, RTP_VIDEO);
    came(&h);
    hall_settle(&h);
    assert_int_equal(layer(&h)->nacks_sent, 1);
    hall_end(&h);
}

/* A frame is acknowledged when it has ended; one whose end does not come, a little later. */
static void arrivals_are_told_with_the_frame(void **state)
{
    struct hall h;
    (void)state;
    begin(&h);
    struct transport_cc *cc = publisher(&h)->arrival.transport_cc;
    transport_cc_receive(cc, 1, false, h.now_us);
    transport_cc_receive(cc, 2, true, h.now_us);
    came(&h);
    hall_settle(&h);
    assert_int_equal(cc->pending, 0);
    assert_false(is_awaited(&h));
    hall_run(&h, 40);
    transport_cc_receive(cc, 3, false, h.now_us);
    came(&h);
    hall_settle(&h);
    assert_int_equal(cc->pending, 1);
    hall_run(&h, (TRANSPORT_CC_INTERVAL_US + TRANSPORT_FEEDBACK_US) / 1000);
    assert_int_equal(cc->pending, 0);
    assert_false(is_awaited(&h));
    hall_end(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_lacks_nothing_wakes_nobody),
        cmocka_unit_test(a_key_frame_is_asked_for_at_once),
        cmocka_unit_test(what_is_missing_is_asked_for_without_another_packet),
        cmocka_unit_test(what_is_missing_is_asked_for_with_the_next_packet),
        cmocka_unit_test(arrivals_are_told_with_the_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
