#include "udp.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* --- Opening ------------------------------------------------------------------ */

static int set_int(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int get_int(int fd, int level, int name)
{
    int value = 0;
    socklen_t len = sizeof(value);
    return getsockopt(fd, level, name, &value, &len) < 0 ? 0 : value;
}

/* The privileged option first: it goes past net.core.[rw]mem_max. Returns what
 * the kernel granted. */
static int set_buffer(int fd, int force, int name)
{
    if (set_int(fd, SOL_SOCKET, force, UDP_SOCKET_BUFFER) < 0)
        (void)!set_int(fd, SOL_SOCKET, name, UDP_SOCKET_BUFFER);
    return get_int(fd, SOL_SOCKET, name);
}

/* Path MTU. Nearly all datagrams are within 1,232 bytes, which every path takes;
 * the longer ones (a source's own packets) shall arrive rather than be right.
 * IPv4: OMIT sends without the don't-fragment bit, so that routers may fragment,
 * and does not believe ICMP messages about the path, which anyone can forge.
 * IPv6: routers never fragment, so the kernel has to: WANT learns the path MTU
 * (never below 1,280, so forging it does little) and fragments here. */
static int set_mtu_discovery(int fd, int family)
{
    if (family == AF_INET)
        return set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
    return set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_WANT);
}

/* A socket of the kernel's in *fd, which is to be closed whatever this returns. With `share`, beside others
 * that have SO_REUSEPORT set. */
static int open_at(int *fd, struct udp_socket *s, const struct addr *local, bool share)
{
    *fd = socket(local->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return -errno;
    int err = local->family == AF_INET6 ? set_int(*fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) : 0;
    if (err == 0)
        err = set_mtu_discovery(*fd, local->family);
    if (err == 0)
        err = set_int(*fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
    if (err == 0 && share)
        err = set_int(*fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (err < 0)
        return err;
    /* A kernel without it (before 5.0) gives datagrams one by one. */
    (void)!set_int(*fd, SOL_UDP, UDP_GRO, 1);
    s->rcvbuf = set_buffer(*fd, SO_RCVBUFFORCE, SO_RCVBUF);
    s->sndbuf = set_buffer(*fd, SO_SNDBUFFORCE, SO_SNDBUF);

    union addr_sa sa;
    socklen_t len = addr_to_sockaddr(local, &sa);
    if (bind(*fd, &sa.any, len) < 0)
        return -errno;
    len = sizeof(sa);
    if (getsockname(*fd, &sa.any, &len) < 0)
        return -errno;
    return addr_from_sockaddr(&s->local, &sa.any, len);
}

static const struct udp_socket closed = {.in.fd = -1, .casual.fd = -1, .out = -1};

int udp_open(struct udp_socket *s, const struct addr *local)
{
    *s = closed;
    if (local->family != AF_INET && local->family != AF_INET6)
        return -EAFNOSUPPORT;
    int err = open_at(&s->in.fd, s, local, false);
    s->out = s->in.fd;
    if (err < 0)
        udp_close(s);
    return err;
}

/* Whichever of the sockets of a port that program numbers, in the order in which they were bound, takes the
 * datagram; the program sees what UDP carries, and bytes that are not there end it with 0. STUN begins with 0
 * to 3, RTP and RTCP with 128 to 191 (RFC 7983), and RTCP goes on with 192 to 223 (RFC 5761, section 4). Of
 * that, feedback (RTPFB and PSFB, RFC 4585) whose format is not 15 (transport-wide feedback, REMB) asks for
 * something. */
static int sort_casual_out(int fd)
{
    enum { FIRST, SECOND, STUN = 3, RTPFB = 205, PSFB = 206, TELLS = 15 };
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, STUN, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECOND),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xc0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x80, 0, 10),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RTPFB, 4, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PSFB, 3, 0),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xe0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xc0, 0, 5),
        BPF_STMT(BPF_RET | BPF_K, SECOND),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x1f),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TELLS, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECOND),
        BPF_STMT(BPF_RET | BPF_K, FIRST),
    };
    const struct sock_fprog program = {sizeof(code) / sizeof(*code), code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)) < 0 ? -errno : 0;
}

/* The first socket was bound alone, so that a second server at the same port was refused, and is only now
 * made to share it. The one for sending comes last, where the program leads nothing to it. */
static int open_others(struct udp_socket *s)
{
    int err = set_int(s->in.fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (err == 0)
        err = open_at(&s->casual.fd, s, &s->local, true);
    if (err == 0)
        err = sort_casual_out(s->casual.fd);
    s->out = -1;
    return err < 0 ? err : open_at(&s->out, s, &s->local, true);
}

int udp_split(struct udp_socket *s)
{
    int err = open_others(s);
    if (err < 0)
        udp_close(s);
    return err;
}

void udp_close(struct udp_socket *s)
{
    if (s->out >= 0 && s->out != s->in.fd)
        close(s->out);
    if (s->casual.fd >= 0)
        close(s->casual.fd);
    if (s->in.fd >= 0)
        close(s->in.fd);
    *s = closed;
}

/* --- Local addresses ------------------------------------------------------------ */

static int add_address(struct udp_addresses *out, const struct addr *a)
{
    for (size_t i = 0; i < out->count; i++)
        if (addr_equal(&out->at[i], a))
            return 0;
    if (out->count == UDP_ADDRESSES_MAX)
        return -E2BIG;
    out->at[out->count++] = *a;
    return 0;
}

static int parse_list(struct udp_addresses *out, const char *list, uint16_t port, const char **bad)
{
    for (const char *word = list + strspn(list, " "); *word; word += strspn(word, " ")) {
        size_t len = strcspn(word, " ");
        char text[ADDR_TEXT_MAX];
        struct addr a;
        *bad = word;
        if (len >= sizeof(text))
            return -EINVAL;
        memcpy(text, word, len);
        text[len] = '\0';
        int err = addr_parse(&a, text, port);
        if (err == 0)
            err = add_address(out, &a);
        if (err < 0)
            return err;
        word += len;
    }
    *bad = NULL;
    return 0;
}

static int add_interfaces(struct udp_addresses *out, const struct ifaddrs *all, bool loopback, uint16_t port)
{
    for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
        if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || loopback != !!(i->ifa_flags & IFF_LOOPBACK))
            continue;
        struct addr a;
        if (addr_from_sockaddr(&a, i->ifa_addr, sizeof(struct sockaddr_in6)) < 0 || addr_is_link_local(&a))
            continue;
        a.port = port;
        int err = add_address(out, &a);
        if (err < 0)
            return err;
    }
    return 0;
}

