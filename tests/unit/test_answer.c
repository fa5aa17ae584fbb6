/* The transport that an answer agrees on, and the offers that have none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answered.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static uint32_t seed = 7;

/* A line of the usual offer replaced: which DTLS role, or which error. */
static void transport(void **state)
{
    static const struct {
        const char *from, *to;
        const char *err; /* NULL = answered */
        bool client;
    } rows[] = {
        {"a=setup:actpass", "a=setup:actpass", NULL, false},
        {"a=setup:actpass", "a=setup:active", NULL, false},
        {"a=setup:actpass", "a=setup:passive", NULL, true},
        {"a=setup:actpass", "a=x", NULL, false},
        {"a=setup:actpass", "a=setup:holdconn", "line 10: a=setup:holdconn", false},
        {"a=ice-ufrag:abcd", "a=x", "line 10: a=ice-ufrag is missing", false},
        {"a=ice-pwd:0123456789012345678901", "a=x", "line 10: a=ice-pwd is missing", false},
        {"a=fingerprint:sha-256 " OFFER_FINGERPRINT, "a=x", "line 10: a=fingerprint with sha-256", false},
        {"a=fingerprint:sha-256 " OFFER_FINGERPRINT, "a=fingerprint:sha-1 00", "line 10: a=fingerprint with",
         false},
        {"a=rtcp-mux", "a=x", "line 10: a=rtcp-mux is missing", false},
        {"a=group:BUNDLE 0 1 2\n", "a=x\n", "line 17: a=group:BUNDLE does not name mid 1", false},
        {"a=group:BUNDLE 0 1 2\n", "a=group:BUNDLE 0 2\n", "line 17: a=group:BUNDLE does not name mid 1",
         false},
        {"a=mid:1", "a=x", "line 17: the m-line has no a=mid", false},
        {"a=mid:1", "a=mid:2", "line 28: a=mid: 2 is that of line 17", false},
        {"a=rtpmap:97 rtx", "a=rtpmap:97 opus", NULL, false},
        {"m=audio 9 UDP/TLS/RTP/SAVPF", "m=audio 9 RTP/AVP", NULL, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer_config config = offer_config("VP8", false, &seed);
        struct answer_state settled = {0};
        g_autofree char *text = offer_text("audio:0:sendonly video:1:sendonly data:2");
        char *at = strstr(text, rows[i].from);
        assert_non_null(at);
        *at = '\0';
        char *edited = g_strconcat(text, rows[i].to, at + strlen(rows[i].from), NULL);
        char err[SDP_ERROR_MAX] = "", *answer = NULL;
        struct sdp sdp;
        if (!rows[i].err) {
            answered(edited, &config, &settled, &sdp);
            assert_int_equal(settled.desc.dtls_client, rows[i].client);
            sdp_finish(&sdp);
            continue;
        }
        assert_true(
            answer_make(&settled, edited, strlen(edited), &config, NULL, 0, &answer, err, sizeof err) < 0);
        if (!strstr(err, rows[i].err))
            fail_msg("row %zu: \"%s\" is not in \"%s\"", i, rows[i].err, err);
        assert_int_equal(settled.version, 0);
        assert_null(answer);
        g_free(edited);
    }
}

/* Lines that are added to the usual two m-lines' second one. */
static void refused(void **state)
{
    static const struct {
        const char *words, *lines, *err;
        bool good; /* the offer is, but it is not served here */
    } rows[] = {
        {"video:0:sendonly", "a=simulcast:send q;h\na=rid:q send\n",
         "line 10: a=simulcast: h has no a=rid:h send", false},
        {"video:0:sendonly", "a=simulcast:send q\na=rid:q recv\n",
         "line 10: a=simulcast: q has no a=rid:q send", false},
        {"video:0:sendonly",
         "a=simulcast:send a;b;c;d\na=rid:a send\na=rid:b send\na=rid:c send\na=rid:d send\n",
         "line 10: a=simulcast: 4 layers, at most 3", true},
        {"audio:0:sendonly video:1:sendonly", "a=extmap:3 urn:b\na=extmap:3 urn:c\n",
         "line 17: a=extmap: id 3 means urn:b and urn:c", false},
        {"video:1:sendonly", "a=extmap:3 urn:3gpp:video-orientation\na=extmap:4 urn:3gpp:video-orientation\n",
         "line 10: a=extmap: urn:3gpp:video-orientation has two ids, 3 and 4", false},
        {"data:0", "", "no m-line can be taken", true},
        {"xaudio:0:sendonly", "", "no m-line can be taken", true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer_config config = offer_config("VP8", false, &seed);
        struct answer_state settled = {0};
        g_autofree char *text = offer_text(rows[i].words);
        g_autofree char *edited = g_strconcat(text, rows[i].lines, NULL);
        char err[SDP_ERROR_MAX] = "", *answer;
        assert_int_equal(
            answer_make(&settled, edited, strlen(edited), &config, NULL, 0, &answer, err, sizeof err),
            rows[i].good ? -ENOTSUP : -EINVAL);
        if (!strstr(err, rows[i].err))
            fail_msg("row %zu: \"%s\" is not in \"%s\"", i, rows[i].err, err);
    }
}

/* A payload type of one m-line that another gives to something else. */
static void two_meanings(void **state)
{
    static const struct {
        const char *second; /* lines of the second m-line, payload types 96 and 97 */
        const char *err;
    } rows[] = {
        {OFFER_VP8, NULL},
        {"a=rtpmap:96 vp8/90000\n", NULL},
        {"a=rtpmap:96 VP9/90000\n", "payload type 96 means another codec than in the m-line of line 10"},
        {"a=rtpmap:96 VP8/48000\n", "payload type 96 means another"},
        {"a=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=98\n", "payload type 97 means another"},
        {"a=rtpmap:96 VP8/90000\na=rtpmap:97 VP8/90000\n", "payload type 97 means another"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer_config config = offer_config("VP8", false, &seed);
        struct answer_state settled = {0};
        g_autofree char *head = offer_head("0 1"), *first = offer_video("0", "sendonly");
        g_autofree char *second = offer_line("video", "96 97", "1", "recvonly", rows[i].second);
        g_autofree char *text = g_strconcat(head, first, second, NULL);
        char err[SDP_ERROR_MAX] = "", *answer;
        int rc = answer_make(&settled, text, strlen(text), &config, NULL, 0, &answer, err, sizeof err);
        if (!rows[i].err) {
            assert_int_equal(rc, 0);
            g_free(answer);
        } else if (rc != -EINVAL || !strstr(err, rows[i].err)) {
            fail_msg("row %zu: \"%s\" is not in \"%s\"", i, rows[i].err, err);
        }
    }
}

/* More sending or receiving m-lines than a transport has. */
static void too_many(void **state)
{
    static const struct {
        const char *direction;
        size_t count;
        const char *err; /* NULL = answered */
    } rows[] = {
        {"sendonly", SFU_TRACKS_MAX, NULL},
        {"sendonly", SFU_TRACKS_MAX + 1, "more than 8 sending m-lines"},
        {"recvonly", SFU_SLOTS_MAX, NULL},
        {"recvonly", SFU_SLOTS_MAX + 1, "more than 64 receiving m-lines"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer_config config = offer_config("VP8", false, &seed);
        struct answer_state settled = {0};
        GString *words = g_string_new(NULL);
        for (size_t k = 0; k < rows[i].count; k++)
            g_string_append_printf(words, "%svideo:%zu:%s", k ? " " : "", k, rows[i].direction);
        char *text = offer_text(words->str);
        char err[SDP_ERROR_MAX] = "", *answer;
        struct sdp sdp;
        if (rows[i].err) {
            assert_int_equal(
                answer_make(&settled, text, strlen(text), &config, NULL, 0, &answer, err, sizeof err),
                -ENOTSUP);
            assert_non_null(strstr(err, rows[i].err));
            g_free(text);
        } else {
            answered(text, &config, &settled, &sdp);
            sdp_finish(&sdp);
        }
        g_string_free(words, TRUE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transport),
        cmocka_unit_test(refused),
        cmocka_unit_test(two_meanings),
        cmocka_unit_test(too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
