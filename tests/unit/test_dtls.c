/* DTLS between two sessions of ours: profiles, keys, fingerprints, loss, data, the end. */
#include "dtls_link.h"

#include <errno.h>
#include <malloc.h>

static const struct {
    struct link_profiles of;
    enum keys_profile agreed; /* KEYS_PROFILE_COUNT = it has to fail */
} profiles[] = {
    {{NULL, NULL}, KEYS_AEAD_AES_128_GCM},
    {{"SRTP_AEAD_AES_128_GCM", NULL}, KEYS_AEAD_AES_128_GCM},
    {{"SRTP_AEAD_AES_256_GCM", NULL}, KEYS_AEAD_AES_256_GCM},
    {{"SRTP_AES128_CM_SHA1_80", NULL}, KEYS_AES128_CM_SHA1_80},
    {{"SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM", NULL},
     KEYS_AEAD_AES_256_GCM}, /* the server's preference */
    {{"SRTP_AES128_CM_SHA1_32", NULL}, KEYS_PROFILE_COUNT},
    {{NULL, "SRTP_AES128_CM_SHA1_32"}, KEYS_PROFILE_COUNT},
    {{"SRTP_AES128_CM_SHA1_32", "SRTP_AES128_CM_SHA1_32"}, KEYS_PROFILE_COUNT}, /* in common, but not ours */
};

static void assert_keys_match(const struct link *l, enum keys_profile profile)
{
    static const struct keys_side zero;
    struct keys client, server;
    assert_int_equal(dtls_keys(l->end[CLIENT].dtls, &client), 0);
    assert_int_equal(dtls_keys(l->end[SERVER].dtls, &server), 0);
    assert_int_equal(client.profile, profile);
    assert_int_equal(server.profile, profile);
    assert_memory_equal(&client.local, &server.remote, sizeof(client.local));
    assert_memory_equal(&client.remote, &server.local, sizeof(client.local));
    assert_memory_not_equal(&client.local, &client.remote, sizeof(client.local));
    assert_memory_not_equal(&client.local, &zero, sizeof(zero));
}

static void each_profile(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(profiles); i++) {
        struct link *l = link_new(&profiles[i].of, NULL, NULL);
        struct keys keys;
        assert_int_equal(dtls_keys(l->end[SERVER].dtls, &keys), -ENOTCONN);
        dtls_start(l->end[CLIENT].dtls);
        link_run(l);
        if (profiles[i].agreed != KEYS_PROFILE_COUNT) {
            assert_true(link_connected(l));
            assert_keys_match(l, profiles[i].agreed);
        } else {
            assert_int_equal(dtls_state(l->end[SERVER].dtls), DTLS_FAILED);
            assert_int_equal(dtls_error(l->end[SERVER].dtls), DTLS_NO_PROFILE);
            assert_int_equal(dtls_state(l->end[CLIENT].dtls), DTLS_FAILED);
            assert_int_equal(dtls_keys(l->end[CLIENT].dtls, &keys), -ENOTCONN);
        }
        link_free(l);
    }
}

/* --- Fingerprints ----------------------------------------------------------------- */

enum spoil { RIGHT, WRONG_VALUE, WRONG_LENGTH, WRONG_HASH };

static const struct {
    enum spoil by_client, by_server; /* what each expects of the other */
} expectations[] = {
    {RIGHT, RIGHT},        {WRONG_VALUE, RIGHT}, {RIGHT, WRONG_VALUE}, {RIGHT, WRONG_LENGTH},
    {WRONG_LENGTH, RIGHT}, {RIGHT, WRONG_HASH},  {WRONG_HASH, RIGHT},
};

static struct sfu_fingerprint spoiled(const struct sfu_fingerprint *right, enum spoil how)
{
    struct sfu_fingerprint f = *right;
    if (how == WRONG_VALUE)
        f.value[31] ^= 1;
    else if (how == WRONG_LENGTH)
        f.len = 31;
    else if (how == WRONG_HASH)
        f.hash = SFU_SHA512;
    return f;
}

