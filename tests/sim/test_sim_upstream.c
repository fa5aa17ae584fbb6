/* REMB for a publisher in a simulated network: what is asserted of each scenario, for several seeds, with
 * send times and with RTP timestamps alone. */
#include "cross.h"
#include "record.h"
#include "upstream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { SEEDS = 10, KBPS = 1000, MBPS = 1000000, STEPS_MAX = 4, CHECKS_MAX = 6 };

struct step {
    double at_s;
    uint32_t bps; /* of the bottleneck; 0 = none */
    uint32_t top_bps, most_bps;
    double loss;
    uint32_t jitter_ms;
    double cross; /* what somebody else takes of the bottleneck */
};

/* From one second to another; 0 = not asserted. */
struct check {
    double from_s, to_s;
    double reached_kbps;                            /* the estimate gets there at least once */
    double least_kbps;                              /* what is received, of payload, on the mean ... */
    double never_below_kbps;                        /* ... and at any time */
    double estimate_least_kbps, estimate_most_kbps; /* at any time */
    double wait_ms;                                 /* in the bottleneck: p95 */
};

static const struct scenario {
    const char *name;
    struct step steps[STEPS_MAX];
    double end_s;
    struct check checks[CHECKS_MAX];
    uint32_t delay_ms, queue_ms; /* 0 = as link_init() has it */
    bool reorder;
    double resent;
    double silent_s; /* so long nothing arrives */
} scenarios[] = {
    {.name = "1 Mbit/s, where a second of it can wait",
     .steps = {{.bps = MBPS, .top_bps = 2500 * KBPS}},
     .end_s = 60,
     .queue_ms = 1000,
     .checks = {{0, 6, .reached_kbps = 850},
                {0, 8, .wait_ms = 350},
                {8, 60, .least_kbps = 780, .never_below_kbps = 600, .estimate_most_kbps = 1000,
                 .wait_ms = 220}}},
    {.name = "no bottleneck",
     .steps = {{.top_bps = 2500 * KBPS}},
     .end_s = 60,
     .checks = {{0, 8, .reached_kbps = 2500}, {10, 60, .least_kbps = 2400, .estimate_least_kbps = 3000}}},
    {.name = "2 Mbit/s, then 0.5 Mbit/s",
     .steps = {{.bps = 2 * MBPS, .top_bps = 2500 * KBPS},
               {.at_s = 30, .bps = 500 * KBPS, .top_bps = 2500 * KBPS}},
     .end_s = 60,
     .checks = {{10, 30, .least_kbps = 1600, .wait_ms = 220},
                {32, 60, .estimate_most_kbps = 650},
                {35, 60, .least_kbps = 350, .never_below_kbps = 250, .wait_ms = 220}}},
    {.name = "0.5 Mbit/s, and the bottleneck goes",
     .steps = {{.bps = 500 * KBPS, .top_bps = 2500 * KBPS}, {.at_s = 30, .top_bps = 2500 * KBPS}},
     .end_s = 90,
     .checks = {{30, 50, .reached_kbps = 2500}, {60, 90, .least_kbps = 2400}}},
    {.name = "10 % random loss",
     .steps = {{.top_bps = 2500 * KBPS, .loss = 0.1}},
     .end_s = 60,
     .checks = {{0, 10, .reached_kbps = 2500}, {10, 60, .least_kbps = 2150, .estimate_least_kbps = 3000}}},
    {.name = "10 % random loss before 1.5 Mbit/s",
     .steps = {{.bps = 1500 * KBPS, .top_bps = 2500 * KBPS, .loss = 0.1}},
     .end_s = 60,
     .checks = {{10, 60, .least_kbps = 950, .never_below_kbps = 550, .wait_ms = 180}}},
    {.name = "30 ms of jitter before 5 Mbit/s",
     .steps = {{.bps = 5 * MBPS, .top_bps = 2500 * KBPS, .jitter_ms = 30}},
     .end_s = 60,
     .checks = {{15, 60, .least_kbps = 2300, .never_below_kbps = 1500}}},
    {.name = "20 ms of jitter with reordering before 5 Mbit/s",
     .steps = {{.bps = 5 * MBPS, .top_bps = 2500 * KBPS, .jitter_ms = 20}},
     .end_s = 60,
     .reorder = true,
     .checks = {{15, 60, .least_kbps = 2300, .never_below_kbps = 1500}}},
    {.name = "3 Mbit/s of which somebody takes 2 for half a minute",
     .steps = {{.bps = 3 * MBPS, .top_bps = 2500 * KBPS},
               {.at_s = 20, .bps = 3 * MBPS, .top_bps = 2500 * KBPS, .cross = 2.0 / 3},
               {.at_s = 50, .bps = 3 * MBPS, .top_bps = 2500 * KBPS}},
     .end_s = 90,
     .checks = {{30, 50, .least_kbps = 650, .never_below_kbps = 450, .estimate_most_kbps = 1600},
                {50, 80, .reached_kbps = 2400}}},
    {.name = "larger layers paused, then wanted",
     .steps = {{.top_bps = 2500 * KBPS, .most_bps = 150 * KBPS}, {.at_s = 30, .top_bps = 2500 * KBPS}},
     .end_s = 60,
     .checks = {{0, 30, .estimate_least_kbps = 600, .estimate_most_kbps = 1500},
                {30, 38, .reached_kbps = 2500}}},
    {.name = "no pictures for a minute, while the way falls to 0.5 Mbit/s",
     .steps = {{.bps = 5 * MBPS, .top_bps = 2500 * KBPS},
               {.at_s = 20, .bps = 500 * KBPS},
               {.at_s = 80, .bps = 500 * KBPS, .top_bps = 2500 * KBPS}},
     .end_s = 110,
     .checks = {{82, 110, .estimate_most_kbps = 650},
                {85, 110, .least_kbps = 350, .never_below_kbps = 250, .wait_ms = 240}}},
    {.name = "250 kbit/s",
     .steps = {{.bps = 250 * KBPS, .top_bps = 2500 * KBPS}},
     .end_s = 60,
     .checks = {{10, 60, .least_kbps = 140, .never_below_kbps = 110, .estimate_most_kbps = 250,
                 .wait_ms = 180}}},
    {.name = "1 Mbit/s and a round trip of 400 ms",
     .steps = {{.bps = MBPS, .top_bps = 2500 * KBPS}},
     .end_s = 60,
     .delay_ms = 375,
     .checks = {{10, 60, .least_kbps = 780, .never_below_kbps = 600, .estimate_most_kbps = 1000,
                 .wait_ms = 250}}},
    {.name = "a queue of 60 ms before 1 Mbit/s", /* too short for delay to tell: losses have to, elsewhere */
     .steps = {{.bps = MBPS, .top_bps = 2500 * KBPS}},
     .end_s = 60,
     .queue_ms = 60,
     .checks = {{10, 60, .least_kbps = 800, .never_below_kbps = 600, .estimate_most_kbps = 1500}}},
    {.name = "5 % sent again",
     .steps = {{.bps = MBPS, .top_bps = 2500 * KBPS}},
     .end_s = 60,
     .resent = 0.05,
     .checks = {{10, 60, .least_kbps = 780, .never_below_kbps = 600, .estimate_most_kbps = 1000,
                 .wait_ms = 220}}},
    {.name = "10 s in which nothing arrives",
     .steps = {{.bps = 3 * MBPS, .top_bps = 2500 * KBPS},
               {.at_s = 20, .bps = 3 * MBPS, .top_bps = 2500 * KBPS, .loss = 1},
               {.at_s = 30, .bps = 3 * MBPS, .top_bps = 2500 * KBPS}},
     .end_s = 60,
     .silent_s = 10,
     .checks = {{32, 60, .least_kbps = 2300, .estimate_least_kbps = 2000}}},
};

