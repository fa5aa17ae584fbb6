/* AES-GCM with Intel's ipsec-mb, its direct (not its job) functions. */
#ifdef HAVE_IPSEC_MB
#include "seal_engine.h"

#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct state {
    struct gcm_key_data key; /* aligned to 64 bytes */
    bool wide;               /* 256 bits */
};

/* A table of functions for this CPU. The direct functions keep nothing in it,
 * so all threads share it. */
static IMB_MGR *manager;

static void manager_make(void)
{
    manager = alloc_mb_mgr(0);
    if (manager)
        init_mb_mgr_auto(manager, NULL);
}

static bool usable(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, manager_make);
    return manager && (manager->features & IMB_CPUFLAGS_AVX2) == IMB_CPUFLAGS_AVX2;
}

static void *open_state(const uint8_t *key, size_t key_len)
{
    struct state *state = usable() ? aligned_alloc(_Alignof(struct state), sizeof(*state)) : NULL;
    if (!state)
        return NULL;
    state->wide = key_len == 32;
    if (state->wide)
        IMB_AES256_GCM_PRE(manager, key, &state->key);
    else
        IMB_AES128_GCM_PRE(manager, key, &state->key);
    return state;
}

static void close_state(void *state)
{
    explicit_bzero(state, sizeof(struct state));
    free(state);
}

/* The direct functions want the text in one piece. To copy it takes less than to go on in the middle of a
 * block, as the functions for text in pieces do. */
static const uint8_t *in_one_piece(const struct seal_packet *in, uint8_t *out)
{
    if (!in->patch_len)
        return in->rest;
    memcpy(out, in->patch, in->patch_len);
    if (in->rest_len)
        memcpy(out + in->patch_len, in->rest, in->rest_len);
    return out;
}

static int seal(void *arg, const uint8_t iv[SEAL_IV_LEN], const struct seal_packet *in, uint8_t *out)
{
    const struct state *state = arg;
    struct gcm_context_data ctx;
    const uint8_t *text = in_one_piece(in, out);
    size_t len = in->patch_len + in->rest_len;
    if (state->wide)
        IMB_AES256_GCM_ENC(manager, &state->key, &ctx, out, text, len, iv, in->header, in->header_len,
                           out + len, SEAL_GCM_TAG_LEN);
    else
        IMB_AES128_GCM_ENC(manager, &state->key, &ctx, out, text, len, iv, in->header, in->header_len,
                           out + len, SEAL_GCM_TAG_LEN);
    return 0;
}

/* The library gives the tag that there should be. */
static bool unseal(void *arg, const uint8_t iv[SEAL_IV_LEN], const struct seal_sealed *sealed)
{
    const struct state *state = arg;
    struct gcm_context_data ctx;
    uint8_t *text = sealed->text, tag[SEAL_GCM_TAG_LEN];
    if (state->wide)
        IMB_AES256_GCM_DEC(manager, &state->key, &ctx, text, text, sealed->text_len, iv, sealed->aad,
                           sealed->aad_len, tag, SEAL_GCM_TAG_LEN);
    else
        IMB_AES128_GCM_DEC(manager, &state->key, &ctx, text, text, sealed->text_len, iv, sealed->aad,
                           sealed->aad_len, tag, SEAL_GCM_TAG_LEN);
    return CRYPTO_memcmp(tag, text + sealed->text_len, SEAL_GCM_TAG_LEN) == 0;
}

const struct seal_engine seal_ipsec_mb = {
    "ipsec-mb", sizeof(struct state), usable, open_state, close_state, seal, unseal};
#endif
