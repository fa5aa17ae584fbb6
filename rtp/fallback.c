#include "fallback.h"

void fallback_init(struct fallback *f, uint32_t start_bps, uint32_t floor_bps, uint64_t now_us)
{
    *f = (struct fallback){.start_bps = start_bps};
    loss_report_init(&f->report, start_bps, floor_bps, now_us);
}

static bool remb_holds(const struct fallback *f, uint64_t now_us)
{
    return f->basis == FALLBACK_REMB && now_us - f->remb_us < FALLBACK_REMB_US;
}

uint32_t fallback_bps(const struct fallback *f, uint64_t now_us)
{
    if (f->basis == FALLBACK_START)
        return f->deaf ? f->report.bps : f->start_bps;
    return remb_holds(f, now_us) && f->remb_bps < f->report.bps ? f->remb_bps : f->report.bps;
}

void fallback_remb(struct fallback *f, uint32_t bps, uint64_t now_us)
{
    f->basis = FALLBACK_REMB;
    f->remb_us = now_us;
    f->remb_bps = bps;
    bool trusted = f->report.decreased_us == 0 || now_us - f->report.decreased_us > FALLBACK_TRUST_US;
    if (trusted && bps > f->report.bps)
        f->report.bps = bps;
}

void fallback_report(struct fallback *f, uint32_t expected, int32_t lost, uint32_t max_bps, uint32_t rtt_us,
                     uint64_t now_us)
{
    if (!remb_holds(f, now_us))
        f->basis = FALLBACK_REPORTS;
    loss_report_update(&f->report, expected, lost, max_bps, rtt_us, now_us);
}

bool fallback_quiet(struct fallback *f, uint32_t max_bps, bool is_little, uint64_t now_us)
{
    if (f->basis == FALLBACK_REMB && !remb_holds(f, now_us))
        f->basis = FALLBACK_REPORTS;
    if (f->basis != FALLBACK_REPORTS || !is_little || now_us - f->report.updated_us < FALLBACK_QUIET_US)
        return false;
    loss_report_quiet(&f->report, max_bps, now_us);
    return true;
}

bool fallback_grant(struct fallback *f, uint32_t bps)
{
    if (!f->deaf || f->report.decreased_us || bps <= f->report.bps)
        return false;
    f->report.bps = bps;
    return true;
}
