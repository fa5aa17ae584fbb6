/* The send queue of a worker: datagrams are composed in its slots, chained by
 * destination, and leave in as few system calls as the kernel allows.
 *
 *     uint8_t *to = udp_tx_slot(tx);           // UDP_TX_SLOT_LEN bytes
 *     size_t len = seal_into(to, ...);
 *     udp_tx_commit(tx, &transport->dest, len, UDP_VIDEO);
 *     ...                                      // the rest of the batch
 *     udp_tx_flush(tx, now_us);                // at its end
 *
 * At a flush, consecutive datagrams of one size to one destination (the last may
 * be shorter) become one UDP_SEGMENT (GSO) message, and all messages of a socket
 * go by sendmmsg: an iovec for each datagram, no copy. Where the kernel refuses
 * GSO on the way to a destination its datagrams go singly for a minute. Order
 * within a destination is kept, but that a voice goes behind the frame that follows
 * it (or frames, of one size), as the last segment of the same message.
 *
 * Where a send buffer is full the datagrams stay queued, the socket is marked
 * blocked, and the worker flushes again at EPOLLOUT. When all slots are taken
 * meanwhile, the queue sheds the least important kind. */
#pragma once

#include "udp.h"

/* What a datagram is, the first to be shed last. */
enum udp_kind {
    UDP_CONTROL, /* STUN, DTLS, RTCP */
    UDP_AUDIO,
    UDP_VIDEO,
    UDP_RTX, /* and probes */
    UDP_KIND_COUNT
};

enum {
    UDP_TX_SLOT_LEN = 1536,
    UDP_TX_SLOTS = 4096, /* datagrams that one worker queues: a frame's packets for hundreds of viewers, as a
                            flush in mid-frame would halve its GSO messages */
    UDP_TX_SLOTS_MAX = 32767,
    /* Datagrams, for udp_tx_relieve(): few, so that the first viewer need not wait for the last, and all lie
     * in a core's own cache. The first one of a picture that is queued for somebody counts as UDP_TX_FIRST:
     * it is a message of its own, and takes so long. */
    UDP_TX_BURST = 48,
    UDP_TX_FIRST = 4,
    UDP_TX_SEGMENTS_MAX = 64,   /* datagrams in one GSO message: UDP_MAX_SEGMENTS of older kernels */
    UDP_TX_MESSAGE_MAX = 65000, /* bytes in one: what an IP packet can hold, less headers */
};

#define UDP_TX_PLAIN_US UINT64_C(60000000) /* how long a destination that refused GSO stays without */

/* Where datagrams go; embedded in a transport, zeroed at first. Fields are
 * udp_tx.c's, except that sock and addr may be read. */
struct udp_dest {
    struct udp_socket *sock; /* NULL = not known yet */
    struct addr addr;
    union addr_sa sa; /* addr, as the kernel wants it */
    socklen_t sa_len;
    bool queued;                 /* in sock's list */
    uint16_t first, last, count; /* slots queued, in order */
    uint16_t last_but_one;       /* where there are two */
    uint64_t plain_until_us;
    struct udp_dest *prev, *next; /* in sock's list */
};

struct udp_tx {
    struct counters *counters;
    struct udp_tx_arrays *arrays;
    uint32_t queued[UDP_KIND_COUNT];
    uint32_t fresh;             /* datagrams queued since the last flush or relief, by their weight */
    uint16_t free_count;        /* slots neither queued nor spare */
    uint16_t spare;             /* the slot that is being filled */
    struct udp_socket *sockets; /* with something queued */
    uint64_t now_us;            /* of the last flush */
    /* sendmmsg(2); a test may put its own here */
    int (*sendmmsg)(int fd, struct mmsghdr *messages, unsigned int count, int flags);
    /* A datagram of udp_tx_commit_numbered() does not leave: it was shed, or the kernel refused it. Not told
     * of what udp_dest_forget() drops. NULL = nobody wants to know; set it after udp_tx_init(). */
    void (*dropped)(struct udp_dest *dest, uint16_t number);
};

/* A queue of that many datagrams (UDP_TX_SLOTS; 1..UDP_TX_SLOTS_MAX). 0, -EINVAL or -ENOMEM. */
int udp_tx_init(struct udp_tx *tx, size_t slots, struct counters *counters) RTP_MUST_USE;

/* Nothing is sent any more. Destinations that still have datagrams queued must
 * have been forgotten. Zeroed is fine. */
void udp_tx_finish(struct udp_tx *tx);

/* Where datagrams to dest go from now on, those queued already included. What the
 * old way had refused is forgotten; setting what is set changes nothing. */
void udp_dest_set(struct udp_tx *tx, struct udp_dest *dest, struct udp_socket *sock, const struct addr *addr);

/* Drop what is queued for dest and forget it: before it is freed, or its socket closed. */
void udp_dest_forget(struct udp_tx *tx, struct udp_dest *dest);

/* Room for the next datagram, UDP_TX_SLOT_LEN bytes at a 64-byte border. Never
 * NULL. The same room comes again until it is committed, so it may be given up. */
uint8_t *udp_tx_slot(struct udp_tx *tx);

/* Queue the slot's first len bytes (1..UDP_TX_SLOT_LEN) for dest. Where no slot
 * is free the queue is flushed first; if that does not help, all that is queued
 * of the least important kind is shed, or this datagram where it is less
 * important than any. Without an address yet it is dropped. */
void udp_tx_commit(struct udp_tx *tx, struct udp_dest *dest, size_t len, enum udp_kind kind);

/* The same for one that was given a number, for tx->dropped, which may be told at once. */
void udp_tx_commit_numbered(struct udp_tx *tx, struct udp_dest *dest, size_t len, enum udp_kind kind,
                            uint16_t number);

/* Send what is queued. */
void udp_tx_flush(struct udp_tx *tx, uint64_t now_us);

/* Send what is queued for dest, and for those before it, where UDP_TX_BURST or more have been queued since
 * the last time, and the socket takes it: called between one destination and the next of a large fan-out.
 * What was written is still in the cache then, the same slots come again, and the first ones do not wait for
 * the last. Destinations behind it, whose turn is to come, keep what they have: it may go with what they get.
 */
void udp_tx_relieve(struct udp_tx *tx, const struct udp_dest *dest);

/* Something is still queued because a socket's buffer is full: udp_socket.blocked
 * says which need EPOLLOUT. Look after a flush; a blocked socket has something
 * queued, always. */
bool udp_tx_blocked(const struct udp_tx *tx);

/* One datagram now, past the queue, to an address that has no destination: STUN
 * answers. It may overtake what is queued. 0, or the negative errno; counted. */
int udp_send_to(struct udp_tx *tx, struct udp_socket *sock, const struct addr *to, const void *data,
                size_t len);
