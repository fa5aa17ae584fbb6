/* Publishers send what viewers need: told at once that more is wanted, and after a
 * while that less is; what comes back is shown from its first key frame on. */
#include "call.h"

static const struct wish publisher = {.audio = true, .video = true, .layers = 3, .obedient = true};
static const struct wish viewer = {.audio_slots = 1, .video_slots = 1, .feedback = PEER_REPORTS};

enum { Q = 1, H = 2, F = 4 };

static void look(const struct person *p, struct sfu_view_slot view)
{
    sfu_view(p->call->sfu, p->transport, person_slot(p, RTP_VIDEO, 0), &view, 1);
}

static bool shows(const struct person *p, uint8_t layer)
{
    const struct sink *s = person_sink(p, RTP_VIDEO, 0);
    return s->newest && s->layer == layer && clock_now_us() - s->arrived_us < 300000;
}

static void the_layer_follows_the_box(void **state)
{
    static const struct {
        struct sfu_view_slot view;
        uint8_t wanted, layer;
    } rows[] = {
        {{.width = 1280, .height = 720}, Q | F, 2}, /* the middle one has nobody */
        {{.width = 640, .height = 360}, Q | H, 1},
        {{.hidden = true}, 0, 255},
        {{0}, Q | F, 2}, /* size not told: the best */
        {{.width = 160, .height = 90}, Q, 0},
    };
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
    UNTIL(c, shows(b, 2));
    for (size_t i = 0; i < COUNT(rows); i++) {
        look(b, rows[i].view);
        UNTIL(c, a->wanted[CAMERA] == rows[i].wanted);
        UNTIL(c, rows[i].layer == 255 || shows(b, rows[i].layer));
    }
    person_assert_sound(b);
    call_free(c);
}

/* All of it stops while nobody is there, and the picture is there with the first key frame: none is asked
 * for. */
static void whoever_is_alone_sends_nothing(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher);
    UNTIL(c, a->wanted[CAMERA] == 0);
    assert_int_equal(a->wanted_events, 1); /* all three at a time */
    assert_true(peer_source(a->peer, MIC, 0)->sent > 0 && !peer_source(a->peer, MIC, 0)->paused);
    FOR_MS(c, 2000); /* dead by now */
    uint32_t asked = peer_source(a->peer, CAMERA, 2)->key_asked, keys = peer_source(a->peer, CAMERA, 2)->keys;
    struct person *b = call_join_now(c, &viewer);
    UNTIL(c, shows(b, 2));
    assert_int_equal(a->wanted[CAMERA], Q | F);
    assert_int_equal(peer_source(a->peer, CAMERA, 2)->key_asked, asked);
    assert_int_equal(peer_source(a->peer, CAMERA, 2)->keys, keys + 1);
    call_leave(b);
    UNTIL(c, a->wanted[CAMERA] == 0);
    call_free(c);
}

/* Two viewers: each gets what it needs, and the publisher is told of both. */
static void needs_are_united(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher);
    struct person *b = call_join_now(c, &viewer), *d = call_join_now(c, &viewer);
    look(b, (struct sfu_view_slot){.width = 320, .height = 180});
    look(d, (struct sfu_view_slot){.width = 640, .height = 360});
    UNTIL(c, shows(b, 0) && shows(d, 1) && a->wanted[CAMERA] == (Q | H));
    uint32_t events = a->wanted_events;
    FOR_MS(c, 1500);
    assert_int_equal(a->wanted_events, events); /* no flapping while nothing changes */
    call_leave(d);
    UNTIL(c, a->wanted[CAMERA] == Q);
    assert_true(shows(b, 0));
    call_free(c);
}

static void a_muted_camera_is_not_needed(void **state)
{
    static const struct wish single = {.audio = true, .video = true, .obedient = true};
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &single), *b = call_join_now(c, &viewer);
    UNTIL(c, shows(b, 0));
    sfu_mute(c->sfu, a->transport, person_track(a, RTP_VIDEO), true);
    UNTIL(c, a->wanted[CAMERA] == 0);
    sfu_mute(c->sfu, a->transport, person_track(a, RTP_VIDEO), false);
    uint64_t packets = person_sink(b, RTP_VIDEO, 0)->packets;
    UNTIL(c, a->wanted[CAMERA] == Q && person_sink(b, RTP_VIDEO, 0)->packets > packets);
    person_assert_sound(b);
    call_free(c);
}

/* Who cannot decode it does not need it; who publishes may be of a version that does not listen. */
static void what_is_not_heeded_still_works(void **state)
{
    static const struct wish deaf = {.video = true, .layers = 3};
    static const struct wish no_codec = {.video_slots = 1, .no_video_codec = true};
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &deaf), *d = call_join_now(c, &no_codec);
    UNTIL(c, a->wanted[0] == 0);
    assert_int_equal(d->slots[0].why, SFU_WHY_NO_CODEC);
    struct person *b = call_join_now(c, &viewer);
    look(b, (struct sfu_view_slot){.width = 320, .height = 180});
    UNTIL(c, shows(b, 0));
    look(b, (struct sfu_view_slot){.width = 640, .height = 360});
    UNTIL(c, shows(b, 1));
    person_assert_sound(b);
    call_free(c);
}

/* Nobody needs what no network carries; once one does it is asked for at once, and what there is goes on
 * meanwhile. */
static void what_the_network_carries_is_needed(void **state)
{
    static const struct wish remb = {.video_slots = 1, .feedback = PEER_REMB, .remb_bps = 700000};
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &remb);
    UNTIL(c, a->wanted[CAMERA] == Q && shows(b, 0));
    FOR_MS(c, 2000); /* the others are dead by now */
    uint64_t missing = sink_missing(person_sink(b, RTP_VIDEO, 0));
    b->peer->remb_bps = 5000000;
    UNTIL(c, a->wanted[CAMERA] != Q);
    assert_int_equal(a->wanted[CAMERA], Q | F);
    assert_true(shows(b, 0));
    UNTIL(c, shows(b, 2));
    assert_true(sink_missing(person_sink(b, RTP_VIDEO, 0)) <= missing + 1);
    person_assert_sound(b);
    call_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_layer_follows_the_box),
        cmocka_unit_test(whoever_is_alone_sends_nothing),
        cmocka_unit_test(needs_are_united),
        cmocka_unit_test(a_muted_camera_is_not_needed),
        cmocka_unit_test(what_is_not_heeded_still_works),
        cmocka_unit_test(what_the_network_carries_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
