/* Answers to what browsers offer: each keeps the rules of answer_check.h, and
 * has the codecs and extensions that the room asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answer_check.h"
#include "offer_text.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct {
    const char *file, *codecs; /* the room's video codecs */
    bool red;
    size_t tracks, slots;
    const char *mic, *camera, *audio_slot, *video_slot; /* formats of the answer */
} rows[] = {
    {"chromium-viewer-1-1", "VP8", false, 0, 2, NULL, NULL, "opus", "VP8 rtx"},
    {"chromium-viewer-1-1", "VP8", true, 0, 2, NULL, NULL, "red opus", "VP8 rtx"},
    {"chromium-meeting-3-9", "VP8", false, 3, 12, "opus", "VP8 rtx", "opus", "VP8 rtx"},
    {"chromium-meeting-3-9", "VP9 VP8", true, 3, 12, "red opus", "VP9 rtx", "red opus", "VP9 rtx VP8 rtx"},
    {"chromium-meeting-3-9", "AV1 VP8", true, 3, 12, "red opus", "AV1 rtx", "red opus", "AV1 rtx VP8 rtx"},
    {"chromium-meeting-3-9", "H264", false, 3, 12, "opus", "H264 rtx", "opus",
     "H264 rtx H264 rtx H264 rtx H264 rtx H264 rtx H264 rtx H264 rtx H264 rtx"},
    {"chromium-wall-3-46", "VP8", false, 3, 49, "opus", "VP8 rtx", "opus", "VP8 rtx"},
    {"firefox-viewer-1-1", "VP8", true, 0, 2, NULL, NULL, "opus", "VP8 rtx"},
    {"firefox-meeting-3-9", "VP8", false, 3, 12, "opus", "VP8 rtx", "opus", "VP8 rtx"},
    {"firefox-meeting-3-9", "H264 AV1 VP8", false, 3, 12, "opus", "AV1 rtx", "opus", "AV1 rtx VP8 rtx"},
    {"firefox-wall-3-46", "VP8", false, 3, 49, "opus", "VP8 rtx", "opus", "VP8 rtx"},
    {"safari-viewer-1-1", "VP8", true, 0, 2, NULL, NULL, "red opus", "VP8 rtx"},
    {"safari-meeting-3-9", "AV1 VP8", false, 3, 12, "opus", "VP8 rtx", "opus", "VP8 rtx"},
    {"safari-meeting-3-9", "H264 VP8", false, 3, 12, "opus", "H264 rtx", "opus", "H264 rtx H264 rtx VP8 rtx"},
    {"safari-wall-3-46", "VP8", false, 3, 49, "opus", "VP8 rtx", "opus", "VP8 rtx"},
};

struct answered {
    char *offer_text, *answer_text;
    struct sdp offer, answer;
    struct answer_state state;
};

static void answer_file(struct answered *a, const char *file, const struct answer_config *config)
{
    g_autofree char *path = g_strconcat("sdp/", file, ".sdp", NULL);
    char err[SDP_ERROR_MAX] = "";
    size_t len;
    *a = (struct answered){0};
    assert_true(g_file_get_contents(path, &a->offer_text, &len, NULL));
    if (answer_make(&a->state, a->offer_text, len, config, NULL, 0, &a->answer_text, err, sizeof err) < 0)
        fail_msg("%s: %s", file, err);
    assert_int_equal(sdp_parse(&a->offer, a->offer_text, len, err, sizeof err), 0);
    assert_int_equal(sdp_parse(&a->answer, a->answer_text, strlen(a->answer_text), err, sizeof err), 0);
}

static void finish(struct answered *a)
{
    sdp_finish(&a->offer);
    sdp_finish(&a->answer);
    g_free(a->offer_text);
    g_free(a->answer_text);
}

static const struct sdp_section *first(const struct sdp *answer, const char *media,
                                       enum sdp_direction direction)
{
    for (size_t i = 0; i < answer->section_count; i++) {
        const struct sdp_section *s = &answer->sections[i];
        if (strcmp(s->media, media) == 0 && s->level.direction == direction)
            return s;
    }
    return NULL;
}

