/* Layers of a track that come, fall silent, die and return, on a virtual clock. */
#include "hall.h"

enum { VIEWER = 0, SENDER = 1, SECOND_MS = 1000 };

static void begin(struct hall *h, const struct hall_wish *sender)
{
    hall_begin(h);
    hall_join(h, VIEWER, 0, 1, false);
    track_mute(h->seats[VIEWER].transport->tracks[1], true); /* it only looks */
    hall_enter(h, SENDER, sender);
}

static struct hall_seat *sender(struct hall *h)
{
    return &h->seats[SENDER];
}

static struct track *video(struct hall *h)
{
    return sender(h)->transport->tracks[1];
}

static struct slot *slot(struct hall *h)
{
    return hall_slot(h, VIEWER, 0);
}

static enum sfu_why why(struct hall *h)
{
    return (enum sfu_why)slot_describe(slot(h), h->now_us).why;
}

/* The place in the offer of the layer that is forwarded now; -1 = none. */
static int shown(struct hall *h)
{
    return slot(h)->current.layer ? slot(h)->current.layer->index : -1;
}

/* Its size on the viewer's screen. */
static void box(struct hall *h, uint16_t side)
{
    const struct sfu_view_slot view = {.width = side, .height = side};
    transport_view(h->seats[VIEWER].transport, 0, &view, 1);
}

/* --- Screens that stand still ------------------------------------------------------------- */

/* A frame each few seconds: it is there all the time, as it was, and each frame goes out at once. */
static void a_still_screen_stays(void **state)
{
    static const struct hall_wish screen = {.is_screen = true};
    static const uint64_t still_ms[] = {1000, 1490, 1600, 3000, 8000};
    struct hall h;
    (void)state;
    begin(&h, &screen);
    hall_run(&h, 2500);
    assert_int_equal(why(&h), SFU_WHY_FILLED);
    struct layer *l = &video(&h)->layers[0];
    const struct slot_aim aim = slot(&h)->aim;
    uint64_t since_us = l->started_us, tellings = h.tellings;
    l->key_wanted = false; /* nobody asks in here, and each frame is one */
    sender(&h)->off[RTP_VIDEO] = true;
    for (size_t i = 0; i < sizeof(still_ms) / sizeof(still_ms[0]); i++) {
        for (uint64_t ms = 0; ms < still_ms[i]; ms++) {
            hall_turn(&h);
            assert_int_equal(why(&h), SFU_WHY_FILLED);
            assert_false(l->key_wanted);
            assert_memory_equal(&slot(&h)->aim, &aim, sizeof(aim));
        }
        uint64_t packets = slot(&h)->packets;
        hall_frame(&h, SENDER, RTP_VIDEO);
        batch_flush(&h.worker.batch, h.now_us);
        assert_int_equal(slot(&h)->packets, packets + 1);
    }
    assert_int_equal(l->started_us, since_us);
    assert_int_equal(h.tellings, tellings);
    track_mute(video(&h), true); /* the share is over */
    hall_run(&h, 100);
    assert_int_equal(why(&h), SFU_WHY_EMPTY);
    hall_end(&h);
}

/* While one layer goes on, the other one has ended. */
static void a_screen_may_lose_a_layer(void **state)
{
    static const struct hall_wish screen = {.is_screen = true, .layers = 2};
    struct hall h;
    (void)state;
    begin(&h, &screen);
    hall_run(&h, 3000);
    assert_int_equal(shown(&h), 1);
    sender(&h)->side[1] = 0;
    hall_run(&h, 2600);
    assert_int_equal(shown(&h), 0);
    assert_false(layer_alive(&video(&h)->layers[1], h.now_us));
    sender(&h)->off[RTP_VIDEO] = true;
    hall_run(&h, 5000);
    assert_int_equal(shown(&h), 0);
    assert_int_equal(why(&h), SFU_WHY_FILLED);
    hall_end(&h);
}

/* --- Cameras whose layers end --------------------------------------------------------------- */

