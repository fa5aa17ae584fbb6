/* Who is in whose slots, on a virtual clock. */
#include "hall.h"

enum { VIEWER = 0, HEARD_MS = 60, SPEECH_MS = 1000 };

/* --- Who is heard ------------------------------------------------------------------------ */

enum before {         /* what was in the viewer's only audio slot */
              NOBODY, /* there was no sound at all */
              ONE_WHO_NEVER_SPOKE,
              ONE_WHO_FELL_SILENT,
              ONE_WHO_FELL_SILENT_WITH_DTX, /* whose packets have ended */
};

static void put_before(struct hall *h, enum before before)
{
    struct hall_seat *holder = &h->seats[1], *speaker = &h->seats[2];
    h->seats[VIEWER].off[RTP_AUDIO] = true;
    holder->off[RTP_AUDIO] = speaker->off[RTP_AUDIO] = before == NOBODY;
    hall_run(h, 200);
    if (before < ONE_WHO_FELL_SILENT)
        return;
    holder->level = HALL_LOUD;
    hall_run(h, SPEECH_MS);
    assert_int_equal(hall_holder(h, VIEWER, 0), 2);
    holder->level = HALL_SILENT;
    holder->off[RTP_AUDIO] = before == ONE_WHO_FELL_SILENT_WITH_DTX;
    hall_run(h, 500);
}

/* Ms from the first loud packet's arrival to the first that is forwarded; it comes at that phase of the looks
 * for who is loud, which are 20 ms apart as packets are. */
static unsigned time_until_heard(enum before before, unsigned phase_ms)
{
    struct hall h;
    struct hall_seat *speaker = &h.seats[2];
    hall_begin(&h);
    hall_join(&h, VIEWER, 1, 0, false);
    hall_join(&h, 1, 0, 0, false);
    hall_join(&h, 2, 0, 0, false);
    put_before(&h, before);
    hall_run(&h, phase_ms);
    speaker->off[RTP_AUDIO] = false;
    speaker->level = HALL_LOUD;
    speaker->next_us[RTP_AUDIO] = h.now_us;
    const struct slot *slot = hall_slot(&h, VIEWER, 0);
    const struct layer *voice = &speaker->transport->tracks[0]->layers[0];
    unsigned ms = 0;
    for (uint64_t packets = slot->packets; ms < 1000; ms++) {
        hall_turn(&h);
        if (slot->current.layer == voice && slot->packets > packets)
            break;
        packets = slot->packets;
    }
    hall_end(&h);
    return ms;
}

static void a_new_speaker_is_heard_at_once(void **state)
{
    (void)state;
    for (enum before before = NOBODY; before <= ONE_WHO_FELL_SILENT_WITH_DTX; before++) {
        unsigned most = 0;
        for (unsigned phase = 0; phase < 20; phase++) {
            unsigned ms = time_until_heard(before, phase);
            most = ms > most ? ms : most;
        }
        print_message("  before it %d: %u ms\n", (int)before, most);
        assert_true(most <= HEARD_MS);
    }
}

/* --- Who is shown ------------------------------------------------------------------------ */

enum act { SPEAKS, CAMERA_OFF, CAMERA_ON, LEAVES, JOINS, HIDES, SHOWS };

static const struct {
    const char *name;
    enum act act;
    uint32_t who;      /* participant; of HIDES and SHOWS the slot */
    uint32_t shown[3]; /* then, slot by slot */
} scene[] = {
    {"all are silent", SPEAKS, 0, {2, 3, 4}},
    {"one who is not shown takes the place of the last", SPEAKS, 5, {2, 3, 5}},
    {"one who is shown moves nobody", SPEAKS, 3, {2, 3, 5}},
    {"nor does the viewer", SPEAKS, 1, {2, 3, 5}},
    {"the next takes the place of the one who never spoke", SPEAKS, 6, {6, 3, 5}},
    {"then of the one who spoke longest ago", SPEAKS, 4, {6, 3, 4}},
    {"who turns the camera off is replaced by who spoke last of the others", CAMERA_OFF, 3, {6, 5, 4}},
    {"and takes no place of one who spoke later", CAMERA_ON, 3, {6, 3, 4}},
    {"who leaves is replaced", LEAVES, 4, {6, 3, 5}},
    {"who comes waits", JOINS, 7, {6, 3, 5}},
    {"a hidden slot's holder waits", HIDES, 2, {6, 3, 0}},
    {"until it is seen again", SHOWS, 2, {6, 3, 5}},
};

