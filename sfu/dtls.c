#include "dtls.h"

#include "dtls_bio.h"
#include "dtls_context.h"
#include "dtls_records.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum {
    RETRY_FIRST_US = 250000, /* of the retransmission timer, doubled each time */
    RETRY_MAX_US = 4000000,
    ALERT_WARNING = 1, /* RFC 5246, section 7.2 */
};

struct dtls {
    SSL *ssl; /* NULL once it has let `records` go on */
    struct dtls_records records;
    struct keys keys; /* of SRTP, once connected */
    const struct dtls_upcalls *up;
    void *arg;
    struct dtls_peer peer;
    struct dtls_bio bio;
    uint64_t made_us;
    enum dtls_state state;
    enum dtls_error error;
    bool client, started;
};

/* --- Session -------------------------------------------------------------------- */

static unsigned retry_after(SSL *ssl, unsigned last_us)
{
    (void)ssl;
    if (last_us == 0)
        return RETRY_FIRST_US;
    return last_us * 2 < RETRY_MAX_US ? last_us * 2 : RETRY_MAX_US;
}

static void output(void *arg, const uint8_t *datagram, size_t len)
{
    struct dtls *dtls = arg;
    dtls_records_note(&dtls->records, datagram, len);
    dtls->up->output(dtls->arg, datagram, len);
}

static bool session_set(struct dtls *dtls, struct dtls_context *ctx)
{
    dtls->ssl = SSL_new(ctx->ssl);
    BIO *bio = dtls->ssl ? dtls_bio_new(&dtls->bio) : NULL;
    if (!bio)
        return false;
    SSL_set_bio(dtls->ssl, bio, bio);
    SSL_set_app_data(dtls->ssl, &dtls->peer);
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
        .peer = {.expected = *expected},
        .bio = {.output = output, .arg = dtls},
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

void dtls_free(struct dtls *dtls)
{
    if (!dtls)
        return;
    SSL_free(dtls->ssl);
    OPENSSL_cleanse(dtls, sizeof(*dtls));
    free(dtls);
}

/* --- Keys ------------------------------------------------------------------------- */

/* NULL: none was agreed, as the peer has no use_srtp or none of ours; or one of the context that has no place
 * in the table. That the peer chose one of the context's is OpenSSL's to see to. */
static const struct keys_profile_info *selected_profile(const struct dtls *dtls)
{
    const SRTP_PROTECTION_PROFILE *selected = SSL_get_selected_srtp_profile(dtls->ssl);
    for (size_t i = 0; selected && i < KEYS_PROFILE_COUNT; i++)
        if (keys_profiles[i].id == selected->id)
            return &keys_profiles[i];
    return NULL;
}

/* RFC 5764, section 4.2: client's key, server's key, client's salt, server's salt. */
static bool export_keys(struct dtls *dtls, const struct keys_profile_info *profile)
{
    static const char label[] = "EXTRACTOR-dtls_srtp";
    uint8_t bytes[2 * (KEYS_KEY_MAX + KEYS_SALT_MAX)];
    size_t key_len = profile->key_len, salt_len = profile->salt_len;
    if (SSL_export_keying_material(dtls->ssl, bytes, 2 * (key_len + salt_len), label, sizeof(label) - 1, NULL,
                                   0, 0) != 1)
        return false;
    dtls->keys.profile = (enum keys_profile)(profile - keys_profiles);
    struct keys_side *client = dtls->client ? &dtls->keys.local : &dtls->keys.remote;
    struct keys_side *server = dtls->client ? &dtls->keys.remote : &dtls->keys.local;
    memcpy(client->key, bytes, key_len);
    memcpy(server->key, bytes + key_len, key_len);
    memcpy(client->salt, bytes + 2 * key_len, salt_len);
    memcpy(server->salt, bytes + 2 * key_len + salt_len, salt_len);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return true;
}

int dtls_keys(const struct dtls *dtls, struct keys *out)
{
    if (dtls->state != DTLS_CONNECTED)
        return -ENOTCONN;
    *out = dtls->keys;
    return 0;
}

/* --- With OpenSSL ----------------------------------------------------------------- */

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
    fail(dtls, dtls->peer.refused ? DTLS_FINGERPRINT : DTLS_PROTOCOL);
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
    /* OpenSSL ends a handshake in which it has not asked for the fingerprint, or was refused; but nothing may
     * go on for its settings' sake alone. */
    if (!dtls->peer.verified) {
        fail(dtls, DTLS_FINGERPRINT);
        return false;
    }
    dtls->state = DTLS_CONNECTED;
    const struct keys_profile_info *profile = selected_profile(dtls);
    if (profile && export_keys(dtls, profile))
        return true;
    dtls_close(dtls);
    fail(dtls, DTLS_NO_PROFILE);
    return false;
}

