/* ICE-lite: which addresses a transport has, which of them is sent to, and when
 * it has gone. */
#include "ice_world.h"

enum { NOM = 1 << 0 /* USE-CANDIDATE */, OLD = 1 << 1 /* the credentials before the restart */ };
enum { ADDED = 1 << 0, SELECTED = 1 << 1, RETIRED = 1 << 2, MOVED = 1 << 3, EVICTED = 1 << 4 };
enum what { CHECK, MEDIA, RESTART, END };

/* One step: at ms, transport t gets a check (or media, or new credentials) from
 * port; then this is the verdict, these flags are set and t sends to that port
 * (0 = nowhere). */
struct step {
    enum what what;
    uint64_t ms;
    size_t t;
    uint16_t port;
    int how;
    uint32_t priority;
    enum ice_verdict verdict;
    int flags;
    uint16_t selected;
};

static const struct step nomination[] = {
    {CHECK, 0, 0, 1, 0, 100, ICE_VALID, ADDED | SELECTED, 1}, /* the first valid one will do */
    {CHECK, 100, 0, 2, 0, 200, ICE_VALID, ADDED, 1},
    {CHECK, 200, 0, 2, NOM, 200, ICE_VALID, SELECTED, 2}, /* until one is nominated */
    {CHECK, 300, 0, 1, 0, 100, ICE_VALID, 0, 2},
    {CHECK, 400, 0, 1, NOM, 100, ICE_VALID, 0, 2}, /* lower, within 2 s */
    {CHECK, 500, 0, 3, NOM, 200, ICE_VALID, ADDED | SELECTED, 3},
    {CHECK, 1999, 0, 1, NOM, 100, ICE_VALID, 0, 3},
    {CHECK, 2000, 0, 1, NOM, 100, ICE_VALID, SELECTED, 1}, /* lower, after 2 s */
    {CHECK, 2100, 0, 3, 0, 200, ICE_VALID, 0, 1},
    {.what = END},
};

static const struct step nine_addresses[] = {
    {CHECK, 0, 0, 1, NOM, 9, ICE_VALID, ADDED | SELECTED, 1},
    {CHECK, 10, 0, 2, 0, 9, ICE_VALID, ADDED, 1},
    {CHECK, 20, 0, 3, 0, 9, ICE_VALID, ADDED, 1},
    {CHECK, 30, 0, 4, 0, 9, ICE_VALID, ADDED, 1},
    {CHECK, 40, 0, 5, 0, 9, ICE_VALID, ADDED, 1},
    {CHECK, 50, 0, 6, 0, 9, ICE_VALID, ADDED, 1},
    {CHECK, 60, 0, 7, 0, 9, ICE_VALID, ADDED, 1},
    {CHECK, 70, 0, 8, 0, 9, ICE_VALID, ADDED, 1},
    {MEDIA, 80, 0, 2, 0, 0, 0, 0, 1},
    {CHECK, 90, 0, 9, 0, 9, ICE_VALID, ADDED | EVICTED, 1}, /* in place of 3, not 1, not 2 */
    {CHECK, 91, 0, 1, NOM, 9, ICE_VALID, 0, 1},
    {CHECK, 92, 0, 2, 0, 9, ICE_VALID, 0, 1},
    {CHECK, 93, 0, 8, NOM, 9, ICE_VALID, SELECTED, 8}, /* the last of the array */
    {CHECK, 94, 0, 3, 0, 9, ICE_VALID, ADDED | EVICTED, 8},
    {CHECK, 95, 0, 4, 0, 9, ICE_VALID, ADDED | EVICTED, 8},
    {CHECK, 96, 0, 5, 0, 9, ICE_VALID, ADDED | EVICTED, 8},
    {.what = END},
};

static const struct step taking[] = {
    {CHECK, 0, 0, 1, NOM, 9, ICE_VALID, ADDED | SELECTED, 1},
    {CHECK, 10, 0, 2, 0, 9, ICE_VALID, ADDED, 1},
    {CHECK, 1000, 1, 1, NOM, 9, ICE_TAKEN, 0, 0},
    {MEDIA, 2000, 0, 1, 0, 0, 0, 0, 1},
    {CHECK, 6999, 1, 1, NOM, 9, ICE_TAKEN, 0, 0},
    {CHECK, 7000, 1, 1, NOM, 9, ICE_VALID, ADDED | SELECTED | MOVED, 1},
    {MEDIA, 7001, 0, 2, 0, 0, 0, 0, 2}, /* what is left to the first one */
    {CHECK, 7002, 0, 1, NOM, 9, ICE_TAKEN, 0, 2},
    {.what = END},
};

static const struct step restart[] = {
    {CHECK, 0, 0, 1, NOM, 200, ICE_VALID, ADDED | SELECTED, 1},
    {RESTART, 10000, 0, 0, 0, 0, 0, 0, 1},
    {CHECK, 11000, 0, 1, OLD | NOM, 200, ICE_VALID, 0, 1},       /* both count */
    {CHECK, 12000, 0, 2, 0, 100, ICE_VALID, ADDED | RETIRED, 1}, /* the new ones: the old are void */
    {CHECK, 12100, 0, 1, OLD | NOM, 200, ICE_UNKNOWN_UFRAG, 0, 1},
    {CHECK, 12200, 0, 2, NOM, 100, ICE_VALID, SELECTED, 2}, /* against nothing of the old generation */
    {CHECK, 12300, 0, 3, NOM, 50, ICE_VALID, ADDED, 2},     /* 2 s begin afresh */
    {CHECK, 14000, 0, 3, NOM, 50, ICE_VALID, SELECTED, 3},
    {.what = END},
};

