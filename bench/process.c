#include "process.h"

#include <errno.h>
#include <glib.h>
#include <unistd.h>

/* proc(5), counted from 0 behind the name, which may hold anything. */
enum { FIELD_UTIME = 11, FIELD_STIME = 12, FIELD_THREADS = 17, FIELD_RSS = 21, FIELDS = 22 };

int process_parse(struct process *p, const char *stat, long ticks, long page)
{
    const char *name_end = strrchr(stat, ')');
    if (!name_end || name_end[1] != ' ')
        return -EBADMSG;
    g_auto(GStrv) fields = g_strsplit(name_end + 2, " ", -1);
    if (g_strv_length(fields) < FIELDS)
        return -EBADMSG;
    uint64_t tick_us = 1000000 / (uint64_t)ticks;
    p->user_us = g_ascii_strtoull(fields[FIELD_UTIME], NULL, 10) * tick_us;
    p->system_us = g_ascii_strtoull(fields[FIELD_STIME], NULL, 10) * tick_us;
    p->threads = (uint32_t)g_ascii_strtoull(fields[FIELD_THREADS], NULL, 10);
    p->memory = g_ascii_strtoull(fields[FIELD_RSS], NULL, 10) * (uint64_t)page;
    return 0;
}

int process_read(struct process *p, uint32_t pid)
{
    g_autofree char *file = g_strdup_printf("/proc/%u/stat", pid), *text = NULL;
    if (!g_file_get_contents(file, &text, NULL, NULL))
        return -ESRCH;
    return process_parse(p, text, sysconf(_SC_CLK_TCK), sysconf(_SC_PAGESIZE));
}
