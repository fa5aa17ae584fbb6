/* Parsing SDP: what is kept, what is refused and in which words; and that
 * writing a model and parsing it again changes nothing. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sdp.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

#define HEAD  "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
#define VIDEO HEAD "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"
#define HEX32                                                                                                \
    "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

/* What an attribute becomes, seen through the writer. `out` is the line or lines that come back; "" = none.
 */
static void attributes(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"a=mid:0", "a=mid:0"},
        {"a=mid:a-b_c.d~1", "a=mid:a-b_c.d~1"},
        {"a=sendonly", "a=sendonly"},
        {"a=recvonly", "a=recvonly"},
        {"a=inactive", "a=inactive"},
        {"a=sendrecv", "a=sendrecv"},
        {"a=ice-ufrag:abcd", "a=ice-ufrag:abcd"},
        {"a=ice-pwd:0123456789012345678901", "a=ice-pwd:0123456789012345678901"},
        {"a=ice-options:trickle ice2", "a=ice-options:trickle ice2"},
        {"a=setup:holdconn", "a=setup:holdconn"},
        {"a=extmap-allow-mixed", "a=extmap-allow-mixed"},
        {"a=bundle-only", "a=bundle-only"},
        {"a=rtcp-mux", "a=rtcp-mux"},
        {"a=rtcp-rsize", "a=rtcp-rsize"},
        {"a=msid:stream track", "a=msid:stream track"},
        {"a=rtpmap:96 VP8/90000", "a=rtpmap:96 VP8/90000"},
        {"a=rtpmap:96 opus/48000/2", "a=rtpmap:96 opus/48000/2"},
        {"a=rtpmap:100 VP8/90000", ""}, /* not in the m-line */
        {"a=fmtp:97 apt=96", "a=fmtp:97 apt=96"},
        {"a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack"},
        {"a=rtcp-fb:96 nack pli", "a=rtcp-fb:96 nack pli"},
        {"a=rtcp-fb:96 nack sli", ""},
        {"a=rtcp-fb:* ccm fir", "a=rtcp-fb:96 ccm fir\r\na=rtcp-fb:97 ccm fir"},
        {"a=extmap:4 urn:x", "a=extmap:4 urn:x"},
        {"a=extmap:4/recvonly urn:x with attributes", "a=extmap:4/recvonly urn:x"},
        {"a=extmap:4096 urn:x", "a=extmap:4096 urn:x"},
        {"a=rid:q send max-width=320;pt=96", "a=rid:q send"},
        {"a=simulcast:send q;~h,g;f", "a=simulcast:send q;h;f"},
        {"a=simulcast:recv 1;2 send 3", "a=simulcast:send 3 recv 1;2"},
        {"a=ssrc:4294967295 cname:x y", "a=ssrc:4294967295 cname:x y"},
        {"a=ssrc:1 cname:x\r\na=ssrc:1 msid:a b", "a=ssrc:1 cname:x"},
        {"a=ssrc-group:FID 1 2", "a=ssrc-group:FID 1 2"},
        {"a=sctp-port:5000", "a=sctp-port:5000"},
        {"a=max-message-size:262144", "a=max-message-size:262144"},
        {"a=fingerprint:SHA-256 " HEX32,
         "a=fingerprint:sha-256 "
         "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"},
        {"a=fingerprint:sha-1 00:11", ""},
        {"a=candidate:1 1 udp 1 host.local 9 typ host", ""},
        {"a=candidate:1 1 udp 1 169.254.169.254 80 typ host", ""},
        {"a=group:BUNDLE 0", ""}, /* not at media level */
        {"a=x-unknown:1", ""},
        {"a=", ""},
        {"b=AS:100", ""},
    };
    (void)state;
    char err[SDP_ERROR_MAX];
    for (size_t i = 0; i < COUNT(rows); i++) {
        g_autofree char *in = g_strconcat(VIDEO, rows[i].in, "\r\n", NULL);
        g_autofree char *out = g_strconcat(VIDEO, rows[i].out, *rows[i].out ? "\r\n" : "", NULL);
        struct sdp sdp;
        assert_int_equal(sdp_parse(&sdp, in, strlen(in), err, sizeof err), 0);
        g_autofree char *written = sdp_write(&sdp);
        assert_string_equal(written, out);
        sdp_finish(&sdp);
    }
}

