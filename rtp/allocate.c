#include "allocate.h"

#include "ladder.h"
#include "voices.h"

enum {
    RANKS = 3,
    ROUNDS_MAX = ALLOCATE_STEPS_MAX,
};

/* One slot while the budget is being spent: how far up its ladder it is. */
struct seat {
    const struct allocate_slot *slot;
    struct allocate_memory *memory;
    struct ladder ladder;
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
    uint64_t was_used_bps; /* in the last run */
    bool squeezed; /* what falls falls for the network, not for what another slot or its viewer wants now */
    bool may_dip;  /* below the lowest steps that are kept: not for long */
    bool shed;     /* the budget is what the server has to give, not the network */
    unsigned share;
    size_t voices; /* that are left */
};

/* --- A seat ------------------------------------------------------------------------- */

/* The layer that it had in the last run; -1 = none. */
static int had_layer(const struct seat *seat)
{
    const struct allocate_memory *m = seat->memory;
    return m->source != seat->slot->source || m->layer == ALLOCATE_NONE ? -1 : m->layer;
}

static int kept_rung(const struct seat *seat)
{
    int kept = -1, had = had_layer(seat);
    for (int i = 0; i < seat->ladder.count; i++) {
        const struct allocate_step *s = ladder_rung(&seat->ladder, i);
        if (s->layer < had || (s->layer == had && s->tid <= seat->memory->tid))
            kept = i;
    }
    return kept;
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
           sp->budget_bps < m->release_bps;
}

static void build_ladder(const struct spending *sp, struct seat *seat, bool living)
{
    if (living)
        ladder_living(&seat->ladder, seat->slot, had_layer(seat), sp->now_us);
    else
        ladder_wished(&seat->ladder, seat->slot);
    seat->at = -1;
    seat->blocked = false;
    seat->kept = kept_rung(seat);
    seat->ceiling = held(sp, seat) ? seat->kept : seat->ladder.count - 1;
    seat->filled = ladder_filled(&seat->ladder);
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
    return sp->used_bps - ladder_cost(&seat->ladder, seat->at) + ladder_cost(&seat->ladder, seat->at + 1);
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
            climbed |= climb(sp, &sp->seats[i], sp->seats[i].ladder.count - 1);
    }
}

/* --- Results ----------------------------------------------------------------------------- */

static void give_audio(struct spending *sp, const struct allocate_slot *slot, struct allocate_choice *c)
{
    const struct allocate_step *s = voices_step(slot);
    *c = (struct allocate_choice){ALLOCATE_GIVEN, s->layer, s->tid, s->layer, false, voices_bps(slot)};
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
        } else if (voices_has(&slots[i])) {
            if (voices_before(slots, count, i) >= sp->voices)
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
        c->wish = ladder_rung(&seat->ladder, seat->at)->layer;
    for (int i = seat->at + 1; i < seat->ladder.count; i++)
        c->more |= ladder_expects(&seat->ladder, i);
    total->more |= c->more;
}

/* At the prices of the last run all that was had would still fit, at those of this one it takes more. */
static bool dearer(const struct spending *sp)
{
    uint64_t kept_bps = sp->audio_bps;
    for (size_t i = 0; i < sp->count; i++)
        kept_bps += ladder_cost(&sp->seats[i].ladder, sp->seats[i].kept);
    return sp->was_used_bps <= sp->budget_bps && sp->was_used_bps < kept_bps;
}

static void hold(const struct spending *sp, struct allocate_memory *m)
{
    if (!dearer(sp))
        m->release_bps = (uint64_t)m->climbed_bps * ALLOCATE_RELEASE_PERCENT / 100;
    else if (sp->now_us >= m->held_until_us)
        m->release_bps = sp->budget_bps * (100 + ALLOCATE_CHANGE_PERCENT) / 100;
    m->held_until_us = sp->now_us + ALLOCATE_HOLD_US;
}

static void remember(const struct spending *sp, const struct seat *seat)
{
    struct allocate_memory *m = seat->memory;
    if (m->source != seat->slot->source)
        *m = (struct allocate_memory){.source = seat->slot->source, .layer = ALLOCATE_NONE};
    if (rose(seat))
        m->held_until_us = 0;
    if (seat->at < seat->kept && sp->squeezed && sp->now_us < m->climbed_us + ALLOCATE_LASTING_US)
        hold(sp, m);
    if (seat->at > seat->kept) {
        m->climbed_us = sp->now_us;
        m->climbed_bps = (uint32_t)sp->budget_bps;
    }
    m->rank = rank_of(seat->slot);
    m->priority = seat->slot->priority;
    m->layer = seat->at < 0 ? ALLOCATE_NONE : ladder_rung(&seat->ladder, seat->at)->layer;
    m->tid = seat->at < 0 ? 0 : ladder_rung(&seat->ladder, seat->at)->tid;
}

static void note_given(const struct spending *sp, const struct seat *seat, struct allocate_choice *c)
{
    if (!seat->ladder.count)
        c->why = ALLOCATE_NO_LAYER;
    else if (seat->at < 0)
        c->why = sp->shed ? ALLOCATE_OVERLOAD : ALLOCATE_BANDWIDTH;
    else
        c->why = ALLOCATE_GIVEN;
    if (seat->at < 0)
        return;
    c->layer = ladder_rung(&seat->ladder, seat->at)->layer;
    c->tid = ladder_rung(&seat->ladder, seat->at)->tid;
    c->bps = ladder_bps(&seat->ladder, seat->at);
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
    for (size_t i = 0; i < ladder_steps(seat->slot); i++) {
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
        return voices_bps(slot);
    struct ladder ladder;
    ladder_wished(&ladder, slot);
    return ladder_cost(&ladder, ladder.count - 1);
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
        struct ladder ladder;
        ladder_wished(&ladder, sp->seats[i].slot);
        bps += ladder.count ? ladder_bps(&ladder, 0) : 0;
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
        .was_used_bps = a->used_bps,
        .may_dip = !a->short_us || now_us < a->short_us + ALLOCATE_DIP_US,
        .share = a->share,
        .voices = load_voices(a->share, voices_count(slots, count)),
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
    a->used_bps = total->used_bps = sp.used_bps;
}

bool allocate_due(const struct allocate *a, uint32_t budget_bps, uint64_t now_us)
{
    uint64_t was = a->budget_bps, is = budget_bps, apart = was > is ? was - is : is - was;
    unsigned more = a->share > a->ran_share ? a->share - a->ran_share : a->ran_share - a->share;
    return !a->ran || a->touched || now_us >= a->next_us ||
           (apart && apart * 100 >= was * ALLOCATE_CHANGE_PERCENT) ||
           (more && (more >= ALLOCATE_SHARE_CHANGE || a->share % LOAD_STAGE == 0));
}

/* Each frame has packets that are full, and one that is not. */
uint32_t allocate_on_wire(uint32_t bps, unsigned fps)
{
    uint64_t packets = bps / (8 * ALLOCATE_PAYLOAD) + fps / 2;
    uint64_t all = bps + (packets > fps ? packets : fps) * 8 * ALLOCATE_HEADERS;
    return !bps ? 0 : all < UINT32_MAX ? (uint32_t)all : UINT32_MAX;
}
