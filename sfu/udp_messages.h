/* The messages of one sendmmsg(2) call: what is queued on a socket, put together
 * for UDP_SEGMENT (GSO) as udp_tx.h says. */
#pragma once

#include "udp_tx.h"

enum {
    UDP_MESSAGES_MAX = 64,        /* in one call */
    UDP_MESSAGES_DATAGRAMS = 1024 /* in all of them: UDP_TX_SEGMENTS_MAX at least */
};

/* A queued datagram; its bytes are at the same index of udp_slots.data. */
struct udp_slot {
    uint16_t next; /* in the chain of its destination, whose count says where it ends */
    uint16_t len;
    uint16_t number; /* of udp_tx_commit_numbered() */
    bool numbered;
    uint8_t kind; /* enum udp_kind */
};

struct udp_slots {
    struct udp_slot *at;
    uint8_t *data; /* UDP_TX_SLOT_LEN bytes for each */
};

struct udp_messages {
    struct mmsghdr at[UDP_MESSAGES_MAX];
    struct udp_dest *dests[UDP_MESSAGES_MAX];
    union {
        struct cmsghdr head;
        uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
    } control[UDP_MESSAGES_MAX];
    struct iovec io[UDP_MESSAGES_DATAGRAMS]; /* one for each datagram, so nothing is copied */
};

void udp_messages_init(struct udp_messages *m);

/* Those for what is queued on s, destination by destination up to one (NULL: all of them), as many as one
 * call takes: their number. They point at what is queued, which has to stay until they are sent. Destinations
 * that refused GSO (udp_tx.h) get a message for each datagram. */
size_t udp_messages_build(struct udp_messages *m, const struct udp_slots *slots, const struct udp_socket *s,
                          const struct udp_dest *upto, uint64_t now_us);
