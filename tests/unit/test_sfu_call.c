/* One publishes, one watches. */
#include "call.h"

static const struct wish publisher = {.audio = true, .video = true};
static const struct wish viewer = {.audio_slots = 1, .video_slots = 1};

static bool flows(const struct sink *s, uint64_t packets)
{
    return s->packets >= packets;
}

/* Audio and video of one participant, as its viewer gets them. */
static void assert_pair(struct call *c, const struct person *a, const struct person *b)
{
    const struct sink *audio = person_sink(b, RTP_AUDIO, 0), *video = person_sink(b, RTP_VIDEO, 0);
    UNTIL(c, flows(audio, 50) && flows(video, 50));
    assert_int_equal(audio->csrc, person_track(a, RTP_AUDIO));
    assert_int_equal(video->csrc, person_track(a, RTP_VIDEO));
    assert_int_equal(sink_missing(audio), 0);
    assert_int_equal(sink_missing(video), 0);
    assert_int_equal(audio->duplicates + video->duplicates, 0);
    person_assert_sound(b);
    person_assert_sound(a);
}

static void audio_and_video_arrive(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
    assert_pair(c, a, b);
    call_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(audio_and_video_arrive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
