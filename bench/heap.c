/* Loaded into a server by LD_PRELOAD (churn.sh): each second a line "USED RESIDENT" to the file that HEAP_LOG
 * names. USED: bytes that malloc() has given out; RESIDENT: bytes of the whole process in memory, in which
 * there is what malloc() keeps of what was freed. */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static size_t resident(void)
{
    size_t all = 0, pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f)
        return 0;
    if (fscanf(f, "%zu %zu", &all, &pages) != 2)
        pages = 0;
    fclose(f);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void *write_lines(void *log)
{
    for (;; sleep(1)) {
        fprintf(log, "%zu %zu\n", mallinfo2().uordblks, resident());
        fflush(log);
    }
    return NULL;
}

__attribute__((constructor)) static void start(void)
{
    pthread_t thread;
    const char *name = getenv("HEAP_LOG");
    FILE *log = name ? fopen(name, "we") : NULL;
    if (log && pthread_create(&thread, NULL, write_lines, log) == 0)
        pthread_detach(thread);
}
