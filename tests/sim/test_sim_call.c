/* Whole calls in a simulated network: what is asserted of each, for several seeds of its random numbers.
 * Besides, of every call that a decoder can go on with all that leaves the server. */
#include "calls.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { SEEDS = 5, KBPS = 1000 };

/* Of one viewer, from one second to another; 0 = not asserted. */
static const struct check {
    const char *call;
    double from_s, to_s;
    uint8_t viewer, slot;
    double reached_kbps;     /* the target gets there at least once */
    double target_most_kbps; /* at any time */
    double least_kbps;       /* received, on the mean ... */
    double most_kbps;
    double wait_ms; /* in the bottleneck: p95 */

    /* of the slot */
    uint8_t layer;       /* its pictures are of that one - 1 at the latest at the end */
    uint8_t kept_layer;  /* and of that one - 1 or a higher one at any time */
    bool nothing;        /* nothing is sent at the end */
    uint32_t holder;     /* whose it is at the end */
    double least_fps;    /* pictures decoded */
    double frozen_share; /* of the time, at the most */
    uint32_t freeze_ms;  /* the longest freeze, at the most */
    bool steady;         /* its aim becomes another no more than once in 10 s */

    uint32_t silence_ms; /* without a packet of a voice, at the most */
} checks[] = {
    /* 90 % of a bottleneck of 1 Mbit/s within 8 s, and kept */
    {"call-start", 0, 8, .reached_kbps = 900, .layer = 2},
    {"call-start", 8, 60, .wait_ms = 100, .kept_layer = 2, .least_fps = 29, .steady = true,
     .silence_ms = 150},
    {"call-start-svc", 0, 8, .reached_kbps = 900},
    {"call-start-svc", 8, 60, .least_kbps = 550, .wait_ms = 100, .least_fps = 14, .silence_ms = 150},
    /* 5 s after a drop: no more than the link, without the queue that it made */
    {"call-drop", 8, 30, .least_kbps = 1100, .wait_ms = 100, .kept_layer = 3, .steady = true},
    {"call-drop", 30, 35, .reached_kbps = 400, .layer = 1},
    {"call-drop", 35, 60, .target_most_kbps = 650, .least_kbps = 150, .wait_ms = 100, .least_fps = 14},
    {"call-drop-vp9", 10, 30, .least_kbps = 1000, .wait_ms = 100, .kept_layer = 3, .steady = true},
    {"call-drop-vp9", 30, 33, .layer = 1},
    {"call-drop-vp9", 35, 60, .target_most_kbps = 650, .least_kbps = 120, .wait_ms = 100, .least_fps = 14},
    /* a way that is far too narrow for what goes on it, with a full queue before anybody knows */
    {"call-cliff", 30, 60, .freeze_ms = 1000, .target_most_kbps = 6000, .silence_ms = 500},
    {"call-cliff", 30, 32, .layer = 1},
    {"call-cliff", 34, 60, .target_most_kbps = 400, .wait_ms = 100, .least_fps = 7, .frozen_share = 0.02},
    {"call-drop-four", 8, 30, .least_kbps = 1050, .wait_ms = 100, .least_fps = 29},
    {"call-drop-four", 35, 60, .target_most_kbps = 650, .least_kbps = 300, .wait_ms = 100, .least_fps = 7},
    /* the top layer within 10 s after the bottleneck has gone */
    {"call-recovery", 8, 60, .wait_ms = 100, .least_fps = 29, .steady = true},
    {"call-recovery", 60, 70, .layer = 3},
    {"call-recovery", 70, 90, .least_kbps = 2400, .kept_layer = 3, .least_fps = 29, .steady = true},
    {"call-recovery-plain", 60, 70, .layer = 3},
    {"call-recovery-vp9", 60, 70, .layer = 3},
    {"call-recovery-av1", 60, 70, .layer = 3},
    {"call-recovery-four", 60, 70, .layer = 3, .slot = 0},
    {"call-recovery-four", 60, 70, .layer = 3, .slot = 3},
    {"call-recovery-four", 72, 90, .least_kbps = 2700},
    /* 10 % random loss: nothing collapses, retransmission makes it watchable */
    {"call-loss", 0, 10, .layer = 3},
    {"call-loss", 10, 90, .least_kbps = 2200, .kept_layer = 3, .least_fps = 28, .frozen_share = 0.05,
     .steady = true},
    {"call-loss-svc", 10, 90, .least_kbps = 1100, .least_fps = 28, .frozen_share = 0.05},
    {"call-lossy-bottleneck", 20, 90, .least_kbps = 400, .wait_ms = 100, .least_fps = 28,
     .frozen_share = 0.05},
    /* estimates do not stick after silence */
    {"call-silence", 30, 80, .nothing = true, .most_kbps = 80, .silence_ms = 100},
    {"call-silence", 80, 90, .layer = 3},
    {"call-silence", 90, 110, .least_kbps = 2300, .kept_layer = 3, .least_fps = 29},
    {"call-silence-drop", 81, 84, .target_most_kbps = 1300},
    {"call-silence-drop", 86, 110, .least_kbps = 150, .wait_ms = 100, .target_most_kbps = 700,
     .least_fps = 29},
    /* others, and the way itself */
    {"call-jitter", 0, 30, .layer = 3},
    {"call-jitter", 35, 90, .least_kbps = 500, .kept_layer = 2, .least_fps = 29},
    {"call-cross", 40, 60, .least_kbps = 600, .most_kbps = 1050, .least_fps = 14, .silence_ms = 400},
    {"call-cross", 60, 75, .reached_kbps = 2200},
    {"call-cross", 75, 100, .least_kbps = 1900, .wait_ms = 100, .least_fps = 29},
    {"call-black-loss", 35, 43, .layer = 3},
    {"call-black-loss", 45, 90, .least_kbps = 2000, .kept_layer = 3, .least_fps = 28},
    {"call-blackout", 35, 43, .layer = 3},
    {"call-blackout", 45, 60, .least_kbps = 2300, .kept_layer = 3, .least_fps = 29},
    /* audio goes first; what does not fit is paused, and comes back */
    {"call-narrow", 15, 60, .slot = 3, .least_kbps = 50, .nothing = true, .silence_ms = 250},
    {"call-narrow", 60, 70, .slot = 0, .layer = 3},
    {"call-narrow", 60, 70, .slot = 3, .layer = 3},
    /* what viewers want */
    {"call-hide", 30, 50, .slot = 0, .nothing = true, .most_kbps = 2900},
    {"call-hide", 30, 50, .slot = 1, .kept_layer = 3, .least_fps = 29},
    {"call-hide", 50, 51, .slot = 0, .least_fps = 12},
    {"call-hide", 50, 56, .slot = 0, .layer = 3},
    {"call-height", 22, 40, .most_kbps = 250, .layer = 1, .least_fps = 29},
    {"call-height", 40, 43, .layer = 3},
    {"call-pin", 30, 37, .slot = 0, .holder = 3, .layer = 3},
    {"call-pin", 37, 60, .slot = 0, .holder = 3, .kept_layer = 3, .least_fps = 29},
    {"call-pin", 37, 60, .slot = 1, .least_fps = 7},
    /* what publishers do */
    {"call-break", 20, 21, .layer = 1, .least_fps = 15},
    {"call-break", 20, 40, .least_fps = 28, .frozen_share = 0.03},
    {"call-break", 40, 50, .layer = 3},
    {"call-break", 50, 60, .kept_layer = 3, .least_fps = 29},
    {"call-many", 20, 60, .viewer = 0, .slot = 0, .kept_layer = 3, .least_fps = 29, .silence_ms = 100},
    {"call-many", 20, 60, .viewer = 25, .slot = 0, .least_fps = 29, .wait_ms = 100, .silence_ms = 150},
    {"call-many", 20, 60, .viewer = 49, .slot = 0, .least_fps = 7, .wait_ms = 120, .silence_ms = 300},
};

