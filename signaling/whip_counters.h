/* What was asked by WHIP and WHEP since the start, as /health tells it. */
#pragma once

#include <stdint.h>

#define WHIP_COUNTERS(X)                                                                                     \
    X(published) /* sessions made */                                                                         \
    X(played)                                                                                                \
    X(trickled) /* PATCH without an ICE restart */                                                           \
    X(restarted)                                                                                             \
    X(deleted)                                                                                               \
    X(refused) /* answered with 4xx or 5xx */

struct whip_counters {
#define X(name) uint64_t name;
    WHIP_COUNTERS(X)
#undef X
};
