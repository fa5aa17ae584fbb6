/* A DTLS server of ours against clients that do not play by the rules. */
#include "dtls_link.h"

#include "dtls_bio.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

enum {
    RECORD_HEADER = 13,
    MESSAGE_HEADER = 12,
    CLIENT_HELLO = 1,
    ALERT = 21,
    HANDSHAKE = 22,
    FIRST_SPARE_SEQ = 40
};

/* A record of epoch 0 with len bytes of content (RFC 6347, section 4.1). */
static void write_record(struct datagram *d, uint8_t type, uint64_t seq, const uint8_t *content, size_t len)
{
    struct wr w = wr_init(d->bytes, sizeof(d->bytes));
    wr_u8(&w, type);
    wr_u16(&w, 0xfefd);
    wr_u32(&w, 0);
    wr_u32(&w, (uint32_t)seq);
    wr_u16(&w, (uint32_t)len);
    wr_bytes(&w, content, len);
    assert_false(w.bad);
    d->len = wr_len(&w);
}

/* --- A ClientHello in pieces ------------------------------------------------------- */

/* A piece of the handshake message in `hello`, in a record of its own. total:
 * the length that it claims for the whole message. */
static struct datagram piece(const struct datagram *hello, size_t off, size_t len, size_t total, uint64_t seq)
{
    uint8_t content[DATAGRAM_MAX];
    struct wr w = wr_init(content, sizeof(content));
    struct datagram d = {0};
    wr_u8(&w, CLIENT_HELLO);
    wr_u24(&w, (uint32_t)total);
    wr_u16(&w, 0);
    wr_u24(&w, (uint32_t)off);
    wr_u24(&w, (uint32_t)len);
    wr_bytes(&w, hello->bytes + RECORD_HEADER + MESSAGE_HEADER + off, len);
    assert_false(w.bad);
    write_record(&d, HANDSHAKE, seq, content, wr_len(&w));
    return d;
}

/* Orders in which the pieces arrive; -1 = no more, a piece may come twice. */
static const struct {
    size_t count;
    int order[6];
} orders[] = {
    {1, {0, -1}},       {2, {0, 1, -1}},    {2, {1, 0, -1}},          {2, {1, 1, 0, -1}},
    {3, {0, 1, 2, -1}}, {3, {0, 2, 1, -1}}, {3, {1, 0, 2, -1}},       {3, {1, 2, 0, -1}},
    {3, {2, 0, 1, -1}}, {3, {2, 1, 0, -1}}, {3, {2, 0, 2, 0, 1, -1}},
};

static void hello_in_pieces(size_t row)
{
    struct link *l = link_new(NULL, NULL, NULL);
    dtls_start(l->end[CLIENT].dtls);
    struct datagram hello = *queue_pop(&l->end[CLIENT].out);
    size_t total = hello.len - RECORD_HEADER - MESSAGE_HEADER, count = orders[row].count;
    assert_int_equal(get_u16(hello.bytes + 11), total + MESSAGE_HEADER); /* it was one record */
    for (size_t i = 0; orders[row].order[i] >= 0; i++) {
        size_t part = (size_t)orders[row].order[i];
        size_t off = total * part / count, end = total * (part + 1) / count;
        struct datagram d = piece(&hello, off, end - off, total, FIRST_SPARE_SEQ + i);
        assert_int_equal(l->end[SERVER].out.count, 0); /* no answer before it is whole */
        dtls_feed(l->end[SERVER].dtls, d.bytes, d.len);
    }
    assert_true(l->end[SERVER].out.count > 0);
    link_run(l);
    assert_true(link_connected(l));
    link_free(l);
}

static void hello_in_pieces_in_any_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(orders); i++)
        hello_in_pieces(i);
}

/* Pieces that make no sense: never an answer but an alert, never a session. */
static const struct {
    const char *what;
    size_t first_total, second_total; /* claimed lengths; 0 = the right one */
    size_t second_off;
} nonsense[] = {
    {"over 16 KB", 20000, 20000, 100},
    {"the largest number", 0xffffff, 0xffffff, 100},
    {"longer at the second piece", 0, 5000, 100},
    {"shorter at the second piece", 0, 101, 100},
    {"a piece past the end", 101, 101, 100},
    {"a hole", 0, 0, 120},
};

static void hello_of_nonsense(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(nonsense); i++) {
        struct link *l = link_new(NULL, NULL, NULL);
        struct dtls *server = l->end[SERVER].dtls;
        dtls_start(l->end[CLIENT].dtls);
        struct datagram hello = *queue_pop(&l->end[CLIENT].out);
        size_t total = hello.len - RECORD_HEADER - MESSAGE_HEADER;
        size_t first = nonsense[i].first_total, second = nonsense[i].second_total,
               off = nonsense[i].second_off;
        struct datagram a = piece(&hello, 0, 100, first ? first : total, FIRST_SPARE_SEQ);
        struct datagram b = piece(&hello, off, total - off, second ? second : total, FIRST_SPARE_SEQ + 1);
        dtls_feed(server, a.bytes, a.len);
        dtls_feed(server, b.bytes, b.len);
        assert_true(dtls_state(server) == DTLS_HANDSHAKE || dtls_state(server) == DTLS_FAILED);
        assert_true(l->end[SERVER].out.count <= 1);
        if (l->end[SERVER].out.count == 1)
            assert_int_equal(l->end[SERVER].out.at[0].bytes[0], ALERT);
        link_free(l);
    }
}

/* --- Clients of another make --------------------------------------------------------- */

