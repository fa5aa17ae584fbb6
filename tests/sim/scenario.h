/* What happens to one or more flows behind one bottleneck, as rows of a table,
 * and the record of what they made of it. */
#pragma once

#include "flow.h"
#include "record.h"

enum { SCENARIO_STEPS_MAX = 8, SCENARIO_FLOWS_MAX = 4 };

/* From that second on. */
struct step {
    double at_s;
    uint32_t bps; /* of the bottleneck; 0 = none */
    uint32_t top_bps;
    uint32_t jitter_ms;
    double loss;
    double cross; /* share of the bottleneck taken by somebody who does not yield */
};

struct scenario {
    const char *name, *title;
    struct step steps[SCENARIO_STEPS_MAX]; /* the first at 0; further ones have at_s > 0 */
    double end_s;
    uint32_t queue_ms, delay_ms; /* 0 = 300, 25 */
    bool reorder, layered, plain;
    uint32_t remb_bps;
    int flows;            /* 0 = 1 */
    double apart_s;       /* from the start of one flow to that of the next */
    double feedback_loss; /* share of what comes back that is lost */
};

extern const struct scenario scenarios[];
extern const size_t scenarios_count;

const struct scenario *scenario_find(const char *name);

/* The world of that seed; record[i] is that of flow i. */
void scenario_run(const struct scenario *s, uint64_t seed, struct record record[SCENARIO_FLOWS_MAX]);
