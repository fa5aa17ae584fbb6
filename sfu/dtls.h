/* DTLS 1.2 (RFC 6347) with SRTP keys (RFC 5764) and certificates verified by
 * fingerprint alone (RFC 8122, RFC 8842). Datagrams go in by dtls_feed() and
 * come out by an upcall; nothing here knows a socket. OpenSSL does the handshake;
 * records under AES-GCM are ours from then on (dtls_records.h).
 *
 * The one clock that is read is OpenSSL's own: its retransmission timer looks
 * at the time of day. The worker only asks when to call. */
#pragma once

#include "keys.h"
#include "sfu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DTLS_MTU = 1200,                  /* bytes of a datagram with handshake messages */
    DTLS_DATA_MAX = 1150,             /* bytes of one dtls_send(): SCTP's path MTU */
    DTLS_OUTPUT_MAX = 1232,           /* bytes of any datagram that is sent, whichever cipher it is */
    DTLS_HANDSHAKE_MAX_US = 30000000, /* then dtls_overdue() */
};

enum dtls_state {
    DTLS_HANDSHAKE,
    DTLS_CONNECTED,
    DTLS_FAILED, /* see dtls_error(); nothing is sent or taken any more */
    DTLS_CLOSED, /* close_notify came or went */
};

enum dtls_error {
    DTLS_OK,
    DTLS_PROTOCOL,    /* a fatal alert, came or went, or a bad record */
    DTLS_FINGERPRINT, /* not the certificate that was signalled */
    DTLS_NO_PROFILE,  /* no use_srtp, or no profile in common */
};

/* Certificate (ECDSA P-256, self-made) and settings of one server. Not changed
 * after it was made, so all workers may use one. */
struct dtls_context;

/* profiles: names of OpenSSL with colons between, in order of preference; NULL =
 * all of keys_profiles[]. NULL where OpenSSL fails. */
struct dtls_context *dtls_context_new(const char *profiles);
/* All its sessions have to be gone. NULL is fine. */
void dtls_context_free(struct dtls_context *ctx);

/* SHA-256 of the certificate, for a=fingerprint. */
const struct sfu_fingerprint *dtls_context_fingerprint(const struct dtls_context *ctx);

/* Upcalls, made from inside dtls_start(), dtls_feed(), dtls_on_timeout(),
 * dtls_send() and dtls_close(). Bytes live for the call; do not free the
 * session from in there. */
struct dtls_upcalls {
    void (*output)(void *arg, const uint8_t *datagram, size_t len); /* at most DTLS_OUTPUT_MAX bytes */
    void (*data)(void *arg, const uint8_t *p,
                 size_t len); /* one record of application data: an SCTP packet */
};

struct dtls;

/* A session in which we are client (dtls_start() sends the ClientHello) or
 * server. up, arg and ctx have to outlive it. NULL without memory. */
struct dtls *dtls_new(struct dtls_context *ctx, bool client, const struct sfu_fingerprint *expected,
                      const struct dtls_upcalls *up, void *arg, uint64_t now_us);
/* Sends nothing. NULL is fine. */
void dtls_free(struct dtls *dtls);

/* Begin, once there is an address to send to. A server has nothing to do here. */
void dtls_start(struct dtls *dtls);

/* One received datagram (first byte 20..63, RFC 7983), from an address that
 * passed a check. true where it was authentic: it completed the handshake, or
 * carried something under its keys. Look at dtls_state() afterwards. */
bool dtls_feed(struct dtls *dtls, const uint8_t *datagram, size_t len);

/* In how many microseconds to call dtls_on_timeout(); false = no timer runs.
 * Ask again after each of the other calls. */
bool dtls_next_timeout(struct dtls *dtls, uint64_t *in_us);
void dtls_on_timeout(struct dtls *dtls);

/* Still in its handshake 30 s after dtls_new(). */
bool dtls_overdue(const struct dtls *dtls, uint64_t now_us);

/* Send application data as one record in one datagram. 0, -ENOTCONN, -EMSGSIZE
 * over DTLS_DATA_MAX, -ENOMEM, or -EIO. */
int dtls_send(struct dtls *dtls, const uint8_t *p, size_t len) __attribute__((warn_unused_result));

/* Send close_notify; during the handshake, which has no way to say it, nothing. */
void dtls_close(struct dtls *dtls);

enum dtls_state dtls_state(const struct dtls *dtls);
enum dtls_error dtls_error(const struct dtls *dtls);

/* The SRTP master keys. 0, or -ENOTCONN before the handshake is done. */
int dtls_keys(const struct dtls *dtls, struct keys *out) __attribute__((warn_unused_result));
