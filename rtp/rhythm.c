#include "rhythm.h"

void rhythm_packet(struct rhythm *r)
{
    r->outrun_us = 0;
}

void rhythm_frame(struct rhythm *r, uint64_t now_us)
{
    if (!r->silent)
        return;
    r->silent = false;
    r->proven_us = now_us + RHYTHM_PROVE_US;
}

bool rhythm_other(struct rhythm *r, uint64_t now_us)
{
    if (r->silent)
        return false;
    if (!r->outrun_us)
        r->outrun_us = now_us;
    r->silent = now_us >= r->outrun_us + RHYTHM_SILENT_US;
    return r->silent;
}

bool rhythm_proven(struct rhythm *r, uint64_t now_us)
{
    if (!r->proven_us || now_us < r->proven_us)
        return false;
    r->proven_us = 0;
    return true;
}
