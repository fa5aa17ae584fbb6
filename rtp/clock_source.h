/* One publisher's wall clock against the server's: all tracks of a publisher
 * share its clock, and with it lip sync. The offset is the smallest "arrival
 * minus NTP time" of the sender reports of the last 20 s, whichever track they
 * were for: the true offset plus the shortest way through the network. */
#pragma once

#include "min_filter.h"

/* Zeroed memory is valid: no report yet. */
struct clock_source {
    struct min_filter offset; /* server us minus publisher us since `origin` */
    uint64_t origin;          /* NTP time from which the publisher's us are counted */
    uint32_t epoch;           /* grows when the publisher's clock was set; pairs taken before do not hold */
};

/* A sender report with that NTP time arrived. true = its time is to be believed,
 * hand it to clock_map_sr() of its stream. false = the NTP field is 0 (RFC 3550,
 * section 6.4.1: the sender has no wall clock), or it is more than a second
 * behind what was known: delayed, or the clock was set back, which is believed
 * from the third such report on. */
bool clock_source_sr(struct clock_source *c, uint64_t ntp, uint64_t arrival_us);

static inline bool clock_source_ready(const struct clock_source *c)
{
    return c->offset.started;
}

/* That NTP time of the publisher as the server's us. Only once ready. */
int64_t clock_source_to_us(const struct clock_source *c, uint64_t ntp);
