/* The ini file: what is taken, what is refused and in which words, and that
 * conf/plenum.ini says what the table says. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static char name[] = "/tmp/plenum-test-conf-XXXXXX";

static void write_file(const char *text)
{
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

static char *printed(const struct conf *conf)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    assert_non_null(f);
    conf_print(conf, f);
    assert_int_equal(fclose(f), 0);
    return text;
}

static char *contents(const char *path)
{
    static char text[65536];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof(text) - 1, f)] = 0;
    fclose(f);
    return text;
}

static void defaults(void **state)
{
    struct conf conf;
    char err[256] = "";
    (void)state;
    assert_int_equal(conf_load(&conf, NULL, NULL, 0, err, sizeof(err)), 0);
    assert_string_equal(conf.http.address, "");
    assert_int_equal(conf.http.port, 8080);
    assert_int_equal(conf.http.tls, CONF_TLS_OFF);
    assert_string_equal(conf.http.certificate, "");
    assert_string_equal(conf.http.key, "");
    assert_string_equal(conf.http.tls_dir, "conf/tls");
    assert_string_equal(conf.http.root, "");
    assert_string_equal(conf.http.origins, "");
    assert_int_equal(conf.http.connections, 4096);
    assert_int_equal(conf.rtc.port, 7900);
    assert_int_equal(conf.rtc.workers, 0);
    assert_string_equal(conf.rtc.address, "");
    assert_string_equal(conf.rtc.public_address, "");
    assert_string_equal(conf.room.audio_codecs, "opus");
    assert_string_equal(conf.room.video_codecs, "VP8");
    assert_false(conf.room.red);
    assert_int_equal(conf.room.max_participants, 1000);
    assert_int_equal(conf.room.max_rooms, 10000);
    assert_true(conf.room.open);
    assert_true(conf.room.list);
    assert_string_equal(conf.ice.servers, "");
    assert_string_equal(conf.ice.secret, "");
    assert_int_equal(conf.ice.lifetime, 86400);
    assert_int_equal(conf.signaling.grace, 30);
    assert_int_equal(conf.signaling.small_room, 50);
    assert_int_equal(conf.signaling.ping, 25);
    assert_int_equal(conf.signaling.timeout, 20);
    assert_int_equal(conf.signaling.chat_length, 4096);
    assert_int_equal(conf.signaling.rate, 50);
    assert_string_equal(conf.auth.secret, "");
    assert_int_equal(conf.log.level, CONF_LOG_INFO);
    conf_finish(&conf);
    assert_null(conf.http.address);
    conf_finish(&conf);
}

static void ini_is_the_table(void **state)
{
    struct conf conf;
    char err[256] = "";
    (void)state;
    assert_int_equal(conf_load(&conf, "../conf/plenum.ini", NULL, 0, err, sizeof(err)), 0);
    char *text = printed(&conf);
    assert_string_equal(text, contents("../conf/plenum.ini"));
    free(text);
    conf_finish(&conf);
}

/* Every key away from its default, through print and back. */
static const char *const others[] = {
    "http.address=::1",
    "http.port=1",
    "http.tls=files",
    "http.certificate=a b.pem",
    "http.key=\\n.pem",
    "http.tls_dir=x",
    "http.root=/usr/share/pl\xc3\xa9num",
    "http.origins=*",
    "http.connections=1000000",
    "rtc.port=65534",
    "rtc.workers=2",
    "rtc.address=127.0.0.1 ::1",
    "rtc.public_address=198.51.100.7",
    "room.audio_codecs=Opus",
    "room.video_codecs=AV1 VP9 H264 VP8",
    "room.red=on",
    "room.max_participants=1",
    "room.max_rooms=1",
    "room.open=off",
    "room.list=off",
    "ice.servers=stun:192.0.2.1 stuns:example.org",
    "ice.lifetime=60",
    "signaling.grace=0",
    "signaling.small_room=0",
    "signaling.ping=1",
    "signaling.timeout=1",
    "signaling.chat_length=1",
    "signaling.rate=1",
    "log.level=debug",
};

