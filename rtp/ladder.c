#include "ladder.h"

/* What a layer is where its publisher did not say. */
static const struct {
    uint16_t width, height;
    uint32_t bps;
} usual[] = {{320, 180, 150000}, {640, 360, 500000}, {1280, 720, 2500000}};

enum { USUAL_MAX = sizeof usual / sizeof *usual - 1 };

/* --- Steps ---------------------------------------------------------------------- */

static unsigned usual_of(const struct allocate_step *s)
{
    return s->layer < USUAL_MAX ? s->layer : USUAL_MAX;
}

/* By its size where that is known: a single stream is layer 0 however large it is. */
static uint32_t usual_bps(const struct allocate_step *s)
{
    unsigned i = s->height ? 0 : usual_of(s);
    while (s->height > usual[i].height && i < USUAL_MAX)
        i++;
    return usual[i].bps;
}

static uint16_t height_of(const struct allocate_step *s)
{
    return s->height ? s->height : usual[usual_of(s)].height;
}

/* Fills a side of that length when stretched a little. */
static bool fills(unsigned have, unsigned side)
{
    return side && have * (100 + ALLOCATE_STRETCH_PERCENT) >= side * 100;
}

/* The picture is fitted into its box, so one side that is filled will do. */
static bool fills_box(const struct allocate_step *s, const struct allocate_slot *slot)
{
    unsigned width = s->width ? s->width : usual[usual_of(s)].width;
    return fills(width, slot->width) || fills(height_of(s), slot->height);
}

static uint8_t highest_layer(const struct allocate_slot *slot)
{
    uint8_t layer = 0;
    for (size_t i = 0; i < ladder_steps(slot); i++) {
        layer = slot->steps[i].layer;
        if (fills_box(&slot->steps[i], slot))
            break;
    }
    return layer;
}

/* --- The ladder --------------------------------------------------------------------- */

static bool settled(const struct allocate_step *s, uint64_t now_us)
{
    return s->alive && now_us >= s->alive_us + ALLOCATE_SETTLE_US;
}

/* The steps of one layer that qualify, up to the frame rate that is wanted: of a
 * large camera picture only the one with that rate. */
static void add_layer(struct ladder *l, const uint8_t *steps, int count)
{
    const struct allocate_slot *slot = l->slot;
    int top = 0;
    while (top + 1 < count &&
           (!slot->max_fps || slot->steps[steps[top]].fps < slot->max_fps || !slot->steps[steps[top]].fps))
        top++;
    bool large = !slot->screen && height_of(&slot->steps[steps[top]]) >= ALLOCATE_FILL_HEIGHT;
    for (int i = large ? top : 0; i <= top; i++)
        l->rungs[l->count++] = steps[i];
}

/* Layers lowest..highest, of those that live ones that have not settled only
 * where no lower one has, or they were had. */
static void add_layers(struct ladder *l, uint8_t lowest, uint8_t highest, bool living, int had,
                       uint64_t now_us)
{
    const struct allocate_step *steps = l->slot->steps;
    uint8_t layer[ALLOCATE_STEPS_MAX], settled_at = ALLOCATE_NONE;
    int n = 0;
    l->count = 0;
    for (size_t i = 0; i < ladder_steps(l->slot); i++) {
        const struct allocate_step *s = &steps[i];
        if (n && steps[layer[0]].layer != s->layer) {
            add_layer(l, layer, n);
            n = 0;
        }
        if (s->layer < lowest || s->layer > highest || (living && !s->alive))
            continue;
        if (settled(s, now_us))
            settled_at = s->layer;
        if (!living || s->layer <= settled_at || s->layer <= had)
            layer[n++] = (uint8_t)i;
    }
    if (n)
        add_layer(l, layer, n);
}

static uint8_t lowest_alive(const struct allocate_slot *slot)
{
    for (size_t i = 0; i < ladder_steps(slot); i++)
        if (slot->steps[i].alive)
            return slot->steps[i].layer;
    return ALLOCATE_NONE;
}

void ladder_wished(struct ladder *l, const struct allocate_slot *slot)
{
    l->slot = slot;
    add_layers(l, 0, highest_layer(slot), false, -1, 0);
}

void ladder_living(struct ladder *l, const struct allocate_slot *slot, int had, uint64_t now_us)
{
    uint8_t lowest = lowest_alive(slot);
    l->slot = slot;
    add_layers(l, 0, highest_layer(slot), true, had, now_us);
    if (!l->count && lowest != ALLOCATE_NONE)
        add_layers(l, lowest, lowest, true, had, now_us);
}

bool ladder_expects(const struct ladder *l, int rung)
{
    const struct allocate_step *s = ladder_rung(l, rung);
    return s->alive || s->alive_us != ALLOCATE_NEVER;
}

uint32_t ladder_bps(const struct ladder *l, int rung)
{
    const struct allocate_step *s = ladder_rung(l, rung);
    return s->bps ? s->bps : usual_bps(s);
}

uint32_t ladder_cost(const struct ladder *l, int rung)
{
    while (rung >= 0 && !ladder_expects(l, rung))
        rung--;
    return rung < 0 ? 0 : ladder_bps(l, rung);
}

int ladder_filled(const struct ladder *l)
{
    for (int i = 0; i + 1 < l->count; i++)
        if (height_of(ladder_rung(l, i)) >= ALLOCATE_FILL_HEIGHT &&
            (ladder_rung(l, i + 1)->layer != ladder_rung(l, i)->layer))
            return i;
    return l->count - 1;
}