static void expect(enum spoil by_client, enum spoil by_server)
{
    struct link *l = link_new(NULL, NULL, NULL);
    struct end *client = &l->end[CLIENT], *server = &l->end[SERVER];
    struct sfu_fingerprint of_server = spoiled(dtls_context_fingerprint(server->ctx), by_client);
    struct sfu_fingerprint of_client = spoiled(dtls_context_fingerprint(client->ctx), by_server);
    dtls_free(client->dtls);
    dtls_free(server->dtls);
    client->dtls = dtls_new(client->ctx, true, &of_server, &upcalls, client, NOW_US);
    server->dtls = dtls_new(server->ctx, false, &of_client, &upcalls, server, NOW_US);
    dtls_start(client->dtls);
    link_run(l);
    bool right = by_client == RIGHT && by_server == RIGHT;
    assert_int_equal(link_connected(l), right);
    assert_int_equal(dtls_error(client->dtls) == DTLS_FINGERPRINT, by_client != RIGHT);
    assert_int_equal(dtls_error(server->dtls) == DTLS_FINGERPRINT, by_server != RIGHT);
    assert_int_equal(dtls_state(client->dtls), right ? DTLS_CONNECTED : DTLS_FAILED);
    assert_int_equal(dtls_state(server->dtls), right ? DTLS_CONNECTED : DTLS_FAILED);
    link_free(l);
}

static void fingerprints(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(expectations); i++)
        expect(expectations[i].by_client, expectations[i].by_server);
}

/* --- Loss --------------------------------------------------------------------------- */

/* Datagrams by the order in which they were sent, both directions together. */
static const struct {
    const char *what;
    uint32_t lost, doubled, late; /* bits; late = after the next one of its direction */
    int waits;                    /* retransmissions that it may take */
} weather[] = {
    {"fine", 0, 0, 0, 0},
    {"hello lost", 1 << 0, 0, 0, 1},
    {"second lost", 1 << 1, 0, 0, 2},
    {"third lost", 1 << 2, 0, 0, 2},
    {"fourth lost", 1 << 3, 0, 0, 2},
    {"half lost", 0x55, 0, 0, 6},
    {"all doubled", 0, ~0U, 0, 0},
    {"reordered", 0, 0, 0xaaaa, 2},
    {"all of it", 0x92, 0x24, 0x49, 8},
};

static void weather_run(struct link *l, size_t row, size_t *serial)
{
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < 2; i++) {
            struct datagram now, held = {0};
            const struct datagram *d;
            while ((d = queue_pop(&l->end[i].out))) {
                uint32_t bit = *serial < 32 ? 1U << *serial : 0;
                ++*serial;
                moved = true;
                now = *d;
                if (weather[row].lost & bit)
                    continue;
                if (weather[row].late & bit && held.len == 0) {
                    held = now;
                    continue;
                }
                dtls_feed(l->end[!i].dtls, now.bytes, now.len);
                if (weather[row].doubled & bit)
                    dtls_feed(l->end[!i].dtls, now.bytes, now.len);
            }
            if (held.len)
                dtls_feed(l->end[!i].dtls, held.bytes, held.len);
        }
    }
}

static void loss(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(weather); i++) {
        struct link *l = link_new(NULL, NULL, NULL);
        size_t serial = 0;
        int waits = 0;
        dtls_start(l->end[CLIENT].dtls);
        weather_run(l, i, &serial);
        while (!link_connected(l) && waits < weather[i].waits && link_wait(l)) {
            waits++;
            weather_run(l, i, &serial);
        }
        if (!link_connected(l))
            fail_msg("%s: not connected after %d retransmissions", weather[i].what, waits);
        assert_keys_match(l, KEYS_AEAD_AES_128_GCM);
        link_free(l);
    }
}

