/* How much longer one group of packets took than the group before it: the raw
 * delay gradient (draft-ietf-rmcat-gcc-02, sections 5.2 and 5.3). Packets sent
 * within 5 ms are a group; so are those that arrive in one burst, since then
 * they waited somewhere together (a wireless link that was away). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    INTER_ARRIVAL_GROUP_US = 5000,
    INTER_ARRIVAL_BURST_US = 5000,       /* packets of a burst arrive closer than this */
    INTER_ARRIVAL_BURST_MAX_US = 100000, /* and no burst is longer than this */
    INTER_ARRIVAL_JUMP_US = 3000000, /* arrivals that far from the feedbacks' own times: a clock stepped */
    INTER_ARRIVAL_REORDERED_MAX = 3, /* groups in a row that arrive before the one sent earlier */
};

struct inter_arrival_group {
    uint64_t first_sent_us, sent_us;       /* of its first packet, and of its last */
    uint64_t first_arrival_us, arrival_us; /* of its first packet, and the latest */
    uint64_t feedback_us;                  /* when its last packet was reported */
};

/* Zeroed memory is valid. */
struct inter_arrival {
    bool has_current, has_previous;
    uint8_t reordered;
    struct inter_arrival_group current, previous;
};

struct inter_arrival_delta {
    int64_t sent_us, arrival_us; /* from the previous group's end to that of the one just complete */
    uint64_t at_us;              /* arrival of the group just complete */
};

/* A packet, told in the order of sending (one sent earlier than the current group is ignored).
 * True where it begins a group and so completes one that has a predecessor. */
bool inter_arrival_packet(struct inter_arrival *a, uint64_t sent_us, uint64_t arrival_us,
                          uint64_t feedback_us, struct inter_arrival_delta *out);
