#include "clock_source.h"

#include "ntp.h"

bool clock_source_sr(struct clock_source *c, uint64_t ntp, uint64_t arrival_us)
{
    if (ntp == 0)
        return false;
    if (!c->offset.started)
        c->origin = ntp;
    int64_t sent_us = ntp_diff_us(ntp, c->origin);
    enum min_filter_verdict verdict = min_filter_add(&c->offset, (int64_t)arrival_us - sent_us, arrival_us);
    if (verdict == MIN_FILTER_STEPPED)
        c->epoch++;
    return verdict != MIN_FILTER_IGNORED;
}

int64_t clock_source_to_us(const struct clock_source *c, uint64_t ntp)
{
    return ntp_diff_us(ntp, c->origin) + c->offset.value;
}
