#include "dtls_farewell.h"

#include "bytes.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <string.h>

enum {
    RANDOM_LEN = 32,
    SECRET_MAX = 48,
    HEADER_LEN = 13,  /* type, version, epoch, sequence number, length (RFC 6347, section 4.1) */
    EXPLICIT_LEN = 8, /* of the nonce, in front of what is encrypted */
    TAG_LEN = 16,
    NONCE_LEN = DTLS_FAREWELL_SALT_LEN + EXPLICIT_LEN,
    ALERT_LEN = 2, /* level, description (RFC 5246, section 7.2) */
    ALERT_RECORD_LEN = EXPLICIT_LEN + ALERT_LEN + TAG_LEN,
    TYPE_ALERT = 21,
    VERSION = 0xfefd, /* DTLS 1.2 */
    EPOCH = 1,        /* there is no renegotiation */
    LEVEL_FATAL = 2,
    CLOSE_NOTIFY = 0,
};

/* --- Keys -------------------------------------------------------------------------- */

static bool run_prf(EVP_KDF_CTX *ctx, const EVP_MD *md, uint8_t *secret, size_t secret_len, uint8_t *seed,
                    size_t seed_len, uint8_t *out, size_t len)
{
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)EVP_MD_get0_name(md), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, secret, secret_len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, seed_len),
        OSSL_PARAM_construct_end(),
    };
    return EVP_KDF_derive(ctx, out, len, params) == 1;
}

/* RFC 5246, section 5. */
static bool prf(const EVP_MD *md, uint8_t *secret, size_t secret_len, uint8_t *seed, size_t seed_len,
                uint8_t *out, size_t len)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_TLS1_PRF, NULL);
    EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    bool ok = ctx && md && run_prf(ctx, md, secret, secret_len, seed, seed_len, out, len);
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return ok;
}

static size_t key_len_of(const SSL_CIPHER *cipher)
{
    switch (SSL_CIPHER_get_cipher_nid(cipher)) {
    case NID_aes_128_gcm:
        return 16;
    case NID_aes_256_gcm:
        return 32;
    default:
        return 0;
    }
}

/* RFC 5246, section 6.3: client's key, server's key, client's salt, server's salt; with AES-GCM no MAC keys.
 */
int dtls_farewell_keys(struct dtls_farewell *f, SSL *ssl, bool client)
{
    static const char label[] = "key expansion";
    enum { LABEL_LEN = sizeof(label) - 1 };
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    size_t key_len = cipher && SSL_version(ssl) == DTLS1_2_VERSION ? key_len_of(cipher) : 0;
    uint8_t seed[LABEL_LEN + 2 * RANDOM_LEN], secret[SECRET_MAX];
    uint8_t block[2 * (DTLS_FAREWELL_KEY_MAX + DTLS_FAREWELL_SALT_LEN)];
    if (!key_len)
        return -ENOTSUP;
    memcpy(seed, label, LABEL_LEN);
    SSL_get_server_random(ssl, seed + LABEL_LEN, RANDOM_LEN);
    SSL_get_client_random(ssl, seed + LABEL_LEN + RANDOM_LEN, RANDOM_LEN);
    size_t secret_len = SSL_SESSION_get_master_key(SSL_get_session(ssl), secret, sizeof(secret));
    bool ok = prf(SSL_CIPHER_get_handshake_digest(cipher), secret, secret_len, seed, sizeof(seed), block,
                  2 * (key_len + DTLS_FAREWELL_SALT_LEN));
    f->key_len = key_len;
    memcpy(f->key, block + (client ? key_len : 0), key_len);
    memcpy(f->salt, block + 2 * key_len + (client ? DTLS_FAREWELL_SALT_LEN : 0), DTLS_FAREWELL_SALT_LEN);
    OPENSSL_cleanse(secret, sizeof(secret));
    OPENSSL_cleanse(block, sizeof(block));
    return ok ? 0 : -EIO;
}

/* --- Records ------------------------------------------------------------------------ */

/* RFC 5246, section 6.2.3.3: epoch and sequence number, type, version, length of what is encrypted. */
static void make_aad(const uint8_t *record, uint8_t aad[HEADER_LEN])
{
    memcpy(aad, record + 3, 8);
    memcpy(aad + 8, record, 3);
    put_u16(aad + 11, ALERT_LEN);
}

static bool decrypt(EVP_CIPHER_CTX *ctx, const struct dtls_farewell *f, const uint8_t *record, uint8_t *alert)
{
    const uint8_t *explicit = record + HEADER_LEN, *sealed = explicit + EXPLICIT_LEN;
    const EVP_CIPHER *cipher = f->key_len == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
    uint8_t nonce[NONCE_LEN], aad[HEADER_LEN], tag[TAG_LEN];
    int written;
    memcpy(nonce, f->salt, DTLS_FAREWELL_SALT_LEN);
    memcpy(nonce + DTLS_FAREWELL_SALT_LEN, explicit, EXPLICIT_LEN);
    memcpy(tag, sealed + ALERT_LEN, TAG_LEN);
    make_aad(record, aad);
    return EVP_DecryptInit_ex(ctx, cipher, NULL, f->key, nonce) == 1 &&
           EVP_DecryptUpdate(ctx, NULL, &written, aad, sizeof(aad)) == 1 &&
           EVP_DecryptUpdate(ctx, alert, &written, sealed, ALERT_LEN) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) == 1 &&
           EVP_DecryptFinal_ex(ctx, alert + ALERT_LEN, &written) == 1;
}

static enum dtls_farewell_verdict read_alert(const struct dtls_farewell *f, const uint8_t *record)
{
    uint8_t alert[ALERT_LEN + TAG_LEN]; /* with room that Final() does not use */
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool authentic = ctx && decrypt(ctx, f, record, alert);
    EVP_CIPHER_CTX_free(ctx);
    if (!authentic)
        return DTLS_FAREWELL_NOTHING;
    if (alert[1] == CLOSE_NOTIFY)
        return DTLS_FAREWELL_CLOSE;
    return alert[0] == LEVEL_FATAL ? DTLS_FAREWELL_FATAL : DTLS_FAREWELL_WARNING;
}

static bool is_alert(const uint8_t *record, size_t body_len)
{
    return record[0] == TYPE_ALERT && get_u16(record + 1) == VERSION && get_u16(record + 3) == EPOCH &&
           body_len == ALERT_RECORD_LEN;
}

enum dtls_farewell_verdict dtls_farewell_read(const struct dtls_farewell *f, const uint8_t *datagram,
                                              size_t len)
{
    enum dtls_farewell_verdict worst = DTLS_FAREWELL_NOTHING;
    struct rd in = rd_init(datagram, len);
    while (worst < DTLS_FAREWELL_CLOSE) {
        const uint8_t *record = rd_bytes(&in, HEADER_LEN);
        size_t body_len = record ? get_u16(record + HEADER_LEN - 2) : 0;
        if (!record || !rd_bytes(&in, body_len))
            break;
        enum dtls_farewell_verdict verdict =
            is_alert(record, body_len) ? read_alert(f, record) : DTLS_FAREWELL_NOTHING;
        worst = verdict > worst ? verdict : worst;
    }
    return worst;
}
