/* Records under keys after a handshake of OpenSSL's, between ours at one end and OpenSSL at the other. */
#include "dtls_link.h"

#include "dtls_bio.h"
#include "dtls_records.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

enum { HEADER = 13, TYPE_AT = 0, VERSION_AT = 1, EPOCH_AT = 3, NUMBER_AT = 5, LENGTH_AT = 11, NONCE_AT = 13 };

/* One end of the handshake. */
struct party {
    SSL *ssl;
    struct dtls_bio bio;
    struct queue out;
    struct dtls_records records;
};

struct pair {
    SSL_CTX *ssl; /* its certificate serves both */
    struct party party[2];
};

static void party_output(void *arg, const uint8_t *p, size_t len)
{
    struct party *party = arg;
    struct datagram *d = &party->out.at[party->out.head + party->out.count++];
    assert_true(party->out.head + party->out.count <= QUEUE_MAX && len <= sizeof(d->bytes));
    memcpy(d->bytes, p, len);
    d->len = len;
    dtls_records_note(&party->records, p, len);
}

/* Lets an end read a datagram with OpenSSL. Returns what SSL_read() does. */
static int party_read(struct party *party, const struct datagram *d, uint8_t *record)
{
    struct datagram copy = *d;
    dtls_bio_feed(&party->bio, copy.bytes, copy.len);
    int len = SSL_read(party->ssl, record, DATAGRAM_MAX);
    dtls_bio_feed(&party->bio, NULL, 0);
    ERR_clear_error();
    return len;
}

static void certify(SSL_CTX *ctx)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 1000);
    assert_int_equal(X509_set_pubkey(cert, key), 1);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static struct pair *pair_new(const char *ciphers)
{
    struct pair *pair = calloc(1, sizeof(*pair));
    assert_non_null(pair);
    pair->ssl = SSL_CTX_new(DTLS_method());
    SSL_CTX_set_options(pair->ssl, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET);
    assert_int_equal(SSL_CTX_set_cipher_list(pair->ssl, ciphers), 1);
    certify(pair->ssl);
    for (size_t i = 0; i < 2; i++) {
        struct party *p = &pair->party[i];
        p->bio = (struct dtls_bio){.output = party_output, .arg = p};
        p->ssl = SSL_new(pair->ssl);
        BIO *bio = dtls_bio_new(&p->bio);
        SSL_set_bio(p->ssl, bio, bio);
        SSL_set_mtu(p->ssl, DTLS_MTU);
        if (i == CLIENT)
            SSL_set_connect_state(p->ssl);
        else
            SSL_set_accept_state(p->ssl);
    }
    return pair;
}

static void pair_free(struct pair *pair)
{
    for (size_t i = 0; i < 2; i++)
        SSL_free(pair->party[i].ssl);
    SSL_CTX_free(pair->ssl);
    free(pair);
}

static struct pair *shaken(const char *ciphers)
{
    struct pair *pair = pair_new(ciphers);
    uint8_t record[DATAGRAM_MAX];
    SSL_do_handshake(pair->party[CLIENT].ssl);
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < 2; i++) {
            const struct datagram *d = queue_pop(&pair->party[i].out);
            if (!d)
                continue;
            (void)party_read(&pair->party[!i], d, record);
            moved = true;
        }
    }
    for (size_t i = 0; i < 2; i++)
        assert_true(SSL_is_init_finished(pair->party[i].ssl));
    return pair;
}

static struct datagram sealed(struct dtls_records *r, const void *p, size_t len)
{
    struct datagram d = {.len = len + DTLS_RECORDS_OVERHEAD};
    assert_int_equal(dtls_records_seal(r, DTLS_CONTENT_DATA, p, len, d.bytes), 0);
    return d;
}

/* How many records of the datagram are authentic; plain and len are the last one's. */
static size_t opened(struct dtls_records *r, const struct datagram *d, uint8_t *plain, size_t *len)
{
    struct rd in = rd_init(d->bytes, d->len);
    enum dtls_content type;
    size_t count = 0;
    while (dtls_records_open(r, &in, &type, plain, len))
        count += type == DTLS_CONTENT_DATA;
    return count;
}

