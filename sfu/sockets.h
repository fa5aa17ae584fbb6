/* What a worker waits for: its UDP sockets, its inbox, and the time.
 *
 * To be woken costs a thread more than to read a datagram, and a crowd of viewers reports from morning to
 * night: two thousand datagrams a second from 150 of them. So what is casual (udp.h) and comes densely is
 * looked at in rounds, each SOCKETS_ROUND_US or at a turn of the loop that is due anyway, and wakes nobody
 * meanwhile; what comes now and then is read at once, as is all that asks for something. Rounds are due at
 * the times for which timers gather (timer_set_about()).
 *
 * To wait with a time limit costs more than to wait, too: the timer is set and taken back, and a virtual
 * machine leaves for its host each time. Where media wakes the worker every few milliseconds anyway, what is
 * due waits for that, and an alarm a little behind it, which is seldom set and seldom rings, sees that it
 * does not wait for long. Worker thread only. */
#pragma once

#include "timer.h"
#include "udp.h"

enum {
    SOCKETS_ROUND_US = TIMER_GRID_US,
    SOCKETS_COUNT_US = 100000, /* what came in so long says whether that is dense */
    SOCKETS_DENSE_US = 4000,   /* between packets of media, on average and lately: they come densely */
    SOCKETS_LATE_US = 4000,    /* what is due then may be that late */
    SOCKETS_SHORT_US = 1000,   /* but is not if it is due sooner than that */
};

struct sockets {
    struct udp_socket at[UDP_ADDRESSES_MAX];
    size_t count;
    int epoll;
    uint32_t asked[UDP_ADDRESSES_MAX][2]; /* events that epoll watches for: casual ones, and room to send */
    bool rounds;                          /* what is casual is looked at in rounds */
    uint64_t round_us;                    /* when the next one is due */
    uint64_t looked_us;                   /* when that was, the last time */
    uint64_t counted_us;                  /* since then there came: */
    size_t came;
    int alarm;         /* a timerfd */
    uint64_t alarm_us; /* when it rings, or rang */
    uint64_t media_us; /* when media came, the last time */
    int32_t pace_us;   /* from one such time to the next, on average */
};

/* What a wait came back with. */
struct sockets_ready {
    struct udp_socket *media[UDP_ADDRESSES_MAX]; /* with media, what is asked for, or handshakes */
    size_t count;
    bool casual; /* something that is: look at it, sockets_looked() */
    bool inbox;  /* mail */
    bool room;   /* a full send buffer has room again */
};

/* A socket at each address, with its port; `inbox` is watched too. 0, or a negative errno, with the address
 * that failed in *bad where it was one's. sockets_close() is due in any case. */
int sockets_open(struct sockets *s, const struct udp_addresses *at, int inbox, struct addr *bad) RTP_MUST_USE;

void sockets_close(struct sockets *s);

/* Watch blocked sockets for room: after a flush. */
void sockets_flushed(struct sockets *s);

/* Wait until something is there, but not beyond until_us; or SOCKETS_LATE_US beyond it, where media comes
 * densely. *now_us is the time, before and after. */
void sockets_wait(struct sockets *s, uint64_t until_us, uint64_t *now_us, struct sockets_ready *ready);

/* Media was there. */
void sockets_came(struct sockets *s, uint64_t now_us);

/* Whether to look at what is casual, as it came densely lately. */
bool sockets_round_is_due(const struct sockets *s, uint64_t now_us);

/* What is casual was looked at, and there was so much. With UDP_RX_MOST or more the next round is due now. */
void sockets_looked(struct sockets *s, size_t came, uint64_t now_us);
