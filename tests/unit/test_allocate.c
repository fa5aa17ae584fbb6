/* One run: what a budget is spent on. */
#include "allocate_rows.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spends_a_budget),
        cmocka_unit_test(sheds_in_order),
        cmocka_unit_test(counts_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
