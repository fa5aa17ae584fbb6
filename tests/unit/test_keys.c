/* Key derivation against the vectors of RFC 3711, appendix B.3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "keys.h"

static const struct keys_side side = {
    .key = {0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 0x01, 0x8b, 0xe0, 0xd6, 0x4f, 0xa3, 0x2c, 0x06, 0xde, 0x41, 0x39},
    .salt = {0x0e, 0xc6, 0x75, 0xad, 0x49, 0x8a, 0xfe, 0xeb, 0xb6, 0x96, 0x0b, 0x3a, 0xab, 0xe6},
};

static const struct {
    enum keys_label label;
    size_t len;
    uint8_t out[16];
} rows[] = {
    {KEYS_LABEL_RTP_ENCRYPTION,
     16,
     {0xc6, 0x1e, 0x7a, 0x93, 0x74, 0x4f, 0x39, 0xee, 0x10, 0x73, 0x4a, 0xfe, 0x3f, 0xf7, 0xa0, 0x87}},
    {KEYS_LABEL_RTP_SALT,
     14,
     {0x30, 0xcb, 0xbc, 0x08, 0x86, 0x3d, 0x8c, 0x85, 0xd4, 0x9d, 0xb3, 0x4a, 0x9a, 0xe1}},
};

static void derive(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t out[32];
        assert_int_equal(keys_derive(&side, KEYS_AES128_CM_SHA1_80, rows[i].label, out, rows[i].len), 0);
        assert_memory_equal(out, rows[i].out, rows[i].len);
    }
}

static void too_long(void **state)
{
    uint8_t out[33];
    (void)state;
    assert_true(keys_derive(&side, KEYS_AES128_CM_SHA1_80, KEYS_LABEL_RTP_SALT, out, sizeof(out)) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(derive), cmocka_unit_test(too_long)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
