/* Structs of zeros and other bytes: the same comes back, and takes no more than it has to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <glib.h>
#include <malloc.h>
#include <string.h>

#include "sparse.h"

static const struct {
    const char *what;
    size_t len;
    size_t from, bytes, every; /* from there on so many bytes that are not 0, of which every so many-th is */
    size_t most;               /* bytes that it may take */
} rows[] = {
    {.what = "nothing", .len = 0, .most = 32},
    {.what = "one zero", .len = 1, .most = 32},
    {.what = "one byte", .len = 1, .bytes = 1, .most = 32},
    {.what = "only zeros", .len = 9000, .most = 32},
    {.what = "a byte at the start", .len = 9000, .bytes = 1, .most = 40},
    {.what = "a byte at the end", .len = 9000, .from = 8999, .bytes = 1, .most = 40},
    {.what = "some in the middle", .len = 9000, .from = 100, .bytes = 500, .most = 540},
    {.what = "with single zeros", .len = 9000, .from = 100, .bytes = 500, .every = 2, .most = 540},
    {.what = "no zeros", .len = 9000, .bytes = 9000, .most = 9040},
    {.what = "more zeros than a run has", .len = 200000, .from = 150000, .bytes = 3, .most = 48},
    {.what = "more bytes than a run has", .len = 200000, .from = 1, .bytes = 199000, .most = 199100},
};

static void there_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree uint8_t *in = g_malloc0(rows[i].len + 1), *out = g_malloc(rows[i].len + 1);
        for (size_t k = 0; k < rows[i].bytes; k++)
            in[rows[i].from + k] = rows[i].every && k % rows[i].every == 0 ? 0 : (uint8_t)(k % 255 + 1);
        memset(out, 0x5a, rows[i].len + 1);
        g_autofree struct sparse *sparse = sparse_new(in, rows[i].len);
        sparse_read(sparse, out, rows[i].len);
        if (memcmp(in, out, rows[i].len) != 0 || out[rows[i].len] != 0x5a)
            fail_msg("%s: not the same", rows[i].what);
        if (malloc_usable_size(sparse) > rows[i].most)
            fail_msg("%s: %zu bytes", rows[i].what, malloc_usable_size(sparse));
    }
}

/* Any pattern of runs. */
static void any_pattern(void **state)
{
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    for (int round = 0; round < 300; round++) {
        uint8_t in[1500] = {0}, out[1500];
        for (size_t at = 0; at < sizeof(in);) {
            size_t run = (size_t)g_rand_int_range(random, 1, 12);
            bool zeros = g_rand_boolean(random);
            for (; run && at < sizeof(in); run--)
                in[at++] = zeros ? 0 : (uint8_t)g_rand_int(random);
        }
        g_autofree struct sparse *sparse = sparse_new(in, sizeof(in));
        sparse_read(sparse, out, sizeof(out));
        assert_memory_equal(in, out, sizeof(in));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back), cmocka_unit_test(any_pattern)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
