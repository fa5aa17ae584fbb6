/* What a worker waits for: its UDP sockets and its inbox.
 *
 * To be woken costs a thread more than to read a datagram, and a crowd of viewers sends feedback from morning
 * to night: two thousand datagrams a second from 150 of them. So RTCP that comes densely is looked at in
 * rounds, each SOCKETS_ROUND_US or at a turn of the loop that is due anyway, and wakes nobody meanwhile; RTCP
 * that comes now and then is read at once. Worker thread only. */
#pragma once

#include "udp.h"

enum { SOCKETS_ROUND_US = 5000 };

struct sockets {
    struct udp_socket at[UDP_ADDRESSES_MAX];
    size_t count;
    int epoll;
    uint32_t asked[UDP_ADDRESSES_MAX][2]; /* events that epoll watches for: RTCP, and room for sending */
    bool rounds;                          /* RTCP is looked at in rounds */
    uint64_t looked_us;                   /* when it was, the last time */
};

/* What a wait came back with. */
struct sockets_ready {
    struct udp_socket *media[UDP_ADDRESSES_MAX]; /* with media, checks or handshakes */
    size_t count;
    bool rtcp;  /* look at all of it: sockets_looked() */
    bool inbox; /* mail */
    bool room;  /* a full send buffer has room again */
};

/* A socket at each address, with its port; `inbox` is watched too. 0, or a negative errno, with the address
 * that failed in *bad where it was one's. sockets_close() is due in any case. */
int sockets_open(struct sockets *s, const struct udp_addresses *at, int inbox, struct addr *bad) RTP_MUST_USE;

void sockets_close(struct sockets *s);

/* Watch blocked sockets for room: after a flush. */
void sockets_flushed(struct sockets *s);

/* Wait until something is there, but not beyond until_us. *now_us is the time, before and after. */
void sockets_wait(struct sockets *s, uint64_t until_us, uint64_t *now_us, struct sockets_ready *ready);

/* RTCP was looked at, and there was some or not. */
void sockets_looked(struct sockets *s, bool any, uint64_t now_us);
