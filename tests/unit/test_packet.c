#include "packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void grows_by_slabs_up_to_its_cap(void **state)
{
    (void)state;
    static const struct {
        size_t max, most; /* asked for, given out */
    } rows[] = {
        {0, 0},
        {1, PACKET_SLAB_PACKETS},
        {PACKET_SLAB_PACKETS, PACKET_SLAB_PACKETS},
        {PACKET_SLAB_PACKETS + 1, 2 * PACKET_SLAB_PACKETS},
        {300, 5 * PACKET_SLAB_PACKETS},
    };
    static struct packet *got[1000];
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        struct packet_pool pool;
        packet_pool_init(&pool, rows[r].max);
        assert_int_equal(pool.made, 0);
        size_t n = 0;
        while ((got[n] = packet_get(&pool)) != NULL)
            memset(got[n++]->data, 0xff, PACKET_DATA_MAX); /* it does not lap over the next */
        assert_int_equal(n, rows[r].most);
        assert_int_equal(pool.used, n);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(got[i]->refs, 1);
            packet_unref(got[i]);
        }
        assert_int_equal(packet_pool_finish(&pool), 0);
    }
}

static void comes_back_with_the_last_reference(void **state)
{
    (void)state;
    struct packet_pool pool;
    packet_pool_init(&pool, 1);
    struct packet *p = packet_get(&pool);
    assert_int_equal((uintptr_t)p->data % 64, 0);
    p->len = 9;
    p->view.ssrc = 7;
    p->frame.key = true;
    assert_ptr_equal(packet_ref(p), p);
    packet_unref(p);
    assert_int_equal(pool.used, 1);
    assert_int_equal(p->len, 9);
    packet_unref(p);
    assert_int_equal(pool.used, 0);
    packet_unref(NULL);

    struct packet *again = packet_get(&pool);
    assert_ptr_equal(again, p);
    assert_int_equal(again->len, 0);
    assert_int_equal(again->view.ssrc, 0);
    assert_false(again->frame.key);
    packet_unref(again);
    assert_int_equal(packet_pool_finish(&pool), 0);
}

static void allocates_nothing_in_a_steady_state(void **state)
{
    (void)state;
    struct packet_pool pool;
    struct packet *ring[100] = {0};
    packet_pool_init(&pool, 1000);
    for (size_t i = 0; i < 10000; i++) {
        packet_unref(ring[i % 100]);
        ring[i % 100] = packet_get(&pool);
    }
    assert_int_equal(pool.made, 2 * PACKET_SLAB_PACKETS);
    for (size_t i = 0; i < 100; i++)
        packet_unref(ring[i]);
    assert_int_equal(packet_pool_finish(&pool), 0);
}

static void tells_of_leaks(void **state)
{
    (void)state;
    struct packet_pool pool;
    packet_pool_init(&pool, 10);
    assert_non_null(packet_get(&pool));
    packet_unref(packet_get(&pool));
    assert_non_null(packet_get(&pool));
    assert_int_equal(packet_pool_finish(&pool), 2);
    assert_int_equal(packet_pool_finish(&pool), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_by_slabs_up_to_its_cap),
        cmocka_unit_test(comes_back_with_the_last_reference),
        cmocka_unit_test(allocates_nothing_in_a_steady_state),
        cmocka_unit_test(tells_of_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
