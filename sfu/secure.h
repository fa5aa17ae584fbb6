/* SRTP and SRTCP of one transport (RFC 3711, RFC 7714): all that is received, and the RTCP that is sent. RTP
 * is sent through seal.h. The GCM profiles are done here (gcm.h, replay.h), SHA1_80 with libsrtp2. */
#pragma once

#include "keys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SECURE_STREAMS_MAX = 96,   /* SSRCs that a peer may have at a time */
    SECURE_RTCP_OVERHEAD = 20, /* bytes that protecting RTCP adds at most: index and tag */
};

#define SECURE_VERDICTS(X)                                                                                   \
    X(OK, "ok")                                                                                              \
    X(SHORT, "short")     /* not an RTP or RTCP packet in its outer form */                                  \
    X(AUTH, "auth")       /* the tag does not verify */                                                      \
    X(REPLAY, "replay")   /* seen before, or older than the window of 1,024 */                               \
    X(STREAMS, "streams") /* a new SSRC over SECURE_STREAMS_MAX */                                           \
    X(ERROR, "error")     /* no memory, or a key is used up */

enum secure_verdict {
#define X(name, text) SECURE_##name,
    SECURE_VERDICTS(X)
#undef X
        SECURE_VERDICT_COUNT
};

struct secure;

/* NULL without memory or where a library fails. */
struct secure *secure_new(const struct keys *keys);
/* NULL is fine. */
void secure_free(struct secure *secure);

/* Decrypt one packet in place. On SECURE_OK *out_len bytes of plain RTP or RTCP
 * are in p; otherwise p may be half decrypted and is to be dropped. Nothing is
 * kept of an SSRC before its tag verified. */
enum secure_verdict secure_unprotect_rtp(struct secure *secure, uint8_t *p, size_t len, size_t *out_len);
enum secure_verdict secure_unprotect_rtcp(struct secure *secure, uint8_t *p, size_t len, size_t *out_len);

/* Encrypt an RTCP compound in place; p holds len + SECURE_RTCP_OVERHEAD bytes.
 * 0, -EINVAL for what is no RTCP, or -EIO. */
int secure_protect_rtcp(struct secure *secure, uint8_t *p, size_t len, size_t *out_len)
    __attribute__((warn_unused_result));

/* The peer's SSRC has ended (BYE, or silence): free its stream. Its replay
 * window goes with it. */
void secure_remove(struct secure *secure, uint32_t ssrc);

/* How many SSRCs of the peer are held. */
size_t secure_stream_count(const struct secure *secure);
