#include "dtls.h"

#include "dtls_bio.h"
#include "dtls_certificate.h"
#include "dtls_farewell.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum {
    RETRY_FIRST_US = 250000, /* of the retransmission timer, doubled each time */
    RETRY_MAX_US = 4000000,
    RECORD_MAX = 16384, /* RFC 6347, section 4.1 */
    MESSAGE_MAX = 8192, /* of the peer's certificate; OpenSSL takes no other message over 17.5 KB either */
};

struct dtls_context {
    SSL_CTX *ssl;
    struct sfu_fingerprint fingerprint;
};

struct dtls {
    SSL *ssl;                       /* one of these two */
    struct dtls_farewell *farewell; /* once condensed */
    const struct dtls_upcalls *up;
    void *arg;
    struct sfu_fingerprint expected;
    struct dtls_bio bio;
    uint64_t made_us;
    enum dtls_state state;
    enum dtls_error error;
    bool client, started;
    bool verified; /* the peer's certificate has the expected fingerprint */
};

/* --- Context ------------------------------------------------------------------- */

/* In place of OpenSSL's chain verification: 1 where the fingerprint is the one
 * that was signalled, whatever the certificate says. */
static int verify_fingerprint(X509_STORE_CTX *store, void *unused)
{
    (void)unused;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct dtls *dtls = SSL_get_app_data(ssl);
    dtls->verified = dtls_certificate_is(X509_STORE_CTX_get0_cert(store), &dtls->expected);
    if (!dtls->verified) {
        dtls->error = DTLS_FINGERPRINT;
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    }
    return dtls->verified;
}

static bool profiles_set(SSL_CTX *ssl, const char *profiles)
{
    char all[128] = "";
    size_t used = 0;
    for (size_t i = 0; i < KEYS_PROFILE_COUNT; i++)
        used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", i ? ":" : "",
                                 keys_profiles[i].dtls_name);
    return SSL_CTX_set_tlsext_use_srtp(ssl, profiles ? profiles : all) == 0; /* 0 is success, for once */
}

