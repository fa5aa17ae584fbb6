/* What offers may say: tracks and slots that come and go, streams that are told
 * apart in other ways than browsers do it, codecs that someone lacks. */
#include "call.h"

static const struct wish publisher = {.audio = true, .video = true};
static const struct wish viewer = {.audio_slots = 1, .video_slots = 2, .feedback = PEER_REPORTS};

static struct sfu_slot_event told(const struct person *p, enum rtp_kind kind, size_t n)
{
    return p->slots[person_slot(p, kind, n)];
}

static bool shows(const struct person *p, enum rtp_kind kind, size_t n, uint32_t track)
{
    const struct sink *s = person_sink(p, kind, n);
    return told(p, kind, n).track == track && s->csrc == track && clock_now_us() - s->arrived_us < 300000;
}

static void streams_are_told_apart(void **state)
{
    static const enum signalled rows[] = {BY_SSRC, BY_KIND};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct call *c = call_new(1);
        struct wish plain = publisher;
        plain.signalled = rows[i];
        struct person *a = call_join_now(c, &plain), *b = call_join_now(c, &viewer);
        UNTIL(c, shows(b, RTP_AUDIO, 0, person_track(a, RTP_AUDIO)) &&
                     shows(b, RTP_VIDEO, 0, person_track(a, RTP_VIDEO)));
        uint64_t packets = person_sink(b, RTP_VIDEO, 0)->packets;
        UNTIL(c, person_sink(b, RTP_VIDEO, 0)->packets > packets + 30);
        person_assert_sound(b);
        call_free(c);
    }
}

/* The screen goes before the cameras; whoever was shown there moves no further than it must. */
static void a_screen_comes_and_goes(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *d = call_join_now(c, &publisher);
    struct person *v = call_join_now(c, &viewer);
    UNTIL(c, shows(v, RTP_VIDEO, 0, person_track(a, RTP_VIDEO)) &&
                 shows(v, RTP_VIDEO, 1, person_track(d, RTP_VIDEO)));
    uint32_t screen = wish_add_track(&d->desc.media, d->participant, SFU_SCREEN)->id;
    call_update(d);
    UNTIL(c, shows(v, RTP_VIDEO, 0, person_track(a, RTP_VIDEO)) && shows(v, RTP_VIDEO, 1, screen));
    assert_int_equal(person_sink(v, RTP_VIDEO, 0)->switches, 0);
    d->desc.media.track_count--; /* a later offer without it */
    sfu_update(c->sfu, d->transport, &d->desc);
    UNTIL(c, shows(v, RTP_VIDEO, 1, person_track(d, RTP_VIDEO)));
    assert_int_equal(person_sink(v, RTP_VIDEO, 0)->switches, 0);
    UNTIL(c, call_counter(c, "drop_ssrc_unknown") > 0); /* it still sends, which is of no use */
    person_assert_sound(v);
    call_free(c);
}

static void slots_are_added(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *d = call_join_now(c, &publisher);
    struct wish few = {.audio_slots = 1};
    struct person *v = call_join_now(c, &few);
    UNTIL(c, person_sink(v, RTP_AUDIO, 0)->packets > 10);
    wish_add_slots(&v->desc.media, RTP_VIDEO, 1);
    call_update(v);
    UNTIL(c, shows(v, RTP_VIDEO, 0, person_track(a, RTP_VIDEO)));
    wish_add_slots(&v->desc.media, RTP_VIDEO, 1);
    wish_add_slots(&v->desc.media, RTP_AUDIO, 1);
    call_update(v);
    UNTIL(c, shows(v, RTP_VIDEO, 0, person_track(a, RTP_VIDEO)) &&
                 shows(v, RTP_VIDEO, 1, person_track(d, RTP_VIDEO)) && person_sink(v, RTP_AUDIO, 1)->packets);
    assert_int_equal(person_sink(v, RTP_VIDEO, 0)->switches, 0);
    person_assert_sound(v);
    call_free(c);
}

static void a_codec_that_a_viewer_lacks(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher);
    struct wish deaf = viewer;
    deaf.no_video_codec = true;
    struct person *v = call_join_now(c, &deaf), *w = call_join_now(c, &viewer);
    UNTIL(c, told(v, RTP_VIDEO, 0).why == SFU_WHY_NO_CODEC);
    UNTIL(c, shows(v, RTP_AUDIO, 0, person_track(a, RTP_AUDIO)) &&
                 shows(w, RTP_VIDEO, 0, person_track(a, RTP_VIDEO)));
    assert_int_equal(told(v, RTP_VIDEO, 1).why, SFU_WHY_EMPTY);
    assert_int_equal(person_sink(v, RTP_VIDEO, 0)->packets, 0);
    person_assert_sound(v);
    call_free(c);
}

static void who_joins_muted(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct wish quiet = publisher;
    quiet.muted = true;
    struct person *a = call_join_now(c, &quiet), *d = call_join_now(c, &publisher);
    struct person *v = call_join_now(c, &viewer);
    UNTIL(c, shows(v, RTP_VIDEO, 0, person_track(d, RTP_VIDEO)) &&
                 shows(v, RTP_AUDIO, 0, person_track(d, RTP_AUDIO)));
    assert_int_equal(told(v, RTP_VIDEO, 1).track, 0);
    sfu_mute(c->sfu, a->transport, person_track(a, RTP_VIDEO), false);
    UNTIL(c, shows(v, RTP_VIDEO, 1, person_track(a, RTP_VIDEO)));
    person_assert_sound(v);
    call_free(c);
}

