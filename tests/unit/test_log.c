/* The log's lines, read back from a pipe in the place of standard error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <regex.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { THREADS = 4, LINES = 200 };

static int saved, ends[2];

/* One write of the log is one datagram. */
static int redirect(void **state)
{
    (void)state;
    saved = dup(STDERR_FILENO);
    if (saved < 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) || dup2(ends[1], STDERR_FILENO) < 0)
        return -1;
    return 0;
}

static int restore(void **state)
{
    (void)state;
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static const char *line(void)
{
    static char text[2 * LOG_LINE];
    ssize_t len = recv(ends[0], text, sizeof(text) - 1, MSG_DONTWAIT);
    text[len < 0 ? 0 : len] = 0;
    return text;
}

static void assert_matches(const char *text, const char *pattern)
{
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    int result = regexec(&regex, text, 0, NULL, 0);
    regfree(&regex);
    if (result)
        fail_msg("\"%s\" does not match %s", text, pattern);
}

/* As if standard error led to the journal. */
static void to_journal(void)
{
    struct stat info;
    char stream[64];
    assert_int_equal(fstat(STDERR_FILENO, &info), 0);
    snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)info.st_dev, (uintmax_t)info.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
}

static void on_a_terminal(void **state)
{
    (void)state;
    unsetenv("JOURNAL_STREAM");
    log_init(CONF_LOG_INFO);
    log_warning("hall", 7, "slow by %d ms", 20);
    assert_matches(line(), "^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z warning "
                           "room=hall participant=7 slow by 20 ms\n$");
    log_info(NULL, 0, "up");
    assert_matches(line(), "Z info up\n$");
}

/* Whoever was started by a service inherits the variable, even if it writes to a file. */
static void beside_the_journal(void **state)
{
    static const char *const streams[] = {"8:1", "", ":", "8", "journal"};
    (void)state;
    for (size_t i = 0; i < COUNT(streams); i++) {
        setenv("JOURNAL_STREAM", streams[i], 1);
        log_init(CONF_LOG_INFO);
        log_info(NULL, 0, "up");
        assert_matches(line(), "Z info up\n$");
    }
}

static const struct {
    enum conf_log_level level;
    const char *room;
    uint32_t participant;
    const char *text, *out;
} rows[] = {
    {CONF_LOG_ERROR, NULL, 0, "x", "<3>x\n"},
    {CONF_LOG_WARNING, NULL, 0, "x", "<4>x\n"},
    {CONF_LOG_INFO, NULL, 0, "x", "<6>x\n"},
    {CONF_LOG_DEBUG, NULL, 0, "x", "<7>x\n"},
    {CONF_LOG_INFO, "a", 0, "x", "<6>room=a x\n"},
    {CONF_LOG_INFO, NULL, UINT32_MAX, "x", "<6>participant=4294967295 x\n"},
    {CONF_LOG_INFO, "a\nb", 1, "", "<6>room=a\\nb participant=1 \n"},
    {CONF_LOG_INFO, NULL, 0, "a\n<3>b\r\tc", "<6>a\\n<3>b\\r\\tc\n"},
    {CONF_LOG_INFO, NULL, 0, "\x1b[31m\x7f\x01", "<6>\\x1b[31m\\x7f\\x01\n"},
    {CONF_LOG_INFO, NULL, 0,
     "\xc2\x9b"
     "31m",
     "<6>\\x9b31m\n"},
    {CONF_LOG_INFO, NULL, 0, "M\xc3\xbcller \xc2\xa9", "<6>M\xc3\xbcller \xc2\xa9\n"},
    {CONF_LOG_INFO, NULL, 0, "cut \xc2", "<6>cut \xc2\n"},
};

static void in_the_journal(void **state)
{
    (void)state;
    to_journal();
    log_init(CONF_LOG_DEBUG);
    for (size_t i = 0; i < COUNT(rows); i++) {
        log_at(rows[i].level, rows[i].room, rows[i].participant, "%s", rows[i].text);
        assert_string_equal(line(), rows[i].out);
    }
}

static int evaluated;

static int evaluate(void)
{
    return ++evaluated;
}

static void levels(void **state)
{
    (void)state;
    to_journal();
    log_init(CONF_LOG_WARNING);
    log_info(NULL, 0, "%d", evaluate());
    log_write(CONF_LOG_INFO, NULL, 0, "%d", 1);
    assert_string_equal(line(), "");
    assert_int_equal(evaluated, 0);
    log_error(NULL, 0, "%d", evaluate());
    assert_string_equal(line(), "<3>1\n");
}

static void long_lines_are_cut(void **state)
{
    char text[3 * LOG_LINE];
    (void)state;
    to_journal();
    log_init(CONF_LOG_INFO);
    for (int c = 'a'; c >= 7; c -= 'a' - 7) { /* plain, then all escapes */
        memset(text, c, sizeof(text) - 1);
        text[sizeof(text) - 1] = 0;
        log_info(text, 1, "%s", text);
        const char *out = line();
        assert_in_range(strlen(out), LOG_LINE - 4, LOG_LINE);
        assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
        assert_memory_equal(out + strlen(out) - 5, c == 'a' ? "aaaa" : "\\x07", 4);
    }
}

static void *write_lines(void *arg)
{
    const char *room = arg;
    for (int i = 0; i < LINES; i++)
        log_info(room, 1, "%d %s", i, room);
    return NULL;
}

static void threads_do_not_mix(void **state)
{
    static char rooms[THREADS][2] = {"a", "b", "c", "d"};
    pthread_t threads[THREADS];
    int next[THREADS] = {0};
    (void)state;
    to_journal();
    log_init(CONF_LOG_INFO);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, rooms[i]), 0);
    for (int i = 0; i < THREADS * LINES; i++) {
        char text[128], want[128];
        ssize_t len = recv(ends[0], text, sizeof(text) - 1, 0);
        assert_in_range(len, 1, sizeof(text) - 1);
        text[len] = 0;
        int thread = text[strlen("<6>room=")] - 'a';
        assert_in_range(thread, 0, THREADS - 1);
        snprintf(want, sizeof(want), "<6>room=%s participant=1 %d %s\n", rooms[thread], next[thread]++,
                 rooms[thread]);
        assert_string_equal(text, want);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(on_a_terminal, redirect, restore),
        cmocka_unit_test_setup_teardown(beside_the_journal, redirect, restore),
        cmocka_unit_test_setup_teardown(in_the_journal, redirect, restore),
        cmocka_unit_test_setup_teardown(levels, redirect, restore),
        cmocka_unit_test_setup_teardown(long_lines_are_cut, redirect, restore),
        cmocka_unit_test_setup_teardown(threads_do_not_mix, redirect, restore),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
