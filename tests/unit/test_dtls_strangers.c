/* A DTLS server of ours and clients of another make, good ones and others. */
#include "dtls_link.h"

#include "dtls_bio.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

/* OpenSSL as a client with settings of its own, against a server of ours. */
struct stranger {
    const char *what;
    const char *ciphers;  /* NULL = the default */
    const char *profiles; /* of SRTP; NULL = none */
    int max_version;      /* 0 = the newest */
    bool no_certificate;
    enum dtls_error error; /* of the server; DTLS_OK: it connects */
};

#define CM "SRTP_AES128_CM_SHA1_80"

static const struct stranger strangers[] = {
    {"a good one", NULL, CM, .error = DTLS_OK},
    {"AES-128-GCM alone", "ECDHE-ECDSA-AES128-GCM-SHA256", "SRTP_AEAD_AES_128_GCM", .error = DTLS_OK},
    {"ChaCha20 alone", "ECDHE-ECDSA-CHACHA20-POLY1305", "SRTP_AEAD_AES_256_GCM", .error = DTLS_OK},
    {"CBC alone", "ECDHE-ECDSA-AES128-SHA", CM, .error = DTLS_OK},
    {"no use_srtp", NULL, NULL, .error = DTLS_NO_PROFILE},
    {"NULL ciphers", "eNULL:@SECLEVEL=0", CM, .error = DTLS_PROTOCOL},
    {"anonymous ciphers", "aNULL:@SECLEVEL=0", CM, .error = DTLS_PROTOCOL},
    {"no forward secrecy", "kRSA:@SECLEVEL=0", CM, .error = DTLS_PROTOCOL},
    {"DTLS 1.0", "ALL:@SECLEVEL=0", CM, .max_version = DTLS1_VERSION, .error = DTLS_PROTOCOL},
    {"no certificate", NULL, CM, .no_certificate = true, .error = DTLS_PROTOCOL},
};

struct visit {
    SSL_CTX *ctx;
    SSL *ssl;
    struct dtls_bio bio;
    struct end client, server; /* client: only its queue */
};

static struct sfu_fingerprint stranger_certificate(SSL_CTX *ctx)
{
    struct sfu_fingerprint f = {.hash = SFU_SHA384};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    unsigned len = sizeof(f.value);
    X509_gmtime_adj(X509_getm_notBefore(cert), -100000);
    X509_gmtime_adj(X509_getm_notAfter(cert), -50000); /* long expired: the fingerprint is what counts */
    assert_int_equal(X509_set_pubkey(cert, key), 1);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    assert_int_equal(X509_digest(cert, EVP_sha384(), f.value, &len), 1);
    f.len = (uint8_t)len;
    assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
    X509_free(cert);
    EVP_PKEY_free(key);
    return f;
}