static void print_reads_back(void **state)
{
    struct conf conf, again;
    char err[256] = "";
    (void)state;
    int result = conf_load(&conf, NULL, (char *const *)(uintptr_t)others, COUNT(others), err, sizeof(err));
    assert_string_equal(err, "");
    assert_int_equal(result, 0);
    char *first = printed(&conf);
    write_file(first);
    assert_int_equal(conf_load(&again, name, NULL, 0, err, sizeof(err)), 0);
    char *second = printed(&again);
    assert_string_equal(first, second);
    for (size_t i = 0; i < COUNT(others); i++) {
        const char *value = strchr(others[i], '=') + 1;
        char line[256];
        snprintf(line, sizeof(line), "\n%.*s = %s\n", (int)(value - 1 - strchr(others[i], '.') - 1),
                 strchr(others[i], '.') + 1, value);
        assert_non_null(strstr(first, line));
    }
    free(first);
    free(second);
    conf_finish(&conf);
    conf_finish(&again);
}

static void secret_is_not_printed(void **state)
{
    struct conf conf;
    char err[256] = "";
    char *sets[] = {"auth.secret=0123456789abcdef0123456789abcdef"};
    char *bad[] = {"auth.secret=too-short-a-secret"};
    (void)state;
    assert_int_equal(conf_load(&conf, NULL, sets, 1, err, sizeof(err)), 0);
    assert_string_equal(conf.auth.secret, "0123456789abcdef0123456789abcdef");
    char *text = printed(&conf);
    assert_null(strstr(text, "0123456789abcdef"));
    assert_non_null(strstr(text, "# secret is set"));
    free(text);
    conf_finish(&conf);
    assert_int_equal(conf_load(&conf, NULL, bad, 1, err, sizeof(err)), -EINVAL);
    assert_null(strstr(err, "too-short"));
    assert_non_null(strstr(err, "auth.secret"));
}

static const struct {
    const char *text; /* of the file */
    const char *err;  /* after its name; a beginning */
} bad_files[] = {
    {"[http]\nprot = 1\n", "http.prot: no such key; section http has: address port tls"},
    {"[htpp]\nport = 1\n", "htpp: no such section; there are: http rtc room limits signaling auth ice log"},
    {"port = 1\n", "Key file does not start with a group"},
    {"[http]\nport\n", "Key file contains line"},
    {"[http]\nport = \n", "http.port = : not allowed; it may be 1 to 65535"},
    {"[http]\nport = 8080 # mine\n", "http.port = 8080 # mine: not allowed; it may be 1 to 65535"},
    {"[log]\nlevel = loud\n", "log.level = loud: not allowed; it may be one of: error warning info debug"},
    {"[rtc]\nport = 1\n[rtc]\naddress = eth0\n",
     "rtc.address = eth0: not allowed; it may be IPv4 and IPv6 addresses of one host each, or empty"},
    {"[http]\nroot = \xff\xfe\n", ""},
};

static void files_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad_files); i++) {
        struct conf conf;
        char err[512] = "", want[512];
        write_file(bad_files[i].text);
        assert_int_equal(conf_load(&conf, name, NULL, 0, err, sizeof(err)), -EINVAL);
        snprintf(want, sizeof(want), "%s: %s", name, bad_files[i].err);
        err[strlen(want)] = 0;
        assert_string_equal(err, want);
        assert_null(conf.http.address);
        assert_int_equal(conf.http.port, 0);
    }
}

static void no_file(void **state)
{
    struct conf conf;
    char err[256] = "";
    (void)state;
    assert_int_equal(conf_load(&conf, "no/such.ini", NULL, 0, err, sizeof(err)), -EINVAL);
    assert_string_equal(err, "no/such.ini: No such file or directory");
    assert_int_equal(conf_load(&conf, "/tmp", NULL, 0, err, sizeof(err)), -EINVAL);
    assert_string_equal(err, "/tmp: Not a regular file");
}

