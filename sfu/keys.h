/* SRTP protection profiles and the master keys of one DTLS session (RFC 5764,
 * section 4.1.2; RFC 7714, section 14.2). */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    KEYS_KEY_MAX = 32,
    KEYS_SALT_MAX = 14,
    KEYS_TAG_LEN_MAX = 16,
};

/* In order of preference. */
enum keys_profile {
    KEYS_AEAD_AES_128_GCM,
    KEYS_AEAD_AES_256_GCM,
    KEYS_AES128_CM_SHA1_80, /* for old peers */
    KEYS_PROFILE_COUNT
};

struct keys_profile_info {
    const char *name;          /* as registered with IANA, without the SRTP_ prefix */
    const char *dtls_name;     /* as OpenSSL spells it in SSL_CTX_set_tlsext_use_srtp() */
    uint16_t id;               /* in use_srtp */
    uint8_t key_len, salt_len; /* bytes of the master key and salt */
    uint8_t tag_len;           /* bytes that sealing adds to an RTP packet */
};

extern const struct keys_profile_info keys_profiles[KEYS_PROFILE_COUNT];

/* Master key and salt of one direction; key_len and salt_len bytes count. */
struct keys_side {
    uint8_t key[KEYS_KEY_MAX];
    uint8_t salt[KEYS_SALT_MAX];
};

struct keys {
    enum keys_profile profile;
    struct keys_side local;  /* for what we send */
    struct keys_side remote; /* for what we receive */
};

/* What the key derivation makes of the master key (RFC 3711, section 4.3.2). */
enum keys_label {
    KEYS_LABEL_RTP_ENCRYPTION = 0x00,
    KEYS_LABEL_RTP_SALT = 0x02,
    KEYS_LABEL_RTCP_ENCRYPTION = 0x03,
    KEYS_LABEL_RTCP_SALT = 0x05,
};

/* len (at most 32) bytes of session key or salt; the key derivation rate is 0.
 * RFC 3711, section 4.3.3; RFC 6188 for 256 bits; RFC 7714, section 11 for the
 * 96-bit salt. 0 or -EIO. */
int keys_derive(const struct keys_side *side, enum keys_profile profile, enum keys_label label, uint8_t *out,
                size_t len) __attribute__((warn_unused_result));
