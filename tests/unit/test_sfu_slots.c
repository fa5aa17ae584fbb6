/* Who is in which slot, and that the stream of a slot goes on unbroken whoever is
 * put behind it. */
#include "call.h"

static const struct wish member = {
    .audio = true, .video = true, .audio_slots = 2, .video_slots = 2, .feedback = PEER_REPORTS};
static const struct wish viewer = {.audio_slots = 2, .video_slots = 2, .feedback = PEER_REPORTS};

enum { MEMBERS = 5, NOBODY = MEMBERS };

static void set_level(const struct person *p, uint8_t level)
{
    peer_source(p->peer, MIC, 0)->conf.level = level;
}

static bool dominates(const struct person *p)
{
    for (size_t i = 0; i < p->call->speaker_count; i++) {
        if (p->call->speakers[i].dominant)
            return p->call->speakers[i].participant == p->participant;
    }
    return false;
}

/* All are silent, then `first` speaks until it is the dominant speaker, and `second` (NOBODY: none) joins in.
 */
static struct call *meeting(struct person **people, size_t first, size_t second)
{
    struct call *c = call_new(1);
    for (size_t i = 0; i < MEMBERS; i++)
        people[i] = call_join_now(c, &member);
    set_level(people[first], 20);
    UNTIL(c, dominates(people[first]));
    if (second != NOBODY)
        set_level(people[second], 30);
    return c;
}

/* The CSRC that arrives now in one of the first two slots of that kind. */
static bool receives(const struct person *p, enum rtp_kind kind, const struct person *from)
{
    uint32_t id = person_track(from, kind);
    uint64_t recent_us = clock_now_us() - 300000;
    for (size_t i = 0; i < 2; i++) {
        const struct sink *s = person_sink(p, kind, i);
        if (s->csrc == id && s->arrived_us > recent_us && p->slots[person_slot(p, kind, i)].track == id)
            return true;
    }
    return false;
}

static bool receives_both(const struct person *p, enum rtp_kind kind, const struct person *a,
                          const struct person *b)
{
    return receives(p, kind, a) && receives(p, kind, b);
}

/* A stream may be cut within a frame, when its sender leaves or its slot is paused: one number is left out
 * for that, before the key frame with which it goes on. */
static void assert_unbroken(const struct person *p)
{
    person_assert_sound(p);
    for (size_t i = 0; i < p->peer->sink_count; i++) {
        const struct sink *s = &p->peer->sinks[i];
        assert_true(sink_missing(s) <= s->keys);
        assert_int_equal(s->duplicates, 0);
    }
}

static void more_people_than_slots(void **state)
{
    (void)state;
    struct person *m[MEMBERS];
    struct call *c = meeting(m, 2, 4);
    struct person *v = call_join_now(c, &viewer);
    UNTIL(c, receives_both(v, RTP_AUDIO, m[2], m[4]) && receives_both(v, RTP_VIDEO, m[2], m[0]));
    UNTIL(c, receives_both(m[0], RTP_AUDIO, m[2], m[4]) && receives_both(m[0], RTP_VIDEO, m[2], m[1]));
    UNTIL(c, receives_both(m[1], RTP_AUDIO, m[2], m[4]) && receives_both(m[1], RTP_VIDEO, m[2], m[0]));
    UNTIL(c, receives(m[2], RTP_AUDIO, m[4]) && receives_both(m[2], RTP_VIDEO, m[0], m[1]));
    UNTIL(c, receives(m[4], RTP_AUDIO, m[2]) && receives_both(m[4], RTP_VIDEO, m[2], m[0]));
    for (size_t i = 0; i < MEMBERS; i++) {
        assert_unbroken(m[i]);
        assert_false(receives(m[i], RTP_AUDIO, m[i]) || receives(m[i], RTP_VIDEO, m[i]));
    }
    assert_unbroken(v);
    call_free(c);
}