static void refused(void **state)
{
    static const struct {
        const char *text;
        int rc;
        const char *err; /* a part of it */
    } rows[] = {
        {"", -EBADMSG, "line 1: the SDP is empty"},
        {"x", -EBADMSG, "line 1: not of the form"},
        {"\n", -EBADMSG, "line 1: not of the form"},
        {"v=1\n", -EBADMSG, "line 1: SDP begins with v=0"},
        {"o=-\nv=0\n", -EBADMSG, "line 1: SDP begins with v=0"},
        {HEAD "a\r\n", -EBADMSG, "line 5: not of the form"},
        {HEAD "\r\na=mid:0\r\n", -EBADMSG, "line 5: not of the form"},
        {HEAD "A=mid:0\r\n", -EBADMSG, "line 5: not of the form"},
        {HEAD "a=mid:\x01\r\n", -EBADMSG, "line 5: a control character"},
        {HEAD "a=x\ry\r\n", -EBADMSG, "line 5: a control character"},
        {HEAD "m=\n", -EBADMSG, "line 5: m=: a media type"},
        {HEAD "m=video\n", -EBADMSG, "line 5: m=: \"\" is not a port"},
        {HEAD "m=video 65536 RTP/SAVPF 96\n", -EBADMSG, "line 5: m=: \"65536\" is not a port"},
        {HEAD "m=video -1 RTP/SAVPF 96\n", -EBADMSG, "line 5: m=: \"-1\" is not a port"},
        {HEAD "m=video 9/2 RTP/SAVPF 96\n", -EBADMSG, "line 5: m=: \"9/2\" is not a port"},
        {HEAD "m=video 9\n", -EBADMSG, "line 5: m=: a protocol"},
        {HEAD "m=video 9 RTP/SAVPF\n", -EBADMSG, "line 5: m=: a list of formats"},
        {HEAD "m=video 9 RTP/SAVPF 128\n", -EBADMSG, "line 5: m=: \"128\" is not a payload type"},
        {HEAD "m=video 9 RTP/SAVPF 18446744073709551712\n", -EBADMSG, "is not a payload type"},
        {HEAD "m=video 9 RTP/SAVPF 96 96\n", -EBADMSG, "line 5: m=: payload type 96 is listed twice"},
        {HEAD "m=application 9 UDP/DTLS/SCTP (x)\n", -EBADMSG, "line 5: m=: a list of formats"},
        {VIDEO "a=mid:\n", -EBADMSG, "line 6: a=mid: 1 to 16"},
        {VIDEO "a=mid:12345678901234567\n", -EBADMSG, "line 6: a=mid: 1 to 16"},
        {VIDEO "a=mid:a b\n", -EBADMSG, "line 6: a=mid: 1 to 16"},
        {VIDEO "a=mid:0\nm=audio 9 RTP/SAVPF 1\na=mid:0\n", -EBADMSG, "line 8: a=mid: 0 is that of line 5"},
        {VIDEO "a=ice-ufrag:abc\n", -EBADMSG, "line 6: a=ice-ufrag: 4 to 256"},
        {VIDEO "a=ice-pwd:012345678901234567890\n", -EBADMSG, "line 6: a=ice-pwd: 22 to 256"},
        {VIDEO "a=setup:both\n", -EBADMSG, "line 6: a=setup"},
        {VIDEO "a=fingerprint:sha-256 00:11\n", -EBADMSG, "line 6: a=fingerprint: sha-256 is 32 bytes"},
        {VIDEO "a=fingerprint:sha-256 " HEX32 ":00\n", -EBADMSG, "line 6: a=fingerprint"},
        {VIDEO "a=fingerprint:sha-384 " HEX32 "\n", -EBADMSG, "line 6: a=fingerprint: sha-384 is 48 bytes"},
        {VIDEO "a=rtpmap:x\n", -EBADMSG, "line 6: a=rtpmap: a payload type"},
        {VIDEO "a=rtpmap:96 VP8\n", -EBADMSG, "line 6: a=rtpmap: expected name"},
        {VIDEO "a=rtpmap:96 VP8/\n", -EBADMSG, "line 6: a=rtpmap: expected name"},
        {VIDEO "a=rtpmap:96 VP8/0\n", -EBADMSG, "line 6: a=rtpmap: expected name"},
        {VIDEO "a=rtpmap:96 VP8/4294967296\n", -EBADMSG, "line 6: a=rtpmap: expected name"},
        {VIDEO "a=rtpmap:96 VP8/90000/256\n", -EBADMSG, "line 6: a=rtpmap: expected name"},
        {VIDEO "a=rtpmap:96 VP8/90000\na=rtpmap:96 VP9/90000\n", -EBADMSG,
         "line 7: a=rtpmap: payload type 96 has"},
        {VIDEO "a=fmtp:999 x\n", -EBADMSG, "line 6: a=fmtp"},
        {VIDEO "a=rtcp-fb:-1 nack\n", -EBADMSG, "line 6: a=rtcp-fb"},
        {VIDEO "a=extmap:0 urn:x\n", -EBADMSG, "line 6: a=extmap: \"0\" is not an id"},
        {VIDEO "a=extmap:99999999999999999999 urn:x\n", -EBADMSG, "line 6: a=extmap"},
        {VIDEO "a=extmap:1\n", -EBADMSG, "line 6: a=extmap: the URI is missing"},
        {VIDEO "a=extmap:1/both urn:x\n", -EBADMSG, "line 6: a=extmap: \"both\" is not a direction"},
        {VIDEO "a=rid:q\n", -EBADMSG, "line 6: a=rid: expected"},
        {VIDEO "a=rid:a+b send\n", -EBADMSG, "line 6: a=rid: expected"},
        {VIDEO "a=rid:12345678901234567 send\n", -EBADMSG, "line 6: a=rid: expected"},
        {VIDEO "a=rid:q send\na=rid:q send\n", -EBADMSG, "line 7: a=rid: q is there twice"},
        {VIDEO "a=simulcast:send\n", -EBADMSG, "line 6: a=simulcast: expected rids"},
        {VIDEO "a=simulcast:send ;\n", -EBADMSG, "line 6: a=simulcast: expected rids"},
        {VIDEO "a=simulcast:send q;q\n", -EBADMSG, "line 6: a=simulcast: q is there twice"},
        {VIDEO "a=simulcast: send rid=q;h\n", -EBADMSG, "line 6: a=simulcast: expected send or recv"},
        {VIDEO "a=simulcast:send 1;2;3;4;5;6;7;8;9\n", -E2BIG, "line 6: a=simulcast: more than 8"},
        {VIDEO "a=ssrc:4294967296 cname:x\n", -EBADMSG, "line 6: a=ssrc: expected"},
        {VIDEO "a=ssrc-group:\n", -EBADMSG, "line 6: a=ssrc-group: expected a word"},
        {VIDEO "a=ssrc-group:FID 1 x\n", -EBADMSG, "line 6: a=ssrc-group: expected numbers"},
        {VIDEO "a=ssrc-group:SIM 1 2 3 4 5 6 7 8 9\n", -E2BIG, "line 6: a=ssrc-group: more than 8"},
        {VIDEO "a=sctp-port:70000\n", -EBADMSG, "line 6: a=sctp-port"},
        {VIDEO "a=max-message-size:x\n", -EBADMSG, "line 6: a=max-message-size"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char err[SDP_ERROR_MAX] = "";
        struct sdp sdp;
        assert_int_equal(sdp_parse(&sdp, rows[i].text, strlen(rows[i].text), err, sizeof err), rows[i].rc);
        if (!strstr(err, rows[i].err))
            fail_msg("row %zu: \"%s\" is not in \"%s\"", i, rows[i].err, err);
        assert_null(sdp.sections);
    }
}

/* A line that is repeated, with a number that grows in it, passes up to a cap and is refused above it. */
static void caps(void **state)
{
    static const struct {
        const char *before, *line, *rest;
        size_t most;
    } rows[] = {
        {"v=0\n", "m=audio ", " RTP/SAVPF 0\n", SDP_SECTIONS_MAX},
        {VIDEO, "a=extmap:", " urn:x\n", SDP_EXTS_MAX},
        {VIDEO, "a=rid:", " send\n", SDP_RIDS_MAX},
        {VIDEO, "a=ssrc:", " cname:x\n", SDP_SSRCS_MAX},
        {VIDEO, "a=ssrc-group:FID ", "\n", SDP_GROUPS_MAX},
        {"v=0\n", "s=", "\n", SDP_LINES_MAX - 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        GString *text = g_string_new(rows[i].before);
        char err[SDP_ERROR_MAX];
        struct sdp sdp;
        for (size_t k = 1; k <= rows[i].most; k++)
            g_string_append_printf(text, "%s%zu%s", rows[i].line, k, rows[i].rest);
        assert_int_equal(sdp_parse(&sdp, text->str, text->len, err, sizeof err), 0);
        sdp_finish(&sdp);
        g_string_append_printf(text, "%s%zu%s", rows[i].line, rows[i].most + 1, rows[i].rest);
        assert_int_equal(sdp_parse(&sdp, text->str, text->len, err, sizeof err), -E2BIG);
        g_string_free(text, TRUE);
    }
}

static void too_long(void **state)
{
    (void)state;
    char err[SDP_ERROR_MAX];
    struct sdp sdp;
    g_autofree char *text = g_malloc(10 << 20);
    memset(text, 'x', 10 << 20);
    memcpy(text, "v=0\na=", 6);
    assert_int_equal(sdp_parse(&sdp, text, 10 << 20, err, sizeof err), -E2BIG);
    assert_string_equal(err, "line 1: the SDP is longer than 1048576 bytes");
    assert_int_equal(sdp_parse(&sdp, text, 100000, err, sizeof err), -E2BIG);
    assert_string_equal(err, "line 2: longer than 8192 bytes");
    assert_int_equal(sdp_parse(&sdp, "v=0\na=a\0b\n", 10, err, sizeof err), -EBADMSG);
    assert_string_equal(err, "line 2: a control character");
    text[0] = text[1] = '\n';
    assert_int_equal(sdp_parse(&sdp, text, 100000, err, 1), -EBADMSG); /* no room for words */
}

static void session_level(void **state)
{
    (void)state;
    static const char text[] = "v=0\no=me 1 2 IN IP4 127.0.0.1\ns=x\nt=0 0\na=ice-lite\na=group:LS 7 8\n"
                               "a=group:BUNDLE 0 1\na=group:BUNDLE 2\na=mid:9\na=setup:active\na=recvonly\n"
                               "a=ice-ufrag:abcd\nm=audio 9 RTP/SAVPF 0\nc=IN IP4 192.0.2.1\na=setup:passive";
    char err[SDP_ERROR_MAX];
    struct sdp sdp;
    assert_int_equal(sdp_parse(&sdp, text, sizeof text - 1, err, sizeof err), 0);
    assert_string_equal(sdp.origin, "me 1 2 IN IP4 127.0.0.1");
    assert_true(sdp.ice_lite);
    assert_int_equal(sdp.bundle_count, 2);
    assert_string_equal(sdp.bundle[0], "0");
    assert_string_equal(sdp.bundle[1], "1");
    assert_int_equal(sdp.level.setup, SDP_SETUP_ACTIVE);
    assert_int_equal(sdp.level.direction, SDP_RECVONLY);
    assert_int_equal(sdp.section_count, 1);
    assert_int_equal(sdp.sections[0].line, 13);
    assert_string_equal(sdp.sections[0].mid, "");
    assert_string_equal(sdp.sections[0].connection, "IN IP4 192.0.2.1");
    assert_int_equal(sdp.sections[0].level.setup, SDP_SETUP_PASSIVE);
    assert_false(sdp.sections[0].level.has_direction);
    sdp_finish(&sdp);
}

static void browsers_round_trip(void **state)
{
    static const char *const files[] = {"sdp/chromium-meeting-3-9.sdp", "sdp/firefox-meeting-3-9.sdp",
                                        "sdp/safari-meeting-3-9.sdp", "sdp/chromium-wall-3-46.sdp"};
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        char *text;
        size_t len;
        char err[SDP_ERROR_MAX];
        struct sdp first, second;
        assert_true(g_file_get_contents(files[i], &text, &len, NULL));
        assert_int_equal(sdp_parse(&first, text, len, err, sizeof err), 0);
        g_autofree char *once = sdp_write(&first);
        assert_int_equal(sdp_parse(&second, once, strlen(once), err, sizeof err), 0);
        g_autofree char *twice = sdp_write(&second);
        assert_string_equal(once, twice);
        assert_int_equal(first.section_count, second.section_count);
        sdp_finish(&first);
        sdp_finish(&second);
        g_free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes), cmocka_unit_test(refused),       cmocka_unit_test(caps),
        cmocka_unit_test(too_long),   cmocka_unit_test(session_level), cmocka_unit_test(browsers_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