/* That a camera has stopped is seen within a second of LAYER_DEAD_US, and told once; that it is back is told
 * with its first frame. */
static void death_and_return_are_told(void **state)
{
    static const struct hall_wish camera = {0};
    struct hall h;
    (void)state;
    begin(&h, &camera);
    for (uint64_t phase = 0; phase < 4; phase++) {
        sender(&h)->off[RTP_VIDEO] = false;
        hall_run(&h, 1000 + 250 * phase);
        assert_int_equal(slot(&h)->told_why, SFU_WHY_FILLED);
        uint64_t tellings = h.tellings, ms = 0;
        sender(&h)->off[RTP_VIDEO] = true;
        for (; slot(&h)->told_why == SFU_WHY_FILLED; ms++)
            hall_turn(&h);
        assert_in_range(ms, LAYER_DEAD_US / 1000 - HALL_VIDEO_US / 1000, LAYER_DEAD_US / 1000 + SECOND_MS);
        assert_int_equal(slot(&h)->told_why, SFU_WHY_NO_LAYER);
        hall_run(&h, 2000);
        assert_int_equal(h.tellings, tellings + 1);
        sender(&h)->off[RTP_VIDEO] = false;
        hall_run(&h, 2);
        assert_int_equal(slot(&h)->told_why, SFU_WHY_FILLED);
        assert_int_equal(h.tellings, tellings + 2);
    }
    hall_end(&h);
}

/* A layer of several: the next takes its place at once, and it comes back once it has proved itself. Slots
 * are looked at again for what happens, not all the time. */
static void a_layer_dies_and_returns(void **state)
{
    static const struct hall_wish camera = {.layers = 3};
    struct hall h;
    (void)state;
    begin(&h, &camera);
    hall_run(&h, 3000);
    assert_int_equal(shown(&h), 2);
    uint64_t fills = h.fills, tellings = h.tellings;
    sender(&h)->side[2] = 0;
    hall_run(&h, RHYTHM_SILENT_US / 1000 + 2 * HALL_VIDEO_US / 1000);
    assert_int_equal(shown(&h), 1);
    hall_run(&h, 5000);
    assert_int_equal(shown(&h), 1);
    sender(&h)->side[2] = HALL_SIDE << 2;
    hall_run(&h, RHYTHM_PROVE_US / 1000 - 100);
    assert_int_equal(shown(&h), 1);
    hall_run(&h, 100 + 2 * SECOND_MS);
    assert_int_equal(shown(&h), 2);
    assert_int_equal(why(&h), SFU_WHY_FILLED);
    assert_int_equal(slot(&h)->told_track, video(&h)->id);
    assert_true(h.fills - fills <= 6); /* silent, dead, back, proven */
    assert_true(h.tellings - tellings <= 4);
    hall_end(&h);
}

/* A publisher that was held up for a while sends what has gathered layer by layer: the last one is not
 * missing. */
static void goes_on_after_a_pause(void **state)
{
    static const struct hall_wish camera = {.layers = 3};
    struct hall h;
    (void)state;
    begin(&h, &camera);
    hall_run(&h, 3000);
    assert_int_equal(shown(&h), 2);
    sender(&h)->off[RTP_VIDEO] = true;
    hall_run(&h, 2 * RHYTHM_SILENT_US / 1000);
    sender(&h)->off[RTP_VIDEO] = false;
    sender(&h)->side[2] = 0;
    hall_run(&h, RHYTHM_SILENT_US / 1000 - HALL_VIDEO_US / 1000);
    assert_int_equal(shown(&h), 2);
    sender(&h)->side[2] = HALL_SIDE << 2;
    for (uint64_t ms = 0; ms < SECOND_MS; ms++) {
        hall_turn(&h);
        assert_int_equal(shown(&h), 2);
    }
    hall_end(&h);
}

/* --- Layers that never come -------------------------------------------------------------------- */

static uint64_t wished_kbps(struct hall *h)
{
    return h->seats[VIEWER].transport->bandwidth->estimator.wished_bps / 1000;
}