static uint8_t plain[DTLS_RECORDS_PLAIN_MAX];

/* --- OpenSSL as the oracle ------------------------------------------------------------ */

static const struct {
    const char *ciphers;
    bool ours; /* else it stays with OpenSSL */
} suites[] = {
    {"ECDHE-ECDSA-AES128-GCM-SHA256", true},
    {"ECDHE-ECDSA-AES256-GCM-SHA384", true},
    {"ECDHE-ECDSA-CHACHA20-POLY1305", false},
    {"ECDHE-ECDSA-AES128-SHA256", false},
};

static const size_t sizes[] = {1, 2, 15, 16, 17, 100, DTLS_DATA_MAX};

static void exchange(struct party *ours, struct party *theirs)
{
    uint8_t bytes[DTLS_DATA_MAX], record[DATAGRAM_MAX];
    size_t len = 0;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        memset(bytes, (int)i + 1, sizes[i]);
        struct datagram d = sealed(&ours->records, bytes, sizes[i]);
        assert_int_equal(party_read(theirs, &d, record), sizes[i]);
        assert_memory_equal(record, bytes, sizes[i]);
        assert_int_equal(SSL_write(theirs->ssl, bytes, (int)sizes[i]), sizes[i]);
        d = *queue_pop(&theirs->out);
        assert_int_equal(opened(&ours->records, &d, plain, &len), 1);
        assert_int_equal(len, sizes[i]);
        assert_memory_equal(plain, bytes, len);
    }
}

static void goes_on_where_openssl_stops(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(suites); i++) {
        for (size_t at = 0; at < 2; at++) {
            struct pair *pair = shaken(suites[i].ciphers);
            struct party *ours = &pair->party[at];
            bool begun = dtls_records_begin(&ours->records, ours->ssl);
            if (begun != suites[i].ours)
                fail_msg("%s: %s", suites[i].ciphers, begun ? "taken over" : "not taken over");
            if (begun)
                exchange(ours, &pair->party[!at]);
            pair_free(pair);
        }
    }
}

static void not_without_a_finished(void **state)
{
    struct pair *pair = shaken(suites[0].ciphers);
    struct dtls_records none = {0}, other = pair->party[SERVER].records;
    (void)state;
    assert_false(dtls_records_begin(&none, pair->party[SERVER].ssl));
    other.finished[sizeof(other.finished) - 1] ^= 1; /* as if the keys were wrong */
    assert_false(dtls_records_begin(&other, pair->party[SERVER].ssl));
    pair_free(pair);
}

static void no_nonce_twice(void **state)
{
    struct pair *pair = shaken(suites[0].ciphers);
    struct party *ours = &pair->party[SERVER];
    uint32_t number = 0, nonce = get_u32(ours->records.finished + NONCE_AT + 4);
    (void)state;
    assert_true(dtls_records_begin(&ours->records, ours->ssl));
    for (size_t i = 0; i < 20; i++) {
        struct datagram d = {.len = DTLS_RECORDS_FLIGHT_LEN};
        if (i % 2)
            d = sealed(&ours->records, "x", 1);
        else
            assert_int_equal(dtls_records_last_flight(&ours->records, d.bytes), 0);
        const uint8_t *record = i % 2 ? d.bytes : d.bytes + HEADER + 1; /* behind ChangeCipherSpec */
        assert_int_equal(get_u32(record + NUMBER_AT + 2), ++number);
        assert_int_equal(get_u32(record + NONCE_AT + 4), ++nonce);
    }
    ours->records.number = (UINT64_C(1) << 48) - 1;
    assert_int_equal(dtls_records_seal(&ours->records, DTLS_CONTENT_DATA, plain, 1, plain), -EIO);
    pair_free(pair);
}

/* --- What is not authentic ---------------------------------------------------------------- */

