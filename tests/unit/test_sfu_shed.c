/* A worker that has too much to do, or is told so, on a virtual clock. */
#include "hall.h"

#include "allot.h"
#include "clock.h"

enum {
    PEOPLE = 4,
    VOICES = 2,
    PICTURES = 3,
    LOUDEST = 2, /* seats */
    LOUD = 1,
    LOOK_MS = 100,
    LOOK_US = 500000, /* as if it were that long, so that it takes no longer than anybody stays */
    TOP = 2,
};

static void everybody_meets(struct hall *h)
{
    static const struct hall_wish wish = {
        .audio_slots = VOICES, .video_slots = PICTURES, .layers = HALL_LAYERS};
    hall_begin(h);
    shed_init(&h->worker.shed, 950);
    for (size_t i = 0; i < PEOPLE; i++) {
        hall_enter(h, i, &wish);
        h->seats[i].ballast[1] = 300;
        h->seats[i].ballast[TOP] = 1200;
    }
    h->seats[LOUDEST].level = HALL_LOUD;
    h->seats[LOUD].level = HALL_LOUD + 20;
    hall_run(h, 3000);
}

/* --- What is seen and heard -------------------------------------------------------- */

struct sight {
    unsigned shed_pictures, shed_voices; /* slots that are paused for overload */
    unsigned least_voices;               /* of anybody */
    int lowest, highest;                 /* layers that are aimed at */
};

static void look_at_slot(struct hall *h, const struct slot *s, struct sight *sight, unsigned *voices)
{
    bool shed = slot_describe(s, h->now_us).why == SFU_WHY_OVERLOAD;
    assert_true(shed || s->aimed);
    if (s->desc.kind == RTP_AUDIO) {
        sight->shed_voices += shed;
        *voices += !shed;
        return;
    }
    sight->shed_pictures += shed;
    if (shed)
        return;
    sight->lowest = s->aim.layer < sight->lowest ? s->aim.layer : sight->lowest;
    sight->highest = s->aim.layer > sight->highest ? s->aim.layer : sight->highest;
}

static struct sight look(struct hall *h)
{
    struct sight sight = {.least_voices = VOICES, .lowest = TOP, .highest = -1};
    for (size_t i = 0; i < PEOPLE; i++) {
        unsigned voices = 0;
        for (size_t j = 0; j < VOICES + PICTURES; j++)
            look_at_slot(h, hall_slot(h, i, j), &sight, &voices);
        sight.least_voices = voices < sight.least_voices ? voices : sight.least_voices;
    }
    return sight;
}

static uint64_t heard(struct hall *h, size_t seat)
{
    uint64_t packets = 0;
    for (size_t j = 0; j < VOICES; j++)
        packets += hall_slot(h, seat, j)->packets;
    return packets;
}

static uint64_t seen(struct hall *h, size_t seat)
{
    uint64_t packets = 0;
    for (size_t j = VOICES; j < VOICES + PICTURES; j++)
        packets += hall_slot(h, seat, j)->packets;
    return packets;
}

/* The loudest voice goes on, whatever is missing: every packet of it. */
static void run_with_sound(struct hall *h, uint64_t ms)
{
    uint64_t before[PEOPLE];
    for (size_t i = 0; i < PEOPLE; i++)
        before[i] = heard(h, i);
    hall_run(h, ms);
    for (size_t i = 0; i < PEOPLE; i++)
        assert_true(heard(h, i) >= before[i] + ms * 1000 / HALL_AUDIO_US - 1);
}

/* That was the load of late; every viewer's turn to act on it comes within LOOK_MS. */
static struct sight report(struct hall *h, unsigned busy_percent)
{
    const struct load_sample sample = {.busy_us = LOOK_US / 100 * busy_percent, .span_us = LOOK_US};
    shed_look(&h->worker, &sample, h->now_us);
    for (size_t i = 0; i < PEOPLE; i++)
        allot(h->seats[i].transport, h->now_us);
    run_with_sound(h, LOOK_MS);
    return look(h);
}

static uint64_t count(struct hall *h, enum counter which)
{
    return counter_get(&h->worker.counters, which);
}