/* A camera too small for its largest layer: that is asked for as long as somebody would see it, but no
 * bandwidth is wished for it; and it is shown if it comes after all. */
static void a_layer_that_cannot_be_had(void **state)
{
    static const struct hall_wish camera = {.layers = 3};
    struct hall h;
    (void)state;
    begin(&h, &camera);
    sender(&h)->side[2] = 0;
    hall_run(&h, 1000);
    assert_true(wished_kbps(&h) > 1000); /* what is usual for it */
    hall_run(&h, 9500);
    assert_true(wished_kbps(&h) < 200);
    hall_run(&h, 6000);
    assert_true(wished_kbps(&h) < 200);
    assert_int_equal(video(&h)->demand.told, 7);
    sender(&h)->side[2] = HALL_SIDE << 2;
    hall_run(&h, 3100);
    assert_int_equal(shown(&h), 2);
    hall_end(&h);
}

/* --- The order of layers ------------------------------------------------------------------------- */

/* Whatever the order in which an offer lists them: a small box gets the smallest pictures and a large one the
 * largest, and of the others their publisher is told that nobody needs them. */
static void layers_are_sorted_by_size(void **state)
{
    static const struct {
        uint16_t side[HALL_LAYERS];
        int smallest, largest;
    } rows[] = {
        {{64, 128, 256}, 0, 2},
        {{256, 128, 64}, 2, 0},
        {{128, 256, 64}, 2, 1},
    };
    static const struct hall_wish camera = {.layers = 3};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hall h;
        struct sfu_transport_stats stats;
        begin(&h, &camera);
        memcpy(sender(&h)->side, rows[i].side, sizeof(rows[i].side));
        hall_run(&h, 3000);
        assert_int_equal(shown(&h), rows[i].largest);
        box(&h, 64);
        hall_run(&h, 100);
        assert_int_equal(shown(&h), rows[i].smallest);
        hall_run(&h, 7000);
        assert_int_equal(video(&h)->demand.told, 1 << rows[i].smallest);
        transport_stats(sender(&h)->transport, &stats, h.now_us);
        for (size_t at = 0; at < HALL_LAYERS; at++)
            assert_int_equal(stats.tracks[1].layers[at].width, HALL_SIDE << at);
        for (int at = 0; at < HALL_LAYERS; at++) /* it stops those, and still knows which it is */
            sender(&h)->side[at] = at == rows[i].smallest ? HALL_SIDE : 0;
        hall_run(&h, 3000);
        assert_int_equal(shown(&h), rows[i].smallest);
        box(&h, 256);
        hall_run(&h, 100);
        assert_int_equal(video(&h)->demand.told, 1 << rows[i].smallest | 1 << rows[i].largest);
        memcpy(sender(&h)->side, rows[i].side, sizeof(rows[i].side));
        hall_run(&h, 3000);
        assert_int_equal(shown(&h), rows[i].largest);
        hall_end(&h);
    }
}

/* --- What is shown at once ------------------------------------------------------------------------- */

enum { FRAME_MS = HALL_VIDEO_US / 1000 + 1 }; /* until the next one, where one comes with the wish */

/* Ms until the layer of that place is shown, from the viewer's word. */
static unsigned time_until_shown(struct hall *h, uint16_t side, int layer)
{
    unsigned ms = 0;
    box(h, side);
    for (; shown(h) != layer && ms < 1000; ms++)
        hall_turn(h);
    return ms;
}

/* A layer that is being sent is shown with its next key frame, here every frame; one that was stopped is
 * asked for at once. */
