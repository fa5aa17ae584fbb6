/* Offers after the first: m-lines stay where they are, and what was settled
 * stays as it is. */
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

/* Each row: offers one after the other, the last of which is looked at. */
static void sequences(void **state)
{
    static const struct {
        const char *offers[3];
        const char *tracks; /* mid@age: how many tracks had been numbered before it */
        const char *slots;  /* mids by index; (x): stopped */
        const char *err;    /* of the last offer */
    } rows[] = {
        {{"audio:0:sendonly video:1:recvonly", "audio:0:sendonly video:1:recvonly"}, "0@0", "1", NULL},
        /* More of both at the end */
        {{"video:0:sendonly video:1:recvonly",
          "video:0:sendonly video:1:recvonly video:2:recvonly audio:3:sendonly"},
         "0@0 3@1",
         "1 2",
         NULL},
        /* A stopped track is forgotten until it returns under its number; a slot keeps its index */
        {{"video:0:sendonly video:1:recvonly", "video:0:inactive video:1:inactive"}, "", "(1)", NULL},
        {{"video:0:sendonly audio:1:sendonly", "video:0:inactive audio:1:sendonly",
          "video:0:sendonly audio:1:sendonly"},
         "0@0 1@1",
         "",
         NULL},
        {{"video:0:recvonly audio:1:recvonly", "video:0:inactive audio:1:recvonly",
          "video:0:recvonly audio:1:recvonly"},
         "",
         "0 1",
         NULL},
        /* An inactive m-line that wakes becomes the next slot, whatever its place */
        {{"video:0:inactive video:1:recvonly", "video:0:recvonly video:1:recvonly"}, "", "1 0", NULL},
        {{"video:0:recvonly", "video:0:sendrecv"}, "0@0", "0", NULL},
        /* Stopped for good: port 0, and another m-line in its place */
        {{"video:0:recvonly video:1:recvonly", "xvideo:0:recvonly video:1:recvonly"}, "", "(0) 1", NULL},
        {{"video:0:recvonly video:1:recvonly", "xvideo:0:recvonly video:1:recvonly",
          "audio:2:recvonly video:1:recvonly"},
         "",
         "(0) 1 2",
         NULL},
        {{"video:0:sendonly video:1:recvonly", "xvideo:0:sendonly video:1:recvonly",
          "video:2:sendonly video:1:recvonly"},
         "2@1",
         "1",
         NULL},
        {{"video:0:recvonly data:1", "video:0:recvonly audio:2:recvonly"}, "", "0 2", NULL},
        {{"video:0:recvonly", "xvideo:0:recvonly"}, "", "(0)", NULL},
        /* Not to be */
        {{"video:0:recvonly video:1:recvonly", "video:0:recvonly"},
         NULL,
         NULL,
         "the offer has 1 m-lines and had 2"},
        {{"video:0:recvonly video:1:recvonly", "video:1:recvonly video:0:recvonly"},
         NULL,
         NULL,
         "line 10: the m-line with mid 0 was here"},
        {{"video:0:recvonly video:1:recvonly", "video:2:recvonly video:1:recvonly"},
         NULL,
         NULL,
         "line 10: the m-line with mid 0 was here"},
        {{"video:0:recvonly", "audio:0:recvonly"},
         NULL,
         NULL,
         "line 10: the m-line with mid 0 was audio or video and is the other now"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer_config config = offer_config("VP8", false, &seed);
        struct answer_state settled = {0};
        uint32_t first_track = offer_track_id(NULL) + 1;
        for (size_t k = 0; k < 3 && rows[i].offers[k]; k++) {
            char *text = offer_text(rows[i].offers[k]);
            bool last = k == 2 || !rows[i].offers[k + 1];
            if (last && rows[i].err) {
                struct answer_state before = settled;
                char err[SDP_ERROR_MAX] = "", *none;
                assert_int_equal(
                    answer_make(&settled, text, strlen(text), &config, NULL, 0, &none, err, sizeof err),
                    -EINVAL);
                if (!strstr(err, rows[i].err))
                    fail_msg("row %zu: \"%s\" is not in \"%s\"", i, rows[i].err, err);
                assert_memory_equal(&before, &settled, sizeof before);
                g_free(text);
                continue;
            }
            struct sdp answer;
            answered(text, &config, &settled, &answer);
            sdp_finish(&answer);
            assert_int_equal(settled.version, k + 1);
        }
        if (rows[i].err)
            continue;
        GString *tracks = g_string_new(NULL), *slots = g_string_new(NULL);
        const struct sfu_media_desc *media = &settled.desc.media;
        for (size_t k = 0; k < media->track_count; k++)
            g_string_append_printf(tracks, "%s%s@%u", k ? " " : "", media->tracks[k].mid,
                                   media->tracks[k].id - first_track);
        for (size_t k = 0; k < media->slot_count; k++)
            g_string_append_printf(slots, media->slots[k].stopped ? "%s(%s)" : "%s%s", k ? " " : "",
                                   media->slots[k].mid);
        assert_string_equal(tracks->str, rows[i].tracks);
        assert_string_equal(slots->str, rows[i].slots);
        g_string_free(tracks, TRUE);
        g_string_free(slots, TRUE);
    }
}

/* SSRCs, cname and our credentials are the same in each answer, the version counts. */
static void settled_stays(void **state)
{
    (void)state;
    struct answer_config config = offer_config("VP8", false, &seed);
    struct answer_state settled = {0}, before;
    struct sdp first, second;
    static const char words[] = "video:0:sendonly video:1:recvonly audio:2:recvonly";
    answered(offer_text(words), &config, &settled, &first);
    before = settled;
    g_autofree char *more = g_strconcat(words, " video:3:recvonly", NULL);
    answered(offer_text(more), &config, &settled, &second);
    assert_int_equal(settled.desc.media.slot_count, 3);
    assert_memory_equal(settled.desc.media.slots, before.desc.media.slots,
                        2 * sizeof before.desc.media.slots[0]);
    assert_string_equal(settled.desc.media.cname, before.desc.media.cname);
    assert_string_equal(settled.desc.ufrag, before.desc.ufrag);
    assert_string_equal(settled.desc.pwd, before.desc.pwd);
    assert_int_equal(settled.origin, before.origin);
    assert_int_equal(strlen(before.desc.media.cname), 16);
    sdp_finish(&first);
    sdp_finish(&second);
}

/* Muted and source are as the last request said, or as they were. */
static void track_state(void **state)
{
    (void)state;
    struct answer_config config = offer_config("VP8", false, &seed);
    struct answer_state settled = {0};
    static const struct {
        const char *words;
        struct answer_source source;
        size_t count;
        bool muted;
        enum sfu_source expected;
    } steps[] = {
        {"video:0:sendonly", {"0", SFU_SCREEN, true}, 1, true, SFU_SCREEN},
        {"video:0:sendonly", {.mid = ""}, 0, true, SFU_SCREEN},
        {"video:0:sendonly", {"0", SFU_SCREEN, false}, 1, false, SFU_SCREEN},
        {"video:0:sendonly video:1:sendonly", {"1", SFU_CAMERA, true}, 1, false, SFU_SCREEN},
        {"video:0:sendonly video:1:sendonly", {"0", SFU_CAMERA, true}, 1, true, SFU_CAMERA},
    };
    for (size_t i = 0; i < COUNT(steps); i++) {
        g_autofree char *text = offer_text(steps[i].words);
        char err[SDP_ERROR_MAX], *answer;
        assert_int_equal(answer_make(&settled, text, strlen(text), &config, &steps[i].source, steps[i].count,
                                     &answer, err, sizeof err),
                         0);
        assert_int_equal(settled.desc.media.tracks[0].muted, steps[i].muted);
        assert_int_equal(settled.desc.media.tracks[0].source, steps[i].expected);
        g_free(answer);
    }
}

static char *replaced(const char *words, const char *from, const char *to)
{
    g_autofree char *text = offer_text(words);
    char *at = strstr(text, from);
    assert_non_null(at);
    *at = '\0';
    return g_strconcat(text, to, at + strlen(from), NULL);
}

/* New credentials of theirs mean new ones of ours (RFC 8839, section 4.4.1.1.1); certificate and role stay.
 */
static void transport(void **state)
{
    static const struct {
        const char *setup; /* of the first offer */
        const char *from, *to, *err;
        bool restarts;
    } rows[] = {
        {"actpass", "a=ice-ufrag:abcd", "a=ice-ufrag:abcd", NULL, false},
        {"actpass", "a=ice-ufrag:abcd", "a=ice-ufrag:abce", NULL, true},
        {"actpass", "a=ice-pwd:0", "a=ice-pwd:1", NULL, true},
        {"actpass", "a=fingerprint:sha-256 00", "a=fingerprint:sha-256 01",
         "line 10: a=fingerprint has changed", false},
        {"actpass", "a=setup:actpass", "a=setup:active", NULL, false},
        {"actpass", "a=setup:actpass", "a=setup:passive", "line 10: a=setup has changed", false},
        {"passive", "a=setup:actpass", "a=setup:actpass", NULL, false},
        {"passive", "a=setup:actpass", "a=setup:active", "line 10: a=setup has changed", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer_config config = offer_config("VP8", false, &seed);
        struct answer_state settled = {0};
        struct sdp answer;
        answered(replaced("video:0:recvonly", "actpass", rows[i].setup), &config, &settled, &answer);
        sdp_finish(&answer);
        struct answer_state before = settled;
        char *text = replaced("video:0:recvonly", rows[i].from, rows[i].to);
        char err[SDP_ERROR_MAX] = "", *none;
        if (rows[i].err) {
            assert_int_equal(
                answer_make(&settled, text, strlen(text), &config, NULL, 0, &none, err, sizeof err), -EINVAL);
            assert_non_null(strstr(err, rows[i].err));
            g_free(text);
            continue;
        }
        answered(text, &config, &settled, &answer);
        sdp_finish(&answer);
        assert_int_equal(strcmp(before.desc.ufrag, settled.desc.ufrag) != 0, rows[i].restarts);
        assert_int_equal(strcmp(before.desc.pwd, settled.desc.pwd) != 0, rows[i].restarts);
        assert_int_equal(settled.desc.dtls_client, before.desc.dtls_client);
    }
}

/* A simulcast m-line that is made inactive keeps its layers and their extensions in the answer: without them
 * Chromium refuses its own next offer. */
static void inactive_layers(void **state)
{
    (void)state;
    struct answer_config config = offer_config("VP9 VP8", false, &seed);
    struct answer_state settled = {0};
    struct sdp answer;
    static const char lines[] = OFFER_VP8 "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\n"
                                          "a=rid:q send\na=rid:h send\na=simulcast:send q;h\n";
    static const char *const directions[] = {"sendonly", "inactive", "sendonly"};
    for (size_t i = 0; i < COUNT(directions); i++) {
        answered(offer_one("video", "96 97", directions[i], lines), &config, &settled, &answer);
        assert_int_equal(answer.sections[0].recv_count, 2);
        assert_int_equal(answer.sections[0].ext_count, 1);
        assert_int_equal(answer.sections[0].format_count, 2);
        assert_int_equal(settled.desc.media.track_count, i == 1 ? 0 : 1);
        sdp_finish(&answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences), cmocka_unit_test(settled_stays),   cmocka_unit_test(track_state),
        cmocka_unit_test(transport), cmocka_unit_test(inactive_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