int udp_local_addresses(struct udp_addresses *out, const char *list, uint16_t port, const char **bad)
{
    *out = (struct udp_addresses){0};
    *bad = NULL;
    if (list[strspn(list, " ")])
        return parse_list(out, list, port, bad);

    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) < 0)
        return -errno;
    int err = add_interfaces(out, all, false, port);
    if (err == 0 && out->count == 0)
        err = add_interfaces(out, all, true, port);
    freeifaddrs(all);
    return err == 0 && out->count == 0 ? -EADDRNOTAVAIL : err;
}

/* --- Receiving ------------------------------------------------------------------ */

struct udp_rx_batch {
    struct mmsghdr messages[UDP_RX_BATCH];
    struct iovec io[UDP_RX_BATCH];
    union addr_sa from[UDP_RX_BATCH];
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(uint32_t))];
    } control[UDP_RX_BATCH];
    uint8_t data[UDP_RX_BATCH][UDP_RX_BUFFER];
};

int udp_rx_init(struct udp_rx *rx, struct counters *counters)
{
    *rx = (struct udp_rx){.counters = counters, .buffer_len = UDP_RX_BUFFER};
    rx->batch = calloc(1, sizeof(*rx->batch));
    return rx->batch ? 0 : -ENOMEM;
}

void udp_rx_finish(struct udp_rx *rx)
{
    free(rx->batch);
    *rx = (struct udp_rx){0};
}

/* What the kernel said with one message: the size of the datagrams that GRO put
 * together, 0 for one datagram; and how many it has dropped on this socket so far. */
static size_t read_control(struct udp_inlet *from, struct udp_rx *rx, struct msghdr *h)
{
    size_t segment = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
            int size;
            memcpy(&size, CMSG_DATA(c), sizeof(size));
            segment = size > 0 ? (size_t)size : 0;
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
            uint32_t overflows;
            memcpy(&overflows, CMSG_DATA(c), sizeof(overflows));
            counter_add(rx->counters, COUNT_drop_rxq_overflow, overflows - from->overflows);
            from->overflows = overflows;
        }
    }
    return segment;
}

static size_t deliver(struct udp_inlet *inlet, struct udp_rx *rx, size_t i, udp_receive_fn *fn, void *arg)
{
    struct msghdr *h = &rx->batch->messages[i].msg_hdr;
    size_t left = rx->batch->messages[i].msg_len;
    size_t segment = read_control(inlet, rx, h);
    struct addr from;
    if (h->msg_flags & MSG_TRUNC) {
        counter_add(rx->counters, COUNT_drop_truncated, 1);
        return 0;
    }
    if (addr_from_sockaddr(&from, &rx->batch->from[i].any, h->msg_namelen) < 0)
        return 0;
    counter_add(rx->counters, COUNT_rx_bytes, left);
    size_t datagrams = 0;
    uint8_t *p = rx->batch->data[i];
    do { /* an empty datagram is one as well */
        size_t len = segment && segment < left ? segment : left;
        fn(arg, p, len, &from);
        p += len;
        left -= len;
        datagrams++;
    } while (left);
    return datagrams;
}

static int receive_batch(const struct udp_inlet *from, struct udp_rx *rx)
{
    struct udp_rx_batch *b = rx->batch;
    for (size_t i = 0; i < UDP_RX_BATCH; i++) {
        b->io[i] = (struct iovec){b->data[i], rx->buffer_len};
        b->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &b->from[i],
            .msg_namelen = sizeof(b->from[i]),
            .msg_iov = &b->io[i],
            .msg_iovlen = 1,
            .msg_control = &b->control[i],
            .msg_controllen = sizeof(b->control[i]),
        };
    }
    return recvmmsg(from->fd, b->messages, UDP_RX_BATCH, MSG_DONTWAIT, NULL);
}

size_t udp_receive(struct udp_inlet *from, struct udp_rx *rx, udp_receive_fn *fn, void *arg)
{
    size_t datagrams = 0;
    for (int round = 0; round < UDP_RX_ROUNDS; round++) {
        int got = receive_batch(from, rx);
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            counter_add(rx->counters, COUNT_rx_errors, 1);
        if (got <= 0)
            break;
        counter_add(rx->counters, COUNT_rx_batches, 1);
        for (size_t i = 0; i < (size_t)got; i++)
            datagrams += deliver(from, rx, i, fn, arg);
        if (got < UDP_RX_BATCH)
            break;
    }
    counter_add(rx->counters, COUNT_rx_datagrams, datagrams);
    return datagrams;
}
