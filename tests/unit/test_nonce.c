/* The guard against a repeated nonce: which indexes are taken, and which refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "nonce.h"

/* One after the other. */
static const struct {
    uint32_t ssrc;
    uint64_t index;
    bool ok;
} rows[] = {
    {1, 100, true},
    {1, 100, false}, /* at once */
    {1, 101, true},
    {2, 100, true}, /* another SSRC */
    {2, 100, false},
    {1, 99, true}, /* reordered */
    {1, 99, false},
    {1, 100, false}, /* later */
    {1, 65636, true},
    {1, 101, false}, /* still in the window */
    {1, 100, false}, /* just out of it: too old to tell */
    {1, 102, true},
    {1, 65635, true},
    {1, 65635, false},
    {1, 1ULL << 40, true}, /* far ahead: nothing of the window is left */
    {1, (1ULL << 40) - 65535, true},
    {1, (1ULL << 40) - 65535, false},
    {1, (1ULL << 40) - 65536, false}, /* too old */
    {1, 1ULL << 40, false},
    {1, (1ULL << 40) + 65535, true}, /* the whole window but one place is new */
    {1, 1ULL << 40, false},
    {1, (1ULL << 40) + 1, true},
    {2, 101, true},
};

static void sequence(void **state)
{
    struct nonce nonce = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (nonce_take(&nonce, rows[i].ssrc, rows[i].index) != rows[i].ok)
            fail_msg("row %zu", i);
    nonce_finish(&nonce);
}

static void every_index_once(void **state)
{
    struct nonce nonce = {0};
    (void)state;
    for (uint64_t i = 0; i < 200000; i++)
        assert_true(nonce_take(&nonce, 7, i));
    for (uint64_t i = 0; i < 200000; i += 101)
        assert_false(nonce_take(&nonce, 7, i));
    nonce_finish(&nonce);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sequence), cmocka_unit_test(every_index_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
