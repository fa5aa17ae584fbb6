#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct {
    const char *name;
    char priority; /* syslog's, which is the journal's: sd-daemon(3) */
} levels[] = {
    [CONF_LOG_ERROR] = {"error", '3'},
    [CONF_LOG_WARNING] = {"warning", '4'},
    [CONF_LOG_INFO] = {"info", '6'},
    [CONF_LOG_DEBUG] = {"debug", '7'},
};

/* Set by log_init() before there are threads, read by all. */
static enum conf_log_level most = CONF_LOG_INFO;
static bool to_journal;

/* A line in the making: what does not fit is left out, one byte stays for the newline. */
struct line {
    char text[LOG_LINE];
    size_t len;
    bool full;
};

static void put(struct line *line, const char *text, size_t len)
{
    size_t left = sizeof(line->text) - 1 - line->len;
    len = line->full ? 0 : len < left ? len : left;
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

static void put_string(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

/* Text from outside: no control character of it (C0, DEL, and C1 in UTF-8) reaches the terminal. Escapes are
 * never cut in two.
 */
static void put_escaped(struct line *line, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        char escaped[5] = {*text};
        bool c1 = c == 0xc2 && (text[1] & 0xe0) == 0x80;
        if (c1)
            snprintf(escaped, sizeof(escaped), "\\x%02x", (unsigned char)*++text);
        else if (c == '\n' || c == '\t' || c == '\r')
            snprintf(escaped, sizeof(escaped), "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
        else if (c < 0x20 || c == 0x7f)
            snprintf(escaped, sizeof(escaped), "\\x%02x", c);
        if (line->len + strlen(escaped) > sizeof(line->text) - 1)
            line->full = true;
        put_string(line, escaped);
    }
}

static void put_start(struct line *line, enum conf_log_level level)
{
    char text[64];
    struct timespec now;
    struct tm utc;
    if (to_journal) {
        const char priority[] = {'<', levels[level].priority, '>'};
        put(line, priority, sizeof(priority));
        return;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + len, sizeof(text) - len, ".%03dZ ", (int)(now.tv_nsec / 1000000));
    put_string(line, text);
    put_string(line, levels[level].name);
    put_string(line, " ");
}

static void put_origin(struct line *line, const char *room, uint32_t participant)
{
    char text[32];
    if (room) {
        put_string(line, "room=");
        put_escaped(line, room);
        put_string(line, " ");
    }
    if (participant) {
        snprintf(text, sizeof(text), "participant=%u ", participant);
        put_string(line, text);
    }
}

/* The variable alone tells nothing: whatever a service starts inherits it, and may write elsewhere. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM"); /* device:inode, systemd.exec(5) */
    struct stat info;
    char text[64];
    if (!stream || fstat(STDERR_FILENO, &info) < 0)
        return false;
    snprintf(text, sizeof(text), "%ju:%ju", (uintmax_t)info.st_dev, (uintmax_t)info.st_ino);
    return strcmp(text, stream) == 0;
}

void log_init(enum conf_log_level level)
{
    most = level;
    to_journal = stderr_is_journal();
}

bool log_enabled(enum conf_log_level level)
{
    return level <= most;
}

void log_write(enum conf_log_level level, const char *room, uint32_t participant, const char *format, ...)
{
    struct line line = {.len = 0};
    char text[LOG_LINE];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len < 0 || level > most)
        return;
    put_start(&line, level);
    put_origin(&line, room, participant);
    put_escaped(&line, text);
    line.text[line.len++] = '\n';
    while (write(STDERR_FILENO, line.text, line.len) < 0 && errno == EINTR)
        continue;
}
