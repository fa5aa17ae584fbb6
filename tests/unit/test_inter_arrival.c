#include "inter_arrival.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { NONE = INT32_MIN, PACKETS_MAX = 12 };

/* Packets as they are told, in ms, and what follows from the last of them. */
static const struct {
    const char *what;
    struct {
        int sent, arrival;
    } packets[PACKETS_MAX];
    int sent, arrival; /* steps of the last delta, NONE = there was none */
} rows[] = {
    {"one packet", {{1000, 2000}}, NONE, NONE},
    {"two groups make no step yet", {{1000, 2000}, {1010, 2010}}, NONE, NONE},
    {"the third completes the second", {{1000, 2000}, {1010, 2012}, {1020, 2020}}, 10, 12},
    {"5 ms are one group", {{1000, 2000}, {1005, 2006}, {1011, 2012}, {1020, 2020}}, 6, 6},
    {"the end of a group counts",
     {{1000, 2000}, {1010, 2010}, {1014, 2018}, {1025, 2030}, {1040, 2040}},
     11,
     12},
    {"one sent before the group is ignored",
     {{1000, 2000}, {1010, 2010}, {1004, 2011}, {1020, 2020}},
     10,
     10},
    {"one that came out of order in it", {{1000, 2000}, {1010, 2014}, {1012, 2011}, {1022, 2024}}, 12, 14},
    {"a burst is one group", {{1000, 2000}, {1010, 2100}, {1020, 2102}, {1030, 2104}, {1040, 2140}}, 30, 104},
    {"a group that came before the one sent earlier", {{1000, 2000}, {1020, 1990}, {1040, 2040}}, NONE, NONE},
    {"three of them, and all begins anew",
     {{1000, 5000}, {1020, 4900}, {1040, 4800}, {1060, 4700}, {1080, 4720}, {1100, 4740}},
     NONE,
     NONE},
    {"the viewer's clock steps", {{1000, 2000}, {1020, 9000}, {1040, 9020}, {1060, 9040}}, NONE, NONE},
    {"and goes on", {{1000, 2000}, {1020, 9000}, {1040, 9020}, {1060, 9042}, {1080, 9060}}, 20, 22},
};

static void measures_steps_between_groups(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct inter_arrival a = {.has_current = false};
        struct inter_arrival_delta d = {0}, last = {.sent_us = NONE, .arrival_us = NONE};
        for (size_t p = 0; p < PACKETS_MAX && rows[i].packets[p].sent; p++) {
            uint64_t sent_us = (uint64_t)rows[i].packets[p].sent * 1000;
            uint64_t arrival_us = (uint64_t)rows[i].packets[p].arrival * 1000;
            if (inter_arrival_packet(&a, sent_us, arrival_us, sent_us + 50000, &d))
                last = d;
        }
        bool none = rows[i].sent == NONE;
        if (last.sent_us != (none ? NONE : rows[i].sent * 1000) ||
            last.arrival_us != (none ? NONE : rows[i].arrival * 1000))
            fail_msg("%s: %d, %d", rows[i].what, (int)last.sent_us, (int)last.arrival_us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_steps_between_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