static const struct step restart_before_any_check[] = {
    {RESTART, 0, 0, 0, 0, 0, 0, 0, 0},
    {CHECK, 100, 0, 1, OLD, 1, ICE_VALID, ADDED | SELECTED, 1},
    {CHECK, 200, 0, 1, NOM, 1, ICE_VALID, RETIRED, 1},
    {CHECK, 300, 0, 1, OLD, 1, ICE_UNKNOWN_UFRAG, 0, 1},
    {.what = END},
};

static const struct step *const sequences[] = {nomination, nine_addresses, taking, restart,
                                               restart_before_any_check};

static int flags_of(const struct ice_result *r)
{
    return (r->added ? ADDED : 0) | (r->selected ? SELECTED : 0) | (r->retired ? RETIRED : 0) |
           (r->moved ? MOVED : 0) | (r->evicted ? EVICTED : 0);
}

static struct ice_result step_check(struct world *w, const struct step *s, const struct ice_credentials *old)
{
    const struct ice_credentials *c = s->how & OLD ? old : &w->ice[s->t].current;
    struct addr from = address("198.51.100.1", s->port);
    char user[SFU_UFRAG_MAX + 8];
    uint8_t p[CAP], reply[ICE_REPLY_MAX];
    snprintf(user, sizeof(user), "%s:c", c->ufrag);
    struct ask ask = {user, c->pwd, (s->how & NOM) != 0, true, s->priority, 7};
    size_t len = check(w, p, &ask);
    struct ice_result r = handle(w, p, len, &from, FIRST_US + s->ms * 1000, reply);
    if (r.evicted)
        assert_false(ice_knows(&w->ice[s->t], &r.evicted_addr));
    return r;
}

static void run_sequence(const struct step *steps)
{
    struct world w;
    struct ice_credentials old = {0};
    world_init(&w);
    for (const struct step *s = steps; s->what != END; s++) {
        struct addr from = address("198.51.100.1", s->port);
        struct ice_result r = {.verdict = s->verdict};
        char dropped[SFU_UFRAG_MAX + 1];
        if (s->what == CHECK)
            r = step_check(&w, s, &old);
        else if (s->what == MEDIA)
            ice_authentic(&w.ice[s->t], &from, FIRST_US + s->ms * 1000);
        else {
            old = w.ice[s->t].current;
            ice_restart(&w.ice[s->t], "server10", "password-after-a-restart", dropped);
            assert_string_equal(dropped, "");
        }
        const struct addr *to = ice_selected(&w.ice[s->t]);
        if (r.verdict != s->verdict || flags_of(&r) != (s->what == CHECK ? s->flags : 0) ||
            (to ? to->port : 0) != s->selected)
            fail_msg("at %d ms: verdict %d, flags %d, to %d", (int)s->ms, r.verdict, flags_of(&r),
                     to ? to->port : 0);
        bool nominates = s->what == CHECK && s->verdict == ICE_VALID && s->how & NOM;
        assert_int_equal(r.nominated, nominates && s->port == s->selected);
        if (r.verdict == ICE_TAKEN)
            assert_int_equal(r.reply_len, 0);
    }
}

static void addresses_and_generations(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sequences); i++)
        run_sequence(sequences[i]);
}

static void restart_overtaken(void **state)
{
    struct ice ice;
    char dropped[SFU_UFRAG_MAX + 1] = "?";
    (void)state;
    ice_init(&ice, "one", "pwd1", FIRST_US);
    ice_restart(&ice, "two", "pwd2", dropped);
    assert_string_equal(dropped, "");
    ice_restart(&ice, "three", "pwd3", dropped);
    assert_string_equal(dropped, "two");
    assert_string_equal(ice.previous.ufrag, "one");
    assert_string_equal(ice.previous.pwd, "pwd1");
    assert_string_equal(ice.current.ufrag, "three");
}

/* A forged or unauthenticated packet keeps nothing alive. */
static void expiry(void **state)
{
    struct world w;
    uint8_t p[CAP], reply[ICE_REPLY_MAX];
    struct addr from = address("192.0.2.7", 1), other = address("192.0.2.8", 1);
    struct ice *ice = &w.ice[0];
    struct ask good = {"server00:client", "password-of-the-first-one", true, true, 1000, 5};
    struct ask wrong = good, controlled = good;
    (void)state;
    wrong.password = "password-of-the-second-1";
    controlled.controlling = false;
    world_init(&w);
    assert_false(ice_expired(ice, FIRST_US + 30 * SEC - 1));
    assert_true(ice_expired(ice, FIRST_US + 30 * SEC));
    handle(&w, p, check(&w, p, &good), &from, FIRST_US + 20 * SEC, reply);
    assert_false(ice_expired(ice, FIRST_US + 50 * SEC - 1));
    handle(&w, p, check(&w, p, &wrong), &from, FIRST_US + 40 * SEC, reply);
    handle(&w, p, check(&w, p, &controlled), &from, FIRST_US + 40 * SEC, reply);
    ice_authentic(ice, &other, FIRST_US + 40 * SEC); /* no check ever came from there */
    assert_true(ice_expired(ice, FIRST_US + 50 * SEC));
    ice_authentic(ice, &from, FIRST_US + 45 * SEC);
    assert_false(ice_expired(ice, FIRST_US + 50 * SEC));
    assert_false(ice_expired(ice, FIRST_US)); /* a clock that seems to go back */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_and_generations),
        cmocka_unit_test(restart_overtaken),
        cmocka_unit_test(expiry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
