/* micro [WORD]
 * Micro-benchmarks: nanoseconds for one call of what every packet passes through, best of several rounds.
 * WORD: only rows whose name has it. */
#include "micro.h"

#include "fanout.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 5, FANOUT_SENT = 200000, FANOUT_WARM_UP = 64 };

uint64_t micro_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

void micro_use(uint64_t value)
{
    static volatile uint64_t all;
    all = all + value;
}

static double fan_out(size_t viewers)
{
    struct fanout *f = fanout_new(viewers, NULL);
    if (!f)
        return -1;
    fanout_run(f, FANOUT_WARM_UP);
    uint64_t start_ns = micro_now_ns(), sent = fanout_run(f, 1 + FANOUT_SENT / viewers);
    double took_ns = (double)(micro_now_ns() - start_ns);
    fanout_free(f);
    return sent ? took_ns / (double)sent : -1;
}

const struct micro micro_fanout[] = {
    {"fan-out to 10 slots, for each packet that leaves", fan_out, 10},
    {"fan-out to 100 slots", fan_out, 100},
    {"fan-out to 1,000 slots", fan_out, 1000},
    {0},
};

static void print(const struct micro *row)
{
    double best = -1;
    for (int round = 0; round < ROUNDS; round++) {
        double ns = row->run(row->arg);
        if (ns >= 0 && (best < 0 || ns < best))
            best = ns;
    }
    if (best >= 0)
        printf("%-52s %9.1f ns\n", row->name, best);
    else
        printf("%-52s cannot run on this machine\n", row->name);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static const struct micro *const groups[] = {micro_rtp, micro_secure, micro_fanout, micro_udp};
    bool any = false;
    for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
        for (const struct micro *row = groups[i]; row->name; row++) {
            if (argc > 1 && !strstr(row->name, argv[1]))
                continue;
            print(row);
            any = true;
        }
    }
    if (!any)
        fprintf(stderr, "micro: there is no row with the word %s\n", argv[1]);
    return any ? 0 : 2;
}
