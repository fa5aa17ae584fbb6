#include "av1_sequence.h"

#include <errno.h>

#include "bits.h"

enum { LEVEL_WITHOUT_TIER_MAX = 7, UVLC_ZEROS_MAX = 31 };

/* What is told of when to decode and to show, as far as what follows depends on it. */
struct timing {
    size_t delay_bits; /* of a decoder model's delays; 0 = there is none */
    bool shows_late;   /* an initial display delay is told */
};

/* uvlc() */
static void skip_uvlc(struct bits *b)
{
    size_t zeros = 0;
    while (!b->bad && bits_take(b, 1) == 0)
        zeros++;
    if (zeros > UVLC_ZEROS_MAX)
        b->bad = true;
    else
        bits_take(b, zeros);
}

static void take_timing(struct bits *b, struct timing *t)
{
    if (!bits_take(b, 1)) /* timing_info_present_flag */
        return;
    bits_take(b, 32); /* num_units_in_display_tick */
    bits_take(b, 32); /* time_scale */
    if (bits_take(b, 1))
        skip_uvlc(b);      /* num_ticks_per_picture_minus_1 */
    if (bits_take(b, 1)) { /* decoder_model_info_present_flag */
        t->delay_bits = bits_take(b, 5) + 1u;
        bits_take(b, 32); /* num_units_in_decoding_tick */
        bits_take(b, 10); /* lengths of times in frames */
    }
}

static void skip_operating_point(struct bits *b, const struct timing *t)
{
    bits_take(b, 12);                             /* operating_point_idc */
    if (bits_take(b, 5) > LEVEL_WITHOUT_TIER_MAX) /* seq_level_idx */
        bits_take(b, 1);                          /* seq_tier */
    if (t->delay_bits && bits_take(b, 1)) {       /* decoder_model_present_for_this_op */
        bits_take(b, t->delay_bits);              /* decoder_buffer_delay */
        bits_take(b, t->delay_bits);              /* encoder_buffer_delay */
        bits_take(b, 1);                          /* low_delay_mode_flag */
    }
    if (t->shows_late && bits_take(b, 1))
        bits_take(b, 4); /* initial_display_delay_minus_1 */
}

static void skip_operating_points(struct bits *b)
{
    struct timing t = {0};
    take_timing(b, &t);
    t.shows_late = bits_take(b, 1);
    uint32_t count = bits_take(b, 5) + 1u;
    for (uint32_t i = 0; i < count && !b->bad; i++)
        skip_operating_point(b, &t);
}

int av1_sequence_size(const uint8_t *header, size_t len, uint16_t *width, uint16_t *height)
{
    struct bits b = bits_init(header, len);
    bits_take(&b, 4);     /* seq_profile, still_picture */
    if (bits_take(&b, 1)) /* reduced_still_picture_header */
        bits_take(&b, 5); /* seq_level_idx */
    else
        skip_operating_points(&b);
    size_t width_bits = bits_take(&b, 4) + 1u, height_bits = bits_take(&b, 4) + 1u;
    uint32_t w = bits_take(&b, width_bits) + 1, h = bits_take(&b, height_bits) + 1;
    if (b.bad || w > UINT16_MAX || h > UINT16_MAX)
        return -EBADMSG;
    *width = (uint16_t)w;
    *height = (uint16_t)h;
    return 0;
}
