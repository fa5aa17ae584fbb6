#include "result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

#include <errno.h>
#include <glib.h>
#include <math.h>

static void reads_proc(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int result;
        struct process p;
    } rows[] = {
        {"42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 7 0 1 1000000 2500 99 0 0\n",
         0,
         {.user_us = 1500000, .system_us = 500000, .threads = 7, .memory = 2500 * 4096}},
        {"42 (a) S 1 2 3", -EBADMSG, {0}},
        {"42 (a", -EBADMSG, {0}},
        {"42 (a)", -EBADMSG, {0}},
        {"", -EBADMSG, {0}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct process p = {0};
        assert_int_equal(process_parse(&p, rows[i].text, 100, 4096), rows[i].result);
        assert_int_equal(p.user_us, rows[i].p.user_us);
        assert_int_equal(p.system_us, rows[i].p.system_us);
        assert_int_equal(p.threads, rows[i].p.threads);
        assert_int_equal(p.memory, rows[i].p.memory);
    }
}

/* Two seconds between two samples. */
static struct result make(void (*between)(struct result_sample *from, struct result_sample *to))
{
    struct result_sample *from = g_new0(struct result_sample, 1), *to = g_new0(struct result_sample, 1);
    struct result r;
    from->us = 1000000;
    to->us = 3000000;
    between(from, to);
    result_make(&r,
                &(struct result_input){.from = from, .to = to, .participants = 10, .memory_before = 1000000});
    g_free(from);
    g_free(to);
    return r;
}

static void traffic(struct result_sample *from, struct result_sample *to)
{
    from->tally.video_in = 5000;
    from->tally.missing = 7;
    to->tally.video_in = 5000 + 1900;
    to->tally.audio_in = 90;
    to->tally.missing = 7 + 10;
    to->tally.bytes_in = 2000000;
    to->tally.frozen_us = 1500000;
    histogram_add(&from->tally.video_latency, 900000);
    histogram_add(&to->tally.video_latency, 900000);
    for (int i = 0; i < 99; i++)
        histogram_add(&to->tally.video_latency, 2000);
    histogram_add(&to->tally.audio_latency, 31000);
    histogram_add(&from->tally.steps[TALLY_CONNECTED], 100000);
    to->tally.steps[TALLY_CONNECTED] = from->tally.steps[TALLY_CONNECTED];
}

static void server(struct result_sample *from, struct result_sample *to)
{
    to->tally.video_in = 100000;
    from->has_process = to->has_process = true;
    from->process = (struct process){.user_us = 1000000,
                                     .system_us = 1000000,
                                     .memory = 2000000,
                                     .threads = 3,
                                     .each = {{41, 100000}, {42, 1900000}},
                                     .listed = 2};
    to->process = (struct process){.user_us = 1200000,
                                   .system_us = 1300000,
                                   .memory = 3000000,
                                   .threads = 4,
                                   .each = {{42, 2000000}, {43, 50000}, {41, 450000}},
                                   .listed = 3};
    to->own_us = 1000000;
    to->threads_us[1] = 600000;
    to->threads_us[2] = 200000;
}

/* Retransmission filled gaps from before. */
static void fewer_missing(struct result_sample *from, struct result_sample *to)
{
    from->tally.missing = 100;
    to->tally.missing = 40;
    to->tally.audio_in = 1000;
}

static void nothing(struct result_sample *from, struct result_sample *to)
{
    to->us = from->us;
}

static void figures(void **state)
{
    (void)state;
    static const struct {
        void (*between)(struct result_sample *, struct result_sample *);
        enum result_name name;
        bool has;
        double value;
    } rows[] = {
        {traffic, RESULT_seconds, true, 2},
        {traffic, RESULT_participants, true, 10},
        {traffic, RESULT_video_in, true, 950},
        {traffic, RESULT_audio_in, true, 45},
        {traffic, RESULT_packets_in, true, 995},
        {traffic, RESULT_packets_each, true, 99.5},
        {traffic, RESULT_mbit_in, true, 8},
        {traffic, RESULT_loss, true, 0.5},
        {traffic, RESULT_frozen, true, 1.5},
        {traffic, RESULT_p50, true, 2.015},
        {traffic, RESULT_p99, true, 2.015},
        {traffic, RESULT_max, true, 31.231},
        {traffic, RESULT_audio_p50, true, 31.231},
        {traffic, RESULT_join_p50, true, 100.351},
        {traffic, RESULT_dtls_p95, false, 0},
        {traffic, RESULT_server_cpu, false, 0},
        {server, RESULT_server_user, true, 10},
        {server, RESULT_server_system, true, 15},
        {server, RESULT_server_cpu, true, 25},
        {server, RESULT_us_per_packet, true, 5},
        {server, RESULT_server_memory, true, 3},
        {server, RESULT_memory_per_participant, true, 200},
        {server, RESULT_server_threads, true, 4},
        {server, RESULT_own_cpu, true, 50},
        {server, RESULT_server_busiest, true, 17.5},
        {server, RESULT_own_busiest, true, 30},
        {server, RESULT_p50, false, 0},
        {fewer_missing, RESULT_loss, true, 0},
        {nothing, RESULT_loss, false, 0},
        {nothing, RESULT_packets_in, false, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct result r = make(rows[i].between);
        const char *name = result_infos[rows[i].name].name;
        if (r.has[rows[i].name] != rows[i].has || fabs(r.value[rows[i].name] - rows[i].value) > 1e-6)
            fail_msg("row %zu: %s is %f", i, name, r.value[rows[i].name]);
        assert_int_equal(result_find(name, strlen(name)), rows[i].name);
    }
    assert_int_equal(result_find("p9", 2), RESULT_NAMES);
}

static void the_table_has_what_there_is(void **state)
{
    (void)state;
    struct result r = make(traffic);
    g_autofree char *text = result_text(&r);
    assert_non_null(strstr(text, "\nloss                            0.500 %"));
    assert_null(strstr(text, "server_cpu"));
}

static void says_who_was_the_bottleneck(void **state)
{
    (void)state;
    static const struct {
        double own, drops, late, server, both;
        const char *says;
    } rows[] = {
        {50, 0, 1, 50, 100, NULL},
        {90, 0, 5, 90, 180, NULL},
        {95, 0, 0, 0, 0, "A thread of this program"},
        {10, 1, 0, 99, 199, "This program was too slow"},
        {10, 0, 6, 99, 199, "had to wait for a core"},
        {10, 0, 0, 91, 100, "A thread of the server"},
        {10, 0, 0, 90, 181, "together"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct result r = {.cores = 2};
        r.value[RESULT_own_busiest] = rows[i].own;
        r.value[RESULT_own_drops] = rows[i].drops;
        r.value[RESULT_own_late_p99] = rows[i].late;
        r.value[RESULT_server_busiest] = rows[i].server;
        r.value[RESULT_own_cpu] = r.value[RESULT_server_cpu] = rows[i].both / 2;
        const char *says = result_bottleneck(&r);
        assert_int_equal(says != NULL, rows[i].says != NULL);
        assert_true(!says || strstr(says, rows[i].says));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_proc),
        cmocka_unit_test(figures),
        cmocka_unit_test(the_table_has_what_there_is),
        cmocka_unit_test(says_who_was_the_bottleneck),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
