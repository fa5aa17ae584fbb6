/* Sealing of the RTP packets that one transport sends: SRTP encryption out of
 * place, from the one received packet straight into the send slot.
 *
 *   header (rewritten) | patch (rewritten) | rest (of the received packet)
 *          AAD         |            encrypted             |  tag
 *
 * AES-GCM (RFC 7714) is done here, with ipsec-mb where the CPU and the package
 * are there, else with OpenSSL. The SHA1_80 profile goes through a libsrtp2
 * session of its own. Every byte equals libsrtp2's.
 *
 * Under one key an (SSRC, index) is sealed once, ever: a repeated GCM nonce
 * gives the key away. Debug builds abort on a repeat within the last 2^16
 * indexes of an SSRC. */
#pragma once

#include "keys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEAL_OVERHEAD_MAX = 16 };

/* One packet to be sealed. Nothing of it is written to. */
struct seal_packet {
    uint64_t index; /* 48 bits: rollover counter << 16 | sequence number (RFC 3711, section 3.3.1) */
    const uint8_t
        *header;          /* the whole RTP header with CSRCs and extensions; names SSRC and sequence number */
    const uint8_t *patch; /* the first bytes of the payload, such as a codec's descriptor; may be NULL */
    const uint8_t *rest;  /* what follows, padding included; may be NULL */
    size_t header_len, patch_len, rest_len; /* bytes */
};

/* How AES-GCM is computed; seal_engines[0] is the fastest, the last runs everywhere. */
struct seal_engine;
extern const struct seal_engine *const seal_engines[];
extern const size_t seal_engine_count;

const char *seal_engine_name(const struct seal_engine *engine);
/* Whether this machine can run it. */
bool seal_engine_usable(const struct seal_engine *engine);

struct seal;

/* For what we send (keys->local). engine NULL = the first usable one; only the
 * GCM profiles look at it. NULL without memory or where a library fails. */
struct seal *seal_new(const struct keys *keys, const struct seal_engine *engine);
/* NULL is fine. */
void seal_free(struct seal *seal);

/* seal_packet() comes soon (fetch.h); and again, once that has been fetched. */
void seal_fetch(const struct seal *seal);
void seal_fetch_key(const struct seal *seal);

/* Bytes that sealing adds: 16 (GCM) or 10 (SHA1_80). */
size_t seal_overhead(const struct seal *seal);

/* Write header, encrypted payload and tag to out, which holds cap bytes and
 * must not overlap the input; *out_len is their number. 0, -EMSGSIZE where they
 * do not fit, or -EIO. SHA1_80: an SSRC's first index is below 2^16, later ones
 * are at most 2^15 above and at most 1,000 below the highest so far, or libsrtp2
 * refuses them. */
int seal_packet(struct seal *seal, const struct seal_packet *packet, uint8_t *out, size_t cap,
                size_t *out_len) __attribute__((warn_unused_result));
