#include "h264_sps.h"

#include <errno.h>

#include "bits.h"

enum {
    CHROMA_420 = 1,
    CHROMA_422 = 2,
    CHROMA_444 = 3,
    MACROBLOCK = 16,
    EXP_GOLOMB_ZEROS_MAX = 31,
    POC_CYCLE_MAX = 255,
    LISTS = 8,      /* of scaling factors; 12 with 4:4:4 */
    LISTS_4X4 = 6,  /* the first of them, of 16 factors; the others have 64 */
    LIST_START = 8, /* the factor before the first */
};

/* ue(v) */
static uint32_t take_ue(struct bits *b)
{
    size_t zeros = 0;
    while (!b->bad && bits_take(b, 1) == 0)
        zeros++;
    if (zeros > EXP_GOLOMB_ZEROS_MAX)
        b->bad = true;
    return b->bad ? 0 : (1u << zeros) - 1 + bits_take(b, zeros);
}

/* se(v) */
static int64_t take_se(struct bits *b)
{
    uint32_t n = take_ue(b);
    return n % 2 ? (int64_t)(n / 2) + 1 : -(int64_t)(n / 2);
}

/* Without the bytes that keep start codes out (section 7.4.1). */
static size_t unescape(const uint8_t *from, size_t len, uint8_t *to)
{
    size_t n = 0, zeros = 0;
    for (size_t i = 0; i < len && n < H264_SPS_MAX; i++) {
        if (zeros >= 2 && from[i] == 3) {
            zeros = 0;
            continue;
        }
        zeros = from[i] ? 0 : zeros + 1;
        to[n++] = from[i];
    }
    return n;
}

/* Section 7.3.2.1.1.1: it ends early where a factor comes out as 0. */
static void skip_scaling_list(struct bits *b, size_t size)
{
    int64_t last = LIST_START, next = LIST_START;
    for (size_t i = 0; i < size && next && !b->bad; i++) {
        next = (last + take_se(b)) & 0xff;
        last = next ? next : last;
    }
}

static void skip_scaling_lists(struct bits *b, uint32_t chroma)
{
    size_t count = chroma == CHROMA_444 ? LISTS + 4 : LISTS;
    for (size_t i = 0; i < count && !b->bad; i++) {
        if (bits_take(b, 1))
            skip_scaling_list(b, i < LISTS_4X4 ? 16 : 64);
    }
}

static bool has_chroma_format(uint32_t profile)
{
    static const uint8_t profiles[] = {44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244};
    for (size_t i = 0; i < sizeof(profiles); i++) {
        if (profiles[i] == profile)
            return true;
    }
    return false;
}

/* Up to the scaling lists; returns chroma_format_idc. */
static uint32_t take_chroma_format(struct bits *b)
{
    uint32_t chroma = take_ue(b);
    if (chroma == CHROMA_444)
        bits_take(b, 1); /* separate_colour_plane_flag */
    take_ue(b);          /* bit_depth_luma_minus8 */
    take_ue(b);          /* bit_depth_chroma_minus8 */
    bits_take(b, 1);     /* qpprime_y_zero_transform_bypass_flag */
    if (bits_take(b, 1))
        skip_scaling_lists(b, chroma);
    return chroma;
}

static void skip_picture_order(struct bits *b)
{
    uint32_t type = take_ue(b);
    if (type == 0)
        take_ue(b); /* log2_max_pic_order_cnt_lsb_minus4 */
    if (type != 1)
        return;
    bits_take(b, 1); /* delta_pic_order_always_zero_flag */
    take_se(b);      /* offset_for_non_ref_pic */
    take_se(b);      /* offset_for_top_to_bottom_field */
    uint32_t cycle = take_ue(b);
    b->bad |= cycle > POC_CYCLE_MAX;
    for (uint32_t i = 0; i < cycle && !b->bad; i++)
        take_se(b); /* offset_for_ref_frame */
}

/* Macroblocks less what is cropped, in units of so many pixels; 0 where that leaves nothing. */
static uint32_t side(uint64_t macroblocks, uint64_t cropped, uint32_t unit)
{
    uint64_t whole = macroblocks * MACROBLOCK, cut = cropped * unit;
    uint64_t left = macroblocks <= H264_SIDE_MAX && cut < whole ? whole - cut : 0;
    return left <= H264_SIDE_MAX ? (uint32_t)left : 0;
}

int h264_sps_size(const uint8_t *sps, size_t len, uint16_t *width, uint16_t *height)
{
    uint8_t plain[H264_SPS_MAX];
    struct bits b = bits_init(plain, unescape(sps, len, plain));
    uint32_t profile = bits_take(&b, 8);
    bits_take(&b, 16); /* constraints, level_idc */
    take_ue(&b);       /* seq_parameter_set_id */
    uint32_t chroma = has_chroma_format(profile) ? take_chroma_format(&b) : CHROMA_420;
    take_ue(&b); /* log2_max_frame_num_minus4 */
    skip_picture_order(&b);
    take_ue(&b);      /* max_num_ref_frames */
    bits_take(&b, 1); /* gaps_in_frame_num_value_allowed_flag */
    uint64_t across = (uint64_t)take_ue(&b) + 1, down = (uint64_t)take_ue(&b) + 1;
    uint32_t fields = bits_take(&b, 1) ? 1 : 2; /* in a frame: frame_mbs_only_flag */
    if (fields == 2)
        bits_take(&b, 1); /* mb_adaptive_frame_field_flag */
    bits_take(&b, 1);     /* direct_8x8_inference_flag */
    uint64_t cropped[4] = {0};
    if (bits_take(&b, 1)) { /* left, right, top, bottom */
        for (size_t i = 0; i < 4; i++)
            cropped[i] = take_ue(&b);
    }
    uint32_t unit_x = chroma == CHROMA_420 || chroma == CHROMA_422 ? 2 : 1;
    uint32_t unit_y = (chroma == CHROMA_420 ? 2 : 1) * fields;
    uint32_t w = side(across, cropped[0] + cropped[1], unit_x);
    uint32_t h = side(down * fields, cropped[2] + cropped[3], unit_y);
    if (b.bad || !w || !h)
        return -EBADMSG;
    *width = (uint16_t)w;
    *height = (uint16_t)h;
    return 0;
}