/* A resumed session would skip the certificate: no cache, no tickets. */
static bool context_set(SSL_CTX *ssl, const char *profiles)
{
    SSL_CTX_set_options(ssl, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(ssl, MESSAGE_MAX);
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(ssl, verify_fingerprint, NULL);
    return SSL_CTX_set_min_proto_version(ssl, DTLS1_2_VERSION) == 1 && profiles_set(ssl, profiles) &&
           SSL_CTX_set_cipher_list(ssl, "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL:!eNULL:!aPSK") == 1;
}

struct dtls_context *dtls_context_new(const char *profiles)
{
    struct dtls_context *ctx = calloc(1, sizeof(*ctx));
    if (!ctx)
        return NULL;
    ctx->ssl = SSL_CTX_new(DTLS_method());
    if (ctx->ssl && context_set(ctx->ssl, profiles) && dtls_certificate_make(ctx->ssl, &ctx->fingerprint))
        return ctx;
    ERR_clear_error();
    dtls_context_free(ctx);
    return NULL;
}

void dtls_context_free(struct dtls_context *ctx)
{
    if (!ctx)
        return;
    SSL_CTX_free(ctx->ssl);
    free(ctx);
}

const struct sfu_fingerprint *dtls_context_fingerprint(const struct dtls_context *ctx)
{
    return &ctx->fingerprint;
}

/* --- Session -------------------------------------------------------------------- */

static unsigned retry_after(SSL *ssl, unsigned last_us)
{
    (void)ssl;
    if (last_us == 0)
        return RETRY_FIRST_US;
    return last_us * 2 < RETRY_MAX_US ? last_us * 2 : RETRY_MAX_US;
}

static bool session_set(struct dtls *dtls, struct dtls_context *ctx)
{
    dtls->ssl = SSL_new(ctx->ssl);
    BIO *bio = dtls->ssl ? dtls_bio_new(&dtls->bio) : NULL;
    if (!bio)
        return false;
    SSL_set_bio(dtls->ssl, bio, bio);
    SSL_set_app_data(dtls->ssl, dtls);
    DTLS_set_timer_cb(dtls->ssl, retry_after);
    if (dtls->client)
        SSL_set_connect_state(dtls->ssl);
    else
        SSL_set_accept_state(dtls->ssl);
    return SSL_set_mtu(dtls->ssl, DTLS_MTU) == DTLS_MTU;
}

struct dtls *dtls_new(struct dtls_context *ctx, bool client, const struct sfu_fingerprint *expected,
                      const struct dtls_upcalls *up, void *arg, uint64_t now_us)
{
    struct dtls *dtls = calloc(1, sizeof(*dtls));
    if (!dtls)
        return NULL;
    *dtls = (struct dtls){
        .up = up,
        .arg = arg,
        .expected = *expected,
        .bio = {.output = up->output, .arg = arg},
        .made_us = now_us,
        .client = client,
        .started = !client,
    };
    if (session_set(dtls, ctx))
        return dtls;
    ERR_clear_error();
    dtls_free(dtls);
    return NULL;
}

static void forget_farewell(struct dtls_farewell *farewell)
{
    OPENSSL_clear_free(farewell, sizeof(*farewell));
}

void dtls_free(struct dtls *dtls)
{
    if (!dtls)
        return;
    SSL_free(dtls->ssl);
    forget_farewell(dtls->farewell);
    free(dtls);
}

static void fail(struct dtls *dtls, enum dtls_error error)
{
    dtls->state = DTLS_FAILED;
    if (dtls->error == DTLS_OK)
        dtls->error = error;
}

/* After a call that did not succeed: wait for more, or the end. True where the
 * peer said close_notify, which is under the keys. */
static bool settle(struct dtls *dtls, int ret)
{
    int why = SSL_get_error(dtls->ssl, ret);
    ERR_clear_error();
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
        return false;
    if (why == SSL_ERROR_ZERO_RETURN && dtls->state == DTLS_CONNECTED) {
        dtls_close(dtls);
        return true;
    }
    fail(dtls, DTLS_PROTOCOL);
    return false;
}

/* OpenSSL keeps 33 KB of record buffers for each session (SSL_MODE_RELEASE_BUFFERS does nothing for DTLS),
 * which after the handshake has next to nothing to say: so they are there only while it says it. False: no
 * memory. */
static bool take_buffers(struct dtls *dtls)
{
    return SSL_alloc_buffers(dtls->ssl) == 1;
}

static void give_buffers(struct dtls *dtls)
{
    if (dtls->state != DTLS_HANDSHAKE)
        SSL_free_buffers(dtls->ssl);
}

static bool handshake(struct dtls *dtls)
{
    ERR_clear_error();
    int ret = SSL_do_handshake(dtls->ssl);
    if (ret != 1) {
        settle(dtls, ret);
        return false;
    }
    if (!dtls->verified) {
        fail(dtls, DTLS_FINGERPRINT);
        return false;
    }
    dtls->state = DTLS_CONNECTED;
    if (!SSL_get_selected_srtp_profile(dtls->ssl)) {
        dtls_close(dtls);
        fail(dtls, DTLS_NO_PROFILE);
        return false;
    }
    return true;
}

static bool read_records(struct dtls *dtls)
{
    bool authentic = false;
    uint8_t record[RECORD_MAX];
    while (dtls->state == DTLS_CONNECTED) {
        ERR_clear_error();
        int len = SSL_read(dtls->ssl, record, sizeof(record));
        if (len <= 0)
            return settle(dtls, len) || authentic;
        authentic = true;
        dtls->up->data(dtls->arg, record, (size_t)len);
    }
    return authentic;
}

void dtls_start(struct dtls *dtls)
{
    if (dtls->started)
        return;
    dtls->started = true;
    handshake(dtls);
}

/* What dtls_feed() does once condensed. */
static bool feed_condensed(struct dtls *dtls, const uint8_t *datagram, size_t len)
{
    if (dtls->state != DTLS_CONNECTED)
        return false;
    enum dtls_farewell_verdict verdict = dtls_farewell_read(dtls->farewell, datagram, len);
    if (verdict == DTLS_FAREWELL_CLOSE)
        dtls_close(dtls);
    else if (verdict == DTLS_FAREWELL_FATAL)
        fail(dtls, DTLS_PROTOCOL);
    return verdict != DTLS_FAREWELL_NOTHING;
}

bool dtls_feed(struct dtls *dtls, const uint8_t *datagram, size_t len)
{
    bool authentic = false;
    if (dtls->farewell)
        return feed_condensed(dtls, datagram, len);
    if (!dtls->started || len == 0 || !take_buffers(dtls))
        return false;
    dtls_bio_feed(&dtls->bio, datagram, len);
    if (dtls->state == DTLS_HANDSHAKE)
        authentic = handshake(dtls);
    if (dtls->state == DTLS_CONNECTED)
        authentic |= read_records(dtls);
    dtls_bio_feed(&dtls->bio, NULL, 0);
    give_buffers(dtls);
    return authentic;
}

bool dtls_next_timeout(struct dtls *dtls, uint64_t *in_us)
{
    struct timeval left;
    if (dtls->state != DTLS_HANDSHAKE || DTLSv1_get_timeout(dtls->ssl, &left) != 1)
        return false;
    *in_us = (uint64_t)left.tv_sec * 1000000 + (uint64_t)left.tv_usec;
    return true;
}

void dtls_on_timeout(struct dtls *dtls)
{
    if (dtls->state != DTLS_HANDSHAKE)
        return;
    ERR_clear_error();
    int ret = (int)DTLSv1_handle_timeout(dtls->ssl); /* -1: it gives up */
    if (ret < 0)
        settle(dtls, ret);
}

bool dtls_overdue(const struct dtls *dtls, uint64_t now_us)
{
    return dtls->state == DTLS_HANDSHAKE && now_us > dtls->made_us &&
           now_us - dtls->made_us >= DTLS_HANDSHAKE_MAX_US;
}

int dtls_send(struct dtls *dtls, const uint8_t *p, size_t len)
{
    if (dtls->state != DTLS_CONNECTED || !dtls->ssl)
        return -ENOTCONN;
    if (len == 0 || len > DTLS_DATA_MAX)
        return -EMSGSIZE;
    if (!take_buffers(dtls))
        return -ENOMEM;
    ERR_clear_error();
    int ret = SSL_write(dtls->ssl, p, (int)len);
    ERR_clear_error();
    give_buffers(dtls);
    return ret == (int)len ? 0 : -EIO;
}

static void say_farewell(struct dtls *dtls)
{
    if (!take_buffers(dtls))
        return;
    ERR_clear_error();
    SSL_shutdown(dtls->ssl);
    ERR_clear_error();
    give_buffers(dtls);
}

void dtls_close(struct dtls *dtls)
{
    if (dtls->state == DTLS_CONNECTED && dtls->farewell)
        dtls->up->output(dtls->arg, dtls->farewell->ours, dtls->farewell->ours_len);
    else if (dtls->state == DTLS_CONNECTED)
        say_farewell(dtls);
    if (dtls->state != DTLS_FAILED)
        dtls->state = DTLS_CLOSED;
}

/* In place of the upcall. */
static void keep_farewell(void *arg, const uint8_t *datagram, size_t len)
{
    struct dtls_farewell *f = arg;
    if (len > sizeof(f->ours))
        return;
    memcpy(f->ours, datagram, len);
    f->ours_len = len;
}

void dtls_condense(struct dtls *dtls)
{
    if (dtls->state != DTLS_CONNECTED || dtls->farewell)
        return;
    struct dtls_farewell *f = OPENSSL_zalloc(sizeof(*f));
    if (!f || dtls_farewell_keys(f, dtls->ssl, dtls->client) != 0) {
        ERR_clear_error();
        forget_farewell(f);
        return;
    }
    dtls->bio.output = keep_farewell;
    dtls->bio.arg = f;
    say_farewell(dtls);
    SSL_free(dtls->ssl);
    dtls->ssl = NULL;
    dtls->farewell = f;
}

enum dtls_state dtls_state(const struct dtls *dtls)
{
    return dtls->state;
}

enum dtls_error dtls_error(const struct dtls *dtls)
{
    return dtls->error;
}

/* --- Keys ------------------------------------------------------------------------- */

static enum keys_profile selected_profile(const struct dtls *dtls)
{
    const SRTP_PROTECTION_PROFILE *selected = SSL_get_selected_srtp_profile(dtls->ssl);
    size_t i = 0;
    while (selected && i < KEYS_PROFILE_COUNT && keys_profiles[i].id != selected->id)
        i++;
    return selected ? (enum keys_profile)i : KEYS_PROFILE_COUNT;
}

/* RFC 5764, section 4.2: client's key, server's key, client's salt, server's salt. */
int dtls_keys(const struct dtls *dtls, struct keys *out)
{
    static const char label[] = "EXTRACTOR-dtls_srtp";
    uint8_t bytes[2 * (KEYS_KEY_MAX + KEYS_SALT_MAX)];
    enum keys_profile profile = dtls->ssl ? selected_profile(dtls) : KEYS_PROFILE_COUNT;

    if (dtls->state != DTLS_CONNECTED || profile == KEYS_PROFILE_COUNT)
        return -ENOTCONN;
    size_t key_len = keys_profiles[profile].key_len, salt_len = keys_profiles[profile].salt_len;
    if (SSL_export_keying_material(dtls->ssl, bytes, 2 * (key_len + salt_len), label, sizeof(label) - 1, NULL,
                                   0, 0) != 1)
        return -ENOTCONN;
    *out = (struct keys){.profile = profile};
    struct keys_side *client = dtls->client ? &out->local : &out->remote;
    struct keys_side *server = dtls->client ? &out->remote : &out->local;
    memcpy(client->key, bytes, key_len);
    memcpy(server->key, bytes + key_len, key_len);
    memcpy(client->salt, bytes + 2 * key_len, salt_len);
    memcpy(server->salt, bytes + 2 * key_len + salt_len, salt_len);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return 0;
}
