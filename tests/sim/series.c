/* series NAME [SEED]: a scenario or a call as CSV on standard output, a row for each 100 ms and, for each
 * flow or viewer, its columns; without arguments the names of all. layer: of the first slot's last picture, 1
 * for the lowest; 0 = none. */
#include "calls.h"
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>

static void print(struct record *const *records, size_t count)
{
    printf("seconds,link");
    for (size_t i = 1; i <= count; i++)
        printf(",estimate%zu,target%zu,received%zu,wait%zu,layer%zu", i, i, i, i, i);
    for (size_t at = 0; at < records[0]->count; at++) {
        double second = (double)at * RECORD_SAMPLE_US / 1e6;
        printf("\n%.1f,%u", second, records[0]->samples[at].link_bps);
        for (size_t i = 0; i < count; i++) {
            const struct sample *x = &records[i]->samples[at];
            printf(",%u,%u,%u,%.1f,%u", x->delay_bps, x->target_bps, x->received_bps,
                   record_wait_ms(records[i], 0.95, second - 0.5, second), (x->layers[0] + 1u) % 256);
        }
    }
    putchar('\n');
}

static void print_scenario(const struct scenario *s, uint64_t seed)
{
    struct record records[SCENARIO_FLOWS_MAX], *list[SCENARIO_FLOWS_MAX];
    size_t count = s->flows ? (size_t)s->flows : 1;
    scenario_run(s, seed, records);
    for (size_t i = 0; i < count; i++)
        list[i] = &records[i];
    print(list, count);
    for (size_t i = 0; i < count; i++)
        record_finish(&records[i]);
}

static void print_call(const struct call_scenario *s, uint64_t seed)
{
    struct record *list[CALL_VIEWERS_MAX];
    struct call *call = call_run(s, seed);
    for (size_t i = 0; i < call->viewer_count; i++)
        list[i] = &call->viewers[i].record;
    print(list, call->viewer_count);
    call_free(call);
}

static void print_names(void)
{
    for (size_t i = 0; i < scenarios_count; i++)
        printf("%s\t%s\n", scenarios[i].name, scenarios[i].title);
    for (size_t i = 0; i < calls_count; i++)
        printf("%s\t%s\n", calls[i].name, calls[i].title);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_names();
        return 0;
    }
    const struct scenario *scenario = scenario_find(argv[1]);
    const struct call_scenario *call = call_find(argv[1]);
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    if (scenario) {
        print_scenario(scenario, seed);
    } else if (call) {
        print_call(call, seed);
    } else {
        fprintf(stderr, "series: no scenario %s\n", argv[1]);
        return 1;
    }
    return 0;
}
