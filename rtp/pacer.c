#include "pacer.h"

#define US_PER_S INT64_C(1000000)

void pacer_init(struct pacer *p, uint16_t percent, uint32_t depth_us, uint64_t now_us)
{
    *p = (struct pacer){.percent = percent, .depth_us = depth_us, .filled_us = now_us};
}

static int64_t rate(const struct pacer *p, uint32_t bps)
{
    int64_t r = (int64_t)bps * p->percent / 100;
    return r > 0 ? r : 1;
}

void pacer_fill(struct pacer *p, uint32_t bps, uint64_t now_us)
{
    uint64_t passed = now_us > p->filled_us ? now_us - p->filled_us : 0;
    int64_t depth = rate(p, bps) * p->depth_us / US_PER_S;
    p->filled_us = now_us;
    p->bits += rate(p, bps) * (int64_t)(passed < (uint64_t)US_PER_S ? passed : (uint64_t)US_PER_S) / US_PER_S;
    if (p->bits > depth)
        p->bits = depth;
}

bool pacer_take(struct pacer *p, size_t size)
{
    if (p->bits < 0)
        return false;
    p->bits -= (int64_t)size * 8;
    return true;
}

uint64_t pacer_next_us(const struct pacer *p, uint32_t bps, uint64_t now_us)
{
    if (p->bits >= 0)
        return now_us;
    return now_us + (uint64_t)(-p->bits * US_PER_S / rate(p, bps)) + 1;
}