static void the_next_takes_the_place_of_who_leaves(void **state)
{
    (void)state;
    struct person *m[MEMBERS];
    struct call *c = meeting(m, 0, 1);
    struct person *v = call_join_now(c, &viewer);
    UNTIL(c, receives_both(v, RTP_AUDIO, m[0], m[1]) && receives_both(v, RTP_VIDEO, m[0], m[1]));
    const struct sink *of_0 = person_sink(v, RTP_VIDEO, 0), *of_1 = person_sink(v, RTP_VIDEO, 1);
    assert_int_equal(of_0->csrc, person_track(m[0], RTP_VIDEO));
    uint64_t switches = of_1->switches;
    call_leave(m[0]);
    UNTIL(c, receives_both(v, RTP_VIDEO, m[1], m[2]));
    assert_int_equal(of_0->csrc, person_track(m[2], RTP_VIDEO));
    assert_int_equal(of_1->switches, switches); /* who is shown keeps the slot */
    assert_int_equal(v->slots[person_slot(v, RTP_VIDEO, 0)].rtp_timestamp, of_0->switch_timestamp);
    set_level(m[3], 25);
    UNTIL(c, receives_both(v, RTP_AUDIO, m[1], m[3]));
    call_leave(m[2]);
    UNTIL(c, receives_both(v, RTP_VIDEO, m[1], m[3]));
    uint64_t packets = of_0->packets;
    UNTIL(c, of_0->packets > packets + 40);
    assert_true(of_0->switches >= 2);
    assert_unbroken(v);
    call_leave(m[1]);
    call_leave(m[3]);
    call_leave(m[4]);
    UNTIL(c, !v->slots[person_slot(v, RTP_VIDEO, 0)].track && !v->slots[person_slot(v, RTP_VIDEO, 1)].track &&
                 !v->slots[person_slot(v, RTP_AUDIO, 0)].track &&
                 !v->slots[person_slot(v, RTP_AUDIO, 1)].track);
    call_free(c);
}

static void who_starts_to_speak_is_heard(void **state)
{
    (void)state;
    struct person *m[MEMBERS];
    struct call *c = meeting(m, 0, 1);
    struct person *v = call_join_now(c, &viewer);
    UNTIL(c, receives_both(v, RTP_AUDIO, m[0], m[1]));
    set_level(m[0], 127);
    set_level(m[4], 10);
    UNTIL(c, receives_both(v, RTP_AUDIO, m[1], m[4]));
    set_level(m[3], 20);
    set_level(m[1], 60); /* still speaks, clearly quieter than both */
    UNTIL(c, receives_both(v, RTP_AUDIO, m[3], m[4]));
    assert_unbroken(v);
    call_free(c);
}

static struct sfu_slot_event told(const struct person *p, enum rtp_kind kind, size_t n)
{
    return p->slots[person_slot(p, kind, n)];
}

/* Who tells no levels is heard by those with fewer slots than there are people, though behind who speaks. */
static void who_tells_no_levels_is_heard(void **state)
{
    (void)state;
    struct person *m[MEMBERS];
    struct call *c = meeting(m, 0, NOBODY);
    const struct wish encoder = {.audio = true, .no_levels = true};
    struct person *e = call_join_now(c, &encoder), *v = call_join_now(c, &viewer);
    UNTIL(c, receives_both(v, RTP_AUDIO, m[0], e));
    set_level(m[1], 25);
    UNTIL(c, receives_both(v, RTP_AUDIO, m[0], m[1]));
    set_level(m[0], 127);
    set_level(m[1], 127);
    UNTIL(c, receives(v, RTP_AUDIO, e));
    assert_unbroken(v);
    call_free(c);
}

static void mute_and_unmute(void **state)
{
    (void)state;
    struct person *m[MEMBERS];
    struct call *c = meeting(m, 0, NOBODY);
    struct person *v = call_join_now(c, &viewer);
    UNTIL(c, receives(v, RTP_AUDIO, m[0]) && receives_both(v, RTP_VIDEO, m[0], m[1]));
    sfu_mute(c->sfu, m[0]->transport, person_track(m[0], RTP_AUDIO), true);
    sfu_mute(c->sfu, m[0]->transport, person_track(m[0], RTP_VIDEO), true);
    UNTIL(c, receives_both(v, RTP_VIDEO, m[1], m[2]) && !receives(v, RTP_AUDIO, m[0]));
    UNTIL(c, c->speaker_count == 0);
    UNTIL(c, call_counter(c, "drop_muted") > 0);
    sfu_mute(c->sfu, m[0]->transport, person_track(m[0], RTP_AUDIO), false);
    sfu_mute(c->sfu, m[0]->transport, person_track(m[0], RTP_VIDEO), false);
    UNTIL(c, receives_both(v, RTP_VIDEO, m[0], m[2]) && receives(v, RTP_AUDIO, m[0])); /* m[2] was there */
    assert_unbroken(v);
    call_free(c);
}

