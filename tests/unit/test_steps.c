/* What a track has to offer, as measured and as its publisher says in the header
 * extension, packets being put into it. */
#include "hall.h"

#include "allocate.h"
#include "bytes_text.h"

#include <stdio.h>

enum { LAYERS_ID = 2, TEXT_MAX = 512, SAID_MAX = 14 };

static struct track *camera(struct hall *h)
{
    return h->seats[0].transport->tracks[1];
}

/* "layer.temporal kbps widthxheight@fps" for each step, the rate with all headers; a rate that is not told is
 * only said to be measured.
 */
static const char *steps(struct hall *h, bool told)
{
    static char buffer[TEXT_MAX];
    uint8_t count;
    camera(h)->steps_us = 0; /* not those of a moment ago */
    const struct allocate_step *s = track_steps(camera(h), &count, h->now_us);
    size_t n = 0;
    buffer[0] = 0;
    for (uint8_t i = 0; i < count; i++, s++) {
        n += (size_t)snprintf(buffer + n, TEXT_MAX - n, "%s%u.%u ", i ? ", " : "", s->layer, s->tid);
        n += told ? (size_t)snprintf(buffer + n, TEXT_MAX - n, "%u", s->bps / 1000)
                  : (size_t)snprintf(buffer + n, TEXT_MAX - n, "%s", s->bps ? "measured" : "unknown");
        n += (size_t)snprintf(buffer + n, TEXT_MAX - n, " %ux%u@%u%s", s->width, s->height, s->fps,
                              s->alive ? "" : " dead");
    }
    return buffer;
}

/* A packet of the camera with that extension: of the next sequence number, or so many before. */
static void say(struct hall *h, const char *bytes, uint16_t before)
{
    struct hall_seat *s = &h->seats[0];
    struct packet *p = packet_get(&h->worker.packets);
    uint8_t said[SAID_MAX];
    size_t len = from_hex(bytes, said);
    bool rtx;
    assert_non_null(p);
    struct wr w = wr_init(p->data, sizeof(p->data));
    wr_u16(&w, 0x9080u | HALL_VP8);
    wr_u16(&w, (uint16_t)(s->seq[RTP_VIDEO][0] - before));
    s->seq[RTP_VIDEO][0] = (uint16_t)(s->seq[RTP_VIDEO][0] + !before);
    wr_u32(&w, (uint32_t)(h->now_us * 90 / 1000));
    wr_u32(&w, RTP_VIDEO * 8 + 1);
    wr_u32(&w, 0xbede0004);
    wr_u8(&w, (uint32_t)LAYERS_ID << 4 | (uint32_t)(len - 1));
    wr_bytes(&w, said, len);
    while (wr_len(&w) < 32)
        wr_u8(&w, 0);
    hall_write_payload(s, RTP_VIDEO, 0, &w);
    p->len = (uint16_t)wr_len(&w);
    assert_int_equal(rtp_view_parse(&p->view, p->data, p->len, &s->transport->media.exts), 0);
    layer_receive(&camera(h)->layers[0], p, media_format_by_pt(&s->transport->media, HALL_VP8, &rtx), false,
                  h->now_us);
    packet_unref(p);
}

static void the_publisher_has_the_first_word(void **state)
{
    static const struct {
        const char *said, *steps; /* steps NULL: as measured */
    } rows[] = {
        {"01 80 0a 14 1e", "0.0 13 64x64@7, 0.1 27 64x64@15, 0.2 45 64x64@30"},
        {"01 00 64 013f 00b3 14", "0.0 110 320x180@20"},
        {"01 40 32 64", "0.0 55 320x180@10, 0.1 110 320x180@20"}, /* sizes hold until others are told */
        {"01 40 32", "0.0 55 320x180@10, 0.1 110 320x180@20"},    /* cut: no word */
        {"03 00 32 64", "0.0 60 320x180@20, 1.0 115 64x64@30"},   /* spatial layers are steps, too */
        {"00", NULL},                                             /* nothing is said to be sent */
    };
    struct hall h;
    (void)state;
    hall_begin(&h);
    hall_join(&h, 0, 0, 0, false);
    h.seats[0].transport->media.exts.id[RTP_EXT_VIDEO_LAYERS] = LAYERS_ID;
    hall_run(&h, 100);
    assert_string_equal(steps(&h, false), "0.0 unknown 64x64@30");
    hall_run(&h, 400);
    assert_string_equal(steps(&h, false), "0.0 measured 64x64@30");
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        say(&h, rows[i].said, 0);
        assert_string_equal(steps(&h, rows[i].steps != NULL),
                            rows[i].steps ? rows[i].steps : "0.0 measured 64x64@30");
    }
    hall_end(&h);
}

static void late_words_do_not_count(void **state)
{
    struct hall h;
    (void)state;
    hall_begin(&h);
    hall_join(&h, 0, 0, 0, false);
    h.seats[0].transport->media.exts.id[RTP_EXT_VIDEO_LAYERS] = LAYERS_ID;
    hall_run(&h, 100);
    h.seats[0].seq[RTP_VIDEO][0]++; /* it comes late */
    say(&h, "01 00 64", 0);
    say(&h, "01 00 32", 2);
    assert_string_equal(steps(&h, true), "0.0 115 64x64@30");
    hall_end(&h);
}

static void a_layer_dies(void **state)
{
    struct hall h;
    (void)state;
    hall_begin(&h);
    hall_join(&h, 0, 0, 0, false);
    hall_run(&h, 1000);
    h.seats[0].off[RTP_VIDEO] = true;
    hall_run(&h, 2000);
    assert_string_equal(steps(&h, false), "0.0 measured 64x64@30 dead");
    hall_end(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_publisher_has_the_first_word),
        cmocka_unit_test(late_words_do_not_count),
        cmocka_unit_test(a_layer_dies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