static void a_wish_is_obeyed_at_once(void **state)
{
    static const struct hall_wish camera = {.layers = 3};
    struct hall h;
    (void)state;
    begin(&h, &camera);
    hall_run(&h, 3000);
    for (unsigned phase = 0; phase < HALL_VIDEO_US / 1000; phase += 3) {
        assert_true(time_until_shown(&h, 64, 0) <= FRAME_MS);
        hall_run(&h, phase);
        assert_true(time_until_shown(&h, 256, 2) <= FRAME_MS);
        hall_run(&h, phase);
    }
    box(&h, 64);
    hall_run(&h, 7000);
    assert_int_equal(video(&h)->demand.told, 1);
    sender(&h)->side[1] = sender(&h)->side[2] = 0;
    hall_run(&h, 3000);
    box(&h, 128);
    hall_turn(&h);
    assert_int_equal(video(&h)->demand.told, 1 | 2);
    sender(&h)->side[1] = 128;
    hall_run(&h, FRAME_MS);
    assert_int_equal(shown(&h), 0); /* it is not known yet whether it lasts */
    assert_int_equal(why(&h), SFU_WHY_FILLED);
    hall_run(&h, 3100); /* it has to last for two seconds, and is looked at once a second */
    assert_int_equal(shown(&h), 1);
    hall_end(&h);
}

/* Who comes while the last key frame is fresh gets it and all that followed; else one is asked for. */
static void newcomers_begin_with_the_cached_key_frame(void **state)
{
    static const struct {
        unsigned frames; /* since the key frame */
        bool is_fresh;
    } rows[] = {{0, true}, {1, true}, {LAYER_CACHED_MAX - 1, true}, {LAYER_CACHED_MAX, false}};
    static const struct hall_wish camera = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hall h;
        begin(&h, &camera);
        hall_run(&h, 1000);
        sender(&h)->no_keys = true;
        sender(&h)->off[RTP_VIDEO] = true;
        for (unsigned n = 0; n < rows[i].frames; n++) {
            hall_frame(&h, SENDER, RTP_VIDEO);
            batch_flush(&h.worker.batch, h.now_us);
            hall_run(&h, 10);
        }
        struct layer *l = &video(&h)->layers[0];
        l->key_wanted = false;
        hall_join(&h, 2, 0, 1, false);
        hall_run(&h, 1);
        assert_int_equal(hall_slot(&h, 2, 0)->packets, rows[i].is_fresh ? rows[i].frames + 1 : 0);
        assert_true(l->key_wanted != rows[i].is_fresh);
        assert_true(hall_slot(&h, 2, 0)->current.layer == (rows[i].is_fresh ? l : NULL));
        hall_end(&h);
    }
}

/* --- Key frames that viewers ask for ----------------------------------------------------------------- */

/* Three in ten seconds, however often: all others get them, too. */
static void too_many_key_frames_are_not_asked_for(void **state)
{
    static const struct {
        unsigned every_ms, for_ms, asked;
    } rows[] = {{100, 400, 1}, {100, 9900, 3}, {600, 9900, 3}, {4000, 20000, 5}, {10, 25000, 9}};
    static const struct hall_wish camera = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hall h;
        unsigned asked = 0;
        begin(&h, &camera);
        hall_run(&h, 1000);
        struct layer *l = &video(&h)->layers[0];
        l->key_wanted = false;
        sender(&h)->no_keys = true;
        for (unsigned ms = 0; ms < rows[i].for_ms; ms++) {
            if (ms % rows[i].every_ms == 0)
                slot_want_key(slot(&h), h.now_us);
            asked += l->key_wanted;
            l->key_wanted = false;
            hall_turn(&h);
        }
        assert_int_equal(asked, rows[i].asked);
        hall_end(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_still_screen_stays),
        cmocka_unit_test(a_screen_may_lose_a_layer),
        cmocka_unit_test(death_and_return_are_told),
        cmocka_unit_test(a_layer_dies_and_returns),
        cmocka_unit_test(goes_on_after_a_pause),
        cmocka_unit_test(a_layer_that_cannot_be_had),
        cmocka_unit_test(layers_are_sorted_by_size),
        cmocka_unit_test(a_wish_is_obeyed_at_once),
        cmocka_unit_test(newcomers_begin_with_the_cached_key_frame),
        cmocka_unit_test(too_many_key_frames_are_not_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
