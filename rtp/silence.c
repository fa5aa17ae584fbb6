#include "silence.h"

void silence_sent(struct silence *s, uint64_t now_us)
{
    if (s->unheard == 0)
        s->unheard_us = now_us;
    if (s->unheard < UINT32_MAX)
        s->unheard++;
}

void silence_heard(struct silence *s)
{
    s->unheard = 0;
}

uint32_t silence_lower(struct silence *s, uint32_t bps, uint32_t rtt_us, uint64_t now_us)
{
    if (s->unheard < SILENCE_PACKETS || now_us - s->unheard_us < (uint64_t)SILENCE_US + rtt_us)
        return 0;
    if (!s->before_bps)
        s->before_bps = bps;
    s->unheard_us += SILENCE_STEP_US;
    return (uint32_t)((uint64_t)bps * SILENCE_PERCENT / 100);
}

uint32_t silence_end(struct silence *s)
{
    uint32_t before_bps = s->before_bps;
    s->before_bps = 0;
    return before_bps;
}

bool silence_is_deaf(const struct silence *s, uint64_t now_us)
{
    return s->unheard >= SILENCE_PACKETS && now_us - s->unheard_us >= SILENCE_DEAF_US;
}