static bool read_ssl(struct dtls *dtls)
{
    bool authentic = false;
    uint8_t record[DTLS_RECORDS_PLAIN_MAX];
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

/* Once the handshake is done OpenSSL has next to nothing to do, and 38 KB to do it with. One that has read
 * data already stays: it alone knows which, and would be asked for replays of that. */
static void let_ssl_go(struct dtls *dtls)
{
    if (!dtls_records_begin(&dtls->records, dtls->ssl))
        return;
    SSL_free(dtls->ssl);
    dtls->ssl = NULL;
}

static bool feed_ssl(struct dtls *dtls, const uint8_t *datagram, size_t len)
{
    bool done = false, read = false;
    if (!take_buffers(dtls))
        return false;
    dtls_bio_feed(&dtls->bio, datagram, len);
    if (dtls->state == DTLS_HANDSHAKE)
        done = handshake(dtls);
    if (dtls->state == DTLS_CONNECTED)
        read = read_ssl(dtls);
    dtls_bio_feed(&dtls->bio, NULL, 0);
    give_buffers(dtls);
    if (done && !read && dtls->state == DTLS_CONNECTED)
        let_ssl_go(dtls);
    return done || read;
}

static int send_ssl(struct dtls *dtls, const uint8_t *p, size_t len)
{
    if (!take_buffers(dtls))
        return -ENOMEM;
    ERR_clear_error();
    int ret = SSL_write(dtls->ssl, p, (int)len);
    ERR_clear_error();
    give_buffers(dtls);
    return ret == (int)len ? 0 : -EIO;
}

static void close_ssl(struct dtls *dtls)
{
    if (!take_buffers(dtls))
        return;
    ERR_clear_error();
    SSL_shutdown(dtls->ssl);
    ERR_clear_error();
    give_buffers(dtls);
}

/* --- Without OpenSSL ---------------------------------------------------------------- */

static int send_record(struct dtls *dtls, enum dtls_content type, const uint8_t *p, size_t len)
{
    uint8_t datagram[DTLS_OUTPUT_MAX];
    int err = dtls_records_seal(&dtls->records, type, p, len, datagram);
    if (!err)
        dtls->up->output(dtls->arg, datagram, len + DTLS_RECORDS_OVERHEAD);
    return err;
}

static void send_alert(struct dtls *dtls, uint8_t description)
{
    (void)!send_record(dtls, DTLS_CONTENT_ALERT, (const uint8_t[]){ALERT_WARNING, description}, 2);
}

static void send_last_flight(struct dtls *dtls)
{
    uint8_t datagram[DTLS_RECORDS_FLIGHT_LEN];
    if (dtls_records_last_flight(&dtls->records, datagram) == 0)
        dtls->up->output(dtls->arg, datagram, sizeof(datagram));
}

static void take_alert(struct dtls *dtls, uint8_t level, uint8_t description)
{
    if (description == SSL_AD_CLOSE_NOTIFY)
        dtls_close(dtls);
    else if (level != ALERT_WARNING)
        fail(dtls, DTLS_PROTOCOL);
}

/* A server has sent the last flight: a client without it sends its own again (RFC 6347, section 4.2.4). */
static void take_handshake(struct dtls *dtls, uint8_t message)
{
    if (message == SSL3_MT_FINISHED && !dtls->client)
        send_last_flight(dtls);
    else if (message == (dtls->client ? SSL3_MT_HELLO_REQUEST : SSL3_MT_CLIENT_HELLO))
        send_alert(dtls, SSL_AD_NO_RENEGOTIATION);
}

static bool feed_records(struct dtls *dtls, const uint8_t *datagram, size_t len)
{
    struct rd in = rd_init(datagram, len);
    uint8_t plain[DTLS_RECORDS_PLAIN_MAX];
    enum dtls_content type;
    size_t plain_len;
    bool authentic = false;
    while (dtls->state == DTLS_CONNECTED &&
           dtls_records_open(&dtls->records, &in, &type, plain, &plain_len)) {
        authentic = true;
        if (type == DTLS_CONTENT_DATA && plain_len)
            dtls->up->data(dtls->arg, plain, plain_len);
        else if (type == DTLS_CONTENT_ALERT && plain_len == 2)
            take_alert(dtls, plain[0], plain[1]);
        else if (type == DTLS_CONTENT_HANDSHAKE && plain_len)
            take_handshake(dtls, plain[0]);
    }
    return authentic;
}

/* --- Either way --------------------------------------------------------------------- */

void dtls_start(struct dtls *dtls)
{
    if (dtls->started)
        return;
    dtls->started = true;
    handshake(dtls);
}

bool dtls_feed(struct dtls *dtls, const uint8_t *datagram, size_t len)
{
    if (!dtls->started || len == 0)
        return false;
    return dtls->ssl ? feed_ssl(dtls, datagram, len) : feed_records(dtls, datagram, len);
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
    if (dtls->state != DTLS_CONNECTED)
        return -ENOTCONN;
    if (len == 0 || len > DTLS_DATA_MAX)
        return -EMSGSIZE;
    return dtls->ssl ? send_ssl(dtls, p, len) : send_record(dtls, DTLS_CONTENT_DATA, p, len);
}

void dtls_close(struct dtls *dtls)
{
    if (dtls->state == DTLS_CONNECTED && dtls->ssl)
        close_ssl(dtls);
    else if (dtls->state == DTLS_CONNECTED)
        send_alert(dtls, SSL_AD_CLOSE_NOTIFY);
    if (dtls->state != DTLS_FAILED)
        dtls->state = DTLS_CLOSED;
}

enum dtls_state dtls_state(const struct dtls *dtls)
{
    return dtls->state;
}

enum dtls_error dtls_error(const struct dtls *dtls)
{
    return dtls->error;
}