static void check_formats(const struct sdp_section *s, const char *expected)
{
    if (!expected) {
        assert_null(s);
        return;
    }
    GString *names = g_string_new(NULL);
    assert_non_null(s);
    for (size_t i = 0; i < s->format_count; i++)
        g_string_append_printf(names, "%s%s", i ? " " : "", s->formats[i].name);
    assert_string_equal(names->str, expected);
    g_string_free(names, TRUE);
}

static void formats(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t seed = 1;
        struct answer_config config = offer_config(rows[i].codecs, rows[i].red, &seed);
        struct answered a;
        answer_file(&a, rows[i].file, &config);
        const char *broken = answer_check(&a.offer, &a.answer, &a.state);
        if (broken)
            fail_msg("row %zu: %s", i, broken);
        assert_int_equal(a.state.desc.media.track_count, rows[i].tracks);
        assert_int_equal(a.state.desc.media.slot_count, rows[i].slots);
        check_formats(first(&a.answer, "audio", SDP_RECVONLY), rows[i].mic);
        check_formats(first(&a.answer, "video", SDP_RECVONLY), rows[i].camera);
        check_formats(first(&a.answer, "audio", SDP_SENDONLY), rows[i].audio_slot);
        check_formats(first(&a.answer, "video", SDP_SENDONLY), rows[i].video_slot);
        const struct sdp_section *last = &a.answer.sections[a.answer.section_count - 1];
        assert_string_equal(last->media, "application");
        assert_int_equal(last->port, 0);
        finish(&a);
    }
}

/* Candidates stand in one m-line, in falling order of priority; the m-line's own address is the first. */
static void candidates(void **state)
{
    (void)state;
    uint32_t seed = 1;
    struct answer_config config = offer_config("VP8", false, &seed);
    struct answered a;
    answer_file(&a, "chromium-meeting-3-9", &config);
    static const char lines[] = "a=candidate:1 1 udp 2130706431 192.0.2.1 7900 typ host\r\n"
                                "a=candidate:2 1 udp 2130706175 2001:db8::1 7900 typ host\r\n"
                                "a=end-of-candidates\r\n";
    const char *at = strstr(a.answer_text, lines);
    assert_non_null(at);
    assert_null(strstr(at + sizeof lines, "a=candidate"));
    const char *second = strstr(strstr(a.answer_text, "m=") + 1, "m=");
    assert_true(at < second);
    assert_string_equal(a.answer.sections[1].connection, "IN IP4 192.0.2.1");
    assert_int_equal(a.answer.sections[1].port, 7900);
    finish(&a);

    config.candidate_count = 0;
    answer_file(&a, "chromium-meeting-3-9", &config);
    assert_null(strstr(a.answer_text, "a=candidate"));
    assert_int_equal(a.answer.sections[1].port, 9);
    finish(&a);
}