static void view(const struct person *p, enum rtp_kind kind, size_t n, struct sfu_view_slot how)
{
    sfu_view(p->call->sfu, p->transport, person_slot(p, kind, n), &how, 1);
}

static void hidden_slots_get_nothing(void **state)
{
    (void)state;
    struct person *m[MEMBERS];
    struct call *c = meeting(m, 0, 1);
    struct person *v = call_join_now(c, &viewer);
    const struct sink *first = person_sink(v, RTP_VIDEO, 0), *second = person_sink(v, RTP_VIDEO, 1);
    UNTIL(c, receives_both(v, RTP_VIDEO, m[0], m[1]));
    view(v, RTP_VIDEO, 0, (struct sfu_view_slot){.hidden = true});
    UNTIL(c, told(v, RTP_VIDEO, 0).why == SFU_WHY_HIDDEN);
    FOR_MS(c, 50); /* what was under way */
    uint64_t packets = first->packets, others = second->packets;
    UNTIL(c, second->packets > others + 60);
    assert_int_equal(first->packets, packets);
    assert_int_equal(told(v, RTP_VIDEO, 0).track, 0);
    view(v, RTP_VIDEO, 0, (struct sfu_view_slot){.hidden = false});
    UNTIL(c, receives_both(v, RTP_VIDEO, m[0], m[1]) && first->packets > packets + 40);
    assert_unbroken(v);
    call_free(c);
}

static void pins(void **state)
{
    (void)state;
    struct person *m[MEMBERS];
    struct call *c = meeting(m, 0, 1);
    struct person *v = call_join_now(c, &viewer);
    const struct sink *second = person_sink(v, RTP_VIDEO, 1);
    UNTIL(c, receives_both(v, RTP_VIDEO, m[0], m[1]));
    view(v, RTP_VIDEO, 1,
         (struct sfu_view_slot){.pin_participant = m[4]->participant, .pin_source = SFU_CAMERA});
    UNTIL(c, second->csrc == person_track(m[4], RTP_VIDEO));
    sfu_mute(c->sfu, m[4]->transport, person_track(m[4], RTP_VIDEO), true);
    UNTIL(c, told(v, RTP_VIDEO, 1).why == SFU_WHY_MUTED);
    sfu_mute(c->sfu, m[4]->transport, person_track(m[4], RTP_VIDEO), false);
    UNTIL(c, told(v, RTP_VIDEO, 1).track == person_track(m[4], RTP_VIDEO));
    call_leave(m[4]);
    UNTIL(c, told(v, RTP_VIDEO, 1).why == SFU_WHY_MUTED && told(v, RTP_VIDEO, 1).track == 0);
    view(v, RTP_VIDEO, 1, (struct sfu_view_slot){.hidden = false});
    UNTIL(c, receives_both(v, RTP_VIDEO, m[0], m[1]));
    assert_unbroken(v);
    call_free(c);
}

/* In an audio slot a pin means the sound of what is pinned; oneself is never shown. */
static void pins_of_sound_and_of_oneself(void **state)
{
    (void)state;
    struct person *m[MEMBERS];
    struct call *c = meeting(m, 0, 1);
    UNTIL(c, receives_both(m[0], RTP_VIDEO, m[1], m[2]) && receives(m[0], RTP_AUDIO, m[1]));
    /* Whose camera was heard of first has the first slot; on two workers that may be either's. */
    size_t of_1 = told(m[0], RTP_VIDEO, 0).track == person_track(m[1], RTP_VIDEO) ? 0 : 1;
    view(m[0], RTP_VIDEO, of_1,
         (struct sfu_view_slot){.pin_participant = m[0]->participant, .pin_source = SFU_CAMERA});
    view(m[0], RTP_AUDIO, 0,
         (struct sfu_view_slot){.pin_participant = m[4]->participant, .pin_source = SFU_CAMERA});
    UNTIL(c, told(m[0], RTP_VIDEO, of_1).track == 0 &&
                 told(m[0], RTP_AUDIO, 0).track == person_track(m[4], RTP_AUDIO));
    UNTIL(c, receives(m[0], RTP_VIDEO, m[2]) && receives_both(m[0], RTP_AUDIO, m[1], m[4]));
    assert_int_equal(told(m[0], RTP_VIDEO, of_1).track, 0);
    assert_unbroken(m[0]);
    call_free(c);
}