/* --- One check ------------------------------------------------------------------------------- */

struct found {
    struct range target, received;
    double wait_ms, fps, frozen_share, reached_s;
    uint8_t least_layer, last_rung;
    uint32_t holder, silence_ms, freeze_ms;
    unsigned changes;
};

static uint8_t least_layer(const struct record *r, const struct check *c)
{
    uint8_t least = UINT8_MAX;
    for (double s = c->from_s; s < c->to_s; s += RECORD_SAMPLE_US / 1e6) {
        uint8_t layer = (uint8_t)(record_at(r, s)->layers[c->slot] + 1);
        least = layer < least ? layer : least;
    }
    return least;
}

static struct found find(const struct check *c, const struct record *r)
{
    double seconds = c->to_s - c->from_s;
    return (struct found){
        .target = record_target(r, c->from_s, c->to_s),
        .received = record_received(r, c->from_s, c->to_s),
        .wait_ms = record_wait_ms(r, 0.95, c->from_s, c->to_s),
        .fps = record_pictures(r, c->slot, c->from_s, c->to_s) / seconds,
        .frozen_share = record_frozen_ms(r, c->slot, c->from_s, c->to_s) / 1000.0 / seconds,
        .reached_s = c->layer ? record_reached(r, c->slot, (uint8_t)(c->layer - 1), c->from_s) : 0,
        .freeze_ms = record_freeze_ms(r, c->slot, c->from_s, c->to_s),
        .least_layer = least_layer(r, c),
        .last_rung = record_at(r, c->to_s)->rungs[c->slot],
        .holder = record_at(r, c->to_s)->holders[c->slot],
        .silence_ms = record_silence_ms(r, c->from_s, c->to_s),
        .changes = record_changes(r, c->slot, c->from_s, c->to_s),
    };
}

