/* Coming, going, and moving. */
#include "call.h"

#include "ice.h"

#include <sys/socket.h>

static const struct wish publisher = {.audio = true, .video = true};
static const struct wish viewer = {.audio_slots = 1, .video_slots = 1};

static void assert_flows(struct call *c, const struct person *p)
{
    const struct sink *s = person_sink(p, RTP_VIDEO, 0);
    uint64_t packets = s->packets;
    UNTIL(c, s->packets > packets + 30);
}

static void restart_ice(struct person *p)
{
    assert_int_equal(ice_random_string(p->desc.ufrag, ICE_UFRAG_LEN), 0);
    assert_int_equal(ice_random_string(p->desc.pwd, ICE_PWD_LEN), 0);
    sfu_update(p->call->sfu, p->transport, &p->desc);
}

static void ice_restarts_keep_the_media(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
    assert_flows(c, b);
    for (size_t i = 0; i < 3; i++) {
        restart_ice(a);
        restart_ice(b);
        assert_flows(c, b); /* the old credentials do until the new ones are used */
        peer_restart(a->peer, a->desc.ufrag, a->desc.pwd);
        peer_restart(b->peer, b->desc.ufrag, b->desc.pwd);
        UNTIL(c, a->peer->reached && b->peer->reached);
        assert_flows(c, b);
    }
    /* One restart overtakes another before it was used. */
    restart_ice(b);
    restart_ice(b);
    peer_restart(b->peer, b->desc.ufrag, b->desc.pwd);
    UNTIL(c, b->peer->reached);
    assert_flows(c, b);
    assert_int_equal(sink_missing(person_sink(b, RTP_VIDEO, 0)), 0);
    person_assert_sound(b);
    assert_false(a->gone || b->gone);
    call_free(c);
}

static void a_new_address_in_mid_call(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
    for (size_t i = 0; i < 12; i++) { /* more often than a transport keeps addresses */
        person_move(i % 2 ? a : b);
        uint32_t answered = (i % 2 ? a : b)->peer->checks_answered;
        UNTIL(c, (i % 2 ? a : b)->peer->checks_answered > answered);
        assert_flows(c, b);
    }
    person_assert_sound(b);
    call_free(c);
}

/* Without a check nothing comes from a new address, and nothing goes there. */
static void packets_from_elsewhere(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    call_join_now(c, &publisher);
    struct person *b = call_join_now(c, &viewer), *d = call_join(c, &viewer);
    uint64_t unknown = call_counter(c, "drop_unknown_address");
    static const uint8_t rtp[64] = {0x80, 96}, rtcp[64] = {0x80, 200}, dtls[64] = {22, 254, 253};
    person_send_raw(d, rtp, sizeof(rtp));
    person_send_raw(d, rtcp, sizeof(rtcp));
    person_send_raw(d, dtls, sizeof(dtls));
    UNTIL(c, call_counter(c, "drop_unknown_address") >= unknown + 3);
    UNTIL(c, d->connected); /* it did no harm */
    assert_flows(c, d);
    assert_flows(c, b);
    call_free(c);
}

static void media_before_the_handshake_is_done(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct wish late = viewer;
    late.server_begins_dtls = true;
    struct person *d = call_join(c, &late);
    UNTIL(c, d->peer->reached);
    static const uint8_t rtp[64] = {0x80, 96}, rtcp[64] = {0x80, 200};
    if (!d->connected) {
        person_send_raw(d, rtp, sizeof(rtp));
        person_send_raw(d, rtcp, sizeof(rtcp));
    }
    UNTIL(c, d->connected);
    call_join_now(c, &publisher);
    assert_flows(c, d);
    call_free(c);
}

static bool lose_all(struct person *p, const uint8_t *datagram, size_t len)
{
    (void)p;
    (void)datagram;
    (void)len;
    return true;
}

/* A network gives someone the address that another had: only once that one has been silent for 5 s. What was
 * for the former owner does not go there any more. */
static void an_address_changes_hands(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    call_join_now(c, &publisher);
    struct person *b = call_join_now(c, &viewer), *d = call_join_now(c, &viewer);
    assert_flows(c, b);
    assert_flows(c, d);
    int fd = b->fd;
    b->fd = d->fd;
    d->fd = fd;
    b->lose_out = lose_all;
    peer_check_soon(d->peer);
    UNTIL(c, call_counter(c, "drop_stun_taken") > 0);
    uint64_t answered = d->peer->checks_answered;
    while (call_counter(c, "ice_address_moved") == 0) {
        peer_check_soon(d->peer);
        FOR_MS(c, 200);
    }
    UNTIL(c, d->peer->checks_answered > answered);
    FOR_MS(c, 100); /* what was under way */
    uint32_t strange = d->peer->undecryptable;
    assert_flows(c, d);
    assert_int_equal(d->peer->undecryptable, strange);
    b->lose_out = NULL;
    person_move(b);
    assert_flows(c, b);
    assert_flows(c, d);
    assert_int_equal(d->peer->undecryptable, strange);
    assert_false(b->gone || d->gone);
    call_free(c);
}

