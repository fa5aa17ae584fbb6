/* series SCENARIO [SEED]: a scenario as CSV on standard output, a row for each 100 ms and, for each
 * flow, its columns; without arguments the names of the scenarios. */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>

static void print(const struct scenario *s, struct record *records)
{
    int flows = s->flows ? s->flows : 1;
    printf("seconds,link");
    for (int i = 1; i <= flows; i++)
        printf(",estimate%d,target%d,received%d,wait%d", i, i, i, i);
    for (size_t at = 0; at < records[0].count; at++) {
        double second = (double)at * SCENARIO_SAMPLE_US / 1e6;
        printf("\n%.1f,%u", second, records[0].samples[at].link_bps);
        for (int i = 0; i < flows; i++) {
            const struct sample *x = &records[i].samples[at];
            printf(",%u,%u,%u,%.1f", x->delay_bps, x->target_bps, x->received_bps,
                   record_wait_ms(&records[i], 0.95, second - 0.5, second));
        }
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        for (size_t i = 0; i < scenarios_count; i++)
            printf("%s\t%s\n", scenarios[i].name, scenarios[i].title);
        return 0;
    }
    const struct scenario *s = scenario_find(argv[1]);
    if (!s) {
        fprintf(stderr, "series: no scenario %s\n", argv[1]);
        return 1;
    }
    struct record records[SCENARIO_FLOWS_MAX];
    scenario_run(s, argc > 2 ? strtoull(argv[2], NULL, 10) : 1, records);
    print(s, records);
    for (int i = 0; i < (s->flows ? s->flows : 1); i++)
        record_finish(&records[i]);
    return 0;
}
