/* Starting the media plane where it cannot start: an error that says what to change, and nothing left open.
 */
#include "call.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct sfu_upcalls nobody;

static int lowest_free(void)
{
    int fd = dup(STDERR_FILENO);
    close(fd);
    return fd;
}

/* Tries those settings; what it says has to contain `words`. */
static void refused(char *const *sets, size_t count, const char *words)
{
    struct conf conf;
    struct sfu *sfu = NULL;
    char err[300] = "";
    int before = lowest_free();
    assert_int_equal(conf_load(&conf, NULL, sets, count, err, sizeof(err)), 0);
    assert_true(sfu_start(&conf, &nobody, NULL, &sfu, err, sizeof(err)) < 0);
    assert_null(sfu);
    assert_int_equal(lowest_free(), before);
    if (!strstr(err, words))
        fail_msg("\"%s\" does not say \"%s\"", err, words);
    conf_finish(&conf);
}

static void addresses_of_others(void **state)
{
    static const struct {
        const char *set, *words;
    } rows[] = {
        {"rtc.address=198.51.100.1", "rtc.address: 198.51.100.1:7900 is not of this machine; "},
        {"rtc.address=127.0.0.1 2001:db8::1", "rtc.address: [2001:db8::1]:7900 is not of this machine; "},
        {"rtc.address=fe80::1", "rtc.address: cannot listen on UDP [fe80::1]:7900: "},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *sets[] = {(char *)(uintptr_t)rows[i].set};
        refused(sets, 1, rows[i].words);
    }
}

static void port_in_use(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(at);
    char port[32], words[128];
    (void)state;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    snprintf(port, sizeof(port), "rtc.port=%u", ntohs(at.sin_port));
    snprintf(words, sizeof(words), "rtc.port: UDP port %u is in use at 127.0.0.1:%u: ", ntohs(at.sin_port),
             ntohs(at.sin_port));
    refused((char *[]){(char *)"rtc.address=127.0.0.1", port}, 2, words);
    close(fd);
}

static void no_descriptors(void **state)
{
    struct rlimit limit;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    int free_ones = lowest_free();
    for (int more = 1; more < 4; more++) { /* than are open: each is the end of another step */
        const struct rlimit low = {(rlim_t)(free_ones + more), limit.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
        refused((char *[]){(char *)"rtc.address=127.0.0.1", (char *)"rtc.workers=1"}, 2,
                "Too many open files");
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_others),
        cmocka_unit_test(port_in_use),
        cmocka_unit_test(no_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
