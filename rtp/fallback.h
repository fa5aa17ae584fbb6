/* What is sent to a viewer of which no transport-wide feedback has come: the start,
 * or whatever is wanted where there will be none (deaf); then what its REMB says
 * and its receiver reports allow, whichever is less. */
#pragma once

#include "loss_report.h"

#include <stdbool.h>

enum {
    FALLBACK_REMB_US = 10000000, /* a REMB is good for that long */
    FALLBACK_TRUST_US = 2000000, /* after a decrease for losses a REMB does not lift the rate */
    FALLBACK_QUIET_US = 1000000, /* no report for so long, as little is sent: as one without losses */
};

/* What the rate rests on. */
enum fallback_basis { FALLBACK_START, FALLBACK_REMB, FALLBACK_REPORTS };

struct fallback {
    enum fallback_basis basis;
    bool deaf; /* no transport-cc is to be expected */
    uint32_t start_bps;
    uint32_t remb_bps;
    uint64_t remb_us; /* when the last one came */
    struct loss_report report;
};

void fallback_init(struct fallback *f, uint32_t start_bps, uint32_t floor_bps, uint64_t now_us);

/* The rate. */
uint32_t fallback_bps(const struct fallback *f, uint64_t now_us);

void fallback_remb(struct fallback *f, uint32_t bps, uint64_t now_us);

/* As loss_report_update() takes it. */
void fallback_report(struct fallback *f, uint32_t expected, int32_t lost, uint32_t max_bps, uint32_t rtt_us,
                     uint64_t now_us);

/* Time passes while so little is sent that there is nothing to report on: try again what losses spoke
 * against, up to max_bps. True where the rate is another. */
bool fallback_quiet(struct fallback *f, uint32_t max_bps, bool is_little, uint64_t now_us);

/* So much is wanted: one that tells nothing gets it, until losses speak against it. True where the rate is
 * another. */
bool fallback_grant(struct fallback *f, uint32_t bps);