struct run {
    const struct scenario *scenario;
    const struct step *step;
    struct world world;
    struct link there, back;
    struct cross cross;
    struct upstream upstream;
    struct record record;
    uint64_t start_us;
};

static bool runs(const struct run *run)
{
    return run->world.now_us < run->start_us + (uint64_t)(run->scenario->end_s * 1e6);
}

static void take_sample(struct world *w, void *arg)
{
    struct run *run = arg;
    const struct sample sample = {.target_bps = run->upstream.estimate.aimd.bps,
                                  .received_bps = rate_bps(&run->upstream.received, w->now_us),
                                  .link_bps = run->there.bps};
    record_add(&run->record, &sample);
    if (runs(run))
        world_at(w, w->now_us + RECORD_SAMPLE_US, take_sample, run);
}

static void next_step(struct world *w, void *arg)
{
    struct run *run = arg;
    run->step = run->step ? run->step + 1 : run->scenario->steps;
    run->there.bps = run->step->bps;
    run->there.loss = run->step->loss;
    run->there.jitter_us = run->step->jitter_ms * 1000;
    run->cross.share = run->step->cross;
    run->upstream.top_bps = run->step->top_bps;
    run->upstream.most_bps = run->step->most_bps;
    const struct step *next = run->step + 1;
    if (next < run->scenario->steps + STEPS_MAX && next->at_s > 0)
        world_at(w, run->start_us + (uint64_t)(next->at_s * 1e6), next_step, run);
}

