/* What is peeked at against what was sealed. */
#include "peek.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bytes.h"
#include "seal.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { HEADER_LEN = 12, PAYLOAD_MAX = 1200 };

static struct keys make_keys(enum keys_profile profile)
{
    struct keys keys = {.profile = profile};
    for (size_t i = 0; i < sizeof(keys.local.key); i++)
        keys.local.key[i] = (uint8_t)(i * 7 + 1);
    for (size_t i = 0; i < sizeof(keys.local.salt); i++)
        keys.local.salt[i] = (uint8_t)(i * 5 + 3);
    keys.remote = keys.local;
    return keys;
}

static void reads_the_beginning(void **state)
{
    (void)state;
    static const struct {
        enum keys_profile profile;
        size_t len, read;
        uint64_t index;
    } rows[] = {
        {KEYS_AEAD_AES_128_GCM, 1200, PEEK_LEN, 5}, {KEYS_AEAD_AES_128_GCM, 64, PEEK_LEN, 0xffff},
        {KEYS_AEAD_AES_128_GCM, 63, 63, 0x10000},   {KEYS_AEAD_AES_128_GCM, 1, 1, 0x123456789abc},
        {KEYS_AEAD_AES_128_GCM, 0, 0, 7},           {KEYS_AEAD_AES_256_GCM, 1200, PEEK_LEN, 0x54321},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct keys keys = make_keys(rows[i].profile);
        struct seal *seal = seal_new(&keys, NULL);
        struct peek *peek = peek_new(&keys);
        uint8_t header[HEADER_LEN] = {0x80, 96}, payload[PAYLOAD_MAX], sealed[PAYLOAD_MAX + 64];
        size_t len;
        assert_non_null(peek);
        put_u16(header + 2, (uint32_t)rows[i].index & 0xffff);
        put_u32(header + 8, 0xcafe0000 + (uint32_t)i);
        for (size_t j = 0; j < sizeof(payload); j++)
            payload[j] = (uint8_t)(j ^ i);
        const struct seal_packet packet = {.index = rows[i].index,
                                           .header = header,
                                           .header_len = HEADER_LEN,
                                           .rest = payload,
                                           .rest_len = rows[i].len};
        assert_int_equal(seal_packet(seal, &packet, sealed, sizeof(sealed), &len), 0);
        assert_int_equal(peek_open(peek, sealed, sealed + HEADER_LEN, rows[i].len, rows[i].index),
                         rows[i].read);
        assert_memory_equal(sealed + HEADER_LEN, payload, rows[i].read);
        if (rows[i].len > PEEK_LEN)
            assert_memory_not_equal(sealed + HEADER_LEN + PEEK_LEN, payload + PEEK_LEN,
                                    rows[i].len - PEEK_LEN);
        seal_free(seal);
        peek_free(peek);
    }
}

static void other_profiles_are_not_peeked_at(void **state)
{
    (void)state;
    struct keys keys = make_keys(KEYS_AES128_CM_SHA1_80);
    assert_null(peek_new(&keys));
    peek_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_beginning),
        cmocka_unit_test(other_profiles_are_not_peeked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
