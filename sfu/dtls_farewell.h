/* What is left of a DTLS 1.2 session once nothing but its end is to come: our close_notify, sealed in
 * advance, and the key under which the peer's alerts come (RFC 6347; RFC 5288). 250 bytes in place of the 40
 * KB that OpenSSL keeps for one. */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    DTLS_FAREWELL_MAX = 128, /* bytes of the datagram with our close_notify */
    DTLS_FAREWELL_KEY_MAX = 32,
    DTLS_FAREWELL_SALT_LEN = 4, /* the implicit part of the nonce */
};

struct dtls_farewell {
    uint8_t ours[DTLS_FAREWELL_MAX];
    size_t ours_len;                                                  /* 0 = not sealed yet */
    uint8_t key[DTLS_FAREWELL_KEY_MAX], salt[DTLS_FAREWELL_SALT_LEN]; /* the peer's */
    size_t key_len;
};

/* The keys of a session that is done with its handshake and in which we are client. 0; -ENOTSUP where it has
 * no AES-GCM, so that OpenSSL has to stay; or -EIO. */
int dtls_farewell_keys(struct dtls_farewell *f, SSL *ssl, bool client) __attribute__((warn_unused_result));

enum dtls_farewell_verdict {
    DTLS_FAREWELL_NOTHING, /* no alert, or not authentic */
    DTLS_FAREWELL_WARNING, /* an alert of no consequence */
    DTLS_FAREWELL_CLOSE,   /* close_notify */
    DTLS_FAREWELL_FATAL,
};

/* What a received datagram says. */
enum dtls_farewell_verdict dtls_farewell_read(const struct dtls_farewell *f, const uint8_t *datagram,
                                              size_t len);
