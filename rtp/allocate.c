#include "allocate.h"

enum {
    AUDIO_BPS = 40000, /* where it is not known: Opus at 32 kbps with its headers */
    RANKS = 3,
    ROUNDS_MAX = ALLOCATE_STEPS_MAX,
};

/* What a layer is where its publisher did not say. */
static const struct {
    uint16_t width, height;
    uint32_t bps;
} usual[] = {{320, 180, 150000}, {640, 360, 500000}, {1280, 720, 2500000}};

enum { USUAL_MAX = sizeof usual / sizeof *usual - 1 };

/* One slot while the budget is being spent: a ladder of the steps that it may
 * have, and how far up it is. */
struct seat {
    const struct allocate_slot *slot;
    struct allocate_memory *memory;
    uint8_t rungs[ALLOCATE_STEPS_MAX]; /* indexes of steps, lowest first */
    int count;
    int at;      /* the rung that it has; -1 = none */
    int kept;    /* the one that it had in the last run, or the next lower; -1 = none */
    int ceiling; /* not above */
    int filled;  /* the one that is enough to let the next rank in */
    bool blocked;
};

struct spending {
    struct seat seats[ALLOCATE_SLOTS_MAX]; /* of video slots only, in order of priority */
    size_t count;
    uint64_t now_us;
    uint64_t budget_bps, audio_bps, used_bps;
    bool squeezed; /* what falls falls for the network, not for what another slot or its viewer wants now */
    bool may_dip;  /* below the lowest steps that are kept: not for long */
    bool shed;     /* the budget is what the server has to give, not the network */
    unsigned share;
    size_t voices; /* that are left */
};

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

static uint32_t bps_of(const struct allocate_step *s)
{
    return s->bps ? s->bps : usual_bps(s);
}

static uint16_t height_of(const struct allocate_step *s)
{
    return s->height ? s->height : usual[usual_of(s)].height;
}

static size_t step_count(const struct allocate_slot *slot)
{
    return slot->step_count < ALLOCATE_STEPS_MAX ? slot->step_count : ALLOCATE_STEPS_MAX;
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
    for (size_t i = 0; i < step_count(slot); i++) {
        layer = slot->steps[i].layer;
        if (fills_box(&slot->steps[i], slot))
            break;
    }
    return layer;
}

/* Each frame has packets that are full, and one that is not. */
uint32_t allocate_on_wire(uint32_t bps, unsigned fps)
{
    uint64_t packets = bps / (8 * ALLOCATE_PAYLOAD) + fps / 2;
    uint64_t all = bps + (packets > fps ? packets : fps) * 8 * ALLOCATE_HEADERS;
    return !bps ? 0 : all < UINT32_MAX ? (uint32_t)all : UINT32_MAX;
}

/* --- The ladder of a slot ---------------------------------------------------------- */

static bool settled(const struct allocate_step *s, uint64_t now_us)
{
    return s->alive && now_us >= s->alive_us + ALLOCATE_SETTLE_US;
}

/* The slot has it or more already. */
static bool had(const struct seat *seat, const struct allocate_step *s)
{
    const struct allocate_memory *m = seat->memory;
    return m->source == seat->slot->source && m->layer != ALLOCATE_NONE && s->layer <= m->layer;
}

/* The steps of one layer that qualify, up to the frame rate that is wanted: of a
 * large camera picture only the one with that rate. */
static void add_layer(struct seat *seat, const uint8_t *steps, int count)
{
    const struct allocate_slot *slot = seat->slot;
    int top = 0;
    while (top + 1 < count &&
           (!slot->max_fps || slot->steps[steps[top]].fps < slot->max_fps || !slot->steps[steps[top]].fps))
        top++;
    bool large = !slot->screen && height_of(&slot->steps[steps[top]]) >= ALLOCATE_FILL_HEIGHT;
    for (int i = large ? top : 0; i <= top; i++)
        seat->rungs[seat->count++] = steps[i];
}

/* Layers lowest..highest, of those that live ones that have not settled only
 * where no lower one has. */
