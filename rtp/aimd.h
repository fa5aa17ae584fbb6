/* The rate that the delay allows: up while no queue builds, by 8 % a second far
 * from what the way was seen to carry and by about a packet per round trip near
 * it; down to 0.85 of what arrives when a queue does build
 * (draft-ietf-rmcat-gcc-02, section 5.6). */
#pragma once

#include "trendline.h"

/* What was seen to arrive while a queue built up: the capacity, its mean and spread. */
struct aimd_capacity {
    bool known;
    double kbps, deviation; /* deviation normalised by the mean */
};

struct aimd {
    bool increasing; /* else the rate is held */
    uint32_t bps, floor_bps, max_bps;
    uint32_t rtt_us;
    struct aimd_capacity capacity;
    uint64_t changed_us;   /* when bps was last set */
    uint64_t decreased_us; /* when it was last lowered; 0 = never */
};

void aimd_init(struct aimd *a, uint32_t start_bps, uint32_t floor_bps, uint32_t max_bps, uint64_t now_us);

/* One verdict of the trendline. acked_bps 0 = not known. limited: the sender uses so little of the
 * rate that nothing is learned about more of it, so there is no increase. */
void aimd_update(struct aimd *a, enum trend trend, uint32_t acked_bps, bool limited, uint64_t now_us);

/* A probe, or a caller who knows better, says what the rate is. */
void aimd_set(struct aimd *a, uint32_t bps, uint64_t now_us);
