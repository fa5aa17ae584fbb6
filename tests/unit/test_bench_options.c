#include "options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

#include <errno.h>
#include <glib.h>
#include <math.h>

static int parse(const char *line, struct options *o, char *err)
{
    static char **words; /* the options point into them */
    g_strfreev(words);
    g_autofree char *all = g_strconcat("plenum-bench", *line ? " " : "", line, NULL);
    words = g_strsplit(all, " ", -1);
    int result = options_parse(o, (int)g_strv_length(words), words, err);
    return result;
}

static void defaults(void **state)
{
    (void)state;
    struct options o;
    char err[OPTIONS_ERROR_MAX];
    assert_int_equal(parse("", &o, err), 0);
    assert_string_equal(o.url, "ws://127.0.0.1:8080/ws");
    assert_null(o.json);
    assert_null(o.token);
    assert_int_equal(o.participants, 5);
    assert_int_equal(o.publishers, -1);
    assert_int_equal(o.layer_count, 3);
    assert_int_equal(o.layers[2].width, 1280);
    assert_true(o.layers[1].bits == 500000 && o.layers[1].fps == 30);
    assert_int_equal(o.audio_slots, 3);
    assert_int_equal(o.video_slots, 9);
    assert_int_equal(o.talk, OPTIONS_TALK_ALL);
    assert_int_equal(o.assert_count, 0);
    assert_false(o.spacing > 0 || o.spin || o.insecure || o.pictures);
    assert_int_equal(o.gro, OPTIONS_AUTO);
}

#define NUMBER(member) offsetof(struct options, member)

static void numbers_with_units(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        size_t at;
        double value;
    } rows[] = {
        {"--duration 250ms", NUMBER(duration), 0.25},
        {"--duration 2min", NUMBER(duration), 120},
        {"--duration=3", NUMBER(duration), 3},
        {"--loss 2%", NUMBER(loss), 0.02},
        {"--loss 0.5", NUMBER(loss), 0.5},
        {"--pauses 60%", NUMBER(pauses), 0.6},
        {"--rate 2.5M", NUMBER(rate), 2.5e6},
        {"--rate 64k", NUMBER(rate), 64000},
        {"--delay 50ms", NUMBER(delay), 0.05},
        {"--join-rate 0.5", NUMBER(join_rate), 0.5},
        {"--key-size 10", NUMBER(key_size), 10},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct options o;
        char err[OPTIONS_ERROR_MAX] = "";
        if (parse(rows[i].line, &o, err) != 0)
            fail_msg("%s: %s", rows[i].line, err);
        assert_true(fabs(*(double *)((char *)&o + rows[i].at) - rows[i].value) < 1e-9);
    }
}

static void words(void **state)
{
    (void)state;
    struct options o;
    char err[OPTIONS_ERROR_MAX];
    assert_int_equal(
        parse("--layers 320x180@15:150k,1280x720@25:2M --slots 0,64 --tile 640x360,160x90 --spacing 2ms "
              "--talk 2 "
              "--publishers all --audio 0 --gro on --gso=off --room x --pid 4711 --feedback remb "
              "--srtp AEAD_AES_256_GCM",
              &o, err),
        0);
    assert_int_equal(o.layer_count, 2);
    assert_true(o.layers[0].fps == 15 && o.layers[1].bits == 2e6);
    assert_int_equal(o.audio_slots, 0);
    assert_int_equal(o.video_slots, 64);
    assert_int_equal(o.tile_count, 2);
    assert_int_equal(o.tiles[0].width, 640);
    assert_int_equal(o.tiles[1].height, 90);
    assert_true(o.spacing == 0.002);
    assert_int_equal(o.talk, 2);
    assert_int_equal(o.publishers, -1);
    assert_int_equal(o.audio, 0);
    assert_int_equal(o.gro, OPTIONS_ON);
    assert_int_equal(o.gso, OPTIONS_OFF);
    assert_int_equal(o.feedback, OPTIONS_REMB);
    assert_string_equal(o.srtp, "SRTP_AEAD_AES_256_GCM");
    assert_string_equal(o.room, "x");
    assert_int_equal(o.pid, 4711);
    assert_int_equal(parse("--spacing 55us", &o, err), 0);
    assert_true(fabs(o.spacing - 55e-6) < 1e-9);
}

