/* One way to compute AES-GCM. */
#pragma once

#include "seal.h"

enum { SEAL_IV_LEN = 12, SEAL_GCM_TAG_LEN = 16 };

/* What was sealed: additional data, and the text behind which the tag lies. */
struct seal_sealed {
    const uint8_t *aad;
    uint8_t *text; /* decrypted in place */
    size_t aad_len, text_len;
};

struct seal_engine {
    const char *name;
    size_t state_len; /* bytes of a state that one seal reads, for fetch.h; 0 = not known */
    bool (*usable)(void);
    /* State for a session key of 16 or 32 bytes, for one direction; NULL where it fails. */
    void *(*open)(const uint8_t *key, size_t key_len);
    void (*close)(void *state); /* not NULL */
    /* E(patch | rest) | tag to out, with the header as AAD. 0 or -EIO. */
    int (*seal)(void *state, const uint8_t iv[SEAL_IV_LEN], const struct seal_packet *packet, uint8_t *out);
    /* False where the tag does not verify. */
    bool (*unseal)(void *state, const uint8_t iv[SEAL_IV_LEN], const struct seal_sealed *sealed);
};

/* The first usable one of seal_engines. */
const struct seal_engine *seal_engine_best(void);

extern const struct seal_engine seal_evp;
#ifdef HAVE_IPSEC_MB
extern const struct seal_engine seal_ipsec_mb;
#endif