static void hide(struct hall *h, size_t slot, bool hidden)
{
    const struct sfu_view_slot view = {.hidden = hidden};
    transport_view(h->seats[VIEWER].transport, slot, &view, 1);
}

static void play(struct hall *h, enum act act, uint32_t who)
{
    size_t seat = who ? who - 1 : 0;
    struct hall_seat *s = &h->seats[seat];
    switch (act) {
    case SPEAKS:
        s->level = who ? HALL_LOUD : HALL_SILENT;
        break;
    case CAMERA_OFF:
    case CAMERA_ON:
        transport_mute(s->transport, who * 2 + 1, act == CAMERA_OFF);
        break;
    case LEAVES:
        transport_end(s->transport, SFU_GONE_CLOSED);
        s->transport = NULL;
        break;
    case JOINS:
        hall_join(h, seat, 0, 0, false);
        break;
    case HIDES:
    case SHOWS:
        hide(h, who, act == HIDES);
        break;
    }
    hall_run(h, SPEECH_MS);
    if (act == SPEAKS)
        s->level = HALL_SILENT;
    hall_run(h, 400);
}

static void who_speaks_is_shown_and_nobody_is_moved_without_need(void **state)
{
    (void)state;
    struct hall h;
    hall_begin(&h);
    hall_join(&h, VIEWER, 0, 3, false);
    for (size_t seat = 1; seat < 6; seat++)
        hall_join(&h, seat, 0, 0, false);
    for (size_t i = 0; i < sizeof(scene) / sizeof(scene[0]); i++) {
        print_message("  %s\n", scene[i].name);
        play(&h, scene[i].act, scene[i].who);
        for (size_t slot = 0; slot < 3; slot++)
            assert_int_equal(hall_holder(&h, VIEWER, slot), scene[i].shown[slot]);
    }
    hall_end(&h);
}

/* Those whose order does not count stay where they are when one of them comes back. */
static void a_camera_that_comes_back_moves_nobody(void **state)
{
    (void)state;
    struct hall h;
    hall_begin(&h);
    hall_join(&h, VIEWER, 0, 2, false);
    for (size_t seat = 1; seat < 5; seat++)
        hall_join(&h, seat, 0, 0, false);
    hall_run(&h, 500);
    play(&h, CAMERA_OFF, 2);
    assert_int_equal(hall_holder(&h, VIEWER, 0), 4);
    play(&h, CAMERA_ON, 2);
    assert_int_equal(hall_holder(&h, VIEWER, 0), 4);
    assert_int_equal(hall_holder(&h, VIEWER, 1), 3);
    hall_end(&h);
}

/* A lone one is dominant before it says anything, but nobody is ranked for that. */
static void who_was_alone_has_not_spoken(void **state)
{
    (void)state;
    struct hall h;
    hall_begin(&h);
    hall_join(&h, 1, 0, 0, false);
    hall_run(&h, 500);
    assert_int_equal(speech_dominant(&h.room->speech), 2);
    hall_join(&h, 2, 0, 0, false);
    hall_join(&h, VIEWER, 0, 1, false);
    hall_run(&h, 500);
    play(&h, CAMERA_OFF, 2);
    play(&h, CAMERA_ON, 2);
    assert_int_equal(hall_holder(&h, VIEWER, 0), 3);
    play(&h, SPEAKS, 2);
    assert_int_equal(hall_holder(&h, VIEWER, 0), 2);
    hall_end(&h);
}

/* --- What cannot be played ----------------------------------------------------------------- */

static struct sfu_slot_event describe(struct hall *h, size_t slot)
{
    return slot_describe(hall_slot(h, VIEWER, slot), h->now_us);
}

