/* UDP sockets of a worker, and receiving from them in batches. Sending: udp_tx.h. */
#pragma once

#include "addr.h"
#include "counter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct udp_dest;

/* Where datagrams come in. */
struct udp_inlet {
    int fd;             /* nonblocking; -1 = closed */
    uint32_t overflows; /* the kernel's count of datagrams dropped for want of buffer, as last told */
};

/* One address and port. That is one socket of the kernel's, or after udp_split() three: */
struct udp_socket {
    struct udp_inlet in;     /* what comes: all of it, or all but that: */
    struct udp_inlet casual; /* what can wait for a moment, if split */
    int out;                 /* what leaves: in.fd, or if split one that nobody waits for to be readable */
    struct addr local;       /* as bound, with the port that the kernel chose where 0 was asked for */
    int rcvbuf, sndbuf;      /* bytes of buffer that the kernel granted each, its own bookkeeping included */
    /* udp_tx.c only, except `blocked`, which anyone of the thread may read */
    bool blocked; /* the send buffer was full at the last flush: wait for EPOLLOUT, then flush again */
    bool queued;
    struct udp_dest *first, *last; /* destinations with datagrams queued */
    struct udp_socket *next;       /* next socket with such destinations */
};

enum {
    UDP_SOCKET_BUFFER = 4 << 20, /* bytes asked for in each direction; net.core.[rw]mem_max may grant less */
    UDP_ADDRESSES_MAX = 32
};

/* A nonblocking socket bound to *local (port 0 = any). IPv6 sockets take IPv6
 * alone. 0, or a negative errno: -EADDRINUSE port in use, -EADDRNOTAVAIL not an
 * address of this machine, -EACCES a port that needs privilege, -EMFILE out of
 * file descriptors, ...; *s is closed then. */
int udp_open(struct udp_socket *s, const struct addr *local) RTP_MUST_USE;

/* Give what is casual and sending sockets of their own, at the same address and port. Casual are reports:
 * RTCP (RFC 5761: payload types 192 to 223) that tells how things go, transport-wide feedback and REMB
 * included; and STUN, the checks by which each viewer asks every few seconds whether it may go on (RFC 7675).
 * That is most of what a crowd of viewers sends. What is asked for, by a NACK or a PLI, comes in with media,
 * but where a compound packet begins with a report. To send by a socket that epoll watches costs more, as the
 * kernel tells epoll of each message that has left. 0 or a negative errno; *s is closed then. */
int udp_split(struct udp_socket *s) RTP_MUST_USE;

/* Nothing may be queued on it any more. A closed one is fine, a zeroed one is not. */
void udp_close(struct udp_socket *s);

struct udp_addresses {
    struct addr at[UDP_ADDRESSES_MAX];
    size_t count;
};

/* The local addresses to listen on, each with that port. An empty list means
 * every address of an interface that is up, loopback and link-local ones aside,
 * or the loopback ones where there is no other. Else `list` has literals
 * separated by spaces; wildcards are taken as they are. No address comes twice.
 * 0; -EINVAL: *bad points at the first word of the list that is no address;
 * -E2BIG: more than UDP_ADDRESSES_MAX; -EADDRNOTAVAIL: there is none at all; or
 * what getifaddrs() said. */
int udp_local_addresses(struct udp_addresses *out, const char *list, uint16_t port,
                        const char **bad) RTP_MUST_USE;

enum {
    UDP_RX_BATCH = 16,     /* messages in one recvmmsg call */
    UDP_RX_BUFFER = 65536, /* bytes for one: whatever UDP_GRO puts together fits */
    UDP_RX_ROUNDS = 8,     /* recvmmsg calls in one udp_receive() */
    UDP_RX_MOST = UDP_RX_BATCH * UDP_RX_ROUNDS
};

/* Scratch for receiving, one for a worker. */
struct udp_rx {
    struct counters *counters;
    struct udp_rx_batch *batch;
    size_t buffer_len; /* UDP_RX_BUFFER */
};

/* 0 or -ENOMEM. */
int udp_rx_init(struct udp_rx *rx, struct counters *counters) RTP_MUST_USE;
void udp_rx_finish(struct udp_rx *rx);

/* One datagram. The bytes live in the scratch, for the call only, and may be
 * written over (to decrypt in place, say). */
typedef void udp_receive_fn(void *arg, uint8_t *data, size_t len, const struct addr *from);

/* Receive what is there, at most UDP_RX_MOST messages, which GRO may have made of
 * several datagrams each: fn is called for each datagram, in order of arrival.
 * Returns the number of datagrams. Level-triggered polling comes back for the
 * rest. */
size_t udp_receive(struct udp_inlet *from, struct udp_rx *rx, udp_receive_fn *fn, void *arg);
