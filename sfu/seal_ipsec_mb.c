/* AES-GCM with Intel's ipsec-mb, its direct (not its job) functions: one call
 * where the payload is in one piece, init, update, finalize where it is in two. */
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

static void seal_two_128(const struct gcm_key_data *key, const uint8_t *iv, const struct seal_packet *in,
                         uint8_t *out)
{
    struct gcm_context_data ctx;
    IMB_AES128_GCM_INIT(manager, key, &ctx, iv, in->header, in->header_len);
    IMB_AES128_GCM_ENC_UPDATE(manager, key, &ctx, out, in->patch, in->patch_len);
    IMB_AES128_GCM_ENC_UPDATE(manager, key, &ctx, out + in->patch_len, in->rest, in->rest_len);
    IMB_AES128_GCM_ENC_FINALIZE(manager, key, &ctx, out + in->patch_len + in->rest_len, SEAL_GCM_TAG_LEN);
}

static void seal_two_256(const struct gcm_key_data *key, const uint8_t *iv, const struct seal_packet *in,
                         uint8_t *out)
{
    struct gcm_context_data ctx;
    IMB_AES256_GCM_INIT(manager, key, &ctx, iv, in->header, in->header_len);
    IMB_AES256_GCM_ENC_UPDATE(manager, key, &ctx, out, in->patch, in->patch_len);
    IMB_AES256_GCM_ENC_UPDATE(manager, key, &ctx, out + in->patch_len, in->rest, in->rest_len);
    IMB_AES256_GCM_ENC_FINALIZE(manager, key, &ctx, out + in->patch_len + in->rest_len, SEAL_GCM_TAG_LEN);
}

static int seal(void *arg, const uint8_t iv[SEAL_IV_LEN], const struct seal_packet *in, uint8_t *out)
{
    const struct state *state = arg;
    struct gcm_context_data ctx;
    const uint8_t *one = in->patch_len ? in->patch : in->rest;
    size_t len = in->patch_len + in->rest_len;

    if (in->patch_len && in->rest_len) {
        if (state->wide)
            seal_two_256(&state->key, iv, in, out);
        else
            seal_two_128(&state->key, iv, in, out);
    } else if (state->wide) {
        IMB_AES256_GCM_ENC(manager, &state->key, &ctx, out, one, len, iv, in->header, in->header_len,
                           out + len, SEAL_GCM_TAG_LEN);
    } else {
        IMB_AES128_GCM_ENC(manager, &state->key, &ctx, out, one, len, iv, in->header, in->header_len,
                           out + len, SEAL_GCM_TAG_LEN);
    }
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

const struct seal_engine seal_ipsec_mb = {"ipsec-mb", usable, open_state, close_state, seal, unseal};
#endif
