#include "pace.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 64, LOOK_NS = 50000, LOOKS_MAX = 100000 /* five seconds: one that never rests */ };

/* The linker gives these the calls of everything linked into the program (--wrap=clock_gettime). */
int __real_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);

static atomic_int_fast64_t lag_ns;               /* of the clock behind time */
static atomic_int_fast64_t limit_ns = INT64_MAX; /* of CLOCK_MONOTONIC, as the clock shows it */
static atomic_int_fast64_t shown_ns;             /* the latest time that was told */
static int threads[THREADS_MAX];                 /* files that tell their states */
static size_t thread_count;

static int64_t time_ns(clockid_t clock)
{
    struct timespec t;
    __real_clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* What the clock is behind by now. The limit is read first: it is set last. */
static int64_t behind_ns(int64_t now_ns)
{
    int64_t limit = atomic_load(&limit_ns), lag = atomic_load(&lag_ns);
    return now_ns - lag > limit ? now_ns - limit : lag;
}

/* No less than was shown before: a thread may be stopped between looking at the time and at what to take off.
 */
static int64_t never_back(int64_t ns)
{
    int_fast64_t before = atomic_load(&shown_ns);
    while (before < ns && !atomic_compare_exchange_weak(&shown_ns, &before, ns))
        continue;
    return before < ns ? ns : before;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
    if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME)
        return __real_clock_gettime(clock, t);
    int64_t now_ns = time_ns(CLOCK_MONOTONIC), ns = never_back(now_ns - behind_ns(now_ns));
    if (clock == CLOCK_REALTIME)
        ns += time_ns(CLOCK_REALTIME) - now_ns;
    *t = (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    return 0;
}

void pace_begin(void)
{
    DIR *all = opendir("/proc/self/task");
    for (struct dirent *e; all && (e = readdir(all)) != NULL;) {
        char path[NAME_MAX + 32];
        if (*e->d_name == '.' || atoi(e->d_name) == getpid() || thread_count == THREADS_MAX)
            continue;
        snprintf(path, sizeof(path), "/proc/self/task/%s/stat", e->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
            threads[thread_count++] = fd;
    }
    if (all)
        closedir(all);
}

void pace_end(void)
{
    int64_t now_ns = time_ns(CLOCK_MONOTONIC);
    while (thread_count)
        close(threads[--thread_count]);
    atomic_store(&lag_ns, behind_ns(now_ns));
    atomic_store(&limit_ns, INT64_MAX);
}

/* The state is the letter behind the name, which is in brackets. One that has ended has none. */
static bool rests(int thread)
{
    char text[256];
    ssize_t len = pread(thread, text, sizeof(text) - 1, 0);
    if (len <= 0)
        return true;
    text[len] = 0;
    const char *name_end = strrchr(text, ')');
    return name_end && strncmp(name_end, ") S", 3) == 0;
}

static bool all_rest(void)
{
    for (size_t i = 0; i < thread_count; i++) {
        if (!rests(threads[i]))
            return false;
    }
    return true;
}

void pace_turn(void)
{
    for (int i = 0; i < LOOKS_MAX && !all_rest(); i++)
        nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
    int64_t now_ns = time_ns(CLOCK_MONOTONIC), lag = behind_ns(now_ns);
    atomic_store(&lag_ns, lag);
    atomic_store(&limit_ns, now_ns - lag + PACE_US * INT64_C(1000));
}
