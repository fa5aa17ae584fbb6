/* SRTP protection profiles and the master keys of one DTLS session (RFC 5764,
 * section 4.1.2; RFC 7714, section 14.2). */
#pragma once

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
