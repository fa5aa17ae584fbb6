/* One row of the table that micro.c prints: what is timed, and how. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct micro {
    const char *name;
    /* Does it many times; nanoseconds for one. Negative: this machine cannot. arg: as below. */
    double (*run)(size_t arg);
    size_t arg;
};

/* Groups of rows; the last of each has no name. */
extern const struct micro micro_rtp[];    /* decisions and bytes: rtp/ */
extern const struct micro micro_secure[]; /* sealing and unsealing */
extern const struct micro micro_udp[];    /* sending over loopback, by each method */
extern const struct micro micro_fanout[]; /* the whole way of a packet, but the sockets */

uint64_t micro_now_ns(void);

/* Takes something of each result, so that the compiler can leave no call out. */
void micro_use(uint64_t value);