/* --- Stage by stage ------------------------------------------------------------------ */

/* Layers go before any picture does, pictures before any voice does. */
static void check_order(const struct sight *s)
{
    assert_true(!s->shed_pictures || s->highest <= 0);
    assert_true(!s->shed_voices || s->shed_pictures == PEOPLE * PICTURES);
    assert_true(s->least_voices >= 1);
}

static void thins_out_in_order_and_comes_back(void **state)
{
    (void)state;
    struct hall h;
    everybody_meets(&h);
    struct sight s = look(&h);
    assert_true(s.lowest == TOP && !s.shed_pictures && !s.shed_voices);
    assert_false(shed_refuses(&h.worker.shed));
    bool layers_alone = false, some_pictures = false, no_picture = false;
    unsigned before = 0;
    for (unsigned looks = 0; s.shed_voices < PEOPLE && looks < 100; looks++) {
        s = report(&h, 100);
        check_order(&s);
        assert_true(s.shed_pictures + s.shed_voices >= before);
        before = s.shed_pictures + s.shed_voices;
        layers_alone |= s.lowest < TOP && !s.shed_pictures;
        some_pictures |= s.shed_pictures > 0 && s.shed_pictures < PEOPLE * PICTURES;
        no_picture |= s.shed_pictures == PEOPLE * PICTURES && !s.shed_voices;
        assert_true(!s.shed_pictures || shed_refuses(&h.worker.shed));
    }
    assert_true(layers_alone && some_pictures && no_picture);
    assert_int_equal(s.shed_voices, PEOPLE * (VOICES - 1));
    assert_true(count(&h, COUNT_shed_layers) >= PEOPLE * PICTURES);
    assert_int_equal(count(&h, COUNT_shed_video), PEOPLE * PICTURES);
    assert_int_equal(count(&h, COUNT_shed_audio), PEOPLE * (VOICES - 1));
    assert_true(count(&h, COUNT_overload_us) > 0);
    for (unsigned looks = 0; s.lowest < TOP || s.shed_pictures || s.highest < 0; looks++) {
        assert_true(looks < 200);
        s = report(&h, 30);
        check_order(&s);
    }
    assert_int_equal(s.least_voices, VOICES);
    assert_false(shed_refuses(&h.worker.shed));
    uint64_t pictures = seen(&h, 0);
    run_with_sound(&h, 1000);
    assert_true(seen(&h, 0) >= pictures + PICTURES * 24);
    hall_end(&h);
}

/* Whoever speaks up while only one voice is left is the one who is heard. */
static void the_loudest_is_heard(void **state)
{
    (void)state;
    struct hall h;
    everybody_meets(&h);
    for (unsigned looks = 0; h.worker.shed.load.level < LOAD_VOICES_END; looks++)
        (void)report(&h, 100);
    for (size_t i = 0; i < PEOPLE; i++) {
        for (size_t j = 0; j < VOICES; j++) {
            const struct slot *s = hall_slot(&h, i, j);
            uint32_t loudest = i == LOUDEST ? LOUD : LOUDEST;
            assert_true((hall_holder(&h, i, j) == loudest + 1) == !s->paused);
        }
    }
    hall_end(&h);
}

/* --- A turn that does not end ---------------------------------------------------------- */

static void a_long_turn_forwards_voices_alone(void **state)
{
    (void)state;
    struct hall h;
    everybody_meets(&h);
    uint64_t pictures = seen(&h, 0);
    h.worker.shed.turn_us = clock_now_us() - SHED_TURN_US - 1;
    run_with_sound(&h, 200);
    assert_true(seen(&h, 0) <= pictures + PICTURES);           /* what had come before */
    assert_true(count(&h, COUNT_drop_overload) >= PEOPLE * 4); /* of the layers that are watched */
    h.worker.shed.turn_us = 0;
    pictures = seen(&h, 0);
    run_with_sound(&h, 200);
    assert_true(seen(&h, 0) >= pictures + PICTURES * 4);
    hall_end(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thins_out_in_order_and_comes_back),
        cmocka_unit_test(the_loudest_is_heard),
        cmocka_unit_test(a_long_turn_forwards_voices_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
