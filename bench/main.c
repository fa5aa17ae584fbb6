/* plenum-bench: reads what it is to do, does it, and tells what it saw. Exit code 0; 1 where a condition does
 * not hold; 2 where it could not run, or nobody was left at its end. */
#include "options.h"
#include "run.h"

#include <glib.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_BROKEN = 1, EXIT_IMPOSSIBLE = 2 };

static int complain(const char *words)
{
    fprintf(stderr, "plenum-bench: %s\n", words);
    return EXIT_IMPOSSIBLE;
}

/* Prints each; true where all hold. */
static bool judge(const struct options *o, const struct expect *expects, const struct result *result)
{
    bool all = true;
    for (size_t i = 0; i < o->assert_count; i++) {
        bool holds = expect_holds(&expects[i], result);
        printf("%-32s %s\n", o->asserts[i], holds ? "holds" : "DOES NOT HOLD");
        all &= holds;
    }
    return all;
}

static json_t *conditions(const struct options *o, const struct expect *expects, const struct result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < o->assert_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:b}", "condition", o->asserts[i], "holds",
                                              expect_holds(&expects[i], result)));
    return list;
}

static bool write_json(const struct options *o, const struct expect *expects, const struct run_report *report)
{
    json_t *figures = json_object(), *units = json_object();
    const char *bottleneck = result_bottleneck(&report->result);
    for (size_t i = 0; i < RESULT_NAMES; i++) {
        if (report->result.has[i])
            json_object_set_new(figures, result_infos[i].name, json_real(report->result.value[i]));
        json_object_set_new(units, result_infos[i].name, json_string(result_units[result_infos[i].unit]));
    }
    json_t *all =
        json_pack("{s:s, s:b, s:s, s:s?, s:o, s:o, s:o}", "version", PLENUM_VERSION, "interrupted",
                  report->outcome == RUN_INTERRUPTED, "first_error", report->error, "bottleneck", bottleneck,
                  "figures", figures, "units", units, "conditions", conditions(o, expects, &report->result));
    if (o->ramp)
        json_object_set_new(all, "capacity", json_integer(report->capacity));
    bool ok = json_dump_file(all, o->json, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0;
    json_decref(all);
    return ok;
}

static int tell(const struct options *o, const struct expect *expects, const struct run_report *report)
{
    g_autofree char *text = result_text(&report->result);
    const char *bottleneck = result_bottleneck(&report->result);
    fputs(text, stdout);
    if (*report->error)
        printf("The first who did not get in, or was thrown out: %s\n", report->error);
    if (bottleneck)
        printf("%s\n", bottleneck);
    if (o->ramp)
        printf("Capacity: %u participants%s\n", report->capacity,
               report->capacity_reached ? "" : ", and more: the ramp ended before a condition broke");
    bool holds = judge(o, expects, &report->result);
    if (o->json && !write_json(o, expects, report)) {
        g_autofree char *words = g_strdup_printf("--json: cannot write %s", o->json);
        return complain(words);
    }
    if (report->outcome == RUN_DONE && report->result.value[RESULT_participants] == 0)
        return complain("nobody was there any more at the end");
    return holds || (o->ramp && report->capacity) ? EXIT_SUCCESS : EXIT_BROKEN;
}

int main(int argc, char **argv)
{
    struct options options;
    struct expect expects[OPTIONS_ASSERTS_MAX];
    struct run_report report;
    char err[OPTIONS_ERROR_MAX];
    int status = options_parse(&options, argc, argv, err);
    if (status > 0) {
        g_autofree char *help = options_help();
        fputs(help, stdout);
        return EXIT_SUCCESS;
    }
    for (size_t i = 0; status == 0 && i < options.assert_count; i++)
        status = expect_parse(&expects[i], options.asserts[i], err);
    if (status < 0)
        return complain(err);
    signal(SIGPIPE, SIG_IGN);
    run(&options, expects, options.assert_count, &report);
    return report.outcome == RUN_IMPOSSIBLE ? complain(report.error) : tell(&options, expects, &report);
}
