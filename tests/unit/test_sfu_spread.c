/* A room that lies on several workers. That it works like one on a single worker is what the other tests of
 * calls show, which run with PLENUM_SPREAD as well; here is what only such a room has. */
#include "call.h"

static const struct wish publisher = {.audio = true, .video = true, .layers = 3, .feedback = PEER_REPORTS};
static const struct wish member = {
    .audio = true, .video = true, .audio_slots = 1, .video_slots = 3, .feedback = PEER_REPORTS};
static const struct wish viewer = {.audio_slots = 1, .video_slots = 1, .feedback = PEER_REPORTS};

enum { WORKER_BITS = 0xff };

static unsigned worker_of(const struct person *p)
{
    return p->transport & WORKER_BITS;
}

static bool flows(struct call *c, const struct person *to)
{
    const struct sink *audio = person_sink(to, RTP_AUDIO, 0), *video = person_sink(to, RTP_VIDEO, 0);
    uint64_t voices = audio->packets, pictures = video->packets;
    UNTIL(c, audio->packets >= voices + 20 && video->packets >= pictures + 20);
    return true;
}

/* The first two fill the home, the next two the next worker, and so on; then the least busy one is taken.
 * Each worker has a port of its own. */
static void places(void **state)
{
    (void)state;
    enum { WORKERS = 3, SPREAD = 2, PEOPLE = 8 };
    struct person *p[PEOPLE];
    struct call *c = call_new_spread(WORKERS, SPREAD);
    for (size_t i = 0; i < PEOPLE; i++)
        p[i] = call_join_now(c, &viewer);
    for (size_t i = 0; i < PEOPLE; i++) {
        size_t mate = i ^ 1;
        bool same_port = memcmp(&p[i]->server, &p[mate]->server, sizeof(p[i]->server)) == 0;
        assert_int_equal(same_port, worker_of(p[i]) == worker_of(p[mate]));
        if (i < WORKERS * SPREAD)
            assert_int_equal(worker_of(p[i]), worker_of(p[mate]));
        if (i >= SPREAD && i < WORKERS * SPREAD)
            assert_int_not_equal(worker_of(p[i]), worker_of(p[i - SPREAD]));
    }
    unsigned left = worker_of(p[2]);
    call_leave(p[2]);
    UNTIL(c, call_counter(c, "mail_received") > 0);
    FOR_MS(c, 100);
    assert_int_equal(worker_of(call_join_now(c, &viewer)), left);
    call_free(c);
}

/* Packets cross once for however many viewers there are on the other worker, and only of the layer that they
 * see; when nobody looks any more, none do. */
static void packets_cross_once(void **state)
{
    (void)state;
    struct call *c = call_new_spread(2, 1);
    struct person *a = call_join_now(c, &publisher), *v[4];
    for (size_t i = 0; i < COUNT(v); i++)
        v[i] = call_join_now(c, &viewer);
    size_t across = 0;
    for (size_t i = 0; i < COUNT(v); i++)
        across += worker_of(v[i]) != worker_of(a);
    assert_true(across >= 2);
    for (size_t i = 0; i < COUNT(v); i++)
        flows(c, v[i]);
    FOR_MS(c, 2000); /* they have gone up to the layer that they stay with */
    uint64_t crossed = call_counter(c, "link_packets"), seen = 0;
    uint64_t in = person_stats(a)->packets_in;
    const struct sink *video = person_sink(v[0], RTP_VIDEO, 0), *audio = person_sink(v[0], RTP_AUDIO, 0);
    uint64_t before = video->packets + audio->packets;
    FOR_MS(c, 1000);
    crossed = call_counter(c, "link_packets") - crossed;
    seen = video->packets + audio->packets - before;
    in = person_stats(a)->packets_in - in;
    assert_true(crossed >= seen * 8 / 10 && crossed <= seen * 12 / 10);
    assert_true(crossed < in * 9 / 10); /* two layers stay at home */
    assert_int_equal(call_counter(c, "drop_link_full"), 0);
    const struct sfu_view_slot hidden[] = {{.hidden = true}, {.hidden = true}};
    for (size_t i = 0; i < COUNT(v); i++)
        sfu_view(c->sfu, v[i]->transport, 0, hidden, COUNT(hidden));
    UNTIL(c, v[0]->slots[0].why == SFU_WHY_HIDDEN && v[1]->slots[0].why == SFU_WHY_HIDDEN &&
                 v[2]->slots[0].why == SFU_WHY_HIDDEN && v[3]->slots[0].why == SFU_WHY_HIDDEN);
    FOR_MS(c, 100);
    crossed = call_counter(c, "link_packets");
    FOR_MS(c, 300);
    assert_int_equal(call_counter(c, "link_packets"), crossed);
    for (size_t i = 0; i < COUNT(v); i++)
        person_assert_sound(v[i]);
    call_free(c);
}

/* An encoder cuts a frame into packets that are alike but for a byte. So that all leave in one message, the
 * shorter ones are padded, on either worker. */
static void frames_cross_that_are_cut_unevenly(void **state)
{
    (void)state;
    struct call *c = call_new_spread(2, 1);
    struct person *a = call_join_now(c, &publisher), *v[2];
    for (size_t i = 0; i < a->peer->source_count; i++)
        a->peer->sources[i].conf.last_longer = a->peer->sources[i].conf.kind == RTP_VIDEO;
    for (size_t i = 0; i < COUNT(v); i++)
        v[i] = call_join_now(c, &viewer);
    assert_int_not_equal(worker_of(v[0]), worker_of(a));
    for (size_t i = 0; i < COUNT(v); i++) {
        flows(c, v[i]);
        flows(c, v[i]);
        person_assert_sound(v[i]);
    }
    call_free(c);
}

