/* The certificate of a server, self-made: all that counts of one is its fingerprint (RFC 8122). */
#pragma once

#include "sfu.h"

#include <openssl/ssl.h>

/* Make a certificate (ECDSA P-256) with its key and put both into ctx; its SHA-256 into *fingerprint. False
 * where OpenSSL fails. */
bool dtls_certificate_make(SSL_CTX *ctx, struct sfu_fingerprint *fingerprint);

/* Whether a peer's certificate, or none (NULL), has that fingerprint. */
bool dtls_certificate_is(const X509 *cert, const struct sfu_fingerprint *expected);