static void a_slot_goes_to_one_who_can_be_shown(void **state)
{
    (void)state;
    struct hall h;
    hall_begin(&h);
    hall_join(&h, VIEWER, 0, 2, false);
    for (size_t seat = 1; seat < 4; seat++) {
        hall_join(&h, seat, 0, 0, true);
        h.seats[seat].codec = seat < 3 ? HALL_H264 : HALL_VP8;
    }
    hall_run(&h, 500);
    assert_int_equal(describe(&h, 0).why, SFU_WHY_FILLED);
    assert_int_equal(describe(&h, 0).participant, 4);
    assert_int_equal(describe(&h, 1).why, SFU_WHY_NO_CODEC); /* nobody else needs it */
    assert_int_equal(describe(&h, 1).participant, 2);
    play(&h, SPEAKS, 3);
    assert_int_equal(describe(&h, 0).participant, 4);
    assert_int_equal(describe(&h, 1).participant, 3);
    hall_join(&h, 4, 0, 0, true);
    hall_run(&h, 500);
    assert_int_equal(describe(&h, 1).why, SFU_WHY_FILLED);
    assert_int_equal(describe(&h, 1).participant, 5);
    const struct sfu_view_slot pin = {.pin_participant = 2, .pin_source = SFU_CAMERA};
    transport_view(h.seats[VIEWER].transport, 0, &pin, 1);
    hall_run(&h, 500);
    assert_int_equal(describe(&h, 0).why, SFU_WHY_NO_CODEC);
    assert_int_equal(describe(&h, 0).participant, 2);
    hall_end(&h);
}

static void a_publisher_who_changes_the_codec(void **state)
{
    (void)state;
    struct hall h;
    hall_begin(&h);
    hall_join(&h, VIEWER, 0, 1, false);
    hall_join(&h, 1, 0, 0, true);
    hall_join(&h, 2, 0, 0, true);
    hall_run(&h, 500);
    assert_int_equal(describe(&h, 0).participant, 2);
    h.seats[1].codec = HALL_H264;
    hall_run(&h, 500);
    assert_int_equal(describe(&h, 0).why, SFU_WHY_FILLED);
    assert_int_equal(describe(&h, 0).participant, 3);
    hall_end(&h);
}

/* What is brought again of the codec that it sent before is of no use, and ends nothing. */
static void a_late_packet_of_the_former_codec(void **state)
{
    (void)state;
    struct hall h;
    hall_begin(&h);
    hall_join(&h, VIEWER, 0, 1, true);
    hall_join(&h, 1, 0, 0, true);
    hall_run(&h, 500);
    h.seats[1].codec = HALL_H264;
    hall_run(&h, 500);
    const struct layer *l = &h.seats[1].transport->tracks[1]->layers[0];
    uint32_t source = l->source;
    uint64_t packets = hall_slot(&h, VIEWER, 0)->packets;
    h.seats[1].codec = HALL_VP8;
    hall_bring(&h, 1, RTP_VIDEO, 0, true);
    h.seats[1].codec = HALL_H264;
    h.seats[1].no_keys = true;
    hall_run(&h, 500);
    assert_int_equal(l->source, source);
    assert_true(hall_slot(&h, VIEWER, 0)->packets > packets + 10);
    hall_end(&h);
}

/* Those in whose place nothing can be seen are named, so that the viewer can be told of whom. */
static void whose_layers_have_ended_is_named(void **state)
{
    (void)state;
    struct hall h;
    hall_begin(&h);
    hall_join(&h, VIEWER, 0, 1, false);
    hall_join(&h, 1, 0, 0, false);
    hall_run(&h, 500);
    h.seats[1].off[RTP_VIDEO] = true;
    hall_run(&h, 3000);
    assert_int_equal(describe(&h, 0).why, SFU_WHY_NO_LAYER);
    assert_int_equal(describe(&h, 0).participant, 2);
    assert_int_equal(describe(&h, 0).track, 5);
    hall_end(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_speaker_is_heard_at_once),
        cmocka_unit_test(who_speaks_is_shown_and_nobody_is_moved_without_need),
        cmocka_unit_test(a_camera_that_comes_back_moves_nobody),
        cmocka_unit_test(who_was_alone_has_not_spoken),
        cmocka_unit_test(a_slot_goes_to_one_who_can_be_shown),
        cmocka_unit_test(a_publisher_who_changes_the_codec),
        cmocka_unit_test(a_late_packet_of_the_former_codec),
        cmocka_unit_test(whose_layers_have_ended_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
