/* fanout [--null] [--once PACKETS] [VIEWERS]...
 * What forwarding costs without sockets: nanoseconds for each packet that would leave, by the number of
 * viewers, best of several rounds. --null: sealed by a copy. --once: that many packets received in a single
 * round, for callgrind (tests/instructions.sh). */
#include "fanout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 5, SENT_A_ROUND = 400000, WARM_UP = 64 };

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static int run(size_t viewers, const struct seal_engine *engine, size_t once)
{
    struct fanout *f = fanout_new(viewers, engine);
    double best = 1e9;
    uint64_t sent = 0;
    if (!f) {
        fprintf(stderr, "fanout: cannot make a room of %zu viewers\n", viewers);
        return 1;
    }
    fanout_run(f, WARM_UP);
    size_t packets = once ? once : 1 + SENT_A_ROUND / viewers;
    for (int round = 0; round < (once ? 1 : ROUNDS); round++) {
        uint64_t start = now_ns();
        sent = fanout_run(f, packets);
        double ns = sent ? (double)(now_ns() - start) / (double)sent : 0;
        best = ns < best ? ns : best;
    }
    fanout_free(f);
    printf("%6zu viewers: %8" PRIu64 " sent, %7.1f ns each\n", viewers, sent, best);
    if (sent == packets * viewers)
        return 0;
    fprintf(stderr, "fanout: %zu viewers got %" PRIu64 " packets of %zu\n", viewers, sent, packets * viewers);
    return 1;
}

int main(int argc, char **argv)
{
    static const size_t usual[] = {10, 100, 1000, 10000};
    const struct seal_engine *engine = NULL;
    size_t once = 0, given = 0;
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        size_t viewers = strtoul(argv[i], NULL, 10);
        if (strcmp(argv[i], "--null") == 0) {
            engine = &fanout_null_engine;
        } else if (strcmp(argv[i], "--once") == 0 && i + 1 < argc) {
            once = strtoul(argv[++i], NULL, 10);
        } else if (viewers) {
            failed |= run(viewers, engine, once);
            given++;
        } else {
            fprintf(stderr, "usage: fanout [--null] [--once PACKETS] [VIEWERS]...\n");
            return 2;
        }
    }
    for (size_t i = 0; !given && i < sizeof(usual) / sizeof(*usual); i++)
        failed |= run(usual[i], engine, once);
    return failed;
}