static bool lose_dtls(struct person *p, const uint8_t *datagram, size_t len)
{
    (void)p;
    return len && datagram[0] >= 20 && datagram[0] < 64;
}

/* Half a minute without a sign of life; the others go on. */
static void who_falls_silent_is_gone(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
    struct person *dead = call_join_now(c, &publisher), *never = call_join(c, &viewer),
                  *mute = call_join(c, &viewer);
    dead->lose_out = never->lose_out = lose_all;
    mute->lose_out = lose_dtls;
    FOR_MS(c, 20000);
    assert_false(dead->gone || never->gone || mute->gone);
    UNTIL(c, dead->gone && never->gone && mute->gone);
    assert_int_equal(dead->why, SFU_GONE_TIMEOUT);
    assert_int_equal(never->why, SFU_GONE_TIMEOUT);
    assert_int_equal(mute->why, SFU_GONE_HANDSHAKE);
    assert_flows(c, b);
    assert_false(a->gone || b->gone);
    call_free(c);
}

static void a_wrong_fingerprint_ends_it(void **state)
{
    (void)state;
    for (int server_begins = 0; server_begins < 2; server_begins++) {
        struct call *c = call_new(1);
        struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
        struct wish wrong = publisher;
        wrong.wrong_fingerprint = true;
        wrong.server_begins_dtls = server_begins;
        struct person *d = call_join(c, &wrong);
        UNTIL(c, d->gone);
        assert_int_equal(d->why, SFU_GONE_DTLS);
        assert_false(d->connected);
        assert_flows(c, b);
        assert_false(a->gone || b->gone);
        call_free(c);
    }
}

static void no_profile_in_common(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct wish odd = publisher;
    odd.profiles = "SRTP_AES128_CM_SHA1_32";
    struct person *d = call_join(c, &odd);
    UNTIL(c, d->gone);
    assert_int_equal(d->why, SFU_GONE_DTLS);
    call_free(c);
}

static void close_notify_ends_it_at_once(void **state)
{
    (void)state;
    struct call *c = call_new(1);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
    assert_flows(c, b);
    peer_close(a->peer);
    UNTIL(c, a->gone && b->slots[person_slot(b, RTP_VIDEO, 0)].track == 0);
    assert_int_equal(a->why, SFU_GONE_PEER);
    assert_false(b->gone);
    call_free(c);
}

/* The room closes with people in it, some of them on their way in. */
static void a_room_closes(void **state)
{
    (void)state;
    struct call *c = call_new(2);
    uint64_t room = c->room;
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
    assert_flows(c, b);
    struct person *d = call_join(c, &publisher);
    sfu_room_close(c->sfu, room);
    struct person *late = call_join(c, &viewer);
    UNTIL(c, a->gone && b->gone && d->gone && late->gone);
    assert_int_equal(a->why, SFU_GONE_CLOSED);
    assert_int_equal(b->why, SFU_GONE_CLOSED);
    assert_int_equal(d->why, SFU_GONE_CLOSED);
    assert_int_equal(late->why, SFU_GONE_CLOSED);
    UNTIL(c, dtls_state(a->peer->dtls) == DTLS_CLOSED); /* they are told */
    c->room = sfu_room_open(c->sfu);
    call_join_now(c, &publisher);
    assert_flows(c, call_join_now(c, &viewer));
    call_free(c);
}

/* Everyone is told goodbye, and nothing is left (the leak checker looks). */
static void stopping_in_mid_call(void **state)
{
    (void)state;
    struct call *c = call_new(2);
    struct person *a = call_join_now(c, &publisher), *b = call_join_now(c, &viewer);
    call_join(c, &publisher);
    assert_flows(c, b);
    sfu_stop(c->sfu);
    c->sfu = NULL;
    for (int i = 0; i < 100; i++) {
        uint8_t datagram[2048];
        ssize_t len = recv(a->fd, datagram, sizeof(datagram), 0);
        if (len > 0)
            peer_receive(a->peer, datagram, (size_t)len, clock_now_us());
    }
    assert_int_equal(dtls_state(a->peer->dtls), DTLS_CLOSED);
    call_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ice_restarts_keep_the_media),  cmocka_unit_test(a_new_address_in_mid_call),
        cmocka_unit_test(packets_from_elsewhere),       cmocka_unit_test(media_before_the_handshake_is_done),
        cmocka_unit_test(an_address_changes_hands),     cmocka_unit_test(who_falls_silent_is_gone),
        cmocka_unit_test(a_wrong_fingerprint_ends_it),  cmocka_unit_test(no_profile_in_common),
        cmocka_unit_test(close_notify_ends_it_at_once), cmocka_unit_test(a_room_closes),
        cmocka_unit_test(stopping_in_mid_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
