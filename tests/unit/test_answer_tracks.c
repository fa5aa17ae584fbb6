/* What becomes of the m-lines: tracks with their sources and layers, slots with their SSRCs. */
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

static void sources(void **state)
{
    static const struct {
        const char *words;
        struct answer_source sources[2];
        size_t count;
        const char *expected; /* mid=source of each track, or a part of the error */
    } rows[] = {
        {"audio:a:sendonly video:b:sendonly", {{.mid = ""}}, 0, "a=mic b=camera"},
        {"video:b:sendonly audio:a:sendonly video:c:sendrecv audio:d:sendonly",
         {{.mid = ""}},
         0,
         "b=camera a=mic c=screen d=screen_audio"},
        {"video:a:sendonly video:b:sendonly video:c:sendonly",
         {{.mid = ""}},
         0,
         "a=camera b=screen c=camera"},
        {"video:a:sendonly", {{"a", SFU_SCREEN, false}}, 1, "a=screen"},
        {"video:a:sendonly video:b:sendonly", {{"b", SFU_CAMERA, false}}, 1, "a=screen b=camera"},
        {"video:a:sendonly audio:b:sendonly",
         {{"a", SFU_CAMERA, true}, {"b", SFU_MIC, false}},
         2,
         "a=camera/muted b=mic"},
        {"video:a:sendonly video:b:recvonly", {{"b", SFU_CAMERA, false}}, 1, "a=camera"},
        {"video:a:sendonly",
         {{"a", SFU_MIC, false}},
         1,
         "line 10: tracks: mid a is not of a kind that a mic has"},
        {"video:a:sendonly", {{"z", SFU_CAMERA, false}}, 1, "tracks: the offer has no m-line with mid z"},
    };
    static const char *const names[] = {"mic", "camera", "screen", "screen_audio"};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer_config config = offer_config("VP8", false, &seed);
        struct answer_state settled = {0};
        g_autofree char *text = offer_text(rows[i].words);
        char err[SDP_ERROR_MAX] = "", *answer = NULL;
        int rc = answer_make(&settled, text, strlen(text), &config, rows[i].sources, rows[i].count, &answer,
                             err, sizeof err);
        GString *got = g_string_new(rc < 0 ? err : "");
        for (size_t k = 0; rc == 0 && k < settled.desc.media.track_count; k++) {
            const struct sfu_track_desc *t = &settled.desc.media.tracks[k];
            g_string_append_printf(got, "%s%s=%s%s", k ? " " : "", t->mid, names[t->source],
                                   t->muted ? "/muted" : "");
        }
        assert_string_equal(got->str, rows[i].expected);
        g_string_free(got, TRUE);
        g_free(answer);
    }
}

static void layers(void **state)
{
    static const struct {
        const char *lines;
        const char *rids;      /* of the track and, with `recv`, of the answer */
        const char *simulcast; /* line of the answer, NULL = none */
        uint32_t ssrc, rtx_ssrc;
    } rows[] = {
        {"", "", NULL, 0, 0},
        {"a=ssrc:5 cname:x\n", "", NULL, 5, 0},
        {"a=ssrc-group:FID 5 6\na=ssrc:5 cname:x\na=ssrc:6 cname:x\n", "", NULL, 5, 6},
        {"a=ssrc-group:FID 7 6\na=ssrc:5 cname:x\na=ssrc:6 cname:x\n", "", NULL, 5, 0},
        {"a=rid:q send\na=rid:h send\na=rid:f send\na=simulcast:send q;h;f\na=ssrc:5 cname:x\n", "q h f",
         "recv q;h;f", 0, 0},
        {"a=rid:f send\na=rid:h send\na=simulcast:send h;f\n", "h f", "recv h;f", 0, 0},
        {"a=rid:f send\na=rid:h send\na=simulcast:send h,f\n", "h", "recv h", 0, 0},
        {"a=rid:one send\n", "one", NULL, 0, 0},
        {"a=rid:one recv\na=simulcast:recv one\n", "", NULL, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer_config config = offer_config("VP8", false, &seed);
        struct answer_state settled = {0};
        struct sdp answer;
        g_autofree char *lines = g_strconcat(OFFER_VP8, rows[i].lines, NULL);
        answered(offer_one("video", "96 97", "sendonly", lines), &config, &settled, &answer);
        const struct sfu_track_desc *track = &settled.desc.media.tracks[0];
        GString *rids = g_string_new(NULL), *simulcast = g_string_new(NULL);
        for (size_t k = 0; k < track->rid_count; k++)
            g_string_append_printf(rids, "%s%s", k ? " " : "", track->rids[k]);
        for (size_t k = 0; k < answer.sections[0].recv_count; k++)
            g_string_append_printf(simulcast, "%s%s", k ? ";" : "recv ", answer.sections[0].recv[k]);
        assert_string_equal(rids->str, rows[i].rids);
        assert_string_equal(simulcast->str, rows[i].simulcast ? rows[i].simulcast : "");
        assert_int_equal(track->ssrcs[0], rows[i].ssrc);
        assert_int_equal(track->rtx_ssrcs[0], rows[i].rtx_ssrc);
        g_string_free(rids, TRUE);
        g_string_free(simulcast, TRUE);
        sdp_finish(&answer);
    }
}

static void zeros(void *arg, void *out, size_t len)
{
    (void)arg;
    memset(out, 0, len);
}

/* Even with the worst of random sources SSRCs are unique, also among the client's. */
static void ssrcs(void **state)
{
    (void)state;
    struct answer_config config = offer_config("VP8", false, &seed);
    struct answer_state settled = {0};
    struct sdp answer;
    config.random = zeros;
    g_autofree char *text = offer_text("video:0:sendonly video:1:recvonly video:2:sendrecv audio:3:recvonly");
    answered(g_strconcat(text, "a=ssrc:1 cname:x\na=ssrc:3 cname:x\n", NULL), &config, &settled, &answer);
    const struct sfu_slot_desc *slots = settled.desc.media.slots;
    assert_int_equal(settled.desc.media.slot_count, 3);
    assert_int_equal(slots[0].ssrc, 2);
    assert_int_equal(slots[0].rtx_ssrc, 4);
    assert_int_equal(slots[1].ssrc, 5);
    assert_int_equal(slots[1].rtx_ssrc, 6);
    assert_int_equal(slots[2].ssrc, 7);
    assert_int_equal(slots[2].rtx_ssrc, 0);
    assert_string_equal(answer.sections[1].msid, "slot-0 slot-0");
    assert_string_equal(answer.sections[2].msid, "slot-1 slot-1");
    assert_int_equal(answer.sections[2].level.direction, SDP_SENDRECV);
    assert_int_equal(settled.desc.media.track_count, 2);
    sdp_finish(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources),
        cmocka_unit_test(layers),
        cmocka_unit_test(ssrcs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
