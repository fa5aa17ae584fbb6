/* A whole run: participants come, are watched for a while, and go. */
#pragma once

#include "expect.h"
#include "options.h"

enum run_outcome {
    RUN_DONE,
    RUN_INTERRUPTED /* by a signal; what was measured until then counts */,
    RUN_IMPOSSIBLE
};

struct run_report {
    enum run_outcome outcome;
    struct result result;          /* of the last step where there was a ramp */
    char error[OPTIONS_ERROR_MAX]; /* RUN_IMPOSSIBLE: why; else why the first who failed did, or "" */
    uint32_t capacity;             /* of a ramp: most with whom all stayed and all conditions held */
    bool capacity_reached;         /* and with more it was not so */
};

/* Runs a main loop until it is over, or SIGINT or SIGTERM ends it early. */
void run(const struct options *options, const struct expect *expects, size_t expect_count,
         struct run_report *out);