static void add_layers(struct seat *seat, uint8_t lowest, uint8_t highest, bool living, uint64_t now_us)
{
    const struct allocate_step *steps = seat->slot->steps;
    uint8_t layer[ALLOCATE_STEPS_MAX], settled_at = ALLOCATE_NONE;
    int n = 0;
    seat->count = 0;
    for (size_t i = 0; i < step_count(seat->slot); i++) {
        const struct allocate_step *s = &steps[i];
        if (n && steps[layer[0]].layer != s->layer) {
            add_layer(seat, layer, n);
            n = 0;
        }
        if (s->layer < lowest || s->layer > highest || (living && !s->alive))
            continue;
        if (settled(s, now_us))
            settled_at = s->layer;
        if (!living || s->layer <= settled_at || had(seat, s))
            layer[n++] = (uint8_t)i;
    }
    if (n)
        add_layer(seat, layer, n);
}

static uint8_t lowest_alive(const struct allocate_slot *slot)
{
    for (size_t i = 0; i < step_count(slot); i++)
        if (slot->steps[i].alive)
            return slot->steps[i].layer;
    return ALLOCATE_NONE;
}

/* What it may have of what is alive: one that is too large only where there is no other. */
static void add_living(struct seat *seat, uint64_t now_us)
{
    uint8_t lowest = lowest_alive(seat->slot);
    add_layers(seat, 0, highest_layer(seat->slot), true, now_us);
    if (!seat->count && lowest != ALLOCATE_NONE)
        add_layers(seat, lowest, lowest, true, now_us);
}

static const struct allocate_step *rung(const struct seat *seat, int i)
{
    return &seat->slot->steps[seat->rungs[i]];
}

static bool is_expected(const struct allocate_step *s)
{
    return s->alive || s->alive_us != ALLOCATE_NEVER;
}

/* What that rung takes; one that will hardly come takes no more than those below. */
static uint32_t cost(const struct seat *seat, int i)
{
    while (i >= 0 && !is_expected(rung(seat, i)))
        i--;
    return i < 0 ? 0 : bps_of(rung(seat, i));
}

static int kept_rung(const struct seat *seat)
{
    const struct allocate_memory *m = seat->memory;
    int kept = -1;
    if (m->source != seat->slot->source || m->layer == ALLOCATE_NONE)
        return -1;
    for (int i = 0; i < seat->count; i++) {
        const struct allocate_step *s = rung(seat, i);
        if (s->layer < m->layer || (s->layer == m->layer && s->tid <= m->tid))
            kept = i;
    }
    return kept;
}

static int filled_rung(const struct seat *seat)
{
    for (int i = 0; i + 1 < seat->count; i++)
        if (height_of(rung(seat, i)) >= ALLOCATE_FILL_HEIGHT &&
            (rung(seat, i + 1)->layer != rung(seat, i)->layer))
            return i;
    return seat->count - 1;
}

static uint8_t rank_of(const struct allocate_slot *slot)
{
    return slot->screen || slot->pinned ? 0 : slot->speaker ? 1 : RANKS - 1;
}

/* It goes before more others than it did. */
static bool rose(const struct seat *seat)
{
    const struct allocate_memory *m = seat->memory;
    return rank_of(seat->slot) < m->rank || seat->slot->priority > m->priority;
}

static bool held(const struct spending *sp, const struct seat *seat)
{
    const struct allocate_memory *m = seat->memory;
    return m->source == seat->slot->source && sp->now_us < m->held_until_us && !rose(seat) &&
           sp->budget_bps * 100 < (uint64_t)m->climbed_bps * ALLOCATE_RELEASE_PERCENT;
}

static void build_ladder(const struct spending *sp, struct seat *seat, bool living)
{
    if (living)
        add_living(seat, sp->now_us);
    else
        add_layers(seat, 0, highest_layer(seat->slot), false, sp->now_us);
    seat->at = -1;
    seat->blocked = false;
    seat->kept = kept_rung(seat);
    seat->ceiling = held(sp, seat) ? seat->kept : seat->count - 1;
    seat->filled = filled_rung(seat);
}

/* --- Spending ------------------------------------------------------------------------ */

static bool goes_before(const struct allocate_slot *a, const struct allocate_slot *b)
{
    uint8_t rank_a = rank_of(a), rank_b = rank_of(b);
    return rank_a != rank_b ? rank_a < rank_b : a->priority > b->priority;
}