static const struct {
    const char *set;
    bool good;
} sets[] = {
    {"http.port=65535", true},
    {" http . port = 9000 ", true},
    {"http.port=65536", false},
    {"http.port=0", false},
    {"http.port=-1", false},
    {"http.port=+1", false},
    {"http.port=0x50", false},
    {"http.port=80 80", false},
    {"http.port=99999999999999999999999", false},
    {"http.port", false},
    {"http=1", false},
    {"=", false},
    {"", false},
    {".=", false},
    {"http.=1", false},
    {"http.port.x=1", false},
    {"HTTP.port=1", false},
    {"http.address=", true},
    {"http.address=0.0.0.0", true},
    {"http.address=::", true},
    {"http.address=::1 127.0.0.1", false},
    {"http.address=localhost", false},
    {"http.address=127.1", false},
    {"http.address=224.0.0.1", false},
    {"http.tls=AUTO", true},
    {"http.tls=yes", false},
    {"http.tls=", false},
    {"http.tls=files", false}, /* without its two files */
    {"http.root=a\nb", false},
    {"http.root=\xff", false},
    {"rtc.port=65535", false}, /* with two workers */
    {"rtc.port=65534", true},
    {"rtc.address= 192.0.2.1   2001:db8::1 ", true},
    {"rtc.address=0.0.0.0", false},
    {"rtc.address=::", false},
    {"rtc.address=ff02::1", false},
    {"rtc.address=::ffff:192.0.2.1", false},
    {"rtc.address=192.0.2.256", false},
    {"rtc.address=192.0.2.1,192.0.2.2", false},
    {"rtc.public_address=example.org", false},
    {"rtc.public_address=255.255.255.255", false},
    {"ice.servers=stun:192.0.2.1 stuns:[2001:db8::1]:5349", true},
    {"ice.servers=", true},
    {"ice.servers=stun:", false},
    {"ice.servers=http://example.org", false},
    {"ice.servers=example.org", false},
    {"ice.servers=stun:a>b", false},
    {"ice.servers=stun:a\"b", false},
    {"ice.servers=stun:a,stun:b", false},
    {"ice.servers=turn:example.org", false}, /* without ice.secret */
    {"ice.lifetime=59", false},
    {"room.video_codecs=vp8 av1", true},
    {"room.video_codecs=VP8 VP8", false},
    {"room.video_codecs=VP8,VP9", false},
    {"room.video_codecs=H265", false},
    {"room.video_codecs=", false},
    {"room.audio_codecs=PCMU", false},
    {"room.red=ON", true},
    {"room.red=1", false},
    {"room.max_participants=0", false},
    {"signaling.grace=3600", true},
    {"signaling.grace=3601", false},
    {"auth.secret=0123456789abcdef0123456789abcde", false},
    {"auth.secret=0123456789abcdef0123456789abcdef", true},
};

static void sets_taken_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sets); i++) {
        struct conf conf;
        char err[512] = "";
        char *both[] = {"rtc.workers=2", (char *)(uintptr_t)sets[i].set};
        int result = conf_load(&conf, NULL, both, 2, err, sizeof(err));
        if ((result == 0) != sets[i].good)
            fail_msg("%s: %d %s", sets[i].set, result, err);
        if (result && strncmp(err, "--set: ", 7) != 0)
            fail_msg("%s: %s", sets[i].set, err);
        assert_null(strpbrk(err, "\n\r"));
        conf_finish(&conf);
    }
}

static void the_last_one_counts(void **state)
{
    struct conf conf;
    char err[256] = "", *last[] = {"http.port=2", "http.port=3"};
    (void)state;
    write_file("# a comment\n[http]\r\nport = 1\n[rtc]\naddress = 127.0.0.1   ::1\n[http]\nconnections=9\n");
    assert_int_equal(conf_load(&conf, name, NULL, 0, err, sizeof(err)), 0);
    assert_int_equal(conf.http.port, 1);
    assert_int_equal(conf.http.connections, 9);
    assert_string_equal(conf.rtc.address, "127.0.0.1 ::1");
    conf_finish(&conf);
    assert_int_equal(conf_load(&conf, name, last, 2, err, sizeof(err)), 0);
    assert_int_equal(conf.http.port, 3);
    conf_finish(&conf);
}

static void error_fits(void **state)
{
    struct conf conf;
    char err[16], *set[] = {"http.port=a long value that does not fit"};
    (void)state;
    memset(err, 'x', sizeof(err));
    assert_int_equal(conf_load(&conf, NULL, set, 1, err, 12), -EINVAL);
    assert_string_equal(err, "--set: http");
    assert_int_equal(err[12], 'x');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(ini_is_the_table),
        cmocka_unit_test(print_reads_back),
        cmocka_unit_test(secret_is_not_printed),
        cmocka_unit_test(files_refused),
        cmocka_unit_test(no_file),
        cmocka_unit_test(sets_taken_or_refused),
        cmocka_unit_test(the_last_one_counts),
        cmocka_unit_test(error_fits),
    };
    int fd = mkstemp(name);
    if (fd < 0)
        return 1;
    close(fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(name);
    return failed;
}