/* OpenSSL as a client with settings of its own, against a server of ours. */
struct stranger {
    const char *what;
    const char *ciphers;  /* NULL = the default */
    const char *profiles; /* of SRTP; NULL = none */
    int max_version;      /* 0 = the newest */
    bool no_certificate;
    bool connects;
    enum dtls_error error; /* of the server, where it does not connect */
};

static const struct stranger strangers[] = {
    {.what = "a good one", .profiles = "SRTP_AES128_CM_SHA1_80", .connects = true},
    {.what = "AES-128-GCM alone",
     .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256",
     .profiles = "SRTP_AEAD_AES_128_GCM",
     .connects = true},
    {.what = "ChaCha20 alone",
     .ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305",
     .profiles = "SRTP_AEAD_AES_256_GCM",
     .connects = true},
    {.what = "CBC alone",
     .ciphers = "ECDHE-ECDSA-AES128-SHA",
     .profiles = "SRTP_AES128_CM_SHA1_80",
     .connects = true},
    {.what = "no use_srtp", .error = DTLS_NO_PROFILE},
    {.what = "NULL ciphers",
     .ciphers = "eNULL:@SECLEVEL=0",
     .profiles = "SRTP_AES128_CM_SHA1_80",
     .error = DTLS_PROTOCOL},
    {.what = "anonymous ciphers",
     .ciphers = "aNULL:@SECLEVEL=0",
     .profiles = "SRTP_AES128_CM_SHA1_80",
     .error = DTLS_PROTOCOL},
    {.what = "no forward secrecy",
     .ciphers = "kRSA:@SECLEVEL=0",
     .profiles = "SRTP_AES128_CM_SHA1_80",
     .error = DTLS_PROTOCOL},
    {.what = "DTLS 1.0",
     .ciphers = "ALL:@SECLEVEL=0",
     .profiles = "SRTP_AES128_CM_SHA1_80",
     .max_version = DTLS1_VERSION,
     .error = DTLS_PROTOCOL},
    {.what = "no certificate",
     .profiles = "SRTP_AES128_CM_SHA1_80",
     .no_certificate = true,
     .error = DTLS_PROTOCOL},
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
        if (connects != strangers[i].connects || dtls_error(v->server.dtls) != strangers[i].error)
            fail_msg("%s: state %d, error %d", strangers[i].what, dtls_state(v->server.dtls),
                     dtls_error(v->server.dtls));
        if (connects)
            talk(v, i % 2);
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
    assert_int_equal(hello.bytes[0], HANDSHAKE);
    dtls_feed(server, hello.bytes, hello.len);
    assert_int_equal(v->server.out.count, 1);
    assert_int_equal(v->server.out.at[v->server.out.head].bytes[0], ALERT);
    assert_int_equal(dtls_state(server), DTLS_CONNECTED);
    assert_int_equal(dtls_keys(server, &after), 0);
    assert_memory_equal(&before, &after, sizeof(before));
    ERR_clear_error();
    visit_free(v);
}

/* --- Floods ------------------------------------------------------------------------------ */

/* The end that the flood goes to answers with next to nothing and does not fall over. */
static size_t flood(struct link *l, uint8_t type, const uint8_t *content, size_t len)
{
    struct dtls *server = l->end[SERVER].dtls;
    size_t sent = l->end[SERVER].out.sent;
    for (uint64_t seq = 0; seq < 10000; seq++) {
        struct datagram d = {0};
        write_record(&d, type, FIRST_SPARE_SEQ + seq, content, len);
        assert_false(dtls_feed(server, d.bytes, d.len));
    }
    return l->end[SERVER].out.sent - sent;
}

static const struct {
    const char *what;
    uint8_t type;
    size_t len;
    uint8_t content[32];
} floods[] = {
    {"warnings", ALERT, 2, {1, 90}},
    {"close_notify", ALERT, 2, {1, 0}},
    {"fatal alerts", ALERT, 2, {2, 40}},
    {"alerts of a byte", ALERT, 1, {1}},
    {"change cipher spec", 20, 1, {1}},
    {"application data", 23, 5, "hello"},
    {"handshake of zeros", HANDSHAKE, 25, {0}},
    {"message numbers ahead", HANDSHAKE, 13, {11, 0, 0, 1, 0, 7, 0, 0, 0, 0, 0, 1, 0}},
    {"unknown type", 60, 5, "hello"},
};

static void floods_before_the_handshake(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(floods); i++) {
        struct link *l = link_new(NULL, NULL, NULL);
        size_t answers = flood(l, floods[i].type, floods[i].content, floods[i].len);
        if (answers > 1)
            fail_msg("%s: %zu answers", floods[i].what, answers);
        assert_true(dtls_state(l->end[SERVER].dtls) == DTLS_HANDSHAKE ||
                    dtls_state(l->end[SERVER].dtls) == DTLS_FAILED);
        link_free(l);
    }
}

/* Nothing of that is under the keys: the session does not notice. */
static void floods_after_the_handshake(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(floods); i++) {
        struct link *l = link_new(NULL, NULL, NULL);
        dtls_start(l->end[CLIENT].dtls);
        link_run(l);
        assert_true(link_connected(l));
        assert_int_equal(flood(l, floods[i].type, floods[i].content, floods[i].len), 0);
        assert_int_equal(dtls_send(l->end[CLIENT].dtls, (const uint8_t *)"still here", 10), 0);
        link_run(l);
        assert_int_equal(l->end[SERVER].data_len, 10);
        assert_true(link_connected(l));
        link_free(l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_in_pieces_in_any_order),
        cmocka_unit_test(hello_of_nonsense),
        cmocka_unit_test(strangers_come),
        cmocka_unit_test(renegotiation_is_refused),
        cmocka_unit_test(floods_before_the_handshake),
        cmocka_unit_test(floods_after_the_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
