#include "dtls_certificate.h"

#include <openssl/err.h>
#include <openssl/x509.h>

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
static bool fill(X509 *cert, EVP_PKEY *key)
{
    X509_NAME *name = X509_get_subject_name(cert);
    return X509_set_version(cert, X509_VERSION_3) && ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"plenum", -1, -1, 0) &&
           X509_set_issuer_name(cert, name) &&
           ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), "20200101000000Z") &&
           ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), "99991231235959Z") &&
           X509_set_pubkey(cert, key) && X509_sign(cert, key, EVP_sha256()) > 0;
}

bool dtls_certificate_make(SSL_CTX *ctx, struct sfu_fingerprint *fingerprint)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    unsigned len = sizeof(fingerprint->value);
    bool ok = key && cert && fill(cert, key) &&
              X509_digest(cert, digest_of(SFU_SHA256), fingerprint->value, &len) == 1 &&
              SSL_CTX_use_certificate(ctx, cert) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1;
    fingerprint->hash = SFU_SHA256;
    fingerprint->len = (uint8_t)len;
    X509_free(cert);
    EVP_PKEY_free(key);
    return ok;
}

bool dtls_certificate_is(const X509 *cert, const struct sfu_fingerprint *expected)
{
    const EVP_MD *md = digest_of(expected->hash);
    unsigned char value[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    return cert && md && X509_digest(cert, md, value, &len) == 1 && len == expected->len &&
           CRYPTO_memcmp(value, expected->value, len) == 0;
}
