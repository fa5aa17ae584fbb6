/* Simulcast: which layer a viewer gets, and what happens when layers die, change
 * their SSRC or begin anew. */
#include "call.h"

static const struct wish publisher = {.audio = true, .video = true, .layers = 3};
static const struct wish viewer = {.audio_slots = 1, .video_slots = 1, .feedback = PEER_REPORTS};

static void view_height(const struct person *p, uint16_t height)
{
    struct sfu_view_slot view = {.width = (uint16_t)(height * 16 / 9), .height = height};
    sfu_view(p->call->sfu, p->transport, person_slot(p, RTP_VIDEO, 0), &view, 1);
}

/* Frames of that layer arrive, some of them by now. */
static bool shows(const struct sink *s, uint8_t layer)
{
    return s->newest && s->layer == layer && clock_now_us() - s->arrived_us < 300000;
}

static void assert_unbroken(const struct person *p)
{
    const struct sink *s = person_sink(p, RTP_VIDEO, 0);
    person_assert_sound(p);
    assert_true(sink_missing(s) <= s->switches);
    assert_int_equal(s->duplicates, 0);
}

/* What the layer's source has sent is learned from mid and rid alone: no SSRC was signalled. */
static void the_layer_fits_the_box(void **state)
{
    static const struct {
        uint16_t height;
        uint8_t layer;
    } rows[] = {{90, 0}, {210, 1}, {360, 1}, {420, 2}, {2160, 2}, {180, 0}, {720, 2}, {0, 2}};
    (void)state;
    struct call *c = call_new(1);
    call_join_now(c, &publisher);
    struct person *b = call_join_now(c, &viewer);
    struct sink *s = person_sink(b, RTP_VIDEO, 0);
    UNTIL(c, shows(s, 2));
    for (size_t i = 0; i < COUNT(rows); i++) {
        view_height(b, rows[i].height);
        UNTIL(c, shows(s, rows[i].layer));
        uint64_t packets = s->packets, switches = s->switches;
        UNTIL(c, s->packets > packets + 10);
        assert_int_equal(s->switches, switches); /* and stays */
        assert_int_equal(person_stats(b)->slots[person_slot(b, RTP_VIDEO, 0)].layer, rows[i].layer);
    }
    assert_unbroken(b);
    call_free(c);
}

static void a_dead_layer_is_replaced(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
    struct sink *s = person_sink(b, RTP_VIDEO, 0);
    UNTIL(c, shows(s, 2));
    peer_source(a->peer, CAMERA, 2)->paused = true;
    UNTIL(c, shows(s, 1));
    peer_source(a->peer, CAMERA, 1)->paused = true;
    UNTIL(c, shows(s, 0));
    peer_source(a->peer, CAMERA, 2)->paused = false;
    UNTIL(c, shows(s, 2));
    peer_source(a->peer, CAMERA, 0)->paused = true;
    view_height(b, 90); /* the lowest is not there: the lowest that is */
    UNTIL(c, shows(s, 2));
    FOR_MS(c, 300);
    assert_true(shows(s, 2));
    peer_source(a->peer, CAMERA, 1)->paused = false;
    UNTIL(c, shows(s, 1));
    assert_unbroken(b);
    call_free(c);
}

static struct sfu_slot_event told(const struct person *p)
{
    return p->slots[person_slot(p, RTP_VIDEO, 0)];
}

static void all_layers_stop_and_come_back(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
    struct sink *s = person_sink(b, RTP_VIDEO, 0);
    UNTIL(c, shows(s, 2));
    for (size_t i = 0; i < 3; i++)
        peer_source(a->peer, CAMERA, i)->paused = true;
    UNTIL(c, told(b).why == SFU_WHY_NO_LAYER);
    for (size_t i = 0; i < 3; i++)
        peer_source(a->peer, CAMERA, i)->paused = false;
    UNTIL(c, told(b).why == SFU_WHY_FILLED && shows(s, 2));
    assert_unbroken(b);
    call_free(c);
}

/* Another SSRC for the same rid, and numbers that begin anew: the layer's stream is another. */
static void a_stream_begins_anew(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
    struct source *source = peer_source(a->peer, CAMERA, 2);
    struct sink *s = person_sink(b, RTP_VIDEO, 0);
    UNTIL(c, shows(s, 2));
    source->conf.ssrc += 2;
    source->rtx_index = 1;
    source->conf.rtx_ssrc += 2;
    uint64_t keys = s->keys;
    UNTIL(c, shows(s, 2) && s->keys > keys && s->source_seq == (uint16_t)(source->index - 1));
    assert_unbroken(b);
    /* A jump of 10,000, further than a loss can be. */
    keys = s->keys;
    source->index += 10000;
    uint64_t jumped = source->index;
    UNTIL(c, s->keys > keys && s->source_seq >= (uint16_t)jumped);
    UNTIL(c, shows(s, 2));
    assert_unbroken(b);
    /* A jump of 3,000 is a loss: the viewer is told of the hole, which nothing can fill. */
    uint64_t missing = sink_missing(s);
    source->index += 2999;
    UNTIL(c, sink_missing(s) >= missing + 2000);
    keys = s->keys;
    UNTIL(c, s->keys > keys && shows(s, 2)); /* given up, so a key frame is asked for */
    person_assert_sound(b);
    call_free(c);
}

/* Timestamps that go back on the way in. */
static void timestamps_going_back(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
    struct person *d = call_join_now(c, &publisher);
    struct sink *s = person_sink(b, RTP_VIDEO, 0);
    UNTIL(c, shows(s, 2) && s->csrc == person_track(a, RTP_VIDEO));
    for (size_t i = 0; i < 3; i++)
        peer_source(a->peer, CAMERA, i)->origin_timestamp -= 90000 * 20;
    uint64_t packets = s->packets;
    UNTIL(c, s->packets > packets + 40);
    assert_int_equal(sink_missing(s), 0);
    /* Whoever comes next into the slot is ahead of everything that was sent. */
    uint64_t back = s->timestamps_back;
    assert_true(back <= 1);
    call_leave(a);
    UNTIL(c, s->csrc == person_track(d, RTP_VIDEO) && shows(s, 2));
    packets = s->packets;
    UNTIL(c, s->packets > packets + 40);
    assert_int_equal(s->timestamps_back, back);
    assert_int_equal(s->corrupt + s->cold_switches + s->pictures_broken, 0);
    call_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_layer_fits_the_box),        cmocka_unit_test(a_dead_layer_is_replaced),
        cmocka_unit_test(all_layers_stop_and_come_back), cmocka_unit_test(a_stream_begins_anew),
        cmocka_unit_test(timestamps_going_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