static bool good(const struct check *c, const struct found *f)
{
    return f->target.most >= c->reached_kbps * KBPS &&
           (c->target_most_kbps <= 0 || f->target.most <= c->target_most_kbps * KBPS) &&
           f->received.mean >= c->least_kbps * KBPS &&
           (c->most_kbps <= 0 || f->received.mean <= c->most_kbps * KBPS) &&
           (c->wait_ms <= 0 || f->wait_ms <= c->wait_ms) && f->reached_s <= c->to_s - c->from_s &&
           f->least_layer >= c->kept_layer && (!c->nothing || f->last_rung == 0) &&
           (!c->holder || f->holder == c->holder) && f->fps >= c->least_fps &&
           (c->frozen_share <= 0 || f->frozen_share <= c->frozen_share) && (!c->steady || f->changes <= 1) &&
           (!c->freeze_ms || f->freeze_ms <= c->freeze_ms) &&
           (!c->silence_ms || f->silence_ms <= c->silence_ms);
}

static void checked(const struct check *c, const struct call *call, uint64_t seed)
{
    struct found f = find(c, &call->viewers[c->viewer].record);
    if (!good(c, &f))
        fail_msg(
            "%s, seed %d, viewer %u, slot %u, %.0f to %.0f s: target %.0f .. %.0f, received %.0f kbit/s, "
            "waiting %.0f ms; layer after %.1f s, at least %d, rung %u, of %u, %.1f pictures a second, "
            "%.1f %% frozen, once for %u ms, %u changes in 10 s; silence of %u ms",
            c->call, (int)seed, c->viewer, c->slot, c->from_s, c->to_s, f.target.least / KBPS,
            f.target.most / KBPS, f.received.mean / KBPS, f.wait_ms, f.reached_s, f.least_layer - 1,
            f.last_rung, f.holder, f.fps, f.frozen_share * 100, f.freeze_ms, f.changes, f.silence_ms);
}

static void decodes(const struct call *call, uint64_t seed)
{
    const char *first;
    uint64_t faults = call_faults(call, &first);
    if (faults)
        fail_msg("%s, seed %d: %d faults; %s", call->is->name, (int)seed, (int)faults, first);
}

/* --- Tests ------------------------------------------------------------------------------------- */

static void keeps_to_its_figures(void **state)
{
    const struct call_scenario *s = *state;
    uint64_t seeds = s->end_s > 1000 || s->viewers > 10 ? 1 : SEEDS;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        struct call *call = call_run(s, seed);
        decodes(call, seed);
        assert_true(call_switches(call) > 0);
        for (size_t i = 0; i < COUNT(checks); i++)
            if (strcmp(checks[i].call, s->name) == 0)
                checked(&checks[i], call, seed);
        call_free(call);
    }
}

