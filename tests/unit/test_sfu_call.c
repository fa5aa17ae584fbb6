/* One publishes, one watches. */
#include "call.h"

#include "ntp.h"

static const struct wish publisher = {.audio = true, .video = true};
static const struct wish viewer = {.audio_slots = 1, .video_slots = 1, .feedback = PEER_REPORTS};

/* Audio and video of a, as its viewer b gets them. */
static void assert_pair(struct call *c, const struct person *a, const struct person *b)
{
    const struct sink *audio = person_sink(b, RTP_AUDIO, 0), *video = person_sink(b, RTP_VIDEO, 0);
    UNTIL(c, audio->packets >= 30 && video->packets >= 60);
    assert_int_equal(audio->csrc, person_track(a, RTP_AUDIO));
    assert_int_equal(video->csrc, person_track(a, RTP_VIDEO));
    assert_int_equal(sink_missing(audio), 0);
    assert_int_equal(sink_missing(video), 0);
    assert_int_equal(audio->duplicates + video->duplicates, 0);
    assert_true(video->frames >= 15 && video->keys >= 1);
    person_assert_sound(b);
    person_assert_sound(a);
}

static void media_arrives_under_each_profile(void **state)
{
    static const struct {
        const char *of_client, *agreed;
        bool server_begins;
    } rows[] = {
        {NULL, "AEAD_AES_128_GCM", false},
        {NULL, "AEAD_AES_128_GCM", true},
        {"SRTP_AEAD_AES_256_GCM", "AEAD_AES_256_GCM", false},
        {"SRTP_AES128_CM_SHA1_80", "AES128_CM_SHA1_80", false},
        {"SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM", "AEAD_AES_256_GCM", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct call *c = call_new(1);
        struct wish in = publisher, out = viewer;
        in.profiles = out.profiles = rows[i].of_client;
        in.server_begins_dtls = out.server_begins_dtls = rows[i].server_begins;
        struct person *a = call_join_now(c, &in), *b = call_join_now(c, &out);
        assert_string_equal(a->peer->profile, rows[i].agreed);
        assert_string_equal(b->peer->profile, rows[i].agreed);
        assert_string_equal(person_stats(b)->srtp_profile, rows[i].agreed);
        assert_pair(c, a, b);
        call_free(c);
    }
}

/* Two rooms on two workers do not see each other; each has its port. */
static void rooms_on_two_workers(void **state)
{
    (void)state;
    struct call *c = call_new(2);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
    uint64_t first = c->room;
    c->room = sfu_room_open(c->sfu);
    struct person *d = call_join_now(c, &publisher), *e = call_join_now(c, &viewer);
    assert_memory_not_equal(&a->server, &d->server, sizeof(a->server));
    assert_int_not_equal(a->transport & 0xff, d->transport & 0xff);
    assert_pair(c, d, e);
    c->room = first;
    assert_pair(c, a, b);
    call_free(c);
}

static void slots_tell_what_they_show(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *b = call_join_now(c, &viewer);
    size_t audio = person_slot(b, RTP_AUDIO, 0), video = person_slot(b, RTP_VIDEO, 0);
    assert_int_equal(b->slot_events[audio] + b->slot_events[video], 0);
    struct person *a = call_join_now(c, &publisher);
    UNTIL(c, b->slots[video].why == SFU_WHY_FILLED && b->slots[audio].why == SFU_WHY_FILLED &&
                 b->slots[video].track && b->slots[audio].track);
    assert_int_equal(b->slots[video].track, person_track(a, RTP_VIDEO));
    assert_int_equal(b->slots[video].participant, a->participant);
    assert_int_equal(b->slots[audio].track, person_track(a, RTP_AUDIO));
    const struct sink *s = person_sink(b, RTP_VIDEO, 0);
    /* It holds from the timestamp of the first packet on, which may still be on its way. */
    UNTIL(c, s->packets >= 20 && s->timestamp - b->slots[video].rtp_timestamp - 1 < 90000 * 60);
    call_leave(a);
    UNTIL(c, b->slots[video].track == 0 && b->slots[audio].track == 0);
    assert_int_equal(b->slots[video].why, SFU_WHY_EMPTY);
    call_free(c);
}

static void speakers_are_told(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &publisher);
    peer_source(a->peer, MIC, 0)->conf.level = 127;
    peer_source(b->peer, MIC, 0)->conf.level = 20;
    UNTIL(c, c->speaker_count == 1 && c->speakers[0].participant == b->participant);
    peer_source(a->peer, MIC, 0)->conf.level = 5;
    UNTIL(c, c->speaker_count == 2 && c->speakers[0].participant == a->participant);
    assert_true(c->speakers[0].level < c->speakers[1].level);
    call_leave(a);
    UNTIL(c, c->speaker_count == 1 && c->speakers[0].participant == b->participant);
    peer_source(b->peer, MIC, 0)->paused = true;
    UNTIL(c, c->speaker_count == 1 && c->speakers[0].dominant && c->speakers[0].level > 70);
    call_free(c);
}

