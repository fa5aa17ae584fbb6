#include "addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void parses_literals_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *text; /* NULL = refused */
        bool wildcard, loopback, link_local;
    } rows[] = {
        {"192.0.2.1", "192.0.2.1:7900", false, false, false},
        {"127.0.0.1", "127.0.0.1:7900", false, true, false},
        {"127.9.9.9", "127.9.9.9:7900", false, true, false},
        {"0.0.0.0", "0.0.0.0:7900", true, false, false},
        {"169.254.1.2", "169.254.1.2:7900", false, false, true},
        {"169.255.1.2", "169.255.1.2:7900", false, false, false},
        {"255.255.255.255", "255.255.255.255:7900", false, false, false},
        {"2001:db8::1", "[2001:db8::1]:7900", false, false, false},
        {"2001:DB8:0:0:0:0:0:1", "[2001:db8::1]:7900", false, false, false},
        {"::1", "[::1]:7900", false, true, false},
        {"::", "[::]:7900", true, false, false},
        {"::ffff:192.0.2.1", "[::ffff:192.0.2.1]:7900", false, false, false},
        {"fe80::1", "[fe80::1]:7900", false, false, true},
        {"febf::1", "[febf::1]:7900", false, false, true},
        {"fec0::1", "[fec0::1]:7900", false, false, false},
        {"fe80::1%1", "[fe80::1%1]:7900", false, false, true},
        {"", NULL, false, false, false},
        {"1", NULL, false, false, false},
        {"0x7f.1", NULL, false, false, false},
        {"192.0.2", NULL, false, false, false},
        {"192.0.2.256", NULL, false, false, false},
        {"192.0.2.1:5", NULL, false, false, false},
        {"[::1]", NULL, false, false, false},
        {"::1::", NULL, false, false, false},
        {"fe80::1%no-such-if", NULL, false, false, false},
        {"localhost", NULL, false, false, false},
        {"printer.local", NULL, false, false, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct addr a;
        char text[ADDR_TEXT_MAX];
        int err = addr_parse(&a, rows[i].in, 7900);
        if (!rows[i].text) {
            assert_int_equal(err, -EINVAL);
            continue;
        }
        assert_int_equal(err, 0);
        assert_string_equal(addr_format(&a, text), rows[i].text);
        assert_int_equal(addr_is_wildcard(&a), rows[i].wildcard);
        assert_int_equal(addr_is_loopback(&a), rows[i].loopback);
        assert_int_equal(addr_is_link_local(&a), rows[i].link_local);
    }
}

static void survives_the_way_through_a_sockaddr(void **state)
{
    (void)state;
    static const char *const rows[] = {"192.0.2.1", "2001:db8::1", "fe80::1%1"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct addr a, b;
        union addr_sa sa;
        assert_int_equal(addr_parse(&a, rows[i], 54321), 0);
        socklen_t len = addr_to_sockaddr(&a, &sa);
        memset(&b, 0xff, sizeof(b));
        assert_int_equal(addr_from_sockaddr(&b, &sa.any, len), 0);
        assert_true(addr_equal(&a, &b));
        assert_true(addr_hash(&a, 7) == addr_hash(&b, 7));
    }
}

static void refuses_other_families_and_short_lengths(void **state)
{
    (void)state;
    union addr_sa sa = {.in = {.sin_family = AF_INET, .sin_port = htons(1)}};
    struct addr a;
    assert_int_equal(addr_from_sockaddr(&a, &sa.any, 4), -EAFNOSUPPORT);
    assert_int_equal(a.family, 0);
    sa.any.sa_family = AF_INET6;
    assert_int_equal(addr_from_sockaddr(&a, &sa.any, sizeof(sa.in)), -EAFNOSUPPORT);
    sa.any.sa_family = AF_UNIX;
    assert_int_equal(addr_from_sockaddr(&a, &sa.any, sizeof(sa)), -EAFNOSUPPORT);

    char text[ADDR_TEXT_MAX];
    assert_string_equal(addr_format(&a, text), "none");
    assert_int_equal(addr_to_sockaddr(&a, &sa), 0);
    assert_false(addr_is_wildcard(&a));
}

/* What the kernel leaves in a sockaddr of a global address must not make two addresses of one peer. */
static void ignores_scope_of_global_addresses(void **state)
{
    (void)state;
    union addr_sa sa;
    struct addr a, b;
    assert_int_equal(addr_parse(&a, "2001:db8::1", 9), 0);
    socklen_t len = addr_to_sockaddr(&a, &sa);
    sa.in6.sin6_scope_id = 3;
    sa.in6.sin6_flowinfo = 5;
    assert_int_equal(addr_from_sockaddr(&b, &sa.any, len), 0);
    assert_true(addr_equal(&a, &b));
}

static void differs_by_every_part(void **state)
{
    (void)state;
    struct addr base;
    assert_int_equal(addr_parse(&base, "10.0.0.1", 1000), 0);
    struct addr other[4] = {base, base, base, base};
    other[0].port = 1001;
    other[1].ip[3] = 2;
    other[2].family = AF_INET6;
    other[3].scope = 1;
    for (size_t i = 0; i < 4; i++) {
        assert_false(addr_equal(&base, &other[i]));
        assert_true(addr_hash(&base, 1) != addr_hash(&other[i], 1));
    }
    assert_true(addr_hash(&base, 1) != addr_hash(&base, 2));
}

/* Many ports of one host are what a load test, or a NAT, looks like. */
static void spreads_the_ports_of_one_host(void **state)
{
    (void)state;
    unsigned int buckets[256] = {0}, most = 0;
    struct addr a;
    assert_int_equal(addr_parse(&a, "10.0.0.1", 0), 0);
    for (uint32_t port = 0; port < 65536; port += 16) {
        a.port = (uint16_t)port;
        unsigned int n = ++buckets[addr_hash(&a, 42) & 255];
        most = n > most ? n : most;
    }
    assert_in_range(most, 16, 48); /* 16 on average */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_literals_and_nothing_else),
        cmocka_unit_test(survives_the_way_through_a_sockaddr),
        cmocka_unit_test(refuses_other_families_and_short_lengths),
        cmocka_unit_test(ignores_scope_of_global_addresses),
        cmocka_unit_test(differs_by_every_part),
        cmocka_unit_test(spreads_the_ports_of_one_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
