#include "dtls_context.h"

#include "dtls.h"
#include "keys.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MESSAGE_MAX = 8192
}; /* of the peer's certificate; OpenSSL takes no other message over 17.5 KB either */

static const EVP_MD *digest_of(enum sfu_hash hash)
{
    switch (hash) {
    case SFU_SHA256:
        return EVP_sha256();
    case SFU_SHA384:
        return EVP_sha384();
    case SFU_SHA512:
        return EVP_sha512();
    }
    return NULL;
}

/* Nobody looks at its names or dates: the fingerprint is all that counts. */
static bool certificate_fill(X509 *cert, EVP_PKEY *key)
{
    X509_NAME *name = X509_get_subject_name(cert);
    return X509_set_version(cert, X509_VERSION_3) && ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"plenum", -1, -1, 0) &&
           X509_set_issuer_name(cert, name) &&
           ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), "20200101000000Z") &&
           ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), "99991231235959Z") &&
           X509_set_pubkey(cert, key) && X509_sign(cert, key, EVP_sha256()) > 0;
}

static bool certificate_make(struct dtls_context *ctx)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    unsigned len = sizeof(ctx->fingerprint.value);
    bool ok = key && cert && certificate_fill(cert, key) &&
              X509_digest(cert, digest_of(SFU_SHA256), ctx->fingerprint.value, &len) == 1 &&
              SSL_CTX_use_certificate(ctx->ssl, cert) == 1 && SSL_CTX_use_PrivateKey(ctx->ssl, key) == 1;
    ctx->fingerprint.hash = SFU_SHA256;
    ctx->fingerprint.len = (uint8_t)len;
    X509_free(cert);
    EVP_PKEY_free(key);
    return ok;
}

/* In place of OpenSSL's chain verification: 1 where the fingerprint is the one
 * that was signalled, whatever the certificate says. */
static int verify_fingerprint(X509_STORE_CTX *store, void *unused)
{
    (void)unused;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct dtls_peer *peer = SSL_get_app_data(ssl);
    X509 *cert = X509_STORE_CTX_get0_cert(store);
    const EVP_MD *md = digest_of(peer->expected.hash);
    unsigned char value[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    peer->verified = cert && md && X509_digest(cert, md, value, &len) == 1 && len == peer->expected.len &&
                     CRYPTO_memcmp(value, peer->expected.value, len) == 0;
    peer->refused = !peer->verified;
    if (peer->refused)
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return peer->verified;
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
    if (ctx->ssl && context_set(ctx->ssl, profiles) && certificate_make(ctx))
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
