/* AES-GCM with OpenSSL: a context for each key, a new IV for each packet. */
#include "seal_engine.h"

#include <errno.h>
#include <openssl/evp.h>

static bool usable(void)
{
    return true;
}

static void *open_state(const uint8_t *key, size_t key_len)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = key_len == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
    if (ctx && EVP_EncryptInit_ex(ctx, cipher, NULL, key, NULL) == 1)
        return ctx;
    EVP_CIPHER_CTX_free(ctx);
    return NULL;
}

static void close_state(void *state)
{
    EVP_CIPHER_CTX_free(state);
}

/* out NULL = AAD. */
static bool update(EVP_CIPHER_CTX *ctx, uint8_t *out, const uint8_t *in, size_t len)
{
    int written = 0;
    return len == 0 || EVP_EncryptUpdate(ctx, out, &written, in, (int)len) == 1;
}

static int seal(void *state, const uint8_t iv[SEAL_IV_LEN], const struct seal_packet *packet, uint8_t *out)
{
    EVP_CIPHER_CTX *ctx = state;
    uint8_t *rest = out + packet->patch_len, *tag = rest + packet->rest_len;
    int written = 0;
    bool ok = EVP_EncryptInit_ex(ctx, NULL, NULL, NULL, iv) == 1 &&
              update(ctx, NULL, packet->header, packet->header_len) &&
              update(ctx, out, packet->patch, packet->patch_len) &&
              update(ctx, rest, packet->rest, packet->rest_len) &&
              EVP_EncryptFinal_ex(ctx, tag, &written) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SEAL_GCM_TAG_LEN, tag) == 1;
    return ok ? 0 : -EIO;
}

static bool unseal(void *state, const uint8_t iv[SEAL_IV_LEN], const struct seal_sealed *sealed)
{
    EVP_CIPHER_CTX *ctx = state;
    uint8_t *text = sealed->text, *tag = text + sealed->text_len, none;
    int written = 0;
    return EVP_DecryptInit_ex(ctx, NULL, NULL, NULL, iv) == 1 &&
           EVP_DecryptUpdate(ctx, NULL, &written, sealed->aad, (int)sealed->aad_len) == 1 &&
           EVP_DecryptUpdate(ctx, text, &written, text, (int)sealed->text_len) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SEAL_GCM_TAG_LEN, tag) == 1 &&
           EVP_DecryptFinal_ex(ctx, &none, &written) == 1;
}

const struct seal_engine seal_evp = {"openssl", 0, usable, open_state, close_state, seal, unseal};
