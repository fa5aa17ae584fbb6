#include "loss_report.h"

enum {
    LOW_PERCENT = 2,
    HIGH_PERCENT = 10,
    UP_PERCENT = 8,
};

void loss_report_init(struct loss_report *l, uint32_t start_bps, uint32_t floor_bps, uint64_t now_us)
{
    *l = (struct loss_report){.bps = start_bps, .floor_bps = floor_bps, .updated_us = now_us};
}

static void increase(struct loss_report *l, uint64_t passed_us, uint32_t max_bps)
{
    if (passed_us > LOSS_REPORT_INCREASE_US)
        passed_us = LOSS_REPORT_INCREASE_US;
    uint64_t more = l->bps + (uint64_t)l->bps * UP_PERCENT * passed_us / LOSS_REPORT_INCREASE_US / 100;
    if (more > max_bps)
        more = max_bps;
    if (more > l->bps)
        l->bps = (uint32_t)more;
}

void loss_report_update(struct loss_report *l, uint32_t expected, int32_t lost, uint32_t max_bps,
                        uint32_t rtt_us, uint64_t now_us)
{
    l->expected = expected > UINT32_MAX - l->expected ? UINT32_MAX : l->expected + expected;
    l->lost += lost > 0 ? (uint32_t)lost : 0;
    if (l->expected < LOSS_REPORT_EXPECTED_MIN)
        return;
    uint64_t sum = l->expected, gone = l->lost < sum ? l->lost : sum;
    uint64_t passed_us = now_us - l->updated_us;
    l->expected = l->lost = 0;
    l->updated_us = now_us;
    if (gone * 100 < sum * LOW_PERCENT) {
        increase(l, passed_us, max_bps);
    } else if (gone * 100 > sum * HIGH_PERCENT &&
               now_us - l->decreased_us >= LOSS_REPORT_DECREASE_US + rtt_us) {
        l->bps = (uint32_t)(l->bps * (2 * sum - gone) / (2 * sum));
        if (l->bps < l->floor_bps)
            l->bps = l->floor_bps;
        l->decreased_us = now_us;
    }
}

void loss_report_quiet(struct loss_report *l, uint32_t max_bps, uint64_t now_us)
{
    increase(l, now_us - l->updated_us, max_bps);
    l->updated_us = now_us;
}