/* Two viewers behind one link: neither gets more than twice of what the other gets, and the link is used. */
static void shares(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct call *call = call_run(call_find("call-share"), seed);
        const struct record *a = &call->viewers[0].record, *b = &call->viewers[1].record;
        double rate_a = record_received(a, 50, 150).mean, rate_b = record_received(b, 50, 150).mean;
        double wait_ms = record_wait_ms(a, 0.95, 50, 150);
        decodes(call, seed);
        if (fmax(rate_a, rate_b) > 2 * fmin(rate_a, rate_b) || rate_a + rate_b < 1300 * KBPS || wait_ms > 100)
            fail_msg("seed %d: %.0f and %.0f kbit/s, waiting %.0f ms", (int)seed, rate_a / KBPS,
                     rate_b / KBPS, wait_ms);
        call_free(call);
    }
}

/* Whoever speaks is seen within a second, and nobody else is moved. */
static void shows_who_speaks(void **state)
{
    (void)state;
    const struct call_scenario *s = call_find("call-speak");
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct call *call = call_run(s, seed);
        const struct record *r = &call->viewers[0].record;
        for (size_t i = 0; s->events[i].act; i++) {
            double at_s = s->events[i].at_s;
            const struct sample *before = record_at(r, at_s - 0.1), *after = record_at(r, at_s + 1);
            size_t moved = 0, seen = 0;
            for (size_t slot = 0; slot < s->slots; slot++) {
                moved += before->holders[slot] != after->holders[slot];
                seen += after->holders[slot] == s->events[i].who + 1u &&
                        record_pictures(r, slot, at_s + 1, at_s + 2) >= 25;
            }
            if (moved > 1 || seen != 1)
                fail_msg("seed %d, %.0f s: %zu moved, %zu seen", (int)seed, at_s, moved, seen);
        }
        call_free(call);
    }
}

/* On a steady link, near the layers' rates and far from them, what a slot is to send becomes another at most
 * once in 10 s; where four pictures share it in small steps, it may be taken back once. */
static void is_steady(void **state)
{
    static const uint32_t rates_kbps[] = {150,  200,  240,  280,  350,  450,  550,  620,
                                          680,  750,  850,  1000, 1250, 1500, 1700, 1900,
                                          2000, 2200, 2500, 2700, 2900, 3200, 3500, 4000};
    (void)state;
    for (size_t n = 0; n < 2 * VIDEO_KINDS * COUNT(rates_kbps); n++) {
        bool four = n % 2;
        const struct call_scenario s = {
            .name = "steady",
            .kind = &video_kinds[n / 2 / COUNT(rates_kbps)],
            .bps = rates_kbps[n / 2 % COUNT(rates_kbps)] * KBPS,
            .publishers = four ? 4 : 1,
            .slots = four ? 4 : 1,
            .end_s = 100,
        };
        struct call *call = call_run(&s, n);
        const struct record *r = &call->viewers[0].record;
        decodes(call, n);
        for (size_t slot = 0; slot < s.slots; slot++) {
            unsigned changes = record_changes(r, slot, 20, 100);
            if (changes > (four ? 2 : 1))
                fail_msg("%s, %u kbit/s, slot %zu of %u: %u changes in 10 s", s.kind->name, s.bps / KBPS,
                         slot, s.slots, changes);
        }
        double wait_ms = record_wait_ms(r, 0.95, 20, 100);
        if (wait_ms > 100)
            fail_msg("%s, %u kbit/s: waiting %.0f ms", s.kind->name, s.bps / KBPS, wait_ms);
        call_free(call);
    }
}

int main(void)
{
    struct CMUnitTest tests[64] = {
        cmocka_unit_test(is_steady),
        cmocka_unit_test(shares),
        cmocka_unit_test(shows_who_speaks),
    };
    size_t count = 3;
    for (size_t i = 0; i < calls_count; i++) {
        tests[count] = (struct CMUnitTest)cmocka_unit_test(keeps_to_its_figures);
        tests[count].name = calls[i].title;
        tests[count++].initial_state = (void *)(uintptr_t)&calls[i];
    }
    return _cmocka_run_group_tests("calls", tests, count, NULL, NULL);
}
