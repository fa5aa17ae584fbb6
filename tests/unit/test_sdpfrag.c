#include "sdpfrag.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UFRAG "a=ice-ufrag:EsAw\r\n"
#define PWD   "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
#define AUDIO "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
#define VIDEO "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n"
#define CANDIDATE                                                                                            \
    "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw\r\n"

static void check_fragments(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *ufrag, *pwd; /* NULL: malformed */
    } rows[] = {
        /* RFC 9725, section 4.3.2 */
        {"a=group:BUNDLE 0 1\r\n" AUDIO UFRAG PWD CANDIDATE "a=end-of-candidates\r\n", "EsAw",
         "P2uYro0UCOQ4zxjKXaWCBui1"},
        /* RFC 8840, section 9: at the head; then of each m-line */
        {UFRAG PWD AUDIO CANDIDATE, "EsAw", "P2uYro0UCOQ4zxjKXaWCBui1"},
        {AUDIO UFRAG PWD CANDIDATE VIDEO UFRAG PWD CANDIDATE, "EsAw", "P2uYro0UCOQ4zxjKXaWCBui1"},
        {AUDIO VIDEO UFRAG PWD, "EsAw", "P2uYro0UCOQ4zxjKXaWCBui1"},
        /* As some clients write it */
        {"a=ice-ufrag:EsAw\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\nm=audio 9 RTP/AVP 0\na=mid:0\n"
         "a=candidate:1 1 UDP 1 x.local 9 typ host",
         "EsAw", "P2uYro0UCOQ4zxjKXaWCBui1"},
        {UFRAG AUDIO "a=end-of-candidates\r\n", "EsAw", ""},
        {AUDIO CANDIDATE, "", ""},
        {"a=end-of-candidates\r\n", "", ""},
        {"a=unknown:x\r\na=candidate:\r\n", "", ""},
        /* Malformed */
        {"", NULL, NULL},
        {"\r\n", NULL, NULL},
        {"v=0\r\n" UFRAG PWD, NULL, NULL},
        {UFRAG "s=-\r\n", NULL, NULL},
        {"candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n", NULL, NULL},
        {"a=ice-ufrag:abc\r\n", NULL, NULL},
        {"a=ice-ufrag:\r\n", NULL, NULL},
        {UFRAG "a=ice-pwd:short\r\n", NULL, NULL},
        {"m=audio\r\n", NULL, NULL},
        {"m=audio 70000 RTP/AVP 0\r\n", NULL, NULL},
        {AUDIO UFRAG PWD VIDEO "a=ice-ufrag:other\r\n", NULL, NULL},
        {UFRAG AUDIO "a=ice-ufrag:EsAx\r\n", NULL, NULL},
        {AUDIO UFRAG PWD VIDEO UFRAG "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui2\r\n", NULL, NULL},
        {"a=x\x01\r\n", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct sdpfrag out;
        char err[SDP_ERROR_MAX] = "";
        int result = sdpfrag_parse(&out, rows[i].text, strlen(rows[i].text), err, sizeof(err));
        if (result != (rows[i].ufrag ? 0 : -EBADMSG) || !*err != !result)
            fail_msg("row %zu: %d %s", i, result, err);
        if (result < 0)
            continue;
        assert_string_equal(out.ufrag, rows[i].ufrag);
        assert_string_equal(out.pwd, rows[i].pwd);
    }
}

/* The longest credentials fit, longer ones are refused; so is a fragment with too many m-lines. */
static void check_bounds(void **state)
{
    (void)state;
    struct sdpfrag out;
    char err[SDP_ERROR_MAX];
    for (size_t more = 0; more < 2; more++) {
        g_autofree char *long_one = g_strnfill(SFU_UFRAG_MAX + more, 'x');
        g_autofree char *text = g_strdup_printf("a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", long_one, long_one);
        assert_int_equal(sdpfrag_parse(&out, text, strlen(text), err, sizeof(err)), more ? -EBADMSG : 0);
        if (!more)
            assert_string_equal(out.pwd, long_one);
    }
    GString *lines = g_string_new(NULL);
    for (size_t i = 0; i <= SDP_SECTIONS_MAX; i++)
        g_string_append(lines, AUDIO);
    assert_int_equal(sdpfrag_parse(&out, lines->str, lines->len, err, sizeof(err)), -E2BIG);
    g_string_free(lines, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_fragments),
        cmocka_unit_test(check_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
