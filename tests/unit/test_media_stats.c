/* Statistics of a transport, as the protocol tells them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>

#include "media_stats.h"

/* No two figures of a part are the same. */
static const struct sfu_transport_stats full = {
    .rtt_us = 12500,
    .estimate = 1,
    .allotted = 2,
    .remb = UINT32_MAX,
    .srtp_profile = "AEAD_AES_128_GCM",
    .packets_in = 3,
    .bytes_in = 4,
    .packets_out = 5,
    .bytes_out = 6,
    .track_count = 2,
    .tracks = {{.id = 7,
                .source = SFU_CAMERA,
                .codec = RTP_CODEC_VP8,
                .layer_count = 2,
                .layers = {{.ssrc = UINT32_MAX,
                            .packets = 1ull << 40,
                            .bytes = 1ull << 41,
                            .lost = 1,
                            .nacks = 2,
                            .plis = 3,
                            .jitter_us = 1500,
                            .bitrate = 4,
                            .width = 640,
                            .height = 360,
                            .wanted = true},
                           {.ssrc = 5}}},
               {.id = 8, .source = SFU_MIC, .codec = RTP_CODEC_OPUS}},
    .slot_count = 2,
    .slots = {{.ssrc = 1, .layer = -1, .target = -1, .temporal = -1, .why = SFU_WHY_NO_CODEC},
              {.track = 9,
               .ssrc = UINT32_MAX,
               .layer = 2,
               .target = 1,
               .temporal = 0,
               .width = 320,
               .height = 180,
               .why = SFU_WHY_FILLED,
               .loss = 64,
               .jitter_us = 2500,
               .allotted = 3,
               .packets = 1ull << 40,
               .bytes = 1ull << 41,
               .retransmitted = 4,
               .nacked = 5,
               .plis = 6,
               .lost = 7,
               .bitrate = 8}},
};

/* ' for ". */
static const struct {
    const struct sfu_transport_stats *stats;
    const char *json;
} rows[] = {
    {NULL, "{'rtt': 0.0, 'estimate': 0, 'allotted': 0, 'remb': 0, 'srtp': '',"
           " 'packets_in': 0, 'bytes_in': 0, 'packets_out': 0, 'bytes_out': 0, 'tracks': [], 'slots': []}"},
    {&full,
     "{'rtt': 12.5, 'estimate': 1, 'allotted': 2, 'remb': 4294967295, 'srtp': 'AEAD_AES_128_GCM',"
     " 'packets_in': 3, 'bytes_in': 4, 'packets_out': 5, 'bytes_out': 6,"
     " 'tracks': [{'track': 7, 'source': 'camera', 'codec': 'VP8', 'layers': ["
     "  {'ssrc': 4294967295, 'bitrate': 4, 'packets': 1099511627776, 'bytes': 2199023255552, 'lost': 1,"
     "   'jitter': 1.5, 'width': 640, 'height': 360, 'nacks': 2, 'plis': 3, 'wanted': true},"
     "  {'ssrc': 5, 'bitrate': 0, 'packets': 0, 'bytes': 0, 'lost': 0,"
     "   'jitter': 0.0, 'width': 0, 'height': 0, 'nacks': 0, 'plis': 0, 'wanted': false}]},"
     "  {'track': 8, 'source': 'mic', 'codec': 'opus', 'layers': []}],"
     " 'slots': [{'slot': 0, 'ssrc': 1, 'why': 'no codec', 'bitrate': 0, 'allotted': 0, 'packets': 0,"
     "   'bytes': 0, 'lost': 0, 'loss': 0.0, 'jitter': 0.0, 'retransmitted': 0, 'nacked': 0, 'plis': 0,"
     "   'width': 0, 'height': 0, 'track': null, 'layer': null, 'target': null, 'temporal': null},"
     "  {'slot': 1, 'ssrc': 4294967295, 'why': 'filled', 'bitrate': 8, 'allotted': 3,"
     "   'packets': 1099511627776, 'bytes': 2199023255552, 'lost': 7, 'loss': 0.25, 'jitter': 2.5,"
     "   'retransmitted': 4, 'nacked': 5, 'plis': 6, 'width': 320, 'height': 180, 'track': 9, 'layer': 2,"
     "   'target': 1, 'temporal': 0}]}"},
};

static void every_figure_in_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        json_error_t error;
        g_autofree char *text = g_strdelimit(g_strdup(rows[i].json), "'", '"');
        json_t *want = json_loads(text, 0, &error), *json = media_stats(rows[i].stats);
        if (!want)
            fail_msg("row %zu: %s at %d", i, error.text, error.position);
        if (!json_equal(json, want))
            fail_msg("row %zu: %s", i, json_dumps(json, 0));
        json_decref(want);
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_figure_in_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