/* When the newest packet was captured on its sender's clock, less when the slot's sender reports say that it
 * was: the same for audio and video, whatever it is. */
static int64_t skew_us(struct person *from, size_t track, const struct sink *s)
{
    const struct source *source = peer_source(from->peer, track, 0);
    const struct source_packet *p = source_find(source, s->source_seq);
    uint32_t rate = rtp_codecs[s->kind == RTP_VIDEO ? RTP_CODEC_VP8 : RTP_CODEC_OPUS].clock_rate;
    assert_non_null(p);
    int64_t captured_us = (int64_t)source->origin_us +
                          (int64_t)(uint32_t)(p->timestamp - source->origin_timestamp) * 1000000 / rate;
    int64_t said_us = (int64_t)ntp_to_us(s->sr.ntp) +
                      (int64_t)(int32_t)(s->timestamp - s->sr.rtp_timestamp) * 1000000 / rate;
    return said_us - captured_us;
}

static int64_t distance(int64_t a, int64_t b)
{
    return a < b ? b - a : a - b;
}

static void sender_reports_keep_lips_in_sync(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct wish in = publisher;
    in.clock_offset_us = 3600 * 1000000ll;
    struct person *a = call_join_now(c, &in), *b = call_join_now(c, &viewer);
    struct sink *audio = person_sink(b, RTP_AUDIO, 0), *video = person_sink(b, RTP_VIDEO, 0);
    UNTIL(c, audio->srs >= 3 && video->srs >= 3 && audio->packets >= 50 && video->packets >= 50);
    int64_t audio_us = skew_us(a, MIC, audio), video_us = skew_us(a, CAMERA, video);
    assert_true(distance(audio_us, video_us) < 100000);
    /* On the server's clock, which runs from when it was started. */
    assert_true(distance(audio_us, (int64_t)clock_since_1970_us()) < 1000000);
    assert_true(video->sr.packets > 0 && video->sr.packets <= video->packets + 200);
    assert_true(video->sr.octets > video->sr.packets * 900u);
    /* Both ways: the publisher gets receiver reports, the round trip becomes known. */
    UNTIL(c, a->peer->reports >= 2);
    UNTIL(c, person_stats(b)->rtt_us > 0);
    assert_true(b->stats.rtt_us < 5000000);
    call_free(c);
}

static void figures_add_up(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
    const struct sink *video = person_sink(b, RTP_VIDEO, 0);
    UNTIL(c, video->packets >= 60);
    UNTIL(c, person_stats(b)->slots[person_slot(b, RTP_VIDEO, 0)].allotted); /* it has to be measured */
    const struct sfu_transport_stats *out = person_stats(b), *in = person_stats(a);
    const struct sfu_slot_stats *slot = &out->slots[person_slot(b, RTP_VIDEO, 0)];
    assert_int_equal(out->slot_count, 2);
    assert_int_equal(out->track_count, 0);
    assert_int_equal(slot->track, person_track(a, RTP_VIDEO));
    assert_int_equal(slot->layer, 0);
    assert_int_equal(slot->target, 0);
    assert_int_equal(slot->height, 720);
    assert_true(slot->allotted > 0 && slot->allotted <= out->allotted);
    assert_int_equal(slot->loss, 0);
    assert_int_equal(slot->ssrc, video->ssrc);
    assert_true(slot->packets >= 60 && slot->bytes > 60 * 900 && slot->bitrate > 0);
    assert_int_equal(in->track_count, 2);
    assert_int_equal(in->tracks[CAMERA].codec, RTP_CODEC_VP8);
    assert_int_equal(in->tracks[CAMERA].layers[0].ssrc, peer_source(a->peer, CAMERA, 0)->conf.ssrc);
    assert_int_equal(in->tracks[CAMERA].layers[0].height, 720);
    assert_int_equal(in->tracks[CAMERA].layers[0].lost, 0);
    assert_true(in->tracks[CAMERA].layers[0].wanted);
    assert_true(in->tracks[CAMERA].layers[0].packets >= slot->packets);
    assert_true(in->packets_in >= in->tracks[MIC].layers[0].packets + in->tracks[CAMERA].layers[0].packets);
    call_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(media_arrives_under_each_profile), cmocka_unit_test(rooms_on_two_workers),
        cmocka_unit_test(slots_tell_what_they_show),        cmocka_unit_test(speakers_are_told),
        cmocka_unit_test(sender_reports_keep_lips_in_sync), cmocka_unit_test(figures_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
