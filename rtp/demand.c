#include "demand.h"

void demand_init(struct demand *d, unsigned layer_count, uint64_t now_us)
{
    *d = (struct demand){.layer_count =
                             (uint8_t)(layer_count < DEMAND_LAYERS_MAX ? layer_count : DEMAND_LAYERS_MAX)};
    d->told = (uint8_t)((1u << d->layer_count) - 1);
    for (unsigned i = 0; i < d->layer_count; i++)
        d->needed_us[i] = d->told_us[i] = now_us;
}

void demand_note(struct demand *d, unsigned layer, uint64_t now_us)
{
    if (layer < d->layer_count && now_us > d->needed_us[layer])
        d->needed_us[layer] = now_us;
}

bool demand_due(struct demand *d, uint8_t *layers, uint64_t now_us)
{
    uint8_t wanted = 0;
    for (unsigned i = 0; i < d->layer_count; i++)
        if (now_us < d->needed_us[i] + DEMAND_KEEP_US)
            wanted |= (uint8_t)(1u << i);
    *layers = wanted;
    if (wanted == d->told)
        return false;
    for (unsigned i = 0; i < d->layer_count; i++)
        if (wanted & ~d->told & 1u << i)
            d->told_us[i] = now_us;
    d->told = wanted;
    return true;
}

bool demand_lasts(const struct demand *d, unsigned layer, uint64_t now_us)
{
    return layer < d->layer_count && d->told >> layer & 1 && now_us >= d->told_us[layer] + DEMAND_KEEP_US;
}
