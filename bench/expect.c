#include "expect.h"

#include <errno.h>
#include <glib.h>
#include <math.h>
#include <string.h>

static const struct {
    const char *text;
    enum expect_op op;
} ops[] = {
    /* the longer ones first */
    {"<=", EXPECT_AT_MOST}, {">=", EXPECT_AT_LEAST}, {"==", EXPECT_EQUAL},
    {"<", EXPECT_LESS},     {">", EXPECT_MORE},      {"=", EXPECT_EQUAL},
};

/* What may stand behind the number for a figure of that unit, and what it is worth in it. */
static const struct {
    enum result_unit unit;
    const char *suffix;
    double worth;
} suffixes[] = {
    {RESULT_COUNT_OF, "k", 1e3}, {RESULT_COUNT_OF, "M", 1e6}, {RESULT_RATE, "/s", 1},
    {RESULT_RATE, "k", 1e3},     {RESULT_RATE, "k/s", 1e3},   {RESULT_MBIT, "Mbit/s", 1},
    {RESULT_MBIT, "M", 1},       {RESULT_MBIT, "k", 1e-3},    {RESULT_PERCENT, "%", 1},
    {RESULT_MS, "ms", 1},        {RESULT_MS, "us", 1e-3},     {RESULT_MS, "s", 1e3},
    {RESULT_S, "s", 1},          {RESULT_S, "ms", 1e-3},      {RESULT_S, "min", 60},
    {RESULT_US, "us", 1},        {RESULT_US, "ms", 1e3},      {RESULT_MB, "MB", 1},
    {RESULT_MB, "KB", 1e-3},     {RESULT_MB, "GB", 1e3},      {RESULT_KB, "KB", 1},
    {RESULT_KB, "MB", 1e3},
};

static bool find_worth(enum result_unit unit, const char *suffix, double *worth)
{
    *worth = 1;
    for (size_t i = 0; *suffix && i < G_N_ELEMENTS(suffixes); i++) {
        if (suffixes[i].unit != unit || strcmp(suffixes[i].suffix, suffix) != 0)
            continue;
        *worth = suffixes[i].worth;
        return true;
    }
    return !*suffix;
}

static int fail(char *err, const char *text, const char *why)
{
    g_snprintf(err, EXPECT_ERROR_MAX, "'%s' is no condition: %s", text, why);
    return -EINVAL;
}

/* Moves *text behind it. */
static bool read_op(const char **text, enum expect_op *op)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ops); i++) {
        if (!g_str_has_prefix(*text, ops[i].text))
            continue;
        *op = ops[i].op;
        *text += strlen(ops[i].text);
        return true;
    }
    return false;
}

static const char *skip_spaces(const char *text)
{
    return text + strspn(text, " ");
}

int expect_parse(struct expect *e, const char *text, char *err)
{
    const char *at = skip_spaces(text);
    size_t len = strcspn(at, "<>= ");
    char *end;
    double worth;
    e->name = result_find(at, len);
    if (e->name == RESULT_NAMES)
        return fail(err, text, "it has to begin with the name of a figure, such as loss or p99");
    at = skip_spaces(at + len);
    if (!read_op(&at, &e->op))
        return fail(err, text, "behind the name there has to be one of < <= > >= =");
    e->value = g_ascii_strtod(at, &end);
    if (end == at || !isfinite(e->value))
        return fail(err, text, "there is no number");
    g_autofree char *suffix = g_strchomp(g_strdup(skip_spaces(end)));
    if (!find_worth(result_infos[e->name].unit, suffix, &worth))
        return fail(err, text, "this figure has another unit");
    e->value *= worth;
    return 0;
}

bool expect_holds(const struct expect *e, const struct result *r)
{
    double v = r->value[e->name];
    if (!r->has[e->name])
        return false;
    switch (e->op) {
    case EXPECT_LESS:
        return v < e->value;
    case EXPECT_AT_MOST:
        return v <= e->value;
    case EXPECT_MORE:
        return v > e->value;
    case EXPECT_AT_LEAST:
        return v >= e->value;
    default:
        return v == e->value;
    }
}
