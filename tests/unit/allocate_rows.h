/* Sources whose steps a budget is spent on, slots that hold them, and choices as text. */
#pragma once

#include "allocate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { SLOTS = 6, STEPS_MAX = 12, BASE_S = 100 };

#define ALIVE(ms) ((uint64_t)BASE_S * 1000000 + (ms)*UINT64_C(1000))

/* --- Sources --------------------------------------------------------------------- */

/* Simulcast as Chromium sends it, 720p: three temporal layers each. */
static const struct allocate_step camera[] = {
    {0, 0, 7, true, 320, 180, 60000, 1},     {0, 1, 15, true, 320, 180, 90000, 1},
    {0, 2, 30, true, 320, 180, 150000, 1},   {1, 0, 7, true, 640, 360, 200000, 1},
    {1, 1, 15, true, 640, 360, 300000, 1},   {1, 2, 30, true, 640, 360, 500000, 1},
    {2, 0, 7, true, 1280, 720, 1000000, 1},  {2, 1, 15, true, 1280, 720, 1500000, 1},
    {2, 2, 30, true, 1280, 720, 2500000, 1},
};
/* The two higher layers are stopped at the publisher. */
static const struct allocate_step low[] = {{0, 2, 30, true, 320, 180, 150000, 1},
                                           {1, 2, 30, false, 640, 360, 0, 0},
                                           {2, 2, 30, false, 1280, 720, 0, 0}};
static const struct allocate_step high[] = {{0, 2, 30, false, 320, 180, 150000, 0},
                                            {1, 2, 30, false, 640, 360, 500000, 0},
                                            {2, 2, 30, true, 1280, 720, 2500000, 1}};
static const struct allocate_step dead[] = {{0, 0, 30, false, 320, 180, 150000, 0}};
/* The camera has no more than 640 x 360, or has not had for long. */
static const struct allocate_step small[] = {{0, 2, 30, true, 320, 180, 150000, 1},
                                             {1, 2, 30, true, 640, 360, 500000, 1},
                                             {2, 2, 30, false, 0, 0, 0, ALLOCATE_NEVER}};
static const struct allocate_step gone[] = {{0, 2, 30, false, 320, 180, 150000, ALLOCATE_NEVER},
                                            {1, 2, 30, false, 640, 360, 500000, ALLOCATE_NEVER}};
static const struct allocate_step plain[] = {{0, 0, 30, true, 1280, 720, 2000000, 1}};
static const struct allocate_step screen[] = {
    {0, 0, 5, true, 1920, 1080, 600000, 1},
    {0, 1, 10, true, 1920, 1080, 800000, 1},
    {0, 2, 30, true, 1920, 1080, 1600000, 1},
};
static const struct allocate_step unknown[] = {
    {0, 0, 0, true, 0, 0, 0, 1}, {1, 0, 0, true, 0, 0, 0, 1}, {2, 0, 0, true, 0, 0, 0, 1}};
static const struct allocate_step audio[] = {{0, 0, 0, true, 0, 0, 40000, 1}};

#define STEPS(a)  .steps = (a), .step_count = COUNT(a)
#define CAMERA    .kind = RTP_VIDEO, .source = 1, STEPS(camera)
#define SCREEN    .kind = RTP_VIDEO, .source = 1, .screen = true, STEPS(screen)
#define VIDEO(a)  .kind = RTP_VIDEO, .source = 1, STEPS(a)
#define AUDIO     .kind = RTP_AUDIO, .source = 1, STEPS(audio)
#define BOX(w, h) .width = (w), .height = (h)
#define THUMB     CAMERA, BOX(320, 180)
#define UNSEEN    CAMERA, .hidden = true

/* Choices as text: layer.tid, or why not. */
static inline const char *text(const struct allocate_choice *choices, size_t count)
{
    static const char *const why[] = {
        [ALLOCATE_EMPTY] = "empty",      [ALLOCATE_HIDDEN] = "hidden", [ALLOCATE_NO_LAYER] = "dead",
        [ALLOCATE_BANDWIDTH] = "paused", [ALLOCATE_OVERLOAD] = "shed",
    };
    static char buffer[1024];
    size_t n = 0;
    *buffer = 0;
    for (size_t i = 0; i < count; i++) {
        n += (size_t)snprintf(buffer + n, sizeof buffer - n, "%s", i ? " " : "");
        if (choices[i].why == ALLOCATE_GIVEN)
            n += (size_t)snprintf(buffer + n, sizeof buffer - n, "%u.%u", choices[i].layer, choices[i].tid);
        else
            n += (size_t)snprintf(buffer + n, sizeof buffer - n, "%s", why[choices[i].why]);
    }
    return buffer;
}

static inline const char *wishes(const struct allocate_choice *choices, size_t count)
{
    static char buffer[SLOTS + 1];
    for (size_t i = 0; i < count; i++)
        buffer[i] = choices[i].wish == ALLOCATE_NONE ? '-' : (char)('0' + choices[i].wish);
    buffer[count] = 0;
    return buffer;
}
