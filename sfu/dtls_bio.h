/* A BIO that keeps the borders of datagrams: one for each write, one fed for
 * each read. OpenSSL 3.0's memory BIO is a stream, and BIO_s_dgram_mem comes
 * only with 3.2. */
#pragma once

#include <openssl/bio.h>
#include <stddef.h>
#include <stdint.h>

struct dtls_bio {
    void (*output)(void *arg, const uint8_t *datagram, size_t len);
    void *arg;
    const uint8_t *in; /* the datagram that the next read gets, or NULL */
    size_t in_len;
};

/* A BIO on state, which has to outlive it. NULL without memory. */
BIO *dtls_bio_new(struct dtls_bio *state);

/* Lay a datagram ready (it has to live until it was read), or take it away: NULL, 0. */
void dtls_bio_feed(struct dtls_bio *state, const uint8_t *datagram, size_t len);