/* Who comes first on another worker begins with the key frame of before, where that is fresh: its publisher
 * is asked for none. A viewer's own request goes all the way. */
static void key_frames_cross(void **state)
{
    (void)state;
    static const struct wish still = {.video = true, .feedback = PEER_REPORTS};
    struct call *c = call_new_spread(2, 1);
    struct person *a = call_join(c, &still);
    struct source *source = peer_source(a->peer, 0, 0);
    source->conf.interval_us = 100000;
    source->conf.packets = 1;
    UNTIL(c, a->connected && source->sent >= 3);
    struct person *b = call_join_now(c, &viewer);
    assert_int_not_equal(worker_of(a), worker_of(b));
    const struct sink *s = person_sink(b, RTP_VIDEO, 0);
    UNTIL(c, s->packets >= 10);
    assert_int_equal(source->keys, 1);
    assert_int_equal(source->key_asked, 0);
    assert_int_equal(s->keys, 1);
    peer_want_key(b->peer, person_slot(b, RTP_VIDEO, 0));
    UNTIL(c, s->keys == 2);
    assert_true(source->key_asked >= 1);
    person_assert_sound(b);
    call_free(c);
}

/* Whichever worker the loudest is on, everybody else hears it, and sees it first. */
static void the_loudest_of_all_workers(void **state)
{
    (void)state;
    enum { PEOPLE = 5, QUIET_DBOV = 100, LOUD_DBOV = 20 };
    struct person *p[PEOPLE];
    struct call *c = call_new_spread(3, 1);
    for (size_t i = 0; i < PEOPLE; i++)
        p[i] = call_join_now(c, &member);
    for (size_t speaker = 0; speaker < PEOPLE; speaker++) {
        for (size_t i = 0; i < PEOPLE; i++)
            peer_source(p[i]->peer, MIC, 0)->conf.level = i == speaker ? LOUD_DBOV : QUIET_DBOV;
        for (size_t i = 0; i < PEOPLE; i++) {
            const struct sink *voice = person_sink(p[i], RTP_AUDIO, 0);
            bool me = i == speaker;
            UNTIL(c, me || voice->csrc == person_track(p[speaker], RTP_AUDIO));
            UNTIL(c,
                  me || p[i]->slots[person_slot(p[i], RTP_AUDIO, 0)].participant == p[speaker]->participant);
        }
        UNTIL(c, c->speaker_count && c->speakers[0].dominant &&
                     c->speakers[0].participant == p[speaker]->participant);
    }
    for (size_t i = 0; i < PEOPLE; i++)
        person_assert_sound(p[i]);
    call_free(c);
}

/* Who shows a picture is seen by all, on whichever worker; who leaves leaves every slot. */
static void coming_and_going(void **state)
{
    (void)state;
    enum { PEOPLE = 4 };
    struct person *p[PEOPLE];
    struct call *c = call_new_spread(2, 1);
    for (size_t i = 0; i < PEOPLE; i++)
        p[i] = call_join_now(c, &member);
    for (size_t i = 0; i < PEOPLE; i++) {
        for (size_t n = 0; n < PEOPLE - 1; n++)
            UNTIL(c, person_sink(p[i], RTP_VIDEO, n)->packets >= 10);
    }
    for (size_t gone = 0; gone < 2; gone++) {
        uint32_t participant = p[gone]->participant;
        call_leave(p[gone]);
        for (size_t i = gone + 1; i < PEOPLE; i++) {
            for (size_t n = 0; n < PEOPLE - 1; n++)
                UNTIL(c, p[i]->slots[person_slot(p[i], RTP_VIDEO, n)].participant != participant);
        }
        p[gone] = NULL;
    }
    struct person *late = call_join_now(c, &member);
    UNTIL(c,
          person_sink(late, RTP_VIDEO, 0)->packets >= 10 && person_sink(late, RTP_VIDEO, 1)->packets >= 10);
    for (size_t i = 2; i < PEOPLE; i++)
        person_assert_sound(p[i]);
    person_assert_sound(late);
    call_free(c);
}

/* A room that is closed ends on all of its workers, and does not touch another one there. */
static void closing(void **state)
{
    (void)state;
    struct call *c = call_new_spread(2, 1);
    struct person *a = call_join_now(c, &member), *b = call_join_now(c, &member);
    uint64_t first = c->room;
    flows(c, b);
    c->room = sfu_room_open(c->sfu);
    struct person *d = call_join_now(c, &member), *e = call_join_now(c, &member);
    assert_int_not_equal(worker_of(d), worker_of(e));
    flows(c, e);
    sfu_room_close(c->sfu, first);
    UNTIL(c, a->gone && b->gone);
    assert_int_equal(a->why, SFU_GONE_CLOSED);
    flows(c, d);
    flows(c, e);
    call_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),
        cmocka_unit_test(packets_cross_once),
        cmocka_unit_test(frames_cross_that_are_cut_unevenly),
        cmocka_unit_test(key_frames_cross),
        cmocka_unit_test(the_loudest_of_all_workers),
        cmocka_unit_test(coming_and_going),
        cmocka_unit_test(closing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