static struct visit *visit_new(const struct stranger *s)
{
    struct visit *v = calloc(1, sizeof(*v));
    struct sfu_fingerprint fingerprint = {.hash = SFU_SHA256, .len = 32};
    assert_non_null(v);
    v->ctx = SSL_CTX_new(DTLS_method());
    SSL_CTX_set_security_level(v->ctx, 0);
    SSL_CTX_set_options(v->ctx, SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_min_proto_version(v->ctx, DTLS1_VERSION);
    if (s->max_version)
        SSL_CTX_set_max_proto_version(v->ctx, s->max_version);
    if (s->ciphers)
        assert_int_equal(SSL_CTX_set_cipher_list(v->ctx, s->ciphers), 1);
    if (s->profiles)
        assert_int_equal(SSL_CTX_set_tlsext_use_srtp(v->ctx, s->profiles), 0);
    if (!s->no_certificate)
        fingerprint = stranger_certificate(v->ctx);
    v->bio = (struct dtls_bio){.output = on_output, .arg = &v->client};
    v->ssl = SSL_new(v->ctx);
    BIO *bio = dtls_bio_new(&v->bio);
    SSL_set_bio(v->ssl, bio, bio);
    SSL_set_mtu(v->ssl, DTLS_MTU);
    SSL_set_connect_state(v->ssl);
    v->server.ctx = dtls_context_new(NULL);
    v->server.dtls = dtls_new(v->server.ctx, false, &fingerprint, &upcalls, &v->server, NOW_US);
    return v;
}

static void visit_free(struct visit *v)
{
    SSL_free(v->ssl);
    SSL_CTX_free(v->ctx);
    dtls_free(v->server.dtls);
    dtls_context_free(v->server.ctx);
    free(v);
}

/* Let the stranger do what it can, and carry datagrams until both are quiet. */
static void visit_run(struct visit *v)
{
    uint8_t record[DATAGRAM_MAX];
    const struct datagram *d;
    SSL_do_handshake(v->ssl);
    for (bool moved = true; moved;) {
        moved = false;
        if ((d = queue_pop(&v->client.out))) {
            struct datagram copy = *d;
            dtls_feed(v->server.dtls, copy.bytes, copy.len);
            moved = true;
        }
        if ((d = queue_pop(&v->server.out))) {
            struct datagram copy = *d;
            dtls_bio_feed(&v->bio, copy.bytes, copy.len);
            SSL_read(v->ssl, record, sizeof(record)); /* finishes the handshake, too */
            dtls_bio_feed(&v->bio, NULL, 0);
            moved = true;
        }
    }
    ERR_clear_error();
}

/* The same keys at both ends, data in both directions, and close_notify in one. */
static void talk(struct visit *v, bool they_close)
{
    static const char label[] = "EXTRACTOR-dtls_srtp";
    uint8_t record[DATAGRAM_MAX], bytes[2 * (KEYS_KEY_MAX + KEYS_SALT_MAX)];
    struct keys keys;
    assert_int_equal(dtls_keys(v->server.dtls, &keys), 0);
    size_t key_len = keys_profiles[keys.profile].key_len;
    size_t len = 2 * (key_len + keys_profiles[keys.profile].salt_len);
    assert_int_equal(SSL_export_keying_material(v->ssl, bytes, len, label, sizeof(label) - 1, NULL, 0, 0), 1);
    assert_memory_equal(keys.remote.key, bytes, key_len);
    assert_memory_equal(keys.local.key, bytes + key_len, key_len);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(SSL_write(v->ssl, "to the server", 13), 13);
        visit_run(v);
        assert_int_equal(v->server.data_len, 13);
        assert_int_equal(v->server.data_count, i + 1);
        assert_int_equal(dtls_send(v->server.dtls, (const uint8_t *)"to the stranger", 15), 0);
        struct datagram d = *queue_pop(&v->server.out);
        dtls_bio_feed(&v->bio, d.bytes, d.len);
        assert_int_equal(SSL_read(v->ssl, record, sizeof(record)), 15);
    }
    if (they_close)
        SSL_shutdown(v->ssl);
    else
        dtls_close(v->server.dtls);
    visit_run(v);
    assert_int_equal(dtls_state(v->server.dtls), DTLS_CLOSED);
    assert_true(SSL_get_shutdown(v->ssl) & SSL_RECEIVED_SHUTDOWN);
}

static void strangers_come(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(strangers); i++) {
        struct visit *v = visit_new(&strangers[i]);
        visit_run(v);
        bool connects = dtls_state(v->server.dtls) == DTLS_CONNECTED;
        if (connects != (strangers[i].error == DTLS_OK) || dtls_error(v->server.dtls) != strangers[i].error)
            fail_msg("%s: state %d, error %d", strangers[i].what, dtls_state(v->server.dtls),
                     dtls_error(v->server.dtls));
        if (connects)
            talk(v, i % 2);
        else if (strangers[i].error == DTLS_NO_PROFILE) /* it is told, as for it nothing is wrong */
            assert_true(SSL_get_shutdown(v->ssl) & SSL_RECEIVED_SHUTDOWN);
        visit_free(v);
    }
}

/* The answer is a warning, and the session goes on as it is. */
static void renegotiation_is_refused(void **state)
{
    struct visit *v = visit_new(&strangers[0]);
    struct dtls *server = v->server.dtls;
    struct keys before, after;
    (void)state;
    visit_run(v);
    assert_int_equal(dtls_keys(server, &before), 0);
    assert_int_equal(SSL_renegotiate(v->ssl), 1);
    SSL_do_handshake(v->ssl);
    assert_int_equal(v->client.out.count, 1);
    struct datagram hello = *queue_pop(&v->client.out);
    assert_int_equal(hello.bytes[0], SSL3_RT_HANDSHAKE);
    dtls_feed(server, hello.bytes, hello.len);
    assert_int_equal(v->server.out.count, 1);
    assert_int_equal(v->server.out.at[v->server.out.head].bytes[0], SSL3_RT_ALERT);
    assert_int_equal(dtls_state(server), DTLS_CONNECTED);
    assert_int_equal(dtls_keys(server, &after), 0);
    assert_memory_equal(&before, &after, sizeof(before));
    ERR_clear_error();
    visit_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strangers_come),
        cmocka_unit_test(renegotiation_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
