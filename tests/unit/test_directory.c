/* Finding transports by id, ufrag and address (directory.h). */
#include "directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "transport.h"

enum { A, B, NOBODY, TRANSPORTS = NOBODY };

struct world {
    struct directory directory;
    struct transport *transports[TRANSPORTS];
    struct addr addrs[3];
};

static void set_up(struct world *w)
{
    static const char *const ufrags[TRANSPORTS] = {"ufragA", "ufragB"};
    static const char *const addrs[] = {"192.0.2.1", "192.0.2.2", "2001:db8::1"};
    directory_init(&w->directory);
    for (size_t i = 0; i < TRANSPORTS; i++) {
        struct transport *t = w->transports[i] = g_new0(struct transport, 1);
        t->id = i + 1;
        ice_init(&t->connection.ice, ufrags[i], "a-password-that-is-long", 0);
        directory_add(&w->directory, t);
        directory_add_ufrag(&w->directory, ufrags[i], t);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(addrs); i++)
        assert_int_equal(addr_parse(&w->addrs[i], addrs[i], 5000), 0);
}

static void tear_down(struct world *w)
{
    directory_finish(&w->directory);
    for (size_t i = 0; i < TRANSPORTS; i++)
        g_free(w->transports[i]);
}

static struct transport *who(const struct world *w, size_t i)
{
    return i == NOBODY ? NULL : w->transports[i];
}

/* An address is moved, asked for twice in a row, and given up; neither a change nor the memory of who was
 * asked for last leads astray. */
static void addresses_move(void **state)
{
    (void)state;
    static const struct {
        size_t addr, becomes; /* whose it is from now on */
        size_t at[3];         /* who is found at each */
    } rows[] = {
        {0, A, {A, NOBODY, NOBODY}}, {1, B, {A, B, NOBODY}},      {2, A, {A, B, A}},      {0, B, {B, B, A}},
        {0, NOBODY, {NOBODY, B, A}}, {0, NOBODY, {NOBODY, B, A}}, {1, A, {NOBODY, A, A}},
    };
    struct world w;
    set_up(&w);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        assert_ptr_equal(directory_at(&w.directory, &w.addrs[rows[i].addr]),
                         i ? who(&w, rows[i - 1].at[rows[i].addr]) : NULL);
        directory_set_address(&w.directory, &w.addrs[rows[i].addr], who(&w, rows[i].becomes));
        for (size_t j = 0; j < 6; j++)
            assert_ptr_equal(directory_at(&w.directory, &w.addrs[j / 2]), who(&w, rows[i].at[j / 2]));
    }
    tear_down(&w);
}

static void ufrags_lead_to_ice(void **state)
{
    (void)state;
    static const struct {
        const char *ufrag;
        size_t whose;
    } rows[] = {{"ufragA", A},       {"ufragB", B}, {"ufrag", NOBODY},
                {"ufragAA", NOBODY}, {"", NOBODY},  {"ufragB2", B}};
    struct world w;
    char endless[SFU_UFRAG_MAX + 2];
    set_up(&w);
    directory_add_ufrag(&w.directory, "ufragB2", w.transports[B]); /* it has begun to restart */
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct transport *t = who(&w, rows[i].whose);
        assert_ptr_equal(directory_ice_tables.by_ufrag(&w.directory, rows[i].ufrag, strlen(rows[i].ufrag)),
                         t ? &t->connection.ice : NULL);
    }
    memset(endless, 'u', sizeof(endless));
    assert_null(directory_ice_tables.by_ufrag(&w.directory, endless, sizeof(endless)));
    directory_remove_ufrag(&w.directory, "ufragB");
    assert_null(directory_ice_tables.by_ufrag(&w.directory, "ufragB", 6));
    directory_set_address(&w.directory, &w.addrs[0], w.transports[A]);
    assert_ptr_equal(directory_ice_tables.by_addr(&w.directory, &w.addrs[0]),
                     &w.transports[A]->connection.ice);
    assert_null(directory_ice_tables.by_addr(&w.directory, &w.addrs[1]));
    tear_down(&w);
}

/* Whoever is removed is not found by anything, also where it was asked for last. */
static void the_removed_are_not_found(void **state)
{
    (void)state;
    struct world w;
    set_up(&w);
    struct transport *t = w.transports[A];
    t->connection.ice.remote_count = 1;
    t->connection.ice.remotes[0].addr = w.addrs[0];
    directory_set_address(&w.directory, &w.addrs[0], t);
    directory_set_address(&w.directory, &w.addrs[1], w.transports[B]);
    assert_ptr_equal(directory_at(&w.directory, &w.addrs[0]), t);
    assert_ptr_equal(directory_find(&w.directory, t->id), t);
    directory_remove(&w.directory, t);
    assert_null(directory_at(&w.directory, &w.addrs[0]));
    assert_null(directory_find(&w.directory, t->id));
    assert_null(directory_ice_tables.by_ufrag(&w.directory, "ufragA", 6));
    assert_ptr_equal(directory_at(&w.directory, &w.addrs[1]), w.transports[B]);
    assert_ptr_equal(directory_find(&w.directory, w.transports[B]->id), w.transports[B]);
    tear_down(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_move),
        cmocka_unit_test(ufrags_lead_to_ice),
        cmocka_unit_test(the_removed_are_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
