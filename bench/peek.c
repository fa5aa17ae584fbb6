#include "peek.h"

#include "bytes.h"

#include <openssl/evp.h>
#include <stdlib.h>

enum { SALT_LEN = 12, BLOCK_LEN = 16, FIRST_BLOCK = 2 /* RFC 5116: 1 is the tag's */ };

struct peek {
    EVP_CIPHER_CTX *ctx;
    uint8_t salt[SALT_LEN];
};

struct peek *peek_new(const struct keys *keys)
{
    const struct keys_profile_info *info = &keys_profiles[keys->profile];
    uint8_t key[KEYS_KEY_MAX];
    struct peek *peek = keys->profile == KEYS_AES128_CM_SHA1_80 ? NULL : calloc(1, sizeof(*peek));
    if (!peek)
        return NULL;
    peek->ctx = EVP_CIPHER_CTX_new();
    bool ok = peek->ctx &&
              keys_derive(&keys->remote, keys->profile, KEYS_LABEL_RTP_ENCRYPTION, key, info->key_len) == 0 &&
              keys_derive(&keys->remote, keys->profile, KEYS_LABEL_RTP_SALT, peek->salt, SALT_LEN) == 0 &&
              EVP_DecryptInit_ex(peek->ctx, info->key_len == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr(), NULL,
                                 key, NULL) == 1;
    explicit_bzero(key, sizeof(key));
    if (ok)
        return peek;
    peek_free(peek);
    return NULL;
}

void peek_free(struct peek *peek)
{
    if (!peek)
        return;
    EVP_CIPHER_CTX_free(peek->ctx);
    free(peek);
}

/* The IV of RFC 7714, section 8.1, and behind it the number of the block. */
size_t peek_open(struct peek *peek, const uint8_t *packet, uint8_t *payload, size_t len, uint64_t index)
{
    uint8_t counter[BLOCK_LEN] = {0};
    int n = (int)(len < PEEK_LEN ? len : PEEK_LEN), written = 0;
    memcpy(counter + 2, packet + 8, 4);
    put_u32(counter + 6, (uint32_t)(index >> 16));
    put_u16(counter + 10, (uint32_t)index);
    for (size_t i = 0; i < SALT_LEN; i++)
        counter[i] ^= peek->salt[i];
    put_u32(counter + SALT_LEN, FIRST_BLOCK);
    if (EVP_DecryptInit_ex(peek->ctx, NULL, NULL, NULL, counter) != 1 ||
        EVP_DecryptUpdate(peek->ctx, payload, &written, payload, n) != 1)
        return 0;
    return (size_t)written;
}
