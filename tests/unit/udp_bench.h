/* Datagrams from one socket of loopback to others, and a kernel that can be told to refuse some. */
#pragma once

#include "udp.h"
#include "udp_tx.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const loopbacks[] = {"127.0.0.1", "::1"};

static inline struct addr address(const char *ip, uint16_t port)
{
    struct addr a;
    assert_int_equal(addr_parse(&a, ip, port), 0);
    return a;
}

static inline struct udp_socket open_on(const char *ip)
{
    struct udp_socket s;
    struct addr a = address(ip, 0);
    assert_int_equal(udp_open(&s, &a), 0);
    return s;
}

/* A sender with its queue, a receiver, and the scratch to receive with. */
struct bench {
    struct counters counters; /* of both directions */
    struct udp_tx tx;
    struct udp_rx rx;
    struct udp_socket sock, to;
    struct udp_dest way; /* from the one to the other */
};

static inline uint64_t count(const struct bench *b, enum counter which)
{
    return counter_get(&b->counters, which);
}

/* What the fake sendmmsg does before it hands on to the real one. */
static struct {
    unsigned int most; /* messages it takes in one call */
    unsigned int room; /* messages until it says `error` */
    int error;
    bool gso_only; /* the error is for GSO messages alone */
    unsigned int calls;
} kernel;

static inline int fake_sendmmsg(int fd, struct mmsghdr *messages, unsigned int n, int flags)
{
    kernel.calls++;
    n = n < kernel.most ? n : kernel.most;
    unsigned int taken = 0;
    for (; taken < n; taken++) {
        bool gso = messages[taken].msg_hdr.msg_iovlen > 1;
        if (kernel.gso_only ? gso : taken == kernel.room)
            break;
    }
    if (!kernel.gso_only)
        kernel.room -= taken;
    if (taken > 0)
        return sendmmsg(fd, messages, taken, flags);
    errno = kernel.error;
    return -1;
}

static inline void set_up(struct bench *b, const char *ip, size_t slots)
{
    *b = (struct bench){0};
    assert_int_equal(udp_tx_init(&b->tx, slots, &b->counters), 0);
    assert_int_equal(udp_rx_init(&b->rx, &b->counters), 0);
    b->sock = open_on(ip);
    b->to = open_on(ip);
    udp_dest_set(&b->tx, &b->way, &b->sock, &b->to.local);
    memset(&kernel, 0, sizeof(kernel));
    kernel.most = kernel.room = UINT32_MAX;
}

static inline void tear_down(struct bench *b)
{
    udp_tx_finish(&b->tx);
    udp_rx_finish(&b->rx);
    udp_close(&b->sock);
    udp_close(&b->to);
}

/* Queue a datagram that says which it is; the first four bytes are its number. */
static inline void queue(struct bench *b, struct udp_dest *d, uint32_t number, size_t len, enum udp_kind kind)
{
    uint8_t *slot = udp_tx_slot(&b->tx);
    assert_int_equal((uintptr_t)slot % 64, 0);
    put_u32(slot, number);
    memset(slot + 4, (int)number, len - 4);
    udp_tx_commit(&b->tx, d, len, kind);
}

/* Which of the numbered ones did not leave. */
static struct {
    struct udp_dest *dest[64];
    uint16_t numbers[64];
    size_t count;
} dropped;

static inline void note_dropped(struct udp_dest *dest, uint16_t number)
{
    assert_true(dropped.count < COUNT(dropped.numbers));
    dropped.dest[dropped.count] = dest;
    dropped.numbers[dropped.count++] = number;
}

static inline void queue_numbered(struct bench *b, struct udp_dest *d, uint16_t number, size_t len,
                                  enum udp_kind kind)
{
    put_u32(udp_tx_slot(&b->tx), number);
    memset(udp_tx_slot(&b->tx) + 4, number, len - 4);
    udp_tx_commit_numbered(&b->tx, d, len, kind, number);
}

struct inbox {
    struct addr from;
    size_t count;
    uint32_t numbers[4096];
    size_t lens[4096];
};

static inline void collect(void *arg, uint8_t *data, size_t len, const struct addr *from)
{
    struct inbox *in = arg;
    assert_true(in->count < COUNT(in->numbers));
    in->from = *from;
    in->lens[in->count] = len;
    in->numbers[in->count++] = len < 4 ? 0 : get_u32(data);
    for (size_t i = 4; i < len; i++)
        if (data[i] != data[3])
            fail_msg("byte %zu of %zu differs", i, len);
}

static inline struct inbox *receive_at(struct bench *b, struct udp_inlet *inlet)
{
    static struct inbox in;
    in.count = 0;
    size_t all = 0, now;
    while ((now = udp_receive(inlet, &b->rx, collect, &in)) > 0)
        all += now;
    assert_int_equal(all, in.count);
    return &in;
}

static inline struct inbox *receive(struct bench *b, struct udp_socket *s)
{
    return receive_at(b, &s->in);
}

static inline void expect_numbers(const struct inbox *in, uint32_t first, size_t n)
{
    assert_int_equal(in->count, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(in->numbers[i], first + i);
}