static void play(struct run *run, const struct scenario *s, bool timestamps, uint64_t seed)
{
    *run = (struct run){.scenario = s};
    world_init(&run->world, seed);
    link_init(&run->there);
    link_init(&run->back);
    run->there.queue_us = s->queue_ms ? s->queue_ms * 1000 : run->there.queue_us;
    run->there.delay_us = s->delay_ms ? s->delay_ms * 1000 : run->there.delay_us;
    run->there.reorder = s->reorder;
    upstream_init(&run->upstream, &run->world, &run->there, &run->back);
    run->upstream.timestamps = timestamps;
    run->upstream.resent = s->resent;
    run->upstream.on_packet = record_packet;
    run->upstream.arg = &run->record;
    run->record.start_us = run->start_us = run->world.now_us;
    run->cross = (struct cross){.link = &run->there, .end_us = run->start_us + (uint64_t)(s->end_s * 1e6)};
    next_step(&run->world, run);
    upstream_start(&run->upstream, &run->world);
    world_at(&run->world, run->world.now_us, take_sample, run);
    cross_start(&run->cross, &run->world);
    world_run(&run->world, run->start_us + (uint64_t)(s->end_s * 1e6));
    upstream_end(&run->upstream, &run->world);
    world_run(&run->world, run->world.now_us + 10000000);
    link_finish(&run->there);
    link_finish(&run->back);
    world_finish(&run->world);
}

static void checked(const struct check *c, const struct run *run, bool timestamps, uint64_t seed)
{
    const struct record *r = &run->record;
    struct range estimate = record_target(r, c->from_s, c->to_s),
                 received = record_received(r, c->from_s, c->to_s);
    double wait_ms = record_wait_ms(r, 0.95, c->from_s, c->to_s);
    bool good = estimate.most >= c->reached_kbps * KBPS && received.mean >= c->least_kbps * KBPS &&
                received.least >= c->never_below_kbps * KBPS && (c->wait_ms <= 0 || wait_ms <= c->wait_ms) &&
                estimate.least >= c->estimate_least_kbps * KBPS &&
                (c->estimate_most_kbps <= 0 || estimate.most <= c->estimate_most_kbps * KBPS);
    if (!good)
        fail_msg("%s, by %s, seed %d, %.0f to %.0f s: estimate %.0f .. %.0f, received %.0f .. %.0f, mean "
                 "%.0f kbit/s, p95 of waiting %.0f ms",
                 run->scenario->name, timestamps ? "timestamps" : "send times", (int)seed, c->from_s, c->to_s,
                 estimate.least / KBPS, estimate.most / KBPS, received.least / KBPS, received.most / KBPS,
                 received.mean / KBPS, wait_ms);
}

static void keeps_to_its_figures(void **state)
{
    static struct run run;
    const struct scenario *s = *state;
    for (uint64_t i = 0; i < 2 * SEEDS; i++) {
        bool timestamps = i % 2;
        uint64_t seed = 1 + i / 2;
        play(&run, s, timestamps, seed);
        for (size_t k = 0; k < CHECKS_MAX && s->checks[k].to_s > 0; k++)
            checked(&s->checks[k], &run, timestamps, seed);
        /* At least about once a second, whatever happens; and not all the time. */
        assert_in_range(run.upstream.told_gap_us, 900000, s->silent_s * 1e6 + 1200000);
        assert_in_range(run.upstream.rembs, (s->end_s - s->silent_s) * 0.9, s->end_s * 2);
        record_finish(&run.record);
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(scenarios)];
    for (size_t i = 0; i < COUNT(scenarios); i++) {
        tests[i] = (struct CMUnitTest)cmocka_unit_test(keeps_to_its_figures);
        tests[i].name = scenarios[i].name;
        tests[i].initial_state = (void *)(uintptr_t)&scenarios[i];
    }
    return _cmocka_run_group_tests("upstream", tests, COUNT(scenarios), NULL, NULL);
}
