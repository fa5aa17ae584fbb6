/* What publishers are told of how their packets arrive: transport-cc feedback, or REMB where they negotiated
 * that instead. */
#include "call.h"

enum { START_BPS = 600000 }; /* nobody is told less without a reason */

static const struct wish by_number = {.audio = true, .video = true, .layers = 3};
static const struct wish by_rate = {.audio = true, .video = true, .layers = 3, .feedback = PEER_REMB};
static const struct wish by_timestamps = {
    .audio = true, .video = true, .layers = 3, .feedback = PEER_REMB, .no_send_times = true};
static const struct wish one_stream = {.video = true, .feedback = PEER_REMB, .signalled = BY_SSRC};
static const struct wish by_nothing = {.audio = true, .video = true, .feedback = PEER_REPORTS};
static const struct wish sound = {.audio = true, .feedback = PEER_REMB};

static void each_gets_what_it_negotiated(void **state)
{
    static const struct {
        const struct wish *wish;
        bool acknowledged;
        uint32_t told; /* of so many streams a REMB tells; 0 = there is none */
    } rows[] = {
        {&by_number, true, 0},   {&by_rate, false, 3},    {&by_timestamps, false, 3},
        {&one_stream, false, 1}, {&by_nothing, false, 0}, {&sound, false, 0},
    };
    (void)state;
    struct call *c = call_new(1);
    struct person *people[COUNT(rows)];
    for (size_t i = 0; i < COUNT(rows); i++)
        people[i] = call_join_now(c, rows[i].wish);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct peer *p = people[i]->peer;
        UNTIL(c, p->reports >= 4 && (p->acknowledged >= 10 || !rows[i].acknowledged) &&
                     (p->rembs >= 3 || !rows[i].told));
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct peer *p = people[i]->peer;
        uint32_t remb = person_stats(people[i])->remb;
        if ((remb > 0) != (rows[i].told > 0))
            fail_msg("row %zu: %u bit/s in the figures", i, remb);
        if ((p->acknowledged > 0) != rows[i].acknowledged || (p->rembs > 0) != (rows[i].told > 0) ||
            p->told_sources != rows[i].told || p->told_others != 0)
            fail_msg("row %zu: %u feedbacks, %u REMBs of %u streams and %u others", i, p->acknowledged,
                     p->rembs, p->told_sources, p->told_others);
    }
    call_free(c);
}

/* What it was told last, which a REMB says with 18 bits. */
static bool is_in_figures(struct person *p)
{
    uint32_t remb = person_stats(p)->remb;
    return p->peer->told_bps <= remb && p->peer->told_bps >= remb - (remb >> 17);
}

/* It may send at least what it sends, and half as much again; told once a second while nothing is wrong. */
static void a_free_way_is_told_to_be_free(void **state)
{
    static const struct wish rows[] = {
        {.video = true, .feedback = PEER_REMB},
        {.video = true, .feedback = PEER_REMB, .no_send_times = true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct call *c = call_new(1);
        struct person *a = call_join_now(c, &rows[i]);
        struct source *s = peer_source(a->peer, 0, 0);
        s->conf.packets = s->conf.key_packets = 10;
        s->conf.payload_len = 1000;
        s->conf.interval_us = 33333; /* 2.4 Mbit/s */
        UNTIL(c, a->peer->told_bps > 3000000);
        uint32_t rembs = a->peer->rembs;
        FOR_MS(c, 3000);
        assert_in_range(a->peer->rembs - rembs, 2, 4);
        assert_true(a->peer->told_bps > 3000000);
        UNTIL(c, is_in_figures(a));
        call_free(c);
    }
}

/* Nobody looks at it: all its pictures stop, and what they may take stays told, of all of them. */
static void paused_layers_are_told_of(void **state)
{
    static const struct wish obedient = {
        .audio = true, .video = true, .layers = 3, .feedback = PEER_REMB, .obedient = true};
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &obedient);
    UNTIL(c, a->wanted[CAMERA] == 0 && a->peer->rembs > 0);
    assert_true(peer_source(a->peer, CAMERA, 0)->paused && peer_source(a->peer, CAMERA, 2)->paused);
    uint32_t rembs = a->peer->rembs;
    UNTIL(c, a->peer->rembs >= rembs + 4);
    assert_int_equal(a->peer->told_sources, 3);
    assert_int_equal(a->peer->told_others, 0);
    assert_true(a->peer->told_bps >= START_BPS);
    call_free(c);
}

/* Another offer brings its camera, and with it the first REMB. */
static void a_camera_comes_later(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &sound);
    UNTIL(c, a->peer->reports >= 2);
    assert_int_equal(a->peer->rembs, 0);
    wish_add_track(&a->desc.media, a->participant, SFU_CAMERA);
    call_update(a);
    UNTIL(c, a->peer->rembs >= 2);
    assert_int_equal(a->peer->told_sources, 1);
    call_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_gets_what_it_negotiated),
        cmocka_unit_test(a_free_way_is_told_to_be_free),
        cmocka_unit_test(paused_layers_are_told_of),
        cmocka_unit_test(a_camera_comes_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
