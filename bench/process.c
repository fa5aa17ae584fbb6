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

static int read_stat(struct process *p, const char *file)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(file, &text, NULL, NULL))
        return -ESRCH;
    return process_parse(p, text, sysconf(_SC_CLK_TCK), sysconf(_SC_PAGESIZE));
}

/* One that has just ended is left out. */
static void read_threads(struct process *p, uint32_t pid)
{
    g_autofree char *folder = g_strdup_printf("/proc/%u/task", pid);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    p->listed = 0;
    while (dir && p->listed < PROCESS_THREADS_MAX && (name = g_dir_read_name(dir)) != NULL) {
        struct process thread;
        g_autofree char *file = g_build_filename(folder, name, "stat", NULL);
        if (read_stat(&thread, file) == 0)
            p->each[p->listed++] = (struct process_thread){.id = (uint32_t)g_ascii_strtoull(name, NULL, 10),
                                                           .us = thread.user_us + thread.system_us};
    }
}

int process_read(struct process *p, uint32_t pid)
{
    g_autofree char *file = g_strdup_printf("/proc/%u/stat", pid);
    int err = read_stat(p, file);
    if (err == 0)
        read_threads(p, pid);
    return err;
}

static uint64_t thread_us(const struct process *p, uint32_t id)
{
    for (uint32_t i = 0; i < p->listed; i++) {
        if (p->each[i].id == id)
            return p->each[i].us;
    }
    return 0;
}

uint64_t process_busiest_us(const struct process *from, const struct process *to)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < to->listed; i++)
        most = MAX(most, to->each[i].us - thread_us(from, to->each[i].id));
    return most;
}
