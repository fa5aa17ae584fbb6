/* Micro-benchmarks: nanoseconds for one call of the functions that every packet
 * passes through. Rows of a table, best of several rounds. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "bytes.h"

enum { CALLS = 1000000, ROUNDS = 5 };

struct bench {
    const char *name;
    uint64_t (*run)(uint32_t calls); /* a value made from every call, so that none can be left out */
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static uint64_t read_header(uint32_t calls)
{
    uint8_t packet[12] = {0x80, 96};
    uint64_t sum = 0;
    for (uint32_t i = 0; i < calls; i++) {
        put_u32(packet + 4, i);
        struct rd r = rd_init(packet, sizeof(packet));
        sum += rd_u16(&r);
        sum += rd_u16(&r);
        sum += rd_u32(&r);
        sum += rd_u32(&r);
        sum += r.bad;
    }
    return sum;
}

static uint64_t write_header(uint32_t calls)
{
    uint8_t packet[12];
    uint64_t sum = 0;
    for (uint32_t i = 0; i < calls; i++) {
        struct wr w = wr_init(packet, sizeof(packet));
        wr_u16(&w, 0x8060);
        wr_u16(&w, i);
        wr_u32(&w, i);
        wr_u32(&w, i);
        sum += packet[i % sizeof(packet)] + w.bad;
    }
    return sum;
}

static const struct bench benches[] = {
    {"read a 12-byte header", read_header},
    {"write a 12-byte header", write_header},
};

int main(void)
{
    for (size_t i = 0; i < sizeof(benches) / sizeof(*benches); i++) {
        uint64_t best = UINT64_MAX, value = 0;
        for (int round = 0; round < ROUNDS; round++) {
            uint64_t start = now_ns();
            value = benches[i].run(CALLS);
            uint64_t took = now_ns() - start;
            best = took < best ? took : best;
        }
        printf("%-28s %8.2f ns   (check %016" PRIx64 ")\n", benches[i].name, (double)best / CALLS, value);
    }
    return 0;
}
