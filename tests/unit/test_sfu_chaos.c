/* Whatever people do in a call, in any order, and several things before the media plane had time for one of
 * them: nothing of it may break the call of others. What is done is drawn from a table, by a seed;
 * PLENUM_SEED tries another one. The choices are the same in each run, the moments at which they come are
 * not. */
#include "deeds.h"

enum {
    TURNS = 8, /* fewer than that between two deeds */
    RECENT_US = 300000,
};

/* Whom nothing is kept from for want of bandwidth: for what was lost that would be for ten seconds more. */
static const struct wish stayers[STAYERS] = {
    {.audio = true, .video = true, .audio_slots = 2, .video_slots = 3, .feedback = PEER_REPORTS},
    {.audio = true, .video = true, .layers = 3, .audio_slots = 1, .video_slots = 2, .feedback = PEER_REPORTS},
};

static void turn(void)
{
    struct person *present[CALL_PEOPLE_MAX];
    for (size_t i = people_present(present); i-- > 0;) {
        struct film *f = film_of(present[i]);
        if (f->plays)
            film_go_on(f, present[i]);
    }
    call_turn(scene.call);
}

static void begin(struct call *call, uint64_t of_seed)
{
    seed = of_seed;
    g_random_set_seed((guint32)of_seed);
    memset(&scene, 0, sizeof(scene));
    scene.call = call;
    for (size_t i = 0; i < STAYERS; i++)
        enter(&stayers[i]);
}

static void chaos(void)
{
    for (size_t i = 0; i < DEEDS; i++) {
        const struct deed *deed = any_deed();
        deed->of(anybody());
        for (size_t turns = below(3) ? below(TURNS) : 0; turns > 0; turns--)
            turn();
    }
}

/* All is as it was in the beginning, and nothing is lost on the way any more. */
static void calm_down(struct person *p)
{
    static const struct sfu_view_slot plain[SFU_SLOTS_MAX];
    struct sfu_media_desc *m = &p->desc.media;
    p->lose_in = p->lose_out = NULL;
    person_widen(p);
    for (size_t i = 0; i < m->track_count; i++)
        m->tracks[i].muted = false;
    for (size_t i = 0; i < m->slot_count; i++)
        m->slots[i].stopped = false;
    for (size_t i = 0; i < p->peer->source_count; i++)
        p->peer->sources[i].conf.level = 20;
    tell(p);
    sfu_view(scene.call->sfu, p->transport, 0, plain, m->slot_count);
}

static bool receives(const struct person *p, uint32_t track)
{
    for (size_t i = 0; i < p->peer->sink_count; i++) {
        const struct sink *s = &p->peer->sinks[i];
        if (s->csrc == track && p->slots[i].track == track && clock_now_us() - s->arrived_us < RECENT_US)
            return true;
    }
    return false;
}

/* Each slot's figures are those of what the viewer was told, and of nothing where that is nobody's. */
static bool figures_agree(struct person *p)
{
    uint64_t allotted = 0;
    const struct sfu_transport_stats *stats = person_stats(p);
    assert_int_equal(stats->track_count, p->desc.media.track_count);
    assert_int_equal(stats->slot_count, p->desc.media.slot_count);
    for (size_t i = 0; i < stats->slot_count; i++) {
        const struct sfu_slot_stats *s = &stats->slots[i];
        allotted += s->allotted;
        if (s->track != p->slots[i].track || s->why != p->slots[i].why || !s->track != (s->target < 0))
            return false;
    }
    assert_int_equal(stats->allotted, allotted);
    return true;
}

static void stayers_meet(void)
{
    struct call *c = scene.call;
    struct person *a = &c->people[0], *b = &c->people[1];
    for (size_t i = STAYERS; i < CALL_PEOPLE_MAX; i++) {
        if (c->people[i].peer)
            leave(&c->people[i]);
    }
    for (size_t i = 0; i < scene.transport_count; i++) { /* who has vanished is still there */
        if (scene.transports[i] != a->transport && scene.transports[i] != b->transport)
            sfu_leave(c->sfu, scene.transports[i]);
    }
    calm_down(a);
    calm_down(b);
    UNTIL(c, receives(a, person_track(b, RTP_VIDEO)) && receives(a, person_track(b, RTP_AUDIO)));
    UNTIL(c, receives(b, person_track(a, RTP_VIDEO)) && receives(b, person_track(a, RTP_AUDIO)));
    UNTIL(c, figures_agree(a) && figures_agree(b));
    for (size_t i = 0; i < STAYERS; i++) {
        assert_sound(&c->people[i]);
        assert_false(c->people[i].gone);
    }
}

/* No worker knows any of them. */
static void nobody_is_left(void)
{
    struct call *c = scene.call;
    for (size_t i = 0; i < STAYERS; i++)
        call_leave(&c->people[i]);
    FOR_MS(c, 50);
    uint64_t strangers = call_counter(c, "drop_mail_stale");
    for (size_t i = 0; i < scene.transport_count; i++)
        sfu_stats(c->sfu, scene.transports[i], 0);
    UNTIL(c, call_counter(c, "drop_mail_stale") >= strangers + scene.transport_count);
    FOR_MS(c, 50);
    assert_int_equal(call_counter(c, "drop_mail_stale"), strangers + scene.transport_count);
}

static void play(struct call *call, uint64_t of_seed)
{
    begin(call, of_seed);
    chaos();
    stayers_meet();
    nobody_is_left();
    call_free(call);
    while (scene.port_count)
        close(scene.ports[--scene.port_count]);
}

static const uint64_t seeds[] = {12, 15, 17};

static void on_workers(unsigned workers, unsigned spread)
{
    const char *wanted = getenv("PLENUM_SEED");
    for (size_t i = 0; i < (wanted ? 1 : COUNT(seeds)); i++)
        play(call_new_spread(workers, spread), wanted ? strtoull(wanted, NULL, 10) : seeds[i]);
}

static void on_one_worker(void **state)
{
    (void)state;
    on_workers(1, 0);
}

static void on_two_workers(void **state)
{
    (void)state;
    on_workers(2, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_one_worker),
        cmocka_unit_test(on_two_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
