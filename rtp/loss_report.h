/* The rate that receiver reports allow, for viewers without transport-cc: below
 * 2 % loss 8 % more a second, above 10 % x (1 - loss / 2), between them as it is
 * (draft-ietf-rmcat-gcc-02, section 6). */
#pragma once

#include <stdint.h>

enum {
    LOSS_REPORT_EXPECTED_MIN = 20,     /* packets that make a share worth believing */
    LOSS_REPORT_DECREASE_US = 300000,  /* and a round trip, from one decrease to the next */
    LOSS_REPORT_INCREASE_US = 1000000, /* 8 % for each such time, and never for more than one */
};

struct loss_report {
    uint32_t bps, floor_bps;
    uint32_t expected, lost; /* gathered until there are enough */
    uint64_t decreased_us, updated_us;
};

void loss_report_init(struct loss_report *l, uint32_t start_bps, uint32_t floor_bps, uint64_t now_us);

/* What the report blocks of one RTCP packet say together since the ones before: packets expected
 * (the growth of the highest sequence numbers) and of these lost (may be negative: duplicates).
 * The result, l->bps, never rises above max_bps. */
void loss_report_update(struct loss_report *l, uint32_t expected, int32_t lost, uint32_t max_bps,
                        uint32_t rtt_us, uint64_t now_us);

/* Nothing was there to report on for a while: as a report without losses. */
void loss_report_quiet(struct loss_report *l, uint32_t max_bps, uint64_t now_us);
