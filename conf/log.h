/* The log: one line per event on standard error, each by one write(2), so that
 * lines of different threads never mix. Where that leads to the journal (JOURNAL_STREAM) a
 * line begins with the priority <3>, <4>, <6> or <7>, elsewhere with the UTC
 * time and the level:
 *
 *   2026-03-01T12:00:00.123Z info room=hall participant=7 joined from 192.0.2.4
 *
 * Control characters in room and in the text are written as \n, \t or \x1b, so
 * that nothing from outside can forge a line. Lines are cut at LOG_LINE bytes.
 * Secrets are never given to these functions. Any thread; nothing on a packet path. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"

enum { LOG_LINE = 1024 };

/* Sets what is written from here on, at start, before there are threads: this level and the graver ones. */
void log_init(enum conf_log_level level);

bool log_enabled(enum conf_log_level level);

/* room: NULL where the event belongs to none; participant: 0 where it belongs to none. */
void log_write(enum conf_log_level level, const char *room, uint32_t participant, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The arguments are not evaluated where the level is off. */
#define log_at(level, ...)                                                                                   \
    do {                                                                                                     \
        if (log_enabled(level))                                                                              \
            log_write(level, __VA_ARGS__);                                                                   \
    } while (0)
#define log_error(...)   log_at(CONF_LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_at(CONF_LOG_WARNING, __VA_ARGS__)
#define log_info(...)    log_at(CONF_LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_at(CONF_LOG_DEBUG, __VA_ARGS__)
