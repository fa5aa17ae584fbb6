#include "addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>

int addr_from_sockaddr(struct addr *a, const struct sockaddr *sa, size_t len)
{
    *a = (struct addr){0};
    if (len >= sizeof(struct sockaddr_in) && sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof(in));
        a->family = AF_INET;
        a->port = ntohs(in.sin_port);
        memcpy(a->ip, &in.sin_addr, 4);
        return 0;
    }
    if (len >= sizeof(struct sockaddr_in6) && sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof(in6));
        a->family = AF_INET6;
        a->port = ntohs(in6.sin6_port);
        memcpy(a->ip, &in6.sin6_addr, 16);
        /* The kernel tells a scope for link-local addresses alone; others may carry anything. */
        a->scope = addr_is_link_local(a) ? in6.sin6_scope_id : 0;
        return 0;
    }
    return -EAFNOSUPPORT;
}

socklen_t addr_to_sockaddr(const struct addr *a, union addr_sa *sa)
{
    *sa = (union addr_sa){0};
    if (a->family == AF_INET) {
        sa->in.sin_family = AF_INET;
        sa->in.sin_port = htons(a->port);
        memcpy(&sa->in.sin_addr, a->ip, 4);
        return sizeof(sa->in);
    }
    if (a->family == AF_INET6) {
        sa->in6.sin6_family = AF_INET6;
        sa->in6.sin6_port = htons(a->port);
        sa->in6.sin6_scope_id = a->scope;
        memcpy(&sa->in6.sin6_addr, a->ip, 16);
        return sizeof(sa->in6);
    }
    return 0;
}

int addr_parse(struct addr *a, const char *ip, uint16_t port)
{
    *a = (struct addr){0};
    /* inet_pton() for IPv4: getaddrinfo() would also take "1" and "0x7f.1". */
    struct in_addr in;
    if (inet_pton(AF_INET, ip, &in) == 1) {
        a->family = AF_INET;
        a->port = port;
        memcpy(a->ip, &in, 4);
        return 0;
    }
    /* getaddrinfo() for IPv6: it reads the scope as well. */
    const struct addrinfo hints = {
        .ai_family = AF_INET6, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST};
    struct addrinfo *found = NULL;
    if (!strchr(ip, ':') || getaddrinfo(ip, NULL, &hints, &found) != 0)
        return -EINVAL;
    int err = addr_from_sockaddr(a, found->ai_addr, found->ai_addrlen);
    a->port = port;
    freeaddrinfo(found);
    return err;
}

const char *addr_format(const struct addr *a, char buf[ADDR_TEXT_MAX])
{
    char ip[INET6_ADDRSTRLEN] = "";
    if (a->family != AF_INET && a->family != AF_INET6)
        (void)snprintf(buf, ADDR_TEXT_MAX, "none");
    else if (!inet_ntop(a->family, a->ip, ip, sizeof(ip)))
        buf[0] = '\0';
    else if (a->family == AF_INET)
        (void)snprintf(buf, ADDR_TEXT_MAX, "%s:%u", ip, a->port);
    else if (a->scope)
        (void)snprintf(buf, ADDR_TEXT_MAX, "[%s%%%u]:%u", ip, a->scope, a->port);
    else
        (void)snprintf(buf, ADDR_TEXT_MAX, "[%s]:%u", ip, a->port);
    return buf;
}

static bool all_zero(const uint8_t *p, size_t len)
{
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++)
        any |= p[i];
    return any == 0;
}

bool addr_is_wildcard(const struct addr *a)
{
    return a->family != 0 && all_zero(a->ip, sizeof(a->ip));
}

bool addr_is_loopback(const struct addr *a)
{
    if (a->family == AF_INET)
        return a->ip[0] == 127;
    return a->family == AF_INET6 && all_zero(a->ip, 15) && a->ip[15] == 1;
}

bool addr_is_link_local(const struct addr *a)
{
    if (a->family == AF_INET)
        return a->ip[0] == 169 && a->ip[1] == 254;
    return a->family == AF_INET6 && a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80;
}