/* Where which extension is agreed on, as "m e e e" with the last word of each URI. */
static void extensions(void **state)
{
    static const struct {
        const char *file, *codecs, *media;
        enum sdp_direction direction;
        const char *exts;
    } cases[] = {
        {"chromium-meeting-3-9", "VP8", "audio", SDP_RECVONLY, "ssrc-audio-level abs-send-time tcc mid"},
        {"chromium-meeting-3-9", "VP8", "audio", SDP_SENDONLY, "ssrc-audio-level abs-send-time tcc mid"},
        {"chromium-meeting-3-9", "VP8", "video", SDP_RECVONLY, "abs-send-time tcc mid rid rrid dd layers"},
        {"chromium-meeting-3-9", "VP8", "video", SDP_SENDONLY, "abs-send-time tcc mid"},
        {"chromium-meeting-3-9", "AV1 VP8", "video", SDP_SENDONLY, "abs-send-time tcc mid dd"},
        {"firefox-meeting-3-9", "VP8", "audio", SDP_RECVONLY, "ssrc-audio-level mid tcc"},
        {"firefox-meeting-3-9", "VP8", "video", SDP_RECVONLY,
         "mid abs-send-time tcc dd/recvonly rid/recvonly rrid/recvonly"},
        {"firefox-meeting-3-9", "VP8", "video", SDP_SENDONLY, "mid abs-send-time tcc"},
    };
    static const struct {
        enum rtp_ext ext;
        const char *name;
    } names[] = {
        {RTP_EXT_MID, "mid"},           {RTP_EXT_RID, "rid"},
        {RTP_EXT_REPAIRED_RID, "rrid"}, {RTP_EXT_AUDIO_LEVEL, "ssrc-audio-level"},
        {RTP_EXT_TRANSPORT_CC, "tcc"},  {RTP_EXT_ABS_SEND_TIME, "abs-send-time"},
        {RTP_EXT_DEPENDENCY, "dd"},     {RTP_EXT_VIDEO_LAYERS, "layers"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t seed = 1;
        struct answer_config config = offer_config(cases[i].codecs, false, &seed);
        struct answered a;
        answer_file(&a, cases[i].file, &config);
        const struct sdp_section *s = first(&a.answer, cases[i].media, cases[i].direction);
        GString *text = g_string_new(NULL);
        for (size_t k = 0; k < s->ext_count; k++) {
            for (size_t n = 0; n < COUNT(names); n++) {
                if (strcmp(s->exts[k].uri, rtp_exts[names[n].ext].uri) == 0)
                    g_string_append_printf(text, "%s%s%s", k ? " " : "", names[n].name,
                                           s->exts[k].direction == SDP_RECVONLY ? "/recvonly" : "");
            }
        }
        assert_string_equal(text->str, cases[i].exts);
        g_string_free(text, TRUE);
        finish(&a);
    }
}

/* What the media plane hears of a meeting: layers in the client's order, the formats of VP8 and Opus. */
static void description(void **state)
{
    (void)state;
    uint32_t seed = 1;
    struct answer_config config = offer_config("VP8", false, &seed);
    struct answered a;
    answer_file(&a, "chromium-meeting-3-9", &config);
    const struct sfu_transport_desc *desc = &a.state.desc;
    const struct sfu_media_desc *media = &desc->media;
    assert_string_equal(desc->remote_ufrag, a.offer.sections[0].level.ufrag);
    assert_string_equal(desc->remote_pwd, a.offer.sections[0].level.pwd);
    assert_int_equal(strlen(desc->ufrag), 12);
    assert_int_equal(strlen(desc->pwd), 24);
    assert_false(desc->dtls_client);
    assert_int_equal(desc->fingerprint.len, 32);
    assert_memory_equal(desc->fingerprint.value, a.offer.sections[0].level.fingerprint.value, 32);
    static const struct {
        enum sfu_source source;
        uint8_t rid_count;
        const char *rids[3];
    } tracks[] = {{SFU_MIC, 0, {0}}, {SFU_CAMERA, 3, {"q", "h", "f"}}, {SFU_SCREEN, 2, {"l", "s"}}};
    for (size_t i = 0; i < COUNT(tracks); i++) {
        assert_int_equal(media->tracks[i].source, tracks[i].source);
        assert_int_equal(media->tracks[i].rid_count, tracks[i].rid_count);
        for (size_t k = 0; k < tracks[i].rid_count; k++)
            assert_string_equal(media->tracks[i].rids[k], tracks[i].rids[k]);
        assert_false(media->tracks[i].muted);
    }
    assert_int_equal(media->tracks[0].ssrcs[0], a.offer.sections[0].ssrcs[0].ssrc);
    assert_int_equal(media->format_count, 2);
    assert_int_equal(media->formats[0].codec, RTP_CODEC_OPUS);
    assert_int_equal(media->formats[0].pt, 111);
    assert_int_equal(media->formats[0].rtx_pt, 0);
    assert_true(media->formats[0].transport_cc && !media->formats[0].nack);
    assert_int_equal(media->formats[1].codec, RTP_CODEC_VP8);
    assert_int_equal(media->formats[1].pt, 96);
    assert_int_equal(media->formats[1].rtx_pt, 97);
    assert_true(media->formats[1].nack && media->formats[1].pli && media->formats[1].transport_cc);
    assert_false(media->formats[1].remb);
    assert_true(media->exts.mixed);
    assert_int_equal(media->exts.id[RTP_EXT_MID], 4);
    assert_int_equal(media->exts.id[RTP_EXT_PLAYOUT_DELAY], 0);
    assert_int_equal(media->slots[0].kind, RTP_AUDIO);
    assert_int_equal(media->slots[0].rtx_ssrc, 0);
    assert_int_equal(media->slots[3].kind, RTP_VIDEO);
    assert_int_not_equal(media->slots[3].rtx_ssrc, 0);
    finish(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats),
        cmocka_unit_test(candidates),
        cmocka_unit_test(extensions),
        cmocka_unit_test(description),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
