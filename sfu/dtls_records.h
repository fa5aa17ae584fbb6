/* The records of a DTLS 1.2 session after its handshake (RFC 6347, section 4.1), under AES-GCM (RFC 5288),
 * which is what browsers agree on. OpenSSL does the handshake and could go on, but keeps some 38 KB for it;
 * all that is needed of that from then on is here. Knows no socket and no clock.
 *
 * A nonce is never used twice: numbers and explicit nonces go on where OpenSSL's end. */
#pragma once

#include "bytes.h"

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DTLS_RECORDS_PLAIN_MAX = 16384, /* RFC 6347, section 4.1 */
    DTLS_RECORDS_OVERHEAD = 37,     /* bytes that sealing adds: header, explicit nonce, tag */
    DTLS_RECORDS_FLIGHT_LEN = 75,   /* our last flight: ChangeCipherSpec and Finished, a record each */
};

enum dtls_content { /* RFC 5246, section 6.2.1 */
                    DTLS_CONTENT_CHANGE_CIPHER_SPEC = 20,
                    DTLS_CONTENT_ALERT = 21,
                    DTLS_CONTENT_HANDSHAKE = 22,
                    DTLS_CONTENT_DATA = 23,
};

/* One direction. */
struct dtls_records_side {
    uint8_t key[32], salt[4];
};

/* Zeroed = nothing was sent yet. */
struct dtls_records {
    struct dtls_records_side local, remote;
    size_t key_len;
    uint64_t plain_number;  /* of the last record that we sent without keys */
    uint64_t number, nonce; /* ... and under them */
    uint64_t newest, seen;  /* of what came: bit i is newest - i */
    uint8_t finished[61];   /* the record with our Finished; opened by dtls_records_begin() */
    bool has_finished, any_came;
};

/* OpenSSL sent that datagram. */
void dtls_records_note(struct dtls_records *r, const uint8_t *datagram, size_t len);

/* Take over from OpenSSL, which has just done the handshake and has read nothing since. False: that session
 * has another cipher, or something fails; it has to stay with OpenSSL. */
bool dtls_records_begin(struct dtls_records *r, SSL *ssl);

/* The next authentic record of a datagram, decrypted to plain; others are passed over. False: there is none.
 */
bool dtls_records_open(struct dtls_records *r, struct rd *datagram, enum dtls_content *type,
                       uint8_t plain[DTLS_RECORDS_PLAIN_MAX], size_t *len);

/* A record with len bytes, to out, which has DTLS_RECORDS_OVERHEAD more. 0 or -EIO. */
int dtls_records_seal(struct dtls_records *r, enum dtls_content type, const uint8_t *p, size_t len,
                      uint8_t *out) __attribute__((warn_unused_result));

/* Our last flight, in records with new numbers, for a peer that asks for it by its own (RFC 6347,
 * section 4.2.4). 0 or -EIO. */
int dtls_records_last_flight(struct dtls_records *r, uint8_t out[DTLS_RECORDS_FLIGHT_LEN])
    __attribute__((warn_unused_result));
