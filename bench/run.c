#include "run.h"

#include "clock.h"
#include "stage.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    TICK_MS = 20,       /* while people come and go */
    LAZY_TICK_MS = 100, /* else: each tick is a look at all sockets */
    PROGRESS_US = 1000000,
    GOODBYE_US = 2000000, /* for closing what is open */
    HOPELESS = 3,         /* failures before anybody got in */
};

enum phase { JOINING, WARMING_UP, MEASURING, ENDING, LEAVING };

struct run {
    const struct options *options;
    const struct expect *expects;
    size_t expect_count;
    struct run_report *report;

    struct stage stage;

    enum phase phase;
    unsigned tick_source, tick_ms;                       /* GLib's timer */
    uint64_t phase_us, began_us, ticked_us, progress_us; /* since when; when last */
    uint32_t target;                                     /* participants of this step */
    double join_credit, churn_credit, view_credit;

    /* What is being asked for, the last answer, and where measuring began. */
    unsigned answers_due;
    struct result_sample asked, now, from;
    bool measured;
};

/* --- Samples ---------------------------------------------------------------------- */

static uint64_t own_cpu_us(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
           (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void ask(struct run *r)
{
    r->answers_due = crew_threads(r->stage.crew);
    r->asked = (struct result_sample){.us = clock_now_us(), .own_us = own_cpu_us()};
    r->asked.tally = *members_tally(r->stage.members);
    r->asked.has_process = r->options->pid && process_read(&r->asked.process, r->options->pid) == 0;
    crew_ask(r->stage.crew);
}

static void on_sample(struct run *r);

static void on_tally(void *arg, unsigned thread, const struct tally *t)
{
    struct run *r = arg;
    tally_add(&r->asked.tally, t);
    r->asked.threads_us[thread] = t->cpu_us;
    if (--r->answers_due)
        return;
    r->now = r->asked;
    on_sample(r);
}

static void make_result(struct run *r, struct result *out)
{
    struct members_counts counts = members_counts(r->stage.members);
    uint32_t deserted = MIN(counts.there, (uint32_t)r->now.tally.deserted);
    const struct result_input input = {
        .from = &r->from,
        .to = &r->now,
        .participants = counts.there - deserted,
        .failed = counts.failed,
        .ended = counts.ended + deserted,
        .memory_before = r->stage.memory_before,
        .cores = g_get_num_processors(),
    };
    result_make(out, &input);
}

static void show_progress(struct run *r)
{
    static const char *const names[] = {"joining", "warming up", "measuring", "ending", "leaving"};
    struct members_counts counts = members_counts(r->stage.members);
    struct result result;
    if (!isatty(STDERR_FILENO))
        return;
    make_result(r, &result);
    fprintf(stderr,
            "\r\033[K%3.0f s %s  %u there  %.0f packets/s  %.1f Mbit/s  loss %.3f%%  p50 %.2f  p99 %.2f ms  "
            "own %.0f%%",
            (double)(r->now.us - r->began_us) / 1e6, names[r->phase], counts.there,
            result.value[RESULT_packets_in], result.value[RESULT_mbit_in], result.value[RESULT_loss],
            result.value[RESULT_p50], result.value[RESULT_p99], result.value[RESULT_own_cpu]);
    if (result.has[RESULT_server_cpu])
        fprintf(stderr, "  server %.0f%%", result.value[RESULT_server_cpu]);
    fflush(stderr);
}

/* --- Phases -------------------------------------------------------------------------- */

static void enter(struct run *r, enum phase phase)
{
    r->phase = phase;
    r->phase_us = clock_now_us();
}

static void say_goodbye(struct run *r)
{
    struct run_report *report = r->report;
    g_strlcpy(report->error, members_first_error(r->stage.members), sizeof(report->error));
    if (!*report->error && report->result.value[RESULT_ended] > 0)
        g_strlcpy(report->error, "the server answers no more", sizeof(report->error));
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    members_leave_all(r->stage.members);
    enter(r, LEAVING);
}

static void give_up(struct run *r)
{
    r->report->outcome = RUN_IMPOSSIBLE;
    say_goodbye(r);
}

static bool all_hold(const struct run *r, const struct result *result)
{
    for (size_t i = 0; i < r->expect_count; i++) {
        if (!expect_holds(&r->expects[i], result))
            return false;
    }
    return true;
}

/* A step of a ramp has been measured: another, or that was it. A server that lets no more in, or throws
 * somebody out, has shown its limit as well. */
static void climb(struct run *r)
{
    const struct options *o = r->options;
    const double *value = r->report->result.value;
    uint32_t all = o->participants * o->rooms;
    bool stayed = value[RESULT_failed] + value[RESULT_ended] == 0;
    bool hold = stayed && all_hold(r, &r->report->result);
    printf("%6.0f participants: loss %.3f%%, p99 %.2f ms, %s\n", value[RESULT_participants],
           value[RESULT_loss], value[RESULT_p99],
           hold     ? "all conditions hold"
           : stayed ? "a condition broke"
                    : "not everybody got in and stayed");
    fflush(stdout);
    if (hold)
        r->report->capacity = (uint32_t)value[RESULT_participants];
    r->report->capacity_reached = !hold;
    if (!hold || r->target >= all) {
        say_goodbye(r);
        return;
    }
    r->target = MIN(r->target + o->ramp, all);
    enter(r, JOINING);
}

static void end_measuring(struct run *r)
{
    make_result(r, &r->report->result);
    if (r->options->ramp && r->report->outcome == RUN_DONE)
        climb(r);
    else
        say_goodbye(r);
}

static void on_sample(struct run *r)
{
    if (r->phase == MEASURING && !r->measured) {
        r->from = r->now;
        r->measured = true;
    } else if (r->phase == ENDING) {
        end_measuring(r);
        r->measured = false;
    } else {
        show_progress(r);
    }
}

/* Scripts wait for the line. */
static void begin_warming_up(struct run *r, uint32_t there)
{
    if (!r->options->ramp) {
        printf("%u participants are there\n", there);
        fflush(stdout);
    }
    enter(r, WARMING_UP);
}

static void join_more(struct run *r, uint64_t now_us, double seconds)
{
    uint32_t added = members_size(r->stage.members);
    r->join_credit = MIN(r->join_credit + r->options->join_rate * seconds, MAX(1, r->options->join_rate));
    for (; r->join_credit >= 1 && added < r->target; added++, r->join_credit--)
        members_add(r->stage.members, now_us);
    members_check(r->stage.members, now_us);
    struct members_counts counts = members_counts(r->stage.members);
    bool nobody = !counts.there && !counts.joining;
    if (nobody && (counts.failed >= HOPELESS || added >= r->target))
        give_up(r);
    else if (added >= r->target && !counts.joining)
        begin_warming_up(r, counts.there);
}

static void churn(struct run *r, uint64_t now_us, double seconds)
{
    const struct options *o = r->options;
    r->churn_credit += o->churn * seconds;
    for (; r->churn_credit >= 1; r->churn_credit--)
        members_replace(r->stage.members, now_us);
    if (o->views > 0)
        r->view_credit += members_counts(r->stage.members).there / o->views * seconds;
    for (; r->view_credit >= 1; r->view_credit--)
        members_look_elsewhere(r->stage.members);
    members_check(r->stage.members, now_us);
}

static void leave(struct run *r, uint64_t now_us)
{
    if (r->stage.server->web->count == 0 || now_us > r->phase_us + GOODBYE_US)
        g_main_loop_quit(r->stage.loop);
}

/* Asks where somebody wants to know, one thing at a time. */
static void sample_when_due(struct run *r, uint64_t now_us)
{
    bool wanted = (r->phase == MEASURING && !r->measured) || r->phase == ENDING;
    if (r->answers_due || r->phase == LEAVING || (!wanted && now_us < r->progress_us + PROGRESS_US))
        return;
    r->progress_us = now_us;
    ask(r);
}

static unsigned tick_ms_of(const struct run *r)
{
    bool quiet =
        (r->phase == WARMING_UP || r->phase == MEASURING) && r->options->churn <= 0 && r->options->views <= 0;
    return quiet ? LAZY_TICK_MS : TICK_MS;
}

static gboolean tick(void *arg);

static gboolean tick_again(struct run *r)
{
    unsigned ms = tick_ms_of(r);
    if (ms == r->tick_ms)
        return G_SOURCE_CONTINUE;
    r->tick_ms = ms;
    r->tick_source = g_timeout_add(ms, tick, r);
    return G_SOURCE_REMOVE;
}

static gboolean tick(void *arg)
{
    struct run *r = arg;
    uint64_t now_us = clock_now_us();
    double in_phase = (double)(now_us - r->phase_us) / 1e6, seconds = (double)(now_us - r->ticked_us) / 1e6;
    r->ticked_us = now_us;
    if (r->phase == JOINING)
        join_more(r, now_us, seconds);
    else if (r->phase == WARMING_UP && in_phase >= r->options->warmup)
        enter(r, MEASURING);
    else if (r->phase == MEASURING && in_phase >= r->options->duration && r->measured)
        enter(r, ENDING);
    else if (r->phase == LEAVING)
        leave(r, now_us);
    if (r->phase == WARMING_UP || r->phase == MEASURING)
        churn(r, now_us, seconds);
    sample_when_due(r, now_us);
    return tick_again(r);
}

/* What there is until now is the result. */
static gboolean on_signal(void *arg)
{
    struct run *r = arg;
    if (r->phase == LEAVING)
        return G_SOURCE_CONTINUE;
    r->report->outcome = RUN_INTERRUPTED;
    enter(r, ENDING);
    return G_SOURCE_CONTINUE;
}

/* --- The crew tells --------------------------------------------------------------------- */

static void on_reached(void *arg, uint64_t guest, enum tally_step step, uint64_t took_us)
{
    struct run *r = arg;
    (void)took_us;
    members_reached(r->stage.members, guest, step, clock_now_us());
}

static void on_broken(void *arg, uint64_t guest, int err)
{
    members_broken(((struct run *)arg)->stage.members, guest, err);
}

static gboolean on_crew(int fd, GIOCondition condition, void *arg)
{
    (void)fd;
    (void)condition;
    crew_dispatch(((struct run *)arg)->stage.crew);
    return G_SOURCE_CONTINUE;
}

static const struct crew_upcalls crew_upcalls = {on_reached, on_broken, on_tally};

/* --- Beginning and end ---------------------------------------------------------------------- */

static void go(struct run *r)
{
    const unsigned sources[] = {
        g_unix_signal_add(SIGINT, on_signal, r),
        g_unix_signal_add(SIGTERM, on_signal, r),
        g_unix_fd_add(crew_fd(r->stage.crew), G_IO_IN, on_crew, r),
    };
    r->began_us = r->ticked_us = r->from.us = r->now.us = clock_now_us();
    r->join_credit = 1;
    enter(r, JOINING);
    (void)tick_again(r);
    g_main_loop_run(r->stage.loop);
    g_source_remove(r->tick_source);
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++)
        g_source_remove(sources[i]);
}

void run(const struct options *options, const struct expect *expects, size_t expect_count,
         struct run_report *out)
{
    struct run *r = g_new0(struct run, 1);
    uint32_t all = options->participants * options->rooms;
    *out = (struct run_report){.outcome = RUN_DONE};
    *r = (struct run){
        .options = options,
        .expects = expects,
        .expect_count = expect_count,
        .report = out,
        .target = options->ramp ? MIN(options->ramp, all) : all,
    };
    if (stage_set_up(&r->stage, options, &crew_upcalls, r, out->error))
        go(r);
    else
        out->outcome = RUN_IMPOSSIBLE;
    stage_clear(&r->stage);
    g_free(r);
}
