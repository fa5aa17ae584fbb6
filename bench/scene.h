/* A drawn, moving test picture: bars that wander over a shaded ground, the
 * frame's number in large digits, and grain that changes from frame to frame,
 * so that an encoder has something to spend its bits on. */
#pragma once

#include <stdint.h>

/* Planes of 4:2:0 video, as an encoder takes them. */
struct scene_planes {
    uint8_t *y, *u, *v;
    int y_stride, u_stride, v_stride;
    uint32_t width, height; /* of y */
};

/* Draw frame `number`; the same number gives the same picture. */
void scene_draw(const struct scene_planes *to, uint32_t number);