static const struct {
    const char *what;
    size_t at;
    uint8_t flip;
    size_t cut; /* bytes off the end */
} damages[] = {
    {.what = "type", .at = TYPE_AT, .flip = 1},
    {.what = "version", .at = VERSION_AT + 1, .flip = 2},
    {.what = "epoch 0", .at = EPOCH_AT + 1, .flip = 1},
    {.what = "epoch 3", .at = EPOCH_AT + 1, .flip = 2},
    {.what = "number", .at = NUMBER_AT + 5, .flip = 0x20},
    {.what = "the highest bit of the number", .at = NUMBER_AT, .flip = 0x80},
    {.what = "longer than the datagram", .at = LENGTH_AT + 1, .flip = 0x40},
    {.what = "longer than any", .at = LENGTH_AT, .flip = 0xff},
    {.what = "shorter", .at = LENGTH_AT + 1, .flip = 1},
    {.what = "nonce", .at = NONCE_AT, .flip = 1},
    {.what = "text", .at = NONCE_AT + 8, .flip = 1},
    {.what = "tag", .at = HEADER + 8 + 10 + 15, .flip = 1},
    {.what = "cut", .cut = 1},
    {.what = "only a header", .cut = 8 + 10 + 16},
    {.what = "half a header", .cut = 8 + 10 + 16 + 6},
};

static void damaged(void **state)
{
    struct pair *pair = shaken(suites[0].ciphers);
    struct party *client = &pair->party[CLIENT];
    struct dtls_records *ours = &pair->party[SERVER].records;
    size_t len;
    (void)state;
    assert_true(dtls_records_begin(ours, pair->party[SERVER].ssl));
    assert_int_equal(SSL_write(client->ssl, "0123456789", 10), 10);
    struct datagram good = *queue_pop(&client->out);
    for (size_t i = 0; i < COUNT(damages); i++) {
        struct datagram d = good;
        d.bytes[damages[i].at] ^= damages[i].flip;
        d.len -= damages[i].cut;
        if (opened(ours, &d, plain, &len) != 0)
            fail_msg("%s: opened", damages[i].what);
    }
    struct datagram two = good; /* a bad one before a good one */
    two.bytes[HEADER] ^= 1;
    memcpy(two.bytes + good.len, good.bytes, good.len);
    two.len = 2 * good.len;
    assert_int_equal(opened(ours, &two, plain, &len), 1);
    assert_int_equal(opened(ours, &good, plain, &len), 0); /* and now it is a replay */
    pair_free(pair);
}

/* Numbers in the order in which they come. */
static const struct {
    uint8_t number;
    bool fresh;
} arrivals[] = {
    {10, true},
    {10, false},
    {9, true},
    {12, true},
    {11, true},
    {11, false},
    {9, false},
    {75, true},
    {12, false} /* seen */,
    {74, true},
    {11, false} /* too old */,
    {139, true},
    {75, false},
    {76, true},
    {74, false},
    {250, true},
    {139, false},
    {187, true},
    {186, false},
    {250, false},
};

static void replays(void **state)
{
    struct pair *pair = shaken(suites[0].ciphers);
    struct party *client = &pair->party[CLIENT];
    struct dtls_records *ours = &pair->party[SERVER].records;
    struct datagram *sent = calloc(256, sizeof(*sent));
    size_t len;
    (void)state;
    assert_non_null(sent);
    assert_true(dtls_records_begin(ours, pair->party[SERVER].ssl));
    for (size_t i = 1; i < 256; i++) { /* number 0 was its Finished */
        assert_int_equal(SSL_write(client->ssl, "x", 1), 1);
        sent[i] = *queue_pop(&client->out);
        assert_int_equal(get_u32(sent[i].bytes + NUMBER_AT + 2), i);
    }
    for (size_t i = 0; i < COUNT(arrivals); i++) {
        if ((opened(ours, &sent[arrivals[i].number], plain, &len) == 1) != arrivals[i].fresh)
            fail_msg("arrival %zu, number %u", i, arrivals[i].number);
    }
    free(sent);
    pair_free(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_where_openssl_stops),
        cmocka_unit_test(not_without_a_finished),
        cmocka_unit_test(no_nonce_twice),
        cmocka_unit_test(damaged),
        cmocka_unit_test(replays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
