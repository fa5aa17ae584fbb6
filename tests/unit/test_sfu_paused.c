/* What a viewer's network does not carry is paused; it is told why, and the
 * picture comes back by itself. */
#include "call.h"

static const struct wish publisher = {.audio = true, .video = true};
static const struct wish viewer = {.audio_slots = 1, .video_slots = 1};
static const struct wish only_eyes = {.video_slots = 1};

enum { KBPS = 1000, QUEUE_US = 300000 };

static const struct sink *picture(const struct person *p)
{
    return person_sink(p, RTP_VIDEO, 0);
}

static enum sfu_why why(const struct person *p)
{
    return (enum sfu_why)p->slots[person_slot(p, RTP_VIDEO, 0)].why;
}

static bool shows_some(const struct person *p)
{
    return picture(p)->newest && clock_now_us() - picture(p)->arrived_us < 300000;
}

/* The only source takes 1 Mbit/s, more than the first estimate: probes find that there is room, with padding,
 * as there is nothing else to send. */
static void larger_than_the_start(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    call_join_now(c, &publisher);
    struct person *both = call_join_now(c, &viewer), *eyes = call_join_now(c, &only_eyes);
    UNTIL(c, shows_some(both) && shows_some(eyes));
    assert_true(both->peer->paddings > 0 && eyes->peer->paddings > 0);
    assert_true(person_stats(both)->estimate > 1000 * KBPS);
    call_free(c);
}

/* It negotiated transport-cc and says nothing: after a while that is taken for what it is. */
static void who_never_answers(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    call_join_now(c, &publisher);
    struct person *b = call_join(c, &only_eyes);
    b->peer->feedback = PEER_REPORTS;
    UNTIL(c, why(b) == SFU_WHY_BANDWIDTH);
    UNTIL(c, shows_some(b));
    call_free(c);
}

static void paused_and_back(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher);
    struct person *b = call_join_now(c, &viewer), *eyes = call_join_now(c, &only_eyes);
    UNTIL(c, shows_some(b) && shows_some(eyes));
    person_narrow(b, 200 * KBPS, QUEUE_US);
    person_narrow(eyes, 200 * KBPS, QUEUE_US);
    UNTIL(c, why(b) == SFU_WHY_BANDWIDTH && why(eyes) == SFU_WHY_BANDWIDTH);
    const struct sink *voice = person_sink(b, RTP_AUDIO, 0);
    UNTIL(c, b->pipe->count == 0);
    uint64_t packets = voice->packets, missing = sink_missing(voice);
    UNTIL(c, voice->packets > packets + 50);
    assert_int_equal(sink_missing(voice), missing);
    assert_int_equal(why(b), SFU_WHY_BANDWIDTH);
    person_widen(b);
    person_widen(eyes);
    UNTIL(c, shows_some(b) && why(b) == SFU_WHY_FILLED);
    UNTIL(c, shows_some(eyes) && why(eyes) == SFU_WHY_FILLED);
    assert_int_equal(picture(b)->csrc, person_track(a, RTP_VIDEO));
    person_assert_sound(b);
    call_free(c);
}

static void look(const struct person *p, size_t slot, struct sfu_view_slot view)
{
    sfu_view(p->call->sfu, p->transport, person_slot(p, RTP_VIDEO, slot), &view, 1);
}

static bool has(const struct person *p, size_t given, size_t paused)
{
    return p->slots[person_slot(p, RTP_VIDEO, given)].why == SFU_WHY_FILLED &&
           p->slots[person_slot(p, RTP_VIDEO, paused)].why == SFU_WHY_BANDWIDTH;
}

/* There is room for one of two; which it is is for the viewer to say, and what is hidden costs nothing. */
static void the_viewer_says_which(void **state)
{
    static const struct wish remb = {.video_slots = 2, .feedback = PEER_REMB, .remb_bps = 1400 * KBPS};
    (void)state;
    struct call *c = call_new(1);
    call_join_now(c, &publisher);
    call_join_now(c, &publisher);
    struct person *b = call_join_now(c, &remb);
    UNTIL(c, has(b, 0, 1));
    look(b, 1, (struct sfu_view_slot){.priority = 1});
    UNTIL(c, has(b, 1, 0));
    look(b, 0, (struct sfu_view_slot){.priority = 2});
    UNTIL(c, has(b, 0, 1));
    look(b, 0, (struct sfu_view_slot){.hidden = true});
    UNTIL(c, b->slots[person_slot(b, RTP_VIDEO, 0)].why == SFU_WHY_HIDDEN &&
                 b->slots[person_slot(b, RTP_VIDEO, 1)].why == SFU_WHY_FILLED);
    call_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(larger_than_the_start),
        cmocka_unit_test(who_never_answers),
        cmocka_unit_test(paused_and_back),
        cmocka_unit_test(the_viewer_says_which),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
