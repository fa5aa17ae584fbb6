/* Conditions on a result, such as "loss<0.1%", "p99 < 20 ms", "packets_in>=1000". */
#pragma once

#include "result.h"

enum expect_op { EXPECT_LESS, EXPECT_AT_MOST, EXPECT_MORE, EXPECT_AT_LEAST, EXPECT_EQUAL };

struct expect {
    enum result_name name;
    enum expect_op op;
    double value; /* in the figure's unit */
};

enum { EXPECT_ERROR_MAX = 256 };

/* 0, or -EINVAL with one line in words in err (EXPECT_ERROR_MAX bytes). */
int expect_parse(struct expect *e, const char *text, char *err) __attribute__((warn_unused_result));

/* A figure that there is none of holds no condition. */
bool expect_holds(const struct expect *e, const struct result *r);