/* Equal ones stay in the order in which they come. */
static void take_seat(struct spending *sp, const struct allocate_slot *slot, struct allocate_memory *memory)
{
    size_t i = sp->count++;
    for (; i > 0 && goes_before(slot, sp->seats[i - 1].slot); i--)
        sp->seats[i] = sp->seats[i - 1];
    sp->seats[i] = (struct seat){.slot = slot, .memory = memory};
}

static uint64_t used_after(const struct spending *sp, const struct seat *seat)
{
    return sp->used_bps - cost(seat, seat->at) + cost(seat, seat->at + 1);
}

static uint64_t limit(const struct spending *sp, const struct seat *seat)
{
    uint64_t bps = sp->budget_bps;
    if (seat->at + 1 > seat->kept)
        bps -= bps * ALLOCATE_HEADROOM_PERCENT / 100;
    else if (seat->at < 0 && !seat->slot->screen && sp->may_dip && !sp->shed)
        bps += bps * ALLOCATE_DIP_PERCENT / 100;
    if (seat->slot->screen && seat->at < 0 && !sp->shed)
        bps += ALLOCATE_SCREEN_OVERSHOOT;
    return bps;
}

/* One step up, if it may and can. */
static bool climb(struct spending *sp, struct seat *seat, int top)
{
    if (seat->blocked || seat->at >= top)
        return false;
    seat->blocked = seat->at >= seat->ceiling || used_after(sp, seat) > limit(sp, seat);
    if (seat->blocked)
        return false;
    sp->used_bps = used_after(sp, seat);
    seat->at++;
    return true;
}

static void spend(struct spending *sp, bool living)
{
    sp->used_bps = sp->audio_bps;
    for (size_t i = 0; i < sp->count; i++)
        build_ladder(sp, &sp->seats[i], living);
    for (size_t i = 0; i < sp->count && sp->shed; i++)
        (void)climb(sp, &sp->seats[i], 0);
    bool climbed = true;
    for (int round = 0; round < ROUNDS_MAX && climbed; round++) {
        climbed = false;
        for (size_t i = 0; i < sp->count && rank_of(sp->seats[i].slot) == 0; i++)
            climbed |= climb(sp, &sp->seats[i], sp->seats[i].filled);
    }
    climbed = true;
    for (int round = 0; round < ROUNDS_MAX && climbed; round++) {
        climbed = false;
        for (size_t i = 0; i < sp->count; i++)
            climbed |= climb(sp, &sp->seats[i], sp->seats[i].count - 1);
    }
}

/* --- Results ----------------------------------------------------------------------------- */

static const struct allocate_step *voice(const struct allocate_slot *slot)
{
    for (size_t i = 0; i < step_count(slot); i++) {
        if (slot->steps[i].alive)
            return &slot->steps[i];
    }
    return NULL;
}

static uint32_t voice_bps(const struct allocate_step *s)
{
    return s->bps ? s->bps : AUDIO_BPS;
}

static bool is_voice(const struct allocate_slot *slot)
{
    return slot->kind == RTP_AUDIO && slot->source && !slot->hidden && voice(slot);
}

static size_t count_voices(const struct allocate_slot *slots, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count && i < ALLOCATE_SLOTS_MAX; i++)
        n += is_voice(&slots[i]);
    return n;
}

/* As many go before it as there is room for. */
static bool is_left_out(const struct spending *sp, const struct allocate_slot *slots, size_t count, size_t at)
{
    size_t before = 0;
    for (size_t i = 0; i < count && i < ALLOCATE_SLOTS_MAX; i++) {
        bool first =
            slots[i].priority != slots[at].priority ? slots[i].priority > slots[at].priority : i < at;
        before += is_voice(&slots[i]) && first;
    }
    return before >= sp->voices;
}

static void give_audio(struct spending *sp, const struct allocate_slot *slot, struct allocate_choice *c)
{
    const struct allocate_step *s = voice(slot);
    *c = (struct allocate_choice){ALLOCATE_GIVEN, s->layer, s->tid, s->layer, false, voice_bps(s)};
    sp->audio_bps += c->bps;
}

