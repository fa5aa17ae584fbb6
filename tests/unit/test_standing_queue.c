#include "standing_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { FEEDBACK_US = 50000, BASE_US = -7000000 };

/* One queue through all rows: feedbacks of 10 packets each, 50 ms apart. */
static const struct {
    const char *what;
    int feedbacks, delay_ms; /* above the least one */
    size_t lost;             /* of 10 packets */
    bool stands, full;
} rows[] = {
    {"nothing", 40, 0, 0, false, false},
    {"a short queue", 20, 90, 0, false, false},
    {"a short one that loses", 20, 90, 3, false, false},
    {"nothing again", 100, 0, 0, false, false},
    {"a long queue", 20, 200, 0, true, false},
    {"that loses", 4, 200, 3, true, true},
    {"nothing arrives: as before", 4, 0, 10, true, true},
    {"it drains", 1, 50, 0, false, false},
    {"loss of its own", 100, 0, 2, false, false},
    {"as much as ever, over a queue that is long", 20, 200, 2, true, false},
    {"more than ever", 4, 200, 4, true, true},
    {"longer than a second", 60, 1500, 4, true, true},
    {"it stays: that is how the way is now", 800, 200, 0, false, false},
};

static void tells_when_a_queue_stands(void **state)
{
    (void)state;
    struct standing_queue q = {.full = false};
    uint64_t now_us = 1000000;
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (int n = 0; n < rows[i].feedbacks; n++)
            standing_queue_feedback(&q, BASE_US + rows[i].delay_ms * 1000, 10, rows[i].lost,
                                    now_us += FEEDBACK_US);
        if (q.stands != rows[i].stands || q.full != rows[i].full)
            fail_msg("%s: stands %d, full %d", rows[i].what, q.stands, q.full);
    }
}

/* Feedbacks 20 ms apart with these delays above the least: what stood in the queue over the last 60 to 120
 * ms. */
static void tells_how_long_it_is(void **state)
{
    static const struct {
        const char *what;
        int delay_ms[8];
        int least_ms, most_ms;
    } queues[] = {
        {"none", {0, 0, 0, 0, 0, 0, 0, 0}, 0, 0},
        {"it empties with each frame", {50, 20, 0, 50, 20, 0, 50, 20}, 0, 0},
        {"it does not", {50, 20, 30, 60, 40, 30, 70, 50}, 20, 40},
        {"a key frame", {0, 60, 110, 80, 50, 20, 0, 20}, 0, 0},
        {"it grows", {10, 20, 30, 40, 50, 60, 70, 80}, 30, 60},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(queues); i++) {
        struct standing_queue q = {.full = false};
        uint64_t now_us = 1000000;
        for (int n = 0; n < 20; n++)
            standing_queue_feedback(&q, BASE_US, 10, 0, now_us += 20000);
        for (size_t n = 0; n < COUNT(queues[i].delay_ms); n++)
            standing_queue_feedback(&q, BASE_US + queues[i].delay_ms[n] * 1000, 10, 0, now_us += 20000);
        if (q.wait_us < queues[i].least_ms * 1000 || q.wait_us > queues[i].most_ms * 1000)
            fail_msg("%s: %d", queues[i].what, (int)q.wait_us);
    }
}

/* It says once that all packets wait for long now, however fast it came to that. */
static void tells_when_it_rises(void **state)
{
    static const struct {
        const char *what;
        int delay_ms[10]; /* 60 ms apart */
        int times;
    } queues[] = {
        {"short ones", {0, 90, 0, 90, 90, 90, 90, 0, 90, 90}, 0},
        {"frames that come late", {0, 200, 0, 200, 0, 200, 0, 200, 0, 200}, 0},
        {"a cliff", {0, 80, 160, 240, 300, 300, 300, 300, 300, 300}, 1},
        {"two", {0, 200, 200, 200, 0, 0, 0, 200, 200, 200}, 2},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(queues); i++) {
        struct standing_queue q = {.full = false};
        uint64_t now_us = 1000000;
        int times = 0;
        for (int n = 0; n < 20; n++)
            standing_queue_feedback(&q, BASE_US, 10, 0, now_us += 60000);
        for (size_t n = 0; n < COUNT(queues[i].delay_ms); n++) {
            standing_queue_feedback(&q, BASE_US + queues[i].delay_ms[n] * 1000, 10, 0, now_us += 60000);
            times += q.rose;
        }
        if (times != queues[i].times)
            fail_msg("%s: %d times", queues[i].what, times);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_when_a_queue_stands),
        cmocka_unit_test(tells_how_long_it_is),
        cmocka_unit_test(tells_when_it_rises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