static void handshake_never_ends(void **state)
{
    struct link *l = link_new(NULL, NULL, NULL);
    struct dtls *client = l->end[CLIENT].dtls, *server = l->end[SERVER].dtls;
    uint64_t first = 0, second = 0;
    (void)state;
    assert_false(dtls_next_timeout(client, &first)); /* not begun */
    assert_false(dtls_next_timeout(server, &first)); /* nor has anyone spoken to it */
    assert_int_equal(l->end[CLIENT].out.sent, 0);
    dtls_start(client);
    dtls_start(client); /* once */
    assert_int_equal(l->end[CLIENT].out.sent, 1);
    assert_true(dtls_next_timeout(client, &first) && first <= 250000);
    dtls_on_timeout(client); /* too early: nothing */
    assert_int_equal(l->end[CLIENT].out.sent, 1);
    link_wait(l);
    assert_int_equal(l->end[CLIENT].out.sent, 2);
    assert_true(dtls_next_timeout(client, &second) && second > 250000 && second <= 500000);
    for (size_t i = 0; i < 2; i++) {
        assert_false(dtls_overdue(l->end[i].dtls, NOW_US - 1));
        assert_false(dtls_overdue(l->end[i].dtls, NOW_US + DTLS_HANDSHAKE_MAX_US - 1));
        assert_true(dtls_overdue(l->end[i].dtls, NOW_US + DTLS_HANDSHAKE_MAX_US));
    }
    link_run(l);
    assert_true(link_connected(l));
    assert_false(dtls_overdue(client, NOW_US + DTLS_HANDSHAKE_MAX_US));
    assert_false(dtls_next_timeout(client, &first));
    assert_false(dtls_next_timeout(server, &first));
    link_free(l);
}

/* --- After the handshake --------------------------------------------------------------- */

static struct link *connected(void)
{
    struct link *l = link_new(NULL, NULL, NULL);
    dtls_start(l->end[CLIENT].dtls);
    link_run(l);
    assert_true(link_connected(l));
    return l;
}

static void data_keeps_its_borders(void **state)
{
    static const size_t sizes[] = {1, 100, DTLS_DATA_MAX};
    uint8_t p[DTLS_DATA_MAX + 1];
    struct link *l = link_new(NULL, NULL, NULL);
    (void)state;
    memset(p, 0x5a, sizeof(p));
    assert_int_equal(dtls_send(l->end[CLIENT].dtls, p, 1), -ENOTCONN);
    link_free(l);
    l = connected();
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (size_t from = 0; from < 2; from++) {
            struct end *to = &l->end[!from];
            size_t before = to->data_count;
            assert_int_equal(dtls_send(l->end[from].dtls, p, sizes[i]), 0);
            assert_int_equal(dtls_send(l->end[from].dtls, p, sizes[i]), 0);
            assert_int_equal(l->end[from].out.count, 2);
            link_run(l);
            assert_int_equal(to->data_count, before + 2);
            assert_int_equal(to->data_len, sizes[i]);
            assert_memory_equal(to->data, p, sizes[i]);
        }
    assert_int_equal(dtls_send(l->end[CLIENT].dtls, p, DTLS_DATA_MAX + 1), -EMSGSIZE);
    assert_int_equal(dtls_send(l->end[CLIENT].dtls, p, 0), -EMSGSIZE);
    link_free(l);
}

/* The server is done while the client still waits: whatever of the last flight is lost, the client's own
 * flight, sent again, brings it once more. */
static void last_flight_lost(void **state)
{
    (void)state;
    for (int times = 1; times <= 3; times++) {
        struct link *l = link_new(NULL, NULL, NULL);
        struct end *client = &l->end[CLIENT], *server = &l->end[SERVER];
        const struct datagram *d;
        dtls_start(client->dtls);
        for (int lost = 0; lost <= times;) {
            while ((d = queue_pop(&client->out)))
                dtls_feed(server->dtls, d->bytes, d->len);
            bool last = dtls_state(server->dtls) == DTLS_CONNECTED;
            if (last && lost++ < times) {
                assert_true(server->out.count > 0);
                server->out = (struct queue){0};
                assert_true(link_wait(l));
            }
            while ((d = queue_pop(&server->out)))
                dtls_feed(client->dtls, d->bytes, d->len);
        }
        assert_true(link_connected(l));
        assert_keys_match(l, KEYS_AEAD_AES_128_GCM);
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(dtls_send(l->end[i].dtls, (const uint8_t *)"hello", 5), 0);
            link_run(l);
            assert_int_equal(l->end[!i].data_count, 1);
        }
        link_free(l);
    }
}