/* What does not depend on bandwidth. */
static void seat_all(struct allocate *a, struct spending *sp, const struct allocate_slot *slots, size_t count,
                     struct allocate_choice *choices)
{
    for (size_t i = 0; i < count; i++) {
        bool empty = !slots[i].source || i >= ALLOCATE_SLOTS_MAX;
        choices[i] = (struct allocate_choice){
            .why = empty             ? ALLOCATE_EMPTY
                   : slots[i].hidden ? ALLOCATE_HIDDEN
                                     : ALLOCATE_NO_LAYER,
            .layer = ALLOCATE_NONE,
            .wish = ALLOCATE_NONE,
        };
        if (choices[i].why != ALLOCATE_NO_LAYER) {
            if (i < ALLOCATE_SLOTS_MAX)
                a->memory[i].layer = ALLOCATE_NONE;
        } else if (is_voice(&slots[i])) {
            if (is_left_out(sp, slots, count, i))
                choices[i].why = ALLOCATE_OVERLOAD;
            else
                give_audio(sp, &slots[i], &choices[i]);
        } else if (slots[i].kind == RTP_VIDEO) {
            take_seat(sp, &slots[i], &a->memory[i]);
        }
    }
}

/* What it would have were all its layers alive. */
static void note_wish(const struct seat *seat, struct allocate_choice *c, struct allocate_total *total)
{
    if (seat->at >= 0)
        c->wish = rung(seat, seat->at)->layer;
    for (int i = seat->at + 1; i < seat->count; i++)
        c->more |= is_expected(rung(seat, i));
    total->more |= c->more;
}

static void remember(const struct spending *sp, const struct seat *seat)
{
    struct allocate_memory *m = seat->memory;
    if (m->source != seat->slot->source)
        *m = (struct allocate_memory){.source = seat->slot->source, .layer = ALLOCATE_NONE};
    if (rose(seat))
        m->held_until_us = 0;
    if (seat->at < seat->kept && sp->squeezed && sp->now_us < m->climbed_us + ALLOCATE_LASTING_US)
        m->held_until_us = sp->now_us + ALLOCATE_HOLD_US;
    if (seat->at > seat->kept) {
        m->climbed_us = sp->now_us;
        m->climbed_bps = (uint32_t)sp->budget_bps;
    }
    m->rank = rank_of(seat->slot);
    m->priority = seat->slot->priority;
    m->layer = seat->at < 0 ? ALLOCATE_NONE : rung(seat, seat->at)->layer;
    m->tid = seat->at < 0 ? 0 : rung(seat, seat->at)->tid;
}

static void note_given(const struct spending *sp, const struct seat *seat, struct allocate_choice *c)
{
    if (!seat->count)
        c->why = ALLOCATE_NO_LAYER;
    else if (seat->at < 0)
        c->why = sp->shed ? ALLOCATE_OVERLOAD : ALLOCATE_BANDWIDTH;
    else
        c->why = ALLOCATE_GIVEN;
    if (seat->at < 0)
        return;
    c->layer = rung(seat, seat->at)->layer;
    c->tid = rung(seat, seat->at)->tid;
    c->bps = bps_of(rung(seat, seat->at));
}

static void wake_at(struct allocate *a, uint64_t now_us, uint64_t at_us)
{
    if (at_us > now_us && at_us < a->next_us)
        a->next_us = at_us;
}

/* The guards that will have run out before the next run, and the rates that will be known. */
static void note_guards(struct allocate *a, const struct seat *seat, uint64_t now_us)
{
    wake_at(a, now_us, seat->memory->held_until_us);
    for (size_t i = 0; i < step_count(seat->slot); i++) {
        const struct allocate_step *s = &seat->slot->steps[i];
        if (!s->alive)
            continue;
        wake_at(a, now_us, s->alive_us + ALLOCATE_SETTLE_US);
        if (!s->bps)
            wake_at(a, now_us, now_us + ALLOCATE_UNKNOWN_US);
    }
}

/* More is given than there is, for a while. */
static void note_shortage(struct allocate *a, const struct spending *sp)
{
    if (sp->used_bps <= sp->budget_bps)
        a->short_us = 0;
    else if (!a->short_us)
        a->short_us = sp->now_us;
    if (a->short_us)
        wake_at(a, sp->now_us, a->short_us + ALLOCATE_DIP_US);
}