static void conditions(void **state)
{
    (void)state;
    struct options o;
    char err[OPTIONS_ERROR_MAX];
    assert_int_equal(parse("--assert loss<0.1% p99<20ms --rooms 2 --assert max<1s", &o, err), 0);
    assert_int_equal(o.assert_count, 3);
    assert_string_equal(o.asserts[1], "p99<20ms");
    assert_string_equal(o.asserts[2], "max<1s");
    assert_int_equal(o.rooms, 2);
}

static void tells_what_was_given(void **state)
{
    (void)state;
    static const struct {
        const char *line, *name;
        bool given;
    } rows[] = {
        {"", "views", false},
        {"--views 5s", "views", true},
        {"--views=5s --rooms 2", "views", true},
        {"--rooms 2", "views", false},
        {"--whip /whip/{room}", "whip", true}, /* as the default is */
        {"--spin", "spin", true},
        {"--rooms 2", "room", false},
        {"--rooms 2", "colour", false},
        {"--url ws://127.0.0.1/", "url", true},   /* the first of the table, */
        {"--json out.json", "json", true},        /* the last, */
        {"--url ws://127.0.0.1/", "json", false}, /* and not the other */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct options o;
        char err[OPTIONS_ERROR_MAX] = "";
        assert_int_equal(parse(rows[i].line, &o, err), 0);
        if (options_given(&o, rows[i].name) != rows[i].given)
            fail_msg("%s: %s", rows[i].line, rows[i].name);
    }
}

/* The line in words has to name what is wrong. */
static void mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *line, *part;
    } rows[] = {
        {"--colour red", "no option --colour"},
        {"participants 5", "participants is no option"},
        {"--participants", "--participants takes a value"},
        {"--participants many", "--participants many"},
        {"--participants 0", "--participants 0"},
        {"--participants 1.5", "--participants 1.5"},
        {"--participants 5x", "--participants 5x"},
        {"--participants -3", "--participants -3"},
        {"--participants 99999999", "--participants 99999999"},
        {"--url=", "--url"},
        {"--loss 101%", "--loss 101%"},
        {"--loss nan", "--loss nan"},
        {"--duration 5h", "--duration 5h"},
        {"--slots 3", "--slots 3"},
        {"--tile 640", "--tile 640"},
        {"--tile 640x360,", "--tile 640x360,"},
        {"--tile 640x360;1x1", "--tile 640x360;1x1"},
        {"--tile 1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1,1x1", "--tile 1x1"},
        {"--pauses 101%", "--pauses 101%"},
        {"--slots 60,5", "--slots 60,5"},
        {"--slots 3,9,1", "--slots 3,9,1"},
        {"--tile 640", "--tile 640"},
        {"--tile 70000x1", "--tile 70000x1"},
        {"--layers 320x180", "--layers 320x180"},
        {"--layers 320x180@30:150k,", "--layers"},
        {"--layers 1x1@1:8k,1x1@1:8k,1x1@1:8k,1x1@1:8k", "--layers"},
        {"--layers 320x180@0:150k", "--layers"},
        {"--layers 320x180@30:1", "--layers"},
        {"--gro perhaps", "--gro perhaps"},
        {"--feedback loud", "--feedback loud"},
        {"--srtp AES", "--srtp AES"},
        {"--assert", "--assert takes"},
        {"--assert --rooms 1", "--assert takes"},
        {"--ramp 5", "--ramp"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct options o;
        char err[OPTIONS_ERROR_MAX] = "";
        assert_int_equal(parse(rows[i].line, &o, err), -EINVAL);
        if (!strstr(err, rows[i].part))
            fail_msg("%s: %s", rows[i].line, err);
    }
}

static void help_lists_everything(void **state)
{
    (void)state;
    struct options o;
    char err[OPTIONS_ERROR_MAX];
    assert_int_equal(parse("--rooms 2 --help", &o, err), 1);
    g_autofree char *help = options_help();
    static const char *const names[] = {"--url", "--layers", "--assert", "--json", "--ramp"};
    for (size_t i = 0; i < COUNT(names); i++)
        assert_non_null(strstr(help, names[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(numbers_with_units),
        cmocka_unit_test(words),
        cmocka_unit_test(conditions),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(help_lists_everything),
        cmocka_unit_test(tells_what_was_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
