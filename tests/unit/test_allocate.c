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
static const char *text(const struct allocate_choice *choices, size_t count)
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

static const char *wishes(const struct allocate_choice *choices, size_t count)
{
    static char buffer[SLOTS + 1];
    for (size_t i = 0; i < count; i++)
        buffer[i] = choices[i].wish == ALLOCATE_NONE ? '-' : (char)('0' + choices[i].wish);
    buffer[count] = 0;
    return buffer;
}

/* --- One run --------------------------------------------------------------------- */

static void spends_a_budget(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t kbps;
        const char *given, *wishes;
        uint64_t used_kbps, wanted_kbps;   /* wanted: without headroom */
        struct allocate_slot slots[SLOTS]; /* kind and source 0 end them */
    } rows[] = {
        {"no slots", 1000, "", "", 0, 0, {{0}}},
        {"plenty", 9000, "2.2", "2", 2500, 2500, {{CAMERA}}},
        {"headroom is kept for a step up", 2900, "1.2", "1", 500, 2500, {{CAMERA}}},
        {"... and no more than that", 2942, "2.2", "2", 2500, 2500, {{CAMERA}}},
        {"a small camera picture loses frames", 110, "0.1", "0", 90, 2500, {{CAMERA}}},
        {"a large one loses size instead", 580, "0.2", "0", 150, 2500, {{CAMERA}}},
        {"nothing fits", 70, "paused", "-", 0, 2500, {{CAMERA}}},
        {"no bandwidth at all", 0, "paused", "-", 0, 2500, {{CAMERA}}},
        {"hidden", 9000, "hidden", "-", 0, 0, {{UNSEEN}}},
        {"nothing arrives, and its lowest layer is asked for", 9000, "dead", "0", 0, 150, {{VIDEO(dead)}}},
        {"no layers are known", 9000, "dead", "-", 0, 0, {{.kind = RTP_VIDEO, .source = 1}}},
        {"nobody", 9000, "empty", "-", 0, 0, {{.kind = RTP_VIDEO}}},

        /* the box */
        {"the layer of its size", 9000, "1.2", "1", 500, 500, {{CAMERA, BOX(640, 360)}}},
        {"a little stretched", 9000, "1.2", "1", 500, 500, {{CAMERA, BOX(736, 414)}}},
        {"more than a little", 9000, "2.2", "2", 2500, 2500, {{CAMERA, BOX(740, 417)}}},
        {"fitted by height", 9000, "0.2", "0", 150, 150, {{CAMERA, BOX(1000, 180)}}},
        {"fitted by width", 9000, "0.2", "0", 150, 150, {{CAMERA, BOX(320, 1000)}}},
        {"only the height is told", 9000, "1.2", "1", 500, 500, {{CAMERA, BOX(0, 300)}}},
        {"tiny", 9000, "0.2", "0", 150, 150, {{CAMERA, BOX(1, 1)}}},
        {"huge", 9000, "2.2", "2", 2500, 2500, {{CAMERA, BOX(65535, 65535)}}},
        {"sizes and rates that are not known are the usual ones",
         9000,
         "1.0",
         "1",
         500,
         500,
         {{VIDEO(unknown), BOX(640, 360)}}},
        {"a single layer is shown in any box", 9000, "0.0", "0", 2000, 2000, {{VIDEO(plain), BOX(100, 100)}}},

        /* frames a second */
        {"15 frames a second", 9000, "2.1", "2", 1500, 1500, {{CAMERA, .max_fps = 15}}},
        {"10 take the next more", 9000, "2.1", "2", 1500, 1500, {{CAMERA, .max_fps = 10}}},
        {"60 take what there is", 9000, "2.2", "2", 2500, 2500, {{CAMERA, .max_fps = 60}}},
        {"rates that are not known", 9000, "2.0", "2", 2500, 2500, {{VIDEO(unknown), .max_fps = 1}}},

        /* dead layers */
        {"the best living one, and a better is asked for", 9000, "0.2", "2", 150, 2500, {{VIDEO(low)}}},
        {"... as far as its box goes", 9000, "0.2", "1", 150, 500, {{VIDEO(low), BOX(640, 360)}}},
        {"... and the bandwidth", 700, "0.2", "1", 150, 2500, {{VIDEO(low)}}},
        {"one that is too large rather than none",
         9000,
         "2.2",
         "0",
         2500,
         150,
         {{VIDEO(high), BOX(320, 180)}}},
        {"... if it fits", 1000, "paused", "0", 0, 150, {{VIDEO(high), BOX(320, 180)}}},

        {"no bandwidth is wanted for one that hardly comes", 9000, "1.2", "2", 500, 500, {{VIDEO(small)}}},
        {"... and it keeps nothing from others",
         1200,
         "1.2 1.2",
         "22",
         1000,
         1000,
         {{VIDEO(small)}, {VIDEO(small)}}},
        {"... but for those below it", 300, "0.2", "0", 150, 500, {{VIDEO(small)}}},
        {"none that comes", 9000, "dead", "1", 0, 0, {{VIDEO(gone)}}},

        /* audio */
        {"audio is never held back", 10, "0.0 0.0 paused", "00-", 80, 2580, {{AUDIO}, {AUDIO}, {CAMERA}}},
        {"audio comes first", 240, "0.1 0.0 0.0", "000", 170, 2580, {{CAMERA}, {AUDIO}, {AUDIO}}},
        {"hidden audio", 1000, "hidden", "-", 0, 0, {{AUDIO, .hidden = true}}},
        {"audio of which nothing is known",
         1000,
         "0.0",
         "0",
         40,
         40,
         {{.kind = RTP_AUDIO, .source = 1, STEPS(unknown)}}},

        /* several */
        {"equal ones rise together, the first ones first",
         750,
         "0.2 0.2 0.2 0.2",
         "0000",
         600,
         2000,
         {{CAMERA, BOX(640, 360)},
          {CAMERA, BOX(640, 360)},
          {CAMERA, BOX(640, 360)},
          {CAMERA, BOX(640, 360)}}},
        {"...",
         1200,
         "1.2 0.2 0.2 0.2",
         "1000",
         950,
         2000,
         {{CAMERA, BOX(640, 360)},
          {CAMERA, BOX(640, 360)},
          {CAMERA, BOX(640, 360)},
          {CAMERA, BOX(640, 360)}}},
        {"by the viewer's priority",
         1200,
         "0.2 0.2 1.2 0.2",
         "0010",
         950,
         2000,
         {{CAMERA, BOX(640, 360)},
          {CAMERA, BOX(640, 360)},
          {CAMERA, BOX(640, 360), .priority = 1},
          {CAMERA, BOX(640, 360)}}},
        {"the speaker before the others, whatever their priority",
         1200,
         "0.2 0.2 1.2 0.2",
         "0010",
         950,
         2000,
         {{CAMERA, BOX(640, 360)},
          {CAMERA, BOX(640, 360), .priority = 9},
          {CAMERA, BOX(640, 360), .speaker = true},
          {CAMERA, BOX(640, 360)}}},
        {"the last ones are paused", 160, "0.0 0.0 paused", "00-", 120, 450, {{THUMB}, {THUMB}, {THUMB}}},
        {"one that does not fit does not keep others out",
         900,
         "paused 0.2 0.2",
         "-00",
         300,
         2300,
         {{VIDEO(plain)}, {THUMB}, {THUMB}}},
        {"a pinned one is filled to 360p before thumbnails get anything",
         600,
         "paused 1.2 paused",
         "-1-",
         500,
         2800,
         {{THUMB}, {CAMERA, .pinned = true}, {THUMB}}},
        {"... then they rise together",
         1000,
         "0.2 1.2 0.2",
         "010",
         800,
         2800,
         {{THUMB}, {CAMERA, .pinned = true}, {THUMB}}},
        {"... and it goes on",
         3300,
         "0.2 2.2 0.2",
         "020",
         2800,
         2800,
         {{THUMB}, {CAMERA, .pinned = true}, {THUMB}}},
        {"two pinned ones",
         1000,
         "0.2 1.2 0.2",
         "010",
         800,
         5150,
         {{CAMERA, .pinned = true}, {CAMERA, .pinned = true, .priority = 1}, {THUMB}}},
        {"a pinned one that is hidden",
         1000,
         "0.2 hidden",
         "0-",
         150,
         150,
         {{THUMB}, {UNSEEN, .pinned = true}}},

        /* screens */
        {"a shared screen before the speaker",
         1000,
         "paused 0.1",
         "-0",
         800,
         4100,
         {{CAMERA, .speaker = true}, {SCREEN}}},
        {"a shared screen has resolution before frames", 720, "0.0", "0", 600, 1600, {{SCREEN}}},
        {"... and may overshoot by 500 kbps", 118, "0.0", "0", 600, 1600, {{SCREEN}}},
        {"... no more", 116, "paused", "-", 0, 1600, {{SCREEN}}},
        {"... with its first step only", 600, "0.0", "0", 600, 1600, {{SCREEN}}},
        {"... and leaves nothing for others",
         300,
         "paused 0.0 0.0",
         "-00",
         640,
         1790,
         {{THUMB}, {SCREEN}, {AUDIO}}},
        {"... which get something once it has all its frames",
         2000,
         "0.2 0.1 paused paused",
         "00--",
         1690,
         2050,
         {{SCREEN}, {THUMB}, {THUMB}, {THUMB}}},
        {"two screens overshoot once", 300, "0.0 paused", "0-", 600, 3200, {{SCREEN}, {SCREEN}}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct allocate a = {0};
        struct allocate_choice choices[SLOTS];
        struct allocate_total total;
        size_t count = 0;
        while (count < SLOTS && (rows[i].slots[count].source || rows[i].slots[count].kind))
            count++;
        allocate_run(&a, rows[i].slots, count, rows[i].kbps * 1000, 100000000, choices, &total);
        bool more = false;
        for (size_t k = 0; k < count; k++)
            more |= choices[k].more;
        assert_true(!more || rows[i].used_kbps < rows[i].wanted_kbps);
        if (strcmp(text(choices, count), rows[i].given) != 0 ||
            strcmp(wishes(choices, count), rows[i].wishes) != 0 ||
            total.used_bps != rows[i].used_kbps * 1000 ||
            total.wanted_bps != (rows[i].wanted_kbps * 100000 + 84) / 85 || total.more != more)
            fail_msg("%s: %s, not %s; wish %s, not %s; used %u; wanted %u", rows[i].name,
                     text(choices, count), rows[i].given, wishes(choices, count), rows[i].wishes,
                     (unsigned)total.used_bps, (unsigned)(total.wanted_bps * 85 / 100));
    }
}