/* The budget of which so much may be used. */
static uint64_t with_headroom(uint64_t bps)
{
    enum { USED_PERCENT = 100 - ALLOCATE_HEADROOM_PERCENT };
    return (bps * 100 + USED_PERCENT - 1) / USED_PERCENT;
}

static uint64_t wanted_by(const struct allocate_slot *slot)
{
    if (!slot->source || slot->hidden)
        return 0;
    if (slot->kind == RTP_AUDIO)
        return voice(slot) ? voice_bps(voice(slot)) : 0;
    struct seat seat = {.slot = slot};
    add_layers(&seat, 0, highest_layer(slot), false, 0);
    return cost(&seat, seat.count - 1);
}

uint64_t allocate_wanted_bps(const struct allocate_slot *slots, size_t count)
{
    uint64_t bps = 0;
    for (size_t i = 0; i < count && i < ALLOCATE_SLOTS_MAX; i++)
        bps += wanted_by(&slots[i]);
    return with_headroom(bps);
}

/* The lowest steps of all, and the voices. */
static uint64_t least_bps(const struct spending *sp)
{
    uint64_t bps = sp->audio_bps;
    for (size_t i = 0; i < sp->count; i++) {
        struct seat seat = {.slot = sp->seats[i].slot};
        add_layers(&seat, 0, highest_layer(seat.slot), false, 0);
        bps += seat.count ? bps_of(rung(&seat, 0)) : 0;
    }
    return with_headroom(bps);
}

/* The server's part in how little there is. */
static void shed(struct spending *sp, uint64_t wanted_bps)
{
    uint64_t all = wanted_bps < sp->budget_bps ? wanted_bps : sp->budget_bps;
    uint64_t left = load_budget_bps(sp->share, all, least_bps(sp), sp->audio_bps);
    sp->shed = sp->share && left < sp->budget_bps;
    if (!sp->shed)
        return;
    sp->budget_bps = left;
    sp->squeezed = false;
}

void allocate_run(struct allocate *a, const struct allocate_slot *slots, size_t count, uint32_t budget_bps,
                  uint64_t now_us, struct allocate_choice *choices, struct allocate_total *total)
{
    struct spending sp = {
        .now_us = now_us,
        .budget_bps = budget_bps,
        .squeezed = !a->touched || budget_bps < a->budget_bps,
        .may_dip = !a->short_us || now_us < a->short_us + ALLOCATE_DIP_US,
        .share = a->share,
        .voices = load_voices(a->share, count_voices(slots, count)),
    };
    *total = (struct allocate_total){.wanted_bps = allocate_wanted_bps(slots, count)};
    a->ran = true;
    a->touched = false;
    a->budget_bps = budget_bps;
    a->ran_share = a->share;
    a->next_us = now_us + ALLOCATE_RUN_US;
    seat_all(a, &sp, slots, count, choices);
    shed(&sp, total->wanted_bps);
    spend(&sp, false);
    for (size_t i = 0; i < sp.count; i++)
        note_wish(&sp.seats[i], &choices[sp.seats[i].slot - slots], total);
    total->shed = sp.shed;
    if (sp.shed) /* nothing that the network could help */
        total->more = false;
    spend(&sp, true);
    for (size_t i = 0; i < sp.count; i++) {
        note_given(&sp, &sp.seats[i], &choices[sp.seats[i].slot - slots]);
        remember(&sp, &sp.seats[i]);
        note_guards(a, &sp.seats[i], now_us);
    }
    note_shortage(a, &sp);
    total->used_bps = sp.used_bps;
}

bool allocate_due(const struct allocate *a, uint32_t budget_bps, uint64_t now_us)
{
    uint64_t was = a->budget_bps, is = budget_bps, apart = was > is ? was - is : is - was;
    unsigned more = a->share > a->ran_share ? a->share - a->ran_share : a->ran_share - a->share;
    return !a->ran || a->touched || now_us >= a->next_us ||
           (apart && apart * 100 >= was * ALLOCATE_CHANGE_PERCENT) ||
           (more && (more >= ALLOCATE_SHARE_CHANGE || a->share % LOAD_STAGE == 0));
}
