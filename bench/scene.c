#include "scene.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    BARS = 7,
    CROSSING = 90, /* frames in which a bar crosses the picture */
    GRAIN = 24, /* luma goes up by 0..24 at the right, by nothing at the left: some of it shows at any rate */
    TEXTURE = 31, /* a mask: of the ground, which stays: it makes key frames large */
    TEXTURE_CELL = 3,
    DIGITS = 4,
    DIGIT_COLUMNS = 3,
    DIGIT_ROWS = 5,
};

/* Rows of three bits each, the top one first. */
static const uint16_t digits[10] = {075557, 026227, 071747, 071717, 055711,
                                    074717, 074757, 071111, 075757, 075717};

/* Cb and Cr of the bars. */
static const uint8_t tints[BARS][2] = {
    {90, 160}, {160, 90}, {70, 110}, {128, 190}, {180, 128}, {100, 80}, {150, 160},
};

/* The bar that covers column x of `width`, or -1: each has its own speed. */
static int bar_at(uint32_t x, uint32_t width, uint32_t number)
{
    for (int i = 0; i < BARS; i++) {
        uint32_t at = (number * (uint32_t)(i + 2) * width / CROSSING + (uint32_t)i * width / BARS) % width;
        if ((x + width - at) % width < width / 20)
            return i;
    }
    return -1;
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* One number for each cell of the ground. */
static uint32_t texture(uint32_t x, uint32_t y)
{
    uint32_t h = x / TEXTURE_CELL * 0x9e3779b1u ^ y / TEXTURE_CELL * 0x85ebca77u;
    return (h ^ h >> 15) * 0xc2b2ae3du >> 16 & TEXTURE;
}

static void draw_luma(const struct scene_planes *to, uint32_t number)
{
    uint32_t grain = number * 0x9e3779b1u | 1;
    for (uint32_t x = 0; x < to->width; x++) {
        int bar = bar_at(x, to->width, number);
        for (uint32_t y = 0; y < to->height; y++) {
            uint32_t ground = 48 + 64 * x / to->width + texture(x, y);
            uint32_t luma = bar < 0 ? ground : 120 + 12 * (uint32_t)bar;
            luma += 32 * y / to->height + (next_random(&grain) >> 16) % (1 + GRAIN * x / to->width);
            to->y[(size_t)y * (size_t)to->y_stride + x] = (uint8_t)luma;
        }
    }
}

static void draw_chroma(const struct scene_planes *to, uint32_t number)
{
    for (uint32_t x = 0; x < to->width / 2; x++) {
        int bar = bar_at(2 * x, to->width, number);
        for (uint32_t y = 0; y < to->height / 2; y++) {
            to->u[(size_t)y * (size_t)to->u_stride + x] = bar < 0 ? 128 : tints[bar][0];
            to->v[(size_t)y * (size_t)to->v_stride + x] = bar < 0 ? 128 : tints[bar][1];
        }
    }
}

static bool digit_has(uint32_t digit, uint32_t column, uint32_t row)
{
    return digits[digit] >> (3 * (DIGIT_ROWS - 1 - row) + DIGIT_COLUMNS - 1 - column) & 1;
}

/* In the upper left corner, white on black. */
static void draw_number(const struct scene_planes *to, uint32_t number)
{
    uint32_t unit = to->height / 30, divisor = 1;
    for (int digit = DIGITS - 1; digit >= 0; digit--, divisor *= 10) {
        uint32_t left = unit + (uint32_t)digit * unit * (DIGIT_COLUMNS + 1);
        for (uint32_t y = 0; y < DIGIT_ROWS * unit; y++) {
            uint8_t *row = to->y + (size_t)(unit + y) * (size_t)to->y_stride + left;
            for (uint32_t x = 0; x < DIGIT_COLUMNS * unit; x++)
                row[x] = digit_has(number / divisor % 10, x / unit, y / unit) ? 235 : 16;
        }
    }
}

void scene_draw(const struct scene_planes *to, uint32_t number)
{
    draw_luma(to, number);
    draw_chroma(to, number);
    draw_number(to, number);
}