/* Layers, then slots, then voices: what the server cannot do, whatever the network carries. */
static void sheds_in_order(void **state)
{
    (void)state;
    static const struct allocate_slot talk[] = {{AUDIO},
                                                {AUDIO, .priority = 2},
                                                {AUDIO, .priority = 1},
                                                {THUMB},
                                                {CAMERA}},
                                      pins[] = {{THUMB}, {CAMERA, .pinned = true}, {THUMB}},
                                      present[] = {{SCREEN}, {THUMB}, {AUDIO}}, one[] = {{VIDEO(plain)}};
    static const struct {
        const char *name;
        const struct allocate_slot *slots;
        size_t count;
        unsigned kbps, share;
        const char *given;
    } rows[] = {
        {"nothing", talk, 5, 9000, 0, "0.0 0.0 0.0 0.2 2.2"},
        {"hardly anything: there was more than it takes", talk, 5, 9000, 1, "0.0 0.0 0.0 0.2 2.2"},
        {"the highest layer first", talk, 5, 9000, 300, "0.0 0.0 0.0 0.2 1.2"},
        {"then those below", talk, 5, 9000, 900, "0.0 0.0 0.0 0.2 0.2"},
        {"then frames", talk, 5, 9000, 1000, "0.0 0.0 0.0 0.1 0.0"},
        {"then slots, the last first", talk, 5, 9000, 1400, "0.0 0.0 0.0 0.1 shed"},
        {"then all of them", talk, 5, 9000, 2000, "0.0 0.0 0.0 shed shed"},
        {"then the quietest voice", talk, 5, 9000, 2001, "shed 0.0 0.0 shed shed"},
        {"then all but the loudest", talk, 5, 9000, 3000, "shed 0.0 shed shed shed"},
        {"a slow network is the reason as long as it is slower", talk, 5, 220, 400, "0.0 0.0 0.0 0.0 paused"},
        {"nobody is paused so that one is large", pins, 3, 9000, 1000, "0.0 0.1 0.0"},
        {"a pinned one stays the longest", pins, 3, 9000, 1500, "shed 0.1 shed"},
        {"a screen has its first step as long as all have", present, 3, 9000, 1000, "0.0 0.2 0.0"},
        {"... and does not overshoot then", present, 3, 9000, 1250, "shed 0.2 0.0"},
        {"without layers there is nothing to thin out", one, 1, 9000, 1000, "0.0"},
        {"... only to take away", one, 1, 9000, 1200, "shed"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct allocate a = {0};
        struct allocate_choice choices[SLOTS];
        struct allocate_total total;
        allocate_run(&a, rows[i].slots, rows[i].count, rows[i].kbps * 1000, ALIVE(0), choices, &total);
        a.share = rows[i].share;
        allocate_run(&a, rows[i].slots, rows[i].count, rows[i].kbps * 1000, ALIVE(1), choices, &total);
        if (strcmp(text(choices, rows[i].count), rows[i].given) != 0)
            fail_msg("%s: %s, not %s", rows[i].name, text(choices, rows[i].count), rows[i].given);
    }
}

/* --- One run after another --------------------------------------------------------- */

static const struct allocate_step fresh[] = {{0, 2, 30, true, 320, 180, 150000, 1},
                                             {1, 2, 30, true, 640, 360, 500000, ALIVE(1000)}};
static const struct allocate_step all_fresh[] = {{0, 2, 30, true, 320, 180, 150000, ALIVE(0)},
                                                 {1, 2, 30, true, 640, 360, 500000, ALIVE(1000)}};
static const struct allocate_step alone_fresh[] = {{0, 2, 30, true, 320, 180, 150000, ALIVE(0)},
                                                   {1, 2, 30, false, 640, 360, 500000, 0}};
static const struct allocate_step dying[] = {{0, 2, 30, true, 320, 180, 150000, 1},
                                             {1, 2, 30, true, 640, 360, 500000, 1},
                                             {2, 2, 30, false, 1280, 720, 2500000, 0}};

static void remembers_what_it_gave(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct {
            unsigned ms, kbps;
            const char *given;
            struct allocate_slot slot;
        } runs[8]; /* given NULL ends them */
    } rows[] = {
        {"keeping a step takes no headroom",
         {{0, 2942, "2.2", {CAMERA}}, {9000, 2500, "2.2", {CAMERA}}, {9100, 2499, "1.2", {CAMERA}}}},
        {"back up it does",
         {{0, 3000, "2.2", {CAMERA}},
          {30000, 2400, "1.2", {CAMERA}},
          {30100, 2941, "1.2", {CAMERA}},
          {30200, 2942, "2.2", {CAMERA}}}},
        {"who fell soon after a rise is held for 10 s",
         {{0, 3000, "2.2", {CAMERA}},
          {29999, 2400, "1.2", {CAMERA}},
          {30100, 7000, "1.2", {CAMERA}},
          {39998, 7000, "1.2", {CAMERA}},
          {39999, 7000, "2.2", {CAMERA}}}},
        {"who fell later is not",
         {{0, 3000, "2.2", {CAMERA}}, {30000, 2400, "1.2", {CAMERA}}, {30100, 7000, "2.2", {CAMERA}}}},
        {"nor who falls twice after a long time",
         {{0, 3000, "2.2", {CAMERA}},
          {30000, 2400, "1.2", {CAMERA}},
          {30100, 200, "0.2", {CAMERA}},
          {30200, 7000, "2.2", {CAMERA}}}},
        {"who was held and falls again is held anew",
         {{0, 3000, "2.2", {CAMERA}},
          {1000, 2400, "1.2", {CAMERA}},
          {2000, 200, "0.2", {CAMERA}},
          {11500, 7000, "0.2", {CAMERA}},
          {12000, 7000, "2.2", {CAMERA}}}},
        {"nobody is paused for a dip",
         {{0, 3000, "2.2", {CAMERA}}, {30000, 50, "0.0", {CAMERA}}, {30100, 49, "paused", {CAMERA}}}},
        {"... unless it lasts",
         {{0, 3000, "2.2", {CAMERA}},
          {30000, 50, "0.0", {CAMERA}},
          {32999, 50, "0.0", {CAMERA}},
          {33000, 50, "paused", {CAMERA}}}},
        {"... or is over in between",
         {{0, 3000, "2.2", {CAMERA}},
          {30000, 50, "0.0", {CAMERA}},
          {32000, 60, "0.0", {CAMERA}},
          {33000, 50, "0.0", {CAMERA}}}},
        {"paused is held too",
         {{0, 100, "0.0", {CAMERA}},
          {1000, 40, "paused", {CAMERA}},
          {9000, 249, "paused", {CAMERA}},
          {11000, 249, "0.2", {CAMERA}}}},
        {"unless the network has become another",
         {{0, 100, "0.0", {CAMERA}}, {1000, 40, "paused", {CAMERA}}, {1100, 250, "0.2", {CAMERA}}}},
        {"not against the viewer's will",
         {{0, 3000, "2.2", {CAMERA}},
          {1000, 2400, "1.2", {CAMERA}},
          {1100, 7000, "1.2", {CAMERA}},
          {1200, 7000, "2.2", {CAMERA, .pinned = true}}}},
        {"whichever way it tells that",
         {{0, 3000, "2.2", {CAMERA}},
          {1000, 2400, "1.2", {CAMERA}},
          {1100, 7000, "1.2", {CAMERA}},
          {1200, 7000, "2.2", {CAMERA, .priority = 1}}}},
        {"nor once it was done with",
         {{0, 3000, "2.2", {CAMERA}},
          {1000, 2400, "1.2", {CAMERA}},
          {1100, 2400, "1.2", {CAMERA, .pinned = true}},
          {1200, 7000, "2.2", {CAMERA}}}},
        {"not for another source",
         {{0, 3000, "2.2", {CAMERA}},
          {1000, 2400, "1.2", {CAMERA}},
          {1100, 7000, "2.2", {.kind = RTP_VIDEO, .source = 2, STEPS(camera)}}}},
        {"another source begins with headroom",
         {{0, 3000, "2.2", {CAMERA}}, {1000, 2600, "1.2", {.kind = RTP_VIDEO, .source = 2, STEPS(camera)}}}},
        {"a smaller box is no fall",
         {{0, 3000, "2.2", {CAMERA}}, {1000, 3000, "0.2", {THUMB}}, {1100, 3000, "2.2", {CAMERA}}}},
        {"hidden and shown again it begins with headroom, and is not held",
         {{0, 3000, "2.2", {CAMERA}},
          {1000, 3000, "hidden", {UNSEEN}},
          {1100, 2600, "1.2", {CAMERA}},
          {1200, 3000, "2.2", {CAMERA}}}},
        {"nobody in between",
         {{0, 3000, "2.2", {CAMERA}},
          {1000, 3000, "empty", {.kind = RTP_VIDEO}},
          {1100, 3000, "2.2", {CAMERA}}}},
        {"a layer that comes to life has to last 2 s",
         {{1000, 3000, "0.2", {VIDEO(fresh)}},
          {2999, 3000, "0.2", {VIDEO(fresh)}},
          {3000, 3000, "1.2", {VIDEO(fresh)}}}},
        {"not where there is no other", {{0, 3000, "1.2", {VIDEO(all_fresh)}}}},
        {"nor where that one has not, either",
         {{500, 3000, "0.2", {VIDEO(alone_fresh)}}, {1000, 3000, "1.2", {VIDEO(all_fresh)}}}},
        {"nor where it is had",
         {{0, 3000, "1.2", {VIDEO(all_fresh)}}, {2500, 3000, "1.2", {VIDEO(all_fresh)}}}},
        {"a layer that dies is left at once, and taken again at once",
         {{0, 3000, "2.2", {CAMERA}}, {1000, 3000, "1.2", {VIDEO(dying)}}, {1100, 3000, "2.2", {CAMERA}}}},
        {"a screen that overshoots stays to the end of it",
         {{0, 118, "0.0", {SCREEN}}, {1000, 100, "0.0", {SCREEN}}, {2000, 99, "paused", {SCREEN}}}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct allocate a = {0};
        for (size_t k = 0; k < COUNT(rows[i].runs) && rows[i].runs[k].given; k++) {
            struct allocate_choice choice;
            struct allocate_total total;
            allocate_run(&a, &rows[i].runs[k].slot, 1, rows[i].runs[k].kbps * 1000, ALIVE(rows[i].runs[k].ms),
                         &choice, &total);
            if (strcmp(text(&choice, 1), rows[i].runs[k].given) != 0)
                fail_msg("%s: %s, not %s, at %u", rows[i].name, text(&choice, 1), rows[i].runs[k].given,
                         rows[i].runs[k].ms);
        }
    }
}

static void says_when_to_run(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct allocate_slot slot;
        unsigned kbps_before; /* a run at 0 ms; 0 = none */
        unsigned at_ms, kbps_then;
        bool touched, due;
    } rows[] = {
        {"at first", {CAMERA}, 0, 0, 1000, false, true},
        {"nothing changed", {CAMERA}, 1000, 4999, 1000, false, false},
        {"after 5 s", {CAMERA}, 1000, 5000, 1000, false, true},
        {"15 % more", {CAMERA}, 1000, 1, 1150, false, true},
        {"less than 15 % more", {CAMERA}, 1000, 1, 1149, false, false},
        {"15 % less", {CAMERA}, 1000, 1, 850, false, true},
        {"less than 15 % less", {CAMERA}, 1000, 1, 851, false, false},
        {"to nothing", {CAMERA}, 1000, 1, 0, false, true},
        {"a wish", {CAMERA}, 1000, 1, 1000, true, true},
        {"a layer will have settled", {VIDEO(fresh)}, 1000, 2999, 1000, false, false},
        {"a layer has settled", {VIDEO(fresh)}, 1000, 3000, 1000, false, true},
        {"a rate will be known", {VIDEO(unknown)}, 1000, 299, 1000, false, false},
        {"a rate is known", {VIDEO(unknown)}, 1000, 300, 1000, false, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct allocate a = {0};
        struct allocate_choice choice;
        struct allocate_total total;
        if (rows[i].kbps_before) {
            allocate_touch(&a);
            allocate_run(&a, &rows[i].slot, 1, rows[i].kbps_before * 1000, ALIVE(0), &choice, &total);
        }
        if (rows[i].touched)
            allocate_touch(&a);
        if (allocate_due(&a, rows[i].kbps_then * 1000, ALIVE(rows[i].at_ms)) != rows[i].due)
            fail_msg("%s", rows[i].name);
    }
}

static void runs_when_the_server_has_more_or_less_to_give(void **state)
{
    (void)state;
    static const struct {
        unsigned before, then;
        bool due;
    } rows[] = {
        {0, 0, false},    {100, 119, false}, {100, 120, true},   {120, 101, false},
        {120, 100, true}, {1, 0, true},      {1001, 1000, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct allocate a = {.share = rows[i].before};
        struct allocate_slot slot = {CAMERA};
        struct allocate_choice choice;
        struct allocate_total total;
        allocate_run(&a, &slot, 1, 1000000, ALIVE(0), &choice, &total);
        a.share = rows[i].then;
        if (allocate_due(&a, 1000000, ALIVE(1)) != rows[i].due)
            fail_msg("from %u to %u", rows[i].before, rows[i].then);
    }
}

/* A hold that ends between two runs is a reason to run. */
static void runs_when_a_hold_ends(void **state)
{
    (void)state;
    struct allocate a = {0};
    struct allocate_slot slot = {CAMERA};
    struct allocate_choice choice;
    struct allocate_total total;
    allocate_run(&a, &slot, 1, 3000000, ALIVE(0), &choice, &total);
    allocate_run(&a, &slot, 1, 2400000, ALIVE(1000), &choice, &total); /* held until 11,000 */
    allocate_run(&a, &slot, 1, 7000000, ALIVE(6500), &choice, &total);
    assert_false(allocate_due(&a, 7000000, ALIVE(10999)));
    assert_true(allocate_due(&a, 7000000, ALIVE(11000)));
}

/* Pushed out by what the viewer wants more it is back as soon as that is gone. */
static void who_makes_room_is_not_held(void **state)
{
    (void)state;
    struct allocate a = {0};
    struct allocate_slot slots[] = {{CAMERA}, {CAMERA}};
    struct allocate_choice choices[2];
    struct allocate_total total;
    slots[1].hidden = true;
    allocate_run(&a, slots, 2, 2950000, ALIVE(0), choices, &total);
    assert_string_equal(text(choices, 2), "2.2 hidden");
    slots[1] = (struct allocate_slot){CAMERA, .priority = 1};
    allocate_touch(&a);
    allocate_run(&a, slots, 2, 2950000, ALIVE(1000), choices, &total);
    assert_string_equal(text(choices, 2), "1.2 1.2");
    slots[1].hidden = true;
    allocate_touch(&a);
    allocate_run(&a, slots, 2, 2950000, ALIVE(1100), choices, &total);
    assert_string_equal(text(choices, 2), "2.2 hidden");
}

/* --- Rules ------------------------------------------------------------------------ */

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % n;
}

enum { SOURCES = 12 };

struct world {
    struct allocate_step steps[SOURCES][STEPS_MAX];
    struct allocate_slot slots[ALLOCATE_SLOTS_MAX];
    size_t count;
};

/* Simulcast cameras that differ in rate; some layers are dead where `deaths`. */
static void random_world(struct world *w, bool deaths)
{
    for (size_t s = 0; s < SOURCES; s++) {
        uint32_t percent = 30 + random_below(200);
        uint32_t alive = deaths ? random_below(8) : 7;
        for (size_t i = 0; i < COUNT(camera); i++) {
            w->steps[s][i] = camera[i];
            w->steps[s][i].bps = camera[i].bps / 100 * percent;
            w->steps[s][i].alive = alive >> camera[i].layer & 1;
            w->steps[s][i].alive_us = ALIVE(0) - random_below(4) * 1000000;
        }
    }
    w->count = 1 + random_below(ALLOCATE_SLOTS_MAX);
    for (size_t i = 0; i < w->count; i++) {
        static const uint16_t heights[] = {0, 90, 180, 250, 360, 700, 1440};
        uint16_t height = heights[random_below(COUNT(heights))];
        uint32_t source = random_below(SOURCES), kind = random_below(20);
        w->slots[i] = (struct allocate_slot){
            .kind = kind == 0 ? RTP_AUDIO : RTP_VIDEO,
            .source = source + 1,
            .hidden = random_below(6) == 0,
            .width = (uint16_t)(height * 16 / 9),
            .height = height,
            .max_fps = random_below(4) == 0 ? 15 : 0,
            .priority = (uint8_t)random_below(3),
            .pinned = random_below(10) == 0,
            .screen = kind == 1,
            .speaker = kind == 2,
            .step_count = COUNT(camera),
            .steps = w->steps[source],
        };
        if (kind == 0) {
            w->slots[i].steps = audio;
            w->slots[i].step_count = COUNT(audio);
        }
    }
}

static bool fills(const struct allocate_step *s, const struct allocate_slot *slot)
{
    return slot->height && s->height * 115 >= slot->height * 100;
}

/* It is given what is alive, not hidden, and not a larger one than it needs. */
static void check_choice(const struct allocate_slot *slot, const struct allocate_choice *c)
{
    const struct allocate_step *given = NULL;
    bool enough = false;
    if (c->why != ALLOCATE_GIVEN) {
        assert_int_equal(c->layer, ALLOCATE_NONE);
        assert_int_equal(c->bps, 0);
        assert_int_equal(c->why == ALLOCATE_HIDDEN, slot->hidden);
        return;
    }
    assert_false(slot->hidden);
    for (size_t i = 0; i < slot->step_count; i++) {
        const struct allocate_step *s = &slot->steps[i];
        if (s->layer == c->layer && s->tid == c->tid)
            given = s;
        enough |= s->layer < c->layer && s->alive && fills(s, slot);
    }
    assert_non_null(given);
    assert_true(given->alive);
    assert_int_equal(given->bps, c->bps);
    assert_false(enough);
}

/* Nobody is paused without need: the first step would not have fitted. */
static void check_paused(const struct allocate_slot *slot, uint64_t used_bps, uint64_t limit_bps)
{
    uint64_t least = UINT64_MAX;
    for (size_t i = slot->step_count; i-- > 0;)
        if (slot->steps[i].alive)
            least = slot->steps[i].bps;
    assert_true(used_bps + least * 9 > limit_bps); /* of a large layer only the highest step is looked at */
}

static bool same(const struct allocate_choice *x, const struct allocate_choice *y)
{
    return x->why == y->why && x->layer == y->layer && x->tid == y->tid && x->wish == y->wish &&
           x->more == y->more && x->bps == y->bps;
}

static void keeps_its_rules(void **state)
{
    (void)state;
    static struct world w;
    struct allocate_choice choices[ALLOCATE_SLOTS_MAX], again[ALLOCATE_SLOTS_MAX];
    for (int n = 0; n < 3000; n++) {
        struct allocate a = {0}, b = {0};
        struct allocate_total total;
        random_world(&w, true);
        for (unsigned run = 0; run < 4; run++) {
            uint32_t budget = random_below(100) * random_below(100) * 1000;
            b = a;
            allocate_run(&a, w.slots, w.count, budget, ALIVE(run * 3000), choices, &total);
            uint64_t used = 0, audio_bps = 0;
            bool overshoots = false;
            for (size_t i = 0; i < w.count; i++) {
                check_choice(&w.slots[i], &choices[i]);
                used += choices[i].bps;
                audio_bps += w.slots[i].kind == RTP_AUDIO ? choices[i].bps : 0;
                overshoots |= w.slots[i].screen && choices[i].why == ALLOCATE_GIVEN;
                if (w.slots[i].kind == RTP_AUDIO && !w.slots[i].hidden)
                    assert_int_equal(choices[i].why, ALLOCATE_GIVEN);
            }
            assert_int_equal(used, total.used_bps);
            uint64_t most = budget + (uint64_t)budget * ALLOCATE_DIP_PERCENT / 100;
            assert_true(used <= most + (overshoots ? ALLOCATE_SCREEN_OVERSHOOT : 0) || used == audio_bps);
            for (size_t i = 0; i < w.count && run == 0; i++)
                if (choices[i].why == ALLOCATE_BANDWIDTH)
                    check_paused(&w.slots[i], used, (uint64_t)budget * 85 / 100);
            allocate_run(&b, w.slots, w.count, budget, ALIVE(run * 3000), again, &total);
            for (size_t i = 0; i < w.count; i++)
                assert_true(same(&again[i], &choices[i]));
        }
    }
}

/* Rungs of `camera` that a choice stands for. */
static int level(const struct allocate_choice *c)
{
    return c->why != ALLOCATE_GIVEN ? 0 : c->layer == 0 ? c->tid + 1 : c->layer + 3;
}

enum { LEVELS = 5, FILLED = 4 };

static int rank_of(const struct allocate_slot *slot)
{
    return slot->pinned ? 0 : slot->speaker ? 1 : 2;
}

/* With more bandwidth, the first step in order that is decided otherwise is one
 * that is now taken. */
static bool at_least(const struct world *w, const struct allocate_choice *more,
                     const struct allocate_choice *less)
{
    for (int round = 1; round <= FILLED + LEVELS; round++)
        for (int rank = 0; rank < 3; rank++)
            for (int priority = 2; priority >= 0; priority--)
                for (size_t i = 0; i < w->count; i++) {
                    const struct allocate_slot *s = &w->slots[i];
                    int step = rank == 0 ? round : round - FILLED; /* pinned ones go ahead up to 360p */
                    if (rank_of(s) != rank || s->priority != priority || step < 1 || step > LEVELS)
                        continue;
                    bool has = level(&more[i]) >= step, had = level(&less[i]) >= step;
                    if (has != had)
                        return has;
                }
    return true;
}

static void more_bandwidth_gives_more(void **state)
{
    (void)state;
    static struct world w;
    struct allocate_choice before[ALLOCATE_SLOTS_MAX], now[ALLOCATE_SLOTS_MAX];
    for (int n = 0; n < 200; n++) {
        random_world(&w, false);
        w.count = 1 + (w.count - 1) % 12;
        for (size_t i = 0; i < w.count; i++) {
            w.slots[i].kind = RTP_VIDEO;
            w.slots[i].screen = false;
            w.slots[i].max_fps = 0;
            w.slots[i].width = 0;
            w.slots[i].height = 0;
            w.slots[i].steps = w.steps[w.slots[i].source - 1];
            w.slots[i].step_count = COUNT(camera);
            for (size_t k = 0; k < COUNT(camera); k++)
                w.steps[w.slots[i].source - 1][k].alive_us = 1;
        }
        uint64_t budget = 0, wanted = 1;
        for (bool first = true; budget <= wanted + 25000; first = false, budget += 25000) {
            struct allocate a = {0};
            struct allocate_total total;
            allocate_run(&a, w.slots, w.count, (uint32_t)budget, ALIVE(0), now, &total);
            assert_true(first || at_least(&w, now, before));
            assert_int_equal(total.more, budget < total.wanted_bps);
            wanted = total.wanted_bps;
            memcpy(before, now, sizeof now);
        }
        for (size_t i = 0; i < w.count; i++)
            assert_int_equal(level(&now[i]), w.slots[i].hidden ? 0 : LEVELS);
    }
}

/* Of two who want the same of the same source, the one who goes first has as much at least. */
static void goes_by_priority(void **state)
{
    (void)state;
    struct allocate_slot slots[] = {{CAMERA},
                                    {CAMERA, .priority = 1},
                                    {CAMERA, .speaker = true},
                                    {CAMERA, .pinned = true},
                                    {CAMERA, .pinned = true, .priority = 1}};
    for (uint32_t budget = 0; budget < 16000000; budget += 10000) {
        struct allocate a = {0};
        struct allocate_choice choices[COUNT(slots)];
        struct allocate_total total;
        allocate_run(&a, slots, COUNT(slots), budget, ALIVE(0), choices, &total);
        for (size_t i = 1; i < COUNT(slots); i++)
            assert_true(level(&choices[i]) >= level(&choices[i - 1]));
    }
}

/* A minute at an estimate that jumps about `percent` up and down, ten runs a
 * second. Returns how often at the most a slot changed from `from_ms` on, and
 * the shortest time between two returns of one, each a rise after a fall. */
static unsigned most_changes(uint32_t budget, uint32_t percent, unsigned from_ms, unsigned *apart_ms)
{
    static const struct allocate_slot slots[] = {{THUMB}, {CAMERA}, {CAMERA, .pinned = true},
                                                 {THUMB}, {SCREEN}, {AUDIO}};
    struct {
        unsigned changes, returned_ms;
        bool fell;
    } of[COUNT(slots)] = {0};
    struct allocate a = {0};
    struct allocate_choice before[COUNT(slots)], now[COUNT(slots)];
    struct allocate_total total;
    unsigned most = 0;
    *apart_ms = UINT32_MAX;
    for (unsigned ms = 100; ms < 60000; ms += 100) {
        uint32_t noisy = budget / 100 * (100 - percent + random_below(2 * percent + 1));
        allocate_run(&a, slots, COUNT(slots), noisy, ALIVE(ms), now, &total);
        for (size_t i = 0; i < COUNT(slots) && ms > 100; i++) {
            int rise = level(&now[i]) - level(&before[i]);
            of[i].changes += rise && ms >= from_ms;
            if (rise > 0 && of[i].fell) {
                if (of[i].returned_ms && ms - of[i].returned_ms < *apart_ms)
                    *apart_ms = ms - of[i].returned_ms;
                of[i].returned_ms = ms;
            }
            of[i].fell = rise ? rise < 0 : of[i].fell;
            most = of[i].changes > most ? of[i].changes : most;
        }
        memcpy(before, now, sizeof now);
    }
    return most;
}

static void does_not_flap(void **state)
{
    (void)state;
    unsigned apart_ms, returns = 0;
    for (uint32_t budget = 100000; budget < 8000000; budget += 37000) {
        /* within the headroom all settle and stay */
        assert_int_equal(most_changes(budget, 7, 20000, &apart_ms), 0);
        /* beyond it a slot that fell soon after it rose stays down */
        most_changes(budget, 40, 0, &apart_ms);
        assert_true(apart_ms >= ALLOCATE_HOLD_US / 1000);
        returns += apart_ms != UINT32_MAX;
    }
    assert_true(returns > 100);
}

static void counts_headers(void **state)
{
    static const struct {
        uint32_t bps;
        unsigned fps;
        uint32_t on_wire;
    } rows[] = {
        {0, 30, 0},           /* not known */
        {92000, 0, 97120},    /* 10 packets, all full */
        {92000, 30, 107360},  /* 30 of them */
        {920000, 30, 978880}, /* 100, and half of the frames end with another */
        {UINT32_MAX, 30, UINT32_MAX},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(allocate_on_wire(rows[i].bps, rows[i].fps), rows[i].on_wire);
}

/* Anything that a caller could give: more slots and steps than there may be, steps in no order. */
static void is_bounded(void **state)
{
    (void)state;
    static struct allocate_step steps[200];
    static struct allocate_slot slots[100];
    static struct allocate_choice choices[100];
    for (int n = 0; n < 2000; n++) {
        struct allocate a = {0};
        struct allocate_total total;
        for (size_t i = 0; i < COUNT(steps); i++)
            steps[i] = (struct allocate_step){(uint8_t)random_below(256),    (uint8_t)random_below(256),
                                              (uint8_t)random_below(256),    random_below(2) == 0,
                                              (uint16_t)random_below(65536), (uint16_t)random_below(65536),
                                              random_below(UINT32_MAX),      1};
        for (size_t i = 0; i < COUNT(slots); i++)
            slots[i] = (struct allocate_slot){.kind = random_below(2) ? RTP_VIDEO : RTP_AUDIO,
                                              .source = 1,
                                              .screen = random_below(2),
                                              .height = (uint16_t)random_below(65536),
                                              .step_count = (uint8_t)random_below(200),
                                              .steps = steps};
        for (unsigned run = 0; run < 3; run++)
            allocate_run(&a, slots, COUNT(slots), random_below(UINT32_MAX), ALIVE(run * 1000), choices,
                         &total);
        for (size_t i = ALLOCATE_SLOTS_MAX; i < COUNT(slots); i++)
            assert_int_equal(choices[i].why, ALLOCATE_EMPTY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spends_a_budget),
        cmocka_unit_test(sheds_in_order),
        cmocka_unit_test(remembers_what_it_gave),
        cmocka_unit_test(says_when_to_run),
        cmocka_unit_test(runs_when_the_server_has_more_or_less_to_give),
        cmocka_unit_test(runs_when_a_hold_ends),
        cmocka_unit_test(who_makes_room_is_not_held),
        cmocka_unit_test(keeps_its_rules),
        cmocka_unit_test(more_bandwidth_gives_more),
        cmocka_unit_test(goes_by_priority),
        cmocka_unit_test(does_not_flap),
        cmocka_unit_test(counts_headers),
        cmocka_unit_test(is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
