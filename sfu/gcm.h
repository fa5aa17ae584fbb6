/* AES-GCM as SRTP and SRTCP use it (RFC 7714), with one session key: for packets of one kind in one
 * direction. ipsec-mb where the CPU and the package are there, else OpenSSL (seal_engine.h). */
#pragma once

#include "keys.h"
#include "seal_engine.h"

struct gcm {
    const struct seal_engine *engine;
    void *state;               /* of engine */
    uint8_t salt[SEAL_IV_LEN]; /* session salt */
};

enum gcm_use { GCM_RTP, GCM_RTCP };

/* engine NULL = the first usable one. 0 or -EIO; gcm_finish() is fine in either case, and after zeroing. */
int gcm_init(struct gcm *gcm, const struct keys_side *side, enum keys_profile profile, enum gcm_use use,
             const struct seal_engine *engine) __attribute__((warn_unused_result));
void gcm_finish(struct gcm *gcm);

/* E(patch | rest) | tag to out, with the header as AAD. index: 48 bits of RTP, 31 of RTCP. out may be where
 * rest is, if there is no patch; nothing else may overlap. 0 or -EIO. */
int gcm_seal(const struct gcm *gcm, uint32_t ssrc, uint64_t index, const struct seal_packet *packet,
             uint8_t *out) __attribute__((warn_unused_result));

/* Decrypt len bytes of text in place, behind which the tag lies. False: the tag does not verify, and text is
 * to be dropped. */
bool gcm_open(const struct gcm *gcm, uint32_t ssrc, uint64_t index, const struct seal_sealed *sealed)
    __attribute__((warn_unused_result));
