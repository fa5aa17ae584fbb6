/* What a process of this machine costs, from /proc. */
#pragma once

#include <stdint.h>

enum { PROCESS_THREADS_MAX = 64 /* that are looked at one by one */ };

struct process_thread {
    uint32_t id;
    uint64_t us; /* CPU so far */
};

struct process {
    uint64_t user_us, system_us; /* CPU so far */
    uint64_t memory;             /* resident bytes */
    uint32_t threads;
    struct process_thread each[PROCESS_THREADS_MAX];
    uint32_t listed; /* of these */
};

/* The text of /proc/PID/stat. ticks: of a second (sysconf(_SC_CLK_TCK)); page: bytes of one. 0 or -EBADMSG.
 */
int process_parse(struct process *p, const char *stat, long ticks, long page)
    __attribute__((warn_unused_result));

/* 0, -ESRCH where there is no such process, or what reading said. */
int process_read(struct process *p, uint32_t pid) __attribute__((warn_unused_result));

/* CPU of the thread that took most of it between the two readings. */
uint64_t process_busiest_us(const struct process *from, const struct process *to);
