/* What all DTLS sessions of a server share, as dtls.c sees it: OpenSSL's settings and our certificate. And
 * how a peer's certificate is verified: by its fingerprint. */
#pragma once

#include "sfu.h"

#include <openssl/ssl.h>
#include <stdbool.h>

struct dtls_context {
    SSL_CTX *ssl;
    struct sfu_fingerprint fingerprint;
};

/* The app data of a session's SSL. */
struct dtls_peer {
    struct sfu_fingerprint expected;
    bool verified; /* its certificate has that */
    bool refused;  /* it has another */
};