/* What was a camera is a screen from an offer on, which goes before cameras, and a camera again. */
static void a_camera_becomes_a_screen(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct wish one_slot = viewer;
    one_slot.video_slots = 1;
    struct person *a = call_join_now(c, &publisher), *d = call_join_now(c, &publisher);
    struct person *v = call_join_now(c, &one_slot);
    UNTIL(c, shows(v, RTP_VIDEO, 0, person_track(a, RTP_VIDEO)));
    d->desc.media.tracks[CAMERA].source = SFU_SCREEN;
    call_update(d);
    UNTIL(c, shows(v, RTP_VIDEO, 0, person_track(d, RTP_VIDEO)));
    d->desc.media.tracks[CAMERA].source = SFU_CAMERA;
    a->desc.media.tracks[CAMERA].source = SFU_SCREEN;
    call_update(d);
    call_update(a);
    UNTIL(c, shows(v, RTP_VIDEO, 0, person_track(a, RTP_VIDEO)));
    person_assert_sound(v);
    call_free(c);
}

static void an_offer_mutes_and_unmutes(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *v = call_join_now(c, &viewer);
    UNTIL(c, shows(v, RTP_VIDEO, 0, person_track(a, RTP_VIDEO)));
    for (int i = 0; i < 2; i++) {
        a->desc.media.tracks[CAMERA].muted = true;
        call_update(a);
        UNTIL(c, told(v, RTP_VIDEO, 0).why == SFU_WHY_EMPTY);
        UNTIL(c, shows(v, RTP_AUDIO, 0, person_track(a, RTP_AUDIO)));
        a->desc.media.tracks[CAMERA].muted = false;
        call_update(a);
        UNTIL(c, shows(v, RTP_VIDEO, 0, person_track(a, RTP_VIDEO)));
    }
    person_assert_sound(v);
    call_free(c);
}

static bool note_rtx(struct person *p, const uint8_t *datagram, size_t len)
{
    p->seen += len > 12 && (datagram[1] & 0x7f) == WISH_VP8 + 1;
    return false;
}

/* Slots that had no retransmissions get them by a later offer. */
static void rtx_comes_later(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct wish plain = viewer;
    plain.no_rtx = true;
    call_join_now(c, &publisher);
    struct person *v = call_join_now(c, &plain);
    struct sfu_media_desc *media = &v->desc.media;
    size_t picture = person_slot(v, RTP_VIDEO, 0);
    UNTIL(c, person_sink(v, RTP_VIDEO, 0)->packets > 10);
    for (size_t i = 0; i < media->format_count; i++) {
        if (media->formats[i].codec == RTP_CODEC_VP8)
            media->formats[i].rtx_pt = WISH_VP8 + 1;
    }
    media->slots[picture].rtx_ssrc = media->slots[picture].ssrc ^ 0x5a5a5a5a;
    v->lose_in = note_rtx;
    sfu_update(c->sfu, v->transport, &v->desc);
    for (int i = 0; i < 100 && v->seen < 3; i++) { /* the first may come before the update does */
        uint8_t nack[64];
        struct wr w = wr_init(nack, sizeof(nack));
        wr_u32(&w, 0x81cd0003); /* RTPFB, generic NACK */
        wr_u32(&w, 1);
        wr_u32(&w, media->slots[picture].ssrc);
        wr_u32(&w, (uint32_t)(uint16_t)(person_sink(v, RTP_VIDEO, 0)->newest - 3) << 16);
        peer_send_rtcp(v->peer, nack, wr_len(&w));
        FOR_MS(c, 20);
    }
    assert_true(v->seen >= 3);
    call_free(c);
}

/* Everyone sends and sees everyone, all at once. */
static void a_full_table(void **state)
{
    enum { PEOPLE = 10 };
    static const struct wish wish = {.audio = true,
                                     .video = true,
                                     .layers = 3,
                                     .audio_slots = 3,
                                     .video_slots = PEOPLE - 1,
                                     .feedback = PEER_REPORTS};
    (void)state;
    struct call *c = call_new(1);
    struct person *people[PEOPLE];
    for (size_t i = 0; i < PEOPLE; i++)
        people[i] = call_join(c, &wish);
    for (size_t i = 0; i < PEOPLE; i++) {
        for (size_t j = 0; j < PEOPLE - 1; j++)
            UNTIL(c, person_sink(people[i], RTP_VIDEO, j)->packets > 20);
    }
    for (size_t i = 0; i < PEOPLE; i++) {
        uint32_t seen = 0;
        person_assert_sound(people[i]);
        for (size_t j = 0; j < PEOPLE - 1; j++)
            seen |= 1u << (person_sink(people[i], RTP_VIDEO, j)->csrc >> 8);
        assert_int_equal(seen, ((1u << (PEOPLE + 1)) - 2) & ~(1u << people[i]->participant));
    }
    call_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_told_apart),    cmocka_unit_test(a_screen_comes_and_goes),
        cmocka_unit_test(slots_are_added),           cmocka_unit_test(a_codec_that_a_viewer_lacks),
        cmocka_unit_test(who_joins_muted),           cmocka_unit_test(a_full_table),
        cmocka_unit_test(a_camera_becomes_a_screen), cmocka_unit_test(an_offer_mutes_and_unmutes),
        cmocka_unit_test(rtx_comes_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
