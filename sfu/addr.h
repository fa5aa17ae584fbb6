/* An IPv4 or IPv6 address with its port: small, without padding, to be compared
 * with memcmp() and hashed as bytes. */
#pragma once

#include "bytes.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

/* Zeroed = no address. Unused bytes are always 0, or memcmp() would not do. */
struct addr {
    uint16_t family; /* AF_INET, AF_INET6 or 0 */
    uint16_t port;   /* host order */
    uint32_t scope;  /* interface index of a link-local IPv6 address, else 0 */
    uint8_t ip[16];  /* network order; IPv4 uses the first 4 bytes */
};
_Static_assert(sizeof(struct addr) == 24, "no padding, three words");

enum { ADDR_TEXT_MAX = 72 }; /* "[" IPv6 "%" scope "]:" port, and the NUL */

static inline bool addr_equal(const struct addr *a, const struct addr *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

/* A hash for tables. The seed is the table's own random number: peers choose
 * their ports, and must not be able to choose their bucket. */
static inline uint64_t addr_hash(const struct addr *a, uint64_t seed)
{
    uint64_t word[3], h = seed;
    memcpy(word, a, sizeof(word));
    for (size_t i = 0; i < 3; i++) {
        h = (h ^ word[i]) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 32;
    }
    return h;
}

/* 0, or -EAFNOSUPPORT for a family or length that is neither IPv4 nor IPv6.
 * An IPv4-mapped IPv6 address stays IPv6: our IPv6 sockets are V6ONLY and never
 * see one. */
int addr_from_sockaddr(struct addr *a, const struct sockaddr *sa, size_t len) RTP_MUST_USE;

/* As the kernel wants it, a quarter of a struct sockaddr_storage. */
union addr_sa {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

/* Fill in *sa; returns the length that the kernel wants with it, 0 for no address. */
socklen_t addr_to_sockaddr(const struct addr *a, union addr_sa *sa);

/* A literal such as "192.0.2.1" or "2001:db8::1", without brackets and without
 * port; of link-local IPv6 also "fe80::1%eth0". 0 or -EINVAL. */
int addr_parse(struct addr *a, const char *ip, uint16_t port) RTP_MUST_USE;

/* "192.0.2.1:5000" or "[2001:db8::1]:5000", "none" for no address. Returns buf. */
const char *addr_format(const struct addr *a, char buf[ADDR_TEXT_MAX]);

bool addr_is_wildcard(const struct addr *a);   /* 0.0.0.0, :: */
bool addr_is_loopback(const struct addr *a);   /* 127.0.0.0/8, ::1 */
bool addr_is_link_local(const struct addr *a); /* 169.254.0.0/16, fe80::/10 */
