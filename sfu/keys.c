#include "keys.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

const struct keys_profile_info keys_profiles[KEYS_PROFILE_COUNT] = {
    [KEYS_AEAD_AES_128_GCM] = {"AEAD_AES_128_GCM", "SRTP_AEAD_AES_128_GCM", 0x0007, 16, 12, 16},
    [KEYS_AEAD_AES_256_GCM] = {"AEAD_AES_256_GCM", "SRTP_AEAD_AES_256_GCM", 0x0008, 32, 12, 16},
    [KEYS_AES128_CM_SHA1_80] = {"AES128_CM_SHA1_80", "SRTP_AES128_CM_SHA1_80", 0x0001, 16, 14, 10},
};

int keys_derive(const struct keys_side *side, enum keys_profile profile, enum keys_label label, uint8_t *out,
                size_t len)
{
    const struct keys_profile_info *info = &keys_profiles[profile];
    static const uint8_t zeros[32];
    uint8_t iv[16] = {0};
    int written = 0;

    /* key_id is label << 48 against a salt of 112 bits; a shorter salt is
     * padded at its end. The low 16 bits count AES blocks. */
    memcpy(iv, side->salt, info->salt_len);
    iv[7] ^= (uint8_t)label;
    if (len > sizeof(zeros))
        return -EIO;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = info->key_len == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
    bool ok = ctx && EVP_EncryptInit_ex(ctx, cipher, NULL, side->key, iv) == 1 &&
              EVP_EncryptUpdate(ctx, out, &written, zeros, (int)len) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return ok ? 0 : -EIO;
}
