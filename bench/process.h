/* What a process of this machine costs, from /proc. */
#pragma once

#include <stdint.h>

struct process {
    uint64_t user_us, system_us; /* CPU so far */
    uint64_t memory;             /* resident bytes */
    uint32_t threads;
};

/* The text of /proc/PID/stat. ticks: of a second (sysconf(_SC_CLK_TCK)); page: bytes of one. 0 or -EBADMSG.
 */
int process_parse(struct process *p, const char *stat, long ticks, long page)
    __attribute__((warn_unused_result));

/* 0, -ESRCH where there is no such process, or what reading said. */
int process_read(struct process *p, uint32_t pid) __attribute__((warn_unused_result));
