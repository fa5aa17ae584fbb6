#include "scenario.h"

#include "cross.h"

#include <stdlib.h>
#include <string.h>

enum { KBPS = 1000, MBPS = 1000000 };

const struct scenario scenarios[] = {
    {.name = "start",
     .title = "A start behind 1 Mbit/s",
     .steps = {{.bps = MBPS, .top_bps = 2500 * KBPS}},
     .end_s = 60},
    {.name = "drop",
     .title = "2 Mbit/s, then 0.5 Mbit/s",
     .steps = {{.bps = 2 * MBPS, .top_bps = 2500 * KBPS},
               {.at_s = 30, .bps = 500 * KBPS, .top_bps = 2500 * KBPS}},
     .end_s = 60},
    {.name = "recovery",
     .title = "A minute at 0.5 Mbit/s, then the bottleneck goes",
     .steps = {{.bps = 500 * KBPS, .top_bps = 2500 * KBPS}, {.at_s = 60, .top_bps = 2500 * KBPS}},
     .end_s = 90},
    {.name = "layers",
     .title = "Simulcast layers: from 0.4 Mbit/s to no bottleneck",
     .steps = {{.bps = 400 * KBPS, .top_bps = 2500 * KBPS}, {.at_s = 30, .top_bps = 2500 * KBPS}},
     .end_s = 60,
     .layered = true},
    {.name = "loss",
     .title = "10 % random loss, no bottleneck",
     .steps = {{.top_bps = 2500 * KBPS, .loss = 0.1}},
     .end_s = 120},
    {.name = "lossy-bottleneck",
     .title = "10 % random loss before 1.5 Mbit/s",
     .steps = {{.bps = 1500 * KBPS, .top_bps = 2500 * KBPS, .loss = 0.1}},
     .end_s = 120},
    {.name = "policer",
     .title = "1 Mbit/s with a queue of 60 ms",
     .steps = {{.bps = MBPS, .top_bps = 2500 * KBPS}},
     .end_s = 120,
     .queue_ms = 60},
    {.name = "share",
     .title = "Two viewers behind 2 Mbit/s, the second 20 s later",
     .steps = {{.bps = 2 * MBPS, .top_bps = 2500 * KBPS}},
     .end_s = 180,
     .flows = 2,
     .apart_s = 20},
    {.name = "silence",
     .title = "A minute without video, then all of it",
     .steps = {{.bps = 5 * MBPS, .top_bps = 2500 * KBPS},
               {.at_s = 20, .bps = 5 * MBPS},
               {.at_s = 80, .bps = 5 * MBPS, .top_bps = 2500 * KBPS}},
     .end_s = 110},
    {.name = "silence-drop",
     .title = "A minute without video, while the link falls to 0.5 Mbit/s",
     .steps = {{.bps = 5 * MBPS, .top_bps = 2500 * KBPS},
               {.at_s = 20, .bps = 500 * KBPS},
               {.at_s = 80, .bps = 500 * KBPS, .top_bps = 2500 * KBPS}},
     .end_s = 110},
    {.name = "small",
     .title = "A minute of a small layer, then more is wanted",
     .steps = {{.bps = 5 * MBPS, .top_bps = 150 * KBPS},
               {.at_s = 60, .bps = 5 * MBPS, .top_bps = 2500 * KBPS}},
     .end_s = 90},
    {.name = "jitter",
     .title = "30 ms of jitter before 5 Mbit/s",
     .steps = {{.bps = 5 * MBPS, .top_bps = 2500 * KBPS, .jitter_ms = 30}},
     .end_s = 120},
    {.name = "reorder",
     .title = "20 ms of jitter with reordering before 5 Mbit/s",
     .steps = {{.bps = 5 * MBPS, .top_bps = 2500 * KBPS, .jitter_ms = 20}},
     .end_s = 120,
     .reorder = true},
    {.name = "cross",
     .title = "3 Mbit/s of which somebody takes 2 for half a minute",
     .steps = {{.bps = 3 * MBPS, .top_bps = 2500 * KBPS},
               {.at_s = 30, .bps = 3 * MBPS, .top_bps = 2500 * KBPS, .cross = 2.0 / 3},
               {.at_s = 60, .bps = 3 * MBPS, .top_bps = 2500 * KBPS}},
     .end_s = 90},
    {.name = "blackout",
     .title = "10 s in which nothing arrives",
     .steps = {{.bps = 3 * MBPS, .top_bps = 2500 * KBPS},
               {.at_s = 30, .bps = 3 * MBPS, .top_bps = 2500 * KBPS, .loss = 1},
               {.at_s = 40, .bps = 3 * MBPS, .top_bps = 2500 * KBPS}},
     .end_s = 70},
    {.name = "feedback-loss",
     .title = "30 % of the feedback lost, 1.5 Mbit/s",
     .steps = {{.bps = 1500 * KBPS, .top_bps = 2500 * KBPS}},
     .end_s = 60,
     .feedback_loss = 0.3},
    {.name = "slow",
     .title = "100 kbit/s",
     .steps = {{.bps = 100 * KBPS, .top_bps = 2500 * KBPS}},
     .end_s = 90},
    {.name = "fast",
     .title = "50 Mbit/s, 20 wanted",
     .steps = {{.bps = 50 * MBPS, .top_bps = 20 * MBPS}},
     .end_s = 30},
    {.name = "far",
     .title = "1 Mbit/s and a round trip of 400 ms",
     .steps = {{.bps = MBPS, .top_bps = 2500 * KBPS}},
     .end_s = 90,
     .delay_ms = 375},
    {.name = "reports",
     .title = "Receiver reports only, 1 Mbit/s",
     .steps = {{.bps = MBPS, .top_bps = 2500 * KBPS}},
     .end_s = 120,
     .plain = true},
    {.name = "remb",
     .title = "REMB of 800 kbit/s",
     .steps = {{.bps = MBPS, .top_bps = 2500 * KBPS}},
     .end_s = 60,
     .plain = true,
     .remb_bps = 800 * KBPS},
};
const size_t scenarios_count = sizeof scenarios / sizeof *scenarios;

