/* Which account of its packets a publisher gets is what was negotiated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arrival.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { NOTHING, NUMBERS, RATE };

static int given(const struct arrival *a)
{
    assert_false(a->transport_cc && a->estimate);
    return a->transport_cc ? NUMBERS : a->estimate ? RATE : NOTHING;
}

/* Rows that go on are further offers of the same participant. */
static void goes_by_what_was_negotiated(void **state)
{
    static const struct {
        bool goes_on, transport_cc, extension, remb;
        uint8_t tracks;
        int given;
    } rows[] = {
        {.transport_cc = true, .extension = true, .tracks = 1, .given = NUMBERS},
        {.transport_cc = true, .extension = true, .remb = true, .tracks = 1, .given = NUMBERS},
        {.remb = true, .tracks = 1, .given = RATE},
        {.remb = true, .extension = true, .tracks = 1, .given = RATE},
        {.remb = true, .transport_cc = true, .tracks = 1, .given = RATE},
        {.extension = true, .tracks = 1, .given = NOTHING},
        {.tracks = 1, .given = NOTHING},
        {.transport_cc = true, .extension = true, .remb = true, .given = NOTHING}, /* it publishes nothing */
        {.goes_on = true, .remb = true, .tracks = 1, .given = RATE},
        {.goes_on = true, .remb = true, .tracks = 2, .given = RATE},
        {.goes_on = true,
         .remb = true,
         .transport_cc = true,
         .extension = true,
         .tracks = 2,
         .given = NUMBERS},
        {.goes_on = true,
         .transport_cc = true,
         .extension = true,
         .given = NUMBERS}, /* what there is stays */
        {.goes_on = true, .remb = true, .tracks = 1, .given = RATE},
        {.goes_on = true, .tracks = 1, .given = NOTHING},
    };
    struct arrival a = {.estimate = NULL};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sfu_media_desc media = {.format_count = 2, .track_count = rows[i].tracks};
        media.formats[0] = (struct sfu_format){.codec = RTP_CODEC_OPUS, .transport_cc = rows[i].transport_cc};
        media.formats[1] = (struct sfu_format){.codec = RTP_CODEC_VP8, .remb = rows[i].remb};
        media.exts.id[RTP_EXT_TRANSPORT_CC] = rows[i].extension ? 5 : 0;
        if (!rows[i].goes_on) {
            arrival_finish(&a);
            a = (struct arrival){.estimate = NULL};
        }
        arrival_negotiated(&a, &media, 1000000);
        if (given(&a) != rows[i].given)
            fail_msg("row %zu: %d", i, given(&a));
    }
    arrival_finish(&a);
}

/* An account goes on where it stands when another offer changes nothing of it. */
static void is_not_begun_anew(void **state)
{
    struct arrival a = {.estimate = NULL};
    struct sfu_media_desc media = {.format_count = 1, .track_count = 1};
    (void)state;
    media.formats[0] = (struct sfu_format){.codec = RTP_CODEC_VP8, .remb = true};
    arrival_negotiated(&a, &media, 1000000);
    struct receive_estimate *before = a.estimate;
    before->told_bps = 1234;
    media.track_count = 2;
    arrival_negotiated(&a, &media, 9000000);
    assert_ptr_equal(a.estimate, before);
    assert_int_equal(a.estimate->told_bps, 1234);
    arrival_finish(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_by_what_was_negotiated),
        cmocka_unit_test(is_not_begun_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