/* Bytes; 0 under a sanitizer. */
static size_t allocated(void)
{
    return mallinfo2().uordblks;
}

/* A server holds thousands of sessions, most of which never say anything again. */
static void little_is_kept(void **state)
{
    enum { SESSION_MAX = 1024 /* bytes */ };
    static const uint8_t word[] = "hello";
    struct link *l = connected();
    size_t before = allocated();
    (void)state;
    dtls_free(l->end[SERVER].dtls);
    size_t session = before - allocated();
    print_message("  %zu bytes\n", session);
    assert_true(session <= SESSION_MAX);
    l->end[SERVER].dtls = NULL;
    before = allocated();
    assert_int_equal(dtls_send(l->end[CLIENT].dtls, word, sizeof(word)), 0);
    assert_true(allocated() <= before);
    link_free(l);
}

/* What keeps a transport alive, and what does not. */
static void only_what_is_under_the_keys_is_authentic(void **state)
{
    struct link *l = connected();
    struct dtls *server = l->end[SERVER].dtls;
    (void)state;
    assert_int_equal(dtls_send(l->end[CLIENT].dtls, (const uint8_t *)"x", 1), 0);
    struct datagram good = *queue_pop(&l->end[CLIENT].out), bad = good;
    bad.bytes[bad.len - 1] ^= 1;
    assert_false(dtls_feed(server, bad.bytes, bad.len));
    assert_false(dtls_feed(server, good.bytes, 5));
    assert_false(dtls_feed(server, good.bytes, 0));
    assert_true(dtls_feed(server, good.bytes, good.len));
    assert_false(dtls_feed(server, good.bytes, good.len)); /* a replay */
    assert_int_equal(l->end[SERVER].data_count, 1);
    assert_int_equal(dtls_state(server), DTLS_CONNECTED);
    link_free(l);
}

static void close_notify(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct link *l = connected();
        dtls_close(l->end[i].dtls);
        dtls_close(l->end[i].dtls);
        assert_int_equal(l->end[i].out.count, 1);
        struct datagram d = *queue_pop(&l->end[i].out);
        assert_true(dtls_feed(l->end[!i].dtls, d.bytes, d.len));
        link_run(l);
        for (size_t j = 0; j < 2; j++) {
            assert_int_equal(dtls_state(l->end[j].dtls), DTLS_CLOSED);
            assert_int_equal(dtls_error(l->end[j].dtls), DTLS_OK);
            assert_int_equal(dtls_send(l->end[j].dtls, (const uint8_t *)"x", 1), -ENOTCONN);
        }
        link_free(l);
    }
}

static void close_during_the_handshake(void **state)
{
    struct link *l = link_new(NULL, NULL, NULL);
    (void)state;
    dtls_start(l->end[CLIENT].dtls);
    dtls_close(l->end[CLIENT].dtls);
    link_run(l);
    assert_int_equal(dtls_state(l->end[CLIENT].dtls), DTLS_CLOSED);
    assert_int_equal(dtls_state(l->end[SERVER].dtls), DTLS_HANDSHAKE);
    link_free(l);
}

static void fingerprint_of_ours(void **state)
{
    struct dtls_context *a = dtls_context_new(NULL), *b = dtls_context_new(NULL);
    (void)state;
    assert_int_equal(dtls_context_fingerprint(a)->hash, SFU_SHA256);
    assert_int_equal(dtls_context_fingerprint(a)->len, 32);
    assert_memory_not_equal(dtls_context_fingerprint(a)->value, dtls_context_fingerprint(b)->value, 32);
    dtls_context_free(a);
    dtls_context_free(b);
    assert_null(dtls_context_new("NO_SUCH_PROFILE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_profile),
        cmocka_unit_test(fingerprints),
        cmocka_unit_test(loss),
        cmocka_unit_test(handshake_never_ends),
        cmocka_unit_test(data_keeps_its_borders),
        cmocka_unit_test(last_flight_lost),
        cmocka_unit_test(little_is_kept),
        cmocka_unit_test(only_what_is_under_the_keys_is_authentic),
        cmocka_unit_test(close_notify),
        cmocka_unit_test(close_during_the_handshake),
        cmocka_unit_test(fingerprint_of_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