const struct scenario *scenario_find(const char *name)
{
    for (size_t i = 0; i < scenarios_count; i++)
        if (strcmp(scenarios[i].name, name) == 0)
            return &scenarios[i];
    return NULL;
}

/* --- Running ------------------------------------------------------------------------------- */

struct run {
    const struct scenario *scenario;
    const struct step *step;
    struct world world;
    struct link there, back;
    struct cross cross;
    struct flow flows[SCENARIO_FLOWS_MAX];
    struct record *records;
    int started;
    uint64_t end_us;
};

static int flow_count(const struct scenario *s)
{
    return s->flows ? s->flows : 1;
}

static void take_sample(struct world *w, void *arg)
{
    struct run *run = arg;
    for (int i = 0; i < flow_count(run->scenario); i++) {
        struct record *r = &run->records[i];
        const struct flow *f = &run->flows[i];
        const struct sample sample = {.target_bps = i < run->started ? flow_target(f) : 0,
                                      .received_bps = flow_received(f, w),
                                      .delay_bps = f->estimator.aimd.bps,
                                      .link_bps = run->there.bps};
        record_add(r, &sample);
    }
    if (w->now_us < run->end_us)
        world_at(w, w->now_us + RECORD_SAMPLE_US, take_sample, run);
}

static void apply(struct run *run, const struct step *step)
{
    run->step = step;
    run->there.bps = step->bps;
    run->there.loss = step->loss;
    run->there.jitter_us = step->jitter_ms * 1000;
    run->cross.share = step->cross;
    for (int i = 0; i < flow_count(run->scenario); i++)
        run->flows[i].top_bps = step->top_bps;
}

static void next_step(struct world *w, void *arg)
{
    struct run *run = arg;
    const struct step *next = run->step ? run->step + 1 : run->scenario->steps;
    uint64_t start_us = run->end_us - (uint64_t)(run->scenario->end_s * 1e6);
    apply(run, next);
    if (next + 1 < run->scenario->steps + SCENARIO_STEPS_MAX && next[1].at_s > 0)
        world_at(w, start_us + (uint64_t)(next[1].at_s * 1e6), next_step, run);
}

static void start_flow(struct world *w, void *arg)
{
    struct run *run = arg;
    flow_start(&run->flows[run->started++], w);
    if (run->started < flow_count(run->scenario))
        world_at(w, w->now_us + (uint64_t)(run->scenario->apart_s * 1e6), start_flow, run);
}

static void set_up(struct run *run, const struct scenario *s, struct record *records)
{
    static const uint32_t layers[FLOW_LAYERS_MAX] = {150 * KBPS, 500 * KBPS, 1200 * KBPS, 2500 * KBPS};
    link_init(&run->there);
    link_init(&run->back);
    run->there.queue_us = s->queue_ms ? s->queue_ms * 1000 : run->there.queue_us;
    run->there.delay_us = s->delay_ms ? s->delay_ms * 1000 : run->there.delay_us;
    run->there.reorder = s->reorder;
    run->back.loss = s->feedback_loss;
    for (int i = 0; i < flow_count(s); i++) {
        struct flow *f = &run->flows[i];
        flow_init(f, &run->world, &run->there, &run->back);
        if (s->layered)
            memcpy(f->layers, layers, sizeof layers);
        f->plain = s->plain;
        f->remb_bps = s->remb_bps;
        f->on_packet = record_packet;
        f->arg = &records[i];
        records[i] = (struct record){.start_us = run->world.now_us};
    }
}

void scenario_run(const struct scenario *s, uint64_t seed, struct record record[SCENARIO_FLOWS_MAX])
{
    static struct run run;
    run = (struct run){.scenario = s, .records = record};
    world_init(&run.world, seed);
    set_up(&run, s, record);
    run.end_us = run.world.now_us + (uint64_t)(s->end_s * 1e6);
    run.cross = (struct cross){.link = &run.there, .end_us = run.end_us};
    next_step(&run.world, &run);
    world_at(&run.world, run.world.now_us, start_flow, &run);
    world_at(&run.world, run.world.now_us, take_sample, &run);
    cross_start(&run.cross, &run.world);
    world_run(&run.world, run.end_us);
    for (int i = 0; i < flow_count(s); i++)
        flow_stop(&run.flows[i], &run.world);
    world_run(&run.world, run.end_us + 10000000);
    for (int i = 0; i < flow_count(s); i++)
        flow_finish(&run.flows[i]);
    link_finish(&run.there);
    link_finish(&run.back);
    world_finish(&run.world);
}