/* A later offer stops an m-line, another takes it up again. */
static void stopped_slots_get_nothing(void **state)
{
    (void)state;
    struct person *m[MEMBERS];
    struct call *c = meeting(m, 0, 1);
    struct person *v = call_join_now(c, &viewer);
    const struct sink *first = person_sink(v, RTP_VIDEO, 0);
    UNTIL(c, receives_both(v, RTP_VIDEO, m[0], m[1]));
    v->desc.media.slots[person_slot(v, RTP_VIDEO, 0)].stopped = true;
    sfu_update(c->sfu, v->transport, &v->desc);
    UNTIL(c, told(v, RTP_VIDEO, 0).track == 0 && receives(v, RTP_VIDEO, m[0])); /* who speaks moves */
    FOR_MS(c, 50);
    uint64_t packets = first->packets;
    FOR_MS(c, 300);
    assert_int_equal(first->packets, packets);
    v->desc.media.slots[person_slot(v, RTP_VIDEO, 0)].stopped = false;
    sfu_update(c->sfu, v->transport, &v->desc);
    UNTIL(c, receives_both(v, RTP_VIDEO, m[0], m[1]) && first->packets > packets + 40);
    assert_unbroken(v);
    call_free(c);
}

/* What one who only watches does costs the others nothing. */
static void viewers_come_and_go_for_themselves(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *m = call_join_now(c, &member), *v[8];
    for (size_t i = 0; i < COUNT(v); i++) {
        v[i] = call_join_now(c, &viewer);
        UNTIL(c, receives(v[i], RTP_AUDIO, m) && receives(v[i], RTP_VIDEO, m));
    }
    uint64_t before = call_counter(c, "fills");
    const struct sfu_view_slot views[] = {{.hidden = true}};
    for (size_t i = 0; i < 3; i++) {
        sfu_view(c->sfu, v[i]->transport, person_slot(v[i], RTP_VIDEO, 0), views, 1);
        UNTIL(c, v[i]->slots[person_slot(v[i], RTP_VIDEO, 0)].why == SFU_WHY_HIDDEN);
        call_leave(v[COUNT(v) - 1 - i]);
    }
    struct person *last = call_join_now(c, &viewer);
    UNTIL(c, receives(last, RTP_VIDEO, m));
    assert_in_range(call_counter(c, "fills") - before, 4, 8);
    UNTIL(c, receives(v[0], RTP_AUDIO, m) && receives(v[3], RTP_VIDEO, m));
    call_free(c);
}

/* Asked for at any moment, before and after the slots are filled anew. */
static void figures_while_people_leave(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *v = call_join_now(c, &viewer);
    size_t picture = person_slot(v, RTP_VIDEO, 0), voice = person_slot(v, RTP_AUDIO, 0);
    for (int i = 0; i < 3; i++) {
        struct person *m = call_join_now(c, &member);
        UNTIL(c, receives(v, RTP_VIDEO, m) && receives(v, RTP_AUDIO, m));
        assert_true(person_stats(v)->slots[picture].target >= 0);
        call_leave(m);
        for (int j = 0; j < 3; j++)
            (void)person_stats(v);
        UNTIL(c, v->slots[picture].why == SFU_WHY_EMPTY && v->slots[voice].why == SFU_WHY_EMPTY);
        const struct sfu_transport_stats *stats = person_stats(v);
        assert_int_equal(stats->slots[picture].target, -1);
        assert_int_equal(stats->slots[voice].target, -1);
        assert_int_equal(stats->allotted, 0);
    }
    call_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_people_than_slots),
        cmocka_unit_test(viewers_come_and_go_for_themselves),
        cmocka_unit_test(the_next_takes_the_place_of_who_leaves),
        cmocka_unit_test(who_starts_to_speak_is_heard),
        cmocka_unit_test(who_tells_no_levels_is_heard),
        cmocka_unit_test(mute_and_unmute),
        cmocka_unit_test(hidden_slots_get_nothing),
        cmocka_unit_test(pins),
        cmocka_unit_test(pins_of_sound_and_of_oneself),
        cmocka_unit_test(stopped_slots_get_nothing),
        cmocka_unit_test(figures_while_people_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
