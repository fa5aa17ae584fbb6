#include "select.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum op { END, TARGET, FORGET, PACKET };
enum { MIDDLE, START, KEY, KEY_START };

/* One step: what is done with which source, and for a packet its place and the verdict. */
struct row {
    enum op op;
    uint32_t source;
    int place;
    enum select_verdict want;
    bool waiting; /* afterwards */
};

static const struct {
    const char *name;
    struct row rows[14];
} sequences[] = {
    {"an empty slot forwards nothing",
     {{PACKET, 1, KEY_START, SELECT_DROP, false}, {PACKET, SELECT_NOTHING, KEY_START, SELECT_DROP, false}}},
    {"a source begins with the first packet of a key frame",
     {{TARGET, 1, 0, 0, true},
      {PACKET, 1, START, SELECT_DROP, true},
      {PACKET, 1, KEY, SELECT_DROP, true},
      {PACKET, 1, KEY_START, SELECT_SWITCH, false},
      {PACKET, 1, KEY, SELECT_FORWARD, false},
      {PACKET, 1, KEY_START, SELECT_FORWARD, false},
      {PACKET, 1, MIDDLE, SELECT_FORWARD, false}}},
    {"the old source goes on until the new one begins, then it is late",
     {{TARGET, 1, 0, 0, true},
      {PACKET, 1, KEY_START, SELECT_SWITCH, false},
      {TARGET, 2, 0, 0, true},
      {PACKET, 1, MIDDLE, SELECT_FORWARD, true},
      {PACKET, 2, MIDDLE, SELECT_DROP, true},
      {PACKET, 1, KEY_START, SELECT_FORWARD, true},
      {PACKET, 3, KEY_START, SELECT_DROP, true},
      {PACKET, 2, KEY_START, SELECT_SWITCH, false},
      {PACKET, 1, MIDDLE, SELECT_DROP, false},
      {PACKET, 2, MIDDLE, SELECT_FORWARD, false}}},
    {"and back",
     {{TARGET, 1, 0, 0, true},
      {PACKET, 1, KEY_START, SELECT_SWITCH, false},
      {TARGET, 2, 0, 0, true},
      {PACKET, 2, KEY_START, SELECT_SWITCH, false},
      {TARGET, 1, 0, 0, true},
      {PACKET, 1, MIDDLE, SELECT_DROP, true},
      {PACKET, 2, MIDDLE, SELECT_FORWARD, true},
      {PACKET, 1, KEY_START, SELECT_SWITCH, false},
      {PACKET, 2, KEY_START, SELECT_DROP, false}}},
    {"a change of mind while it waits needs no key frame",
     {{TARGET, 1, 0, 0, true},
      {PACKET, 1, KEY_START, SELECT_SWITCH, false},
      {TARGET, 2, 0, 0, true},
      {TARGET, 1, 0, 0, false},
      {PACKET, 1, MIDDLE, SELECT_FORWARD, false},
      {PACKET, 2, KEY_START, SELECT_DROP, false}}},
    {"to stop is at once, and to go on needs a key frame",
     {{TARGET, 1, 0, 0, true},
      {PACKET, 1, KEY_START, SELECT_SWITCH, false},
      {TARGET, SELECT_NOTHING, 0, 0, false},
      {PACKET, 1, MIDDLE, SELECT_DROP, false},
      {TARGET, 1, 0, 0, true},
      {PACKET, 1, MIDDLE, SELECT_DROP, true},
      {PACKET, 1, KEY_START, SELECT_SWITCH, false}}},
    {"the current source ends while another is awaited",
     {{TARGET, 1, 0, 0, true},
      {PACKET, 1, KEY_START, SELECT_SWITCH, false},
      {TARGET, 2, 0, 0, true},
      {FORGET, 1, 0, 0, true},
      {PACKET, 1, KEY_START, SELECT_DROP, true},
      {PACKET, 2, KEY_START, SELECT_SWITCH, false}}},
    {"the awaited source ends: the current one goes on",
     {{TARGET, 1, 0, 0, true},
      {PACKET, 1, KEY_START, SELECT_SWITCH, false},
      {TARGET, 2, 0, 0, true},
      {FORGET, 2, 0, 0, false},
      {PACKET, 2, KEY_START, SELECT_DROP, false},
      {PACKET, 1, MIDDLE, SELECT_FORWARD, false}}},
    {"the only source ends",
     {{TARGET, 1, 0, 0, true},
      {PACKET, 1, KEY_START, SELECT_SWITCH, false},
      {FORGET, 1, 0, 0, false},
      {PACKET, 1, KEY_START, SELECT_DROP, false}}},
    {"another source's end is nothing",
     {{TARGET, 1, 0, 0, true},
      {PACKET, 1, KEY_START, SELECT_SWITCH, false},
      {FORGET, 7, 0, 0, false},
      {PACKET, 1, MIDDLE, SELECT_FORWARD, false}}},
};

static enum select_verdict packet(struct select *s, const struct row *row)
{
    const struct frame_info f = {
        .key = row->place == KEY || row->place == KEY_START,
        .start = row->place == START || row->place == KEY_START,
    };
    const struct rtp_view v = {.marker = row->place == MIDDLE};
    struct selected how;
    enum select_verdict verdict = select_packet(s, row->source, 1000, &v, &f, &how);
    assert_true(verdict == SELECT_DROP || how.marker == v.marker);
    return verdict;
}

static void follows_the_target_at_key_frames(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
        struct select s = {0};
        print_message("  %s\n", sequences[i].name);
        for (const struct row *row = sequences[i].rows; row->op != END; row++) {
            if (row->op == TARGET)
                select_target(&s, (struct select_target){.source = row->source});
            else if (row->op == FORGET)
                select_forget(&s, row->source);
            else
                assert_int_equal(packet(&s, row), row->want);
            assert_int_equal(select_waiting(&s), row->waiting);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_target_at_key_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
