#include "schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *const words[] = {"red", "green", NULL};

static const struct schema_field item[] = {
    {.name = "n", .type = SCHEMA_INTEGER, .required = true, .min = 0, .max = 9},
    {.name = "on", .type = SCHEMA_BOOLEAN},
    {.name = NULL},
};

static const struct schema_field fields[] = {
    {.name = "room", .type = SCHEMA_STRING, .min = 1, .max = 4, .form = schema_room, .form_words = "plain"},
    {.name = "name", .type = SCHEMA_STRING, .min = 1, .max = 4, .form = schema_name, .form_words = "shown"},
    {.name = "text", .type = SCHEMA_TEXT, .nullable = true, .min = 1, .max = 4},
    {.name = "big", .type = SCHEMA_INTEGER, .min = 1, .max = UINT32_MAX},
    {.name = "word", .type = SCHEMA_STRING, .words = words},
    {.name = "on", .type = SCHEMA_BOOLEAN},
    {.name = "list", .type = SCHEMA_LIST, .min = 1, .max = 2, .fields = item},
    {.name = NULL},
};

static void check_fields(void **state)
{
    (void)state;
    static const struct {
        const char *params;
        const char *err; /* NULL = accepted */
    } rows[] = {
        {"{}", NULL},
        {"[]", "params has to be an object"},
        {"\"x\"", "params has to be an object"},
        {"null", "params has to be an object"},
        {"{\"unknown\": [[[]]]}", NULL},
        {"{\"room\": \"a.B-\"}", NULL},
        {"{\"room\": \"\"}", "room has to be a string of 1 to 4 characters"},
        {"{\"room\": \"abcde\"}", "room has to be a string of 1 to 4 characters"},
        {"{\"room\": \"a/b\"}", "room has to be plain"},
        {"{\"room\": \"\\u00e9\"}", "room has to be plain"},
        {"{\"room\": 7}", "room has to be a string of 1 to 4 characters"},
        {"{\"room\": null}", "room has to be a string of 1 to 4 characters"},
        {"{\"name\": \"\\u00e9\\u00e9\\u00e9\\u00e9\"}", NULL},
        {"{\"name\": \"\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\"}", NULL},
        {"{\"name\": \"  \\u00a0 \"}", "name has to be shown"},
        {"{\"name\": \"a\\nb\"}", "name has to be shown"},
        {"{\"name\": \"a\\u007f\"}", "name has to be shown"},
        {"{\"name\": \"a\\u0085\"}", "name has to be shown"},
        {"{\"text\": null}", NULL},
        {"{\"text\": \"\\u00e9\\u00e9\"}", NULL},
        {"{\"text\": \"\\u00e9\\u00e9\\u00e9\"}", "text has to be a string of 1 to 4 bytes"},
        {"{\"big\": 4294967295}", NULL},
        {"{\"big\": 4294967296}", "big has to be an integer from 1 to 4294967295"},
        {"{\"big\": 0}", "big has to be an integer from 1 to 4294967295"},
        {"{\"big\": -1}", "big has to be an integer from 1 to 4294967295"},
        {"{\"big\": 1.0}", "big has to be an integer from 1 to 4294967295"},
        {"{\"big\": \"1\"}", "big has to be an integer from 1 to 4294967295"},
        {"{\"big\": true}", "big has to be an integer from 1 to 4294967295"},
        {"{\"word\": \"green\"}", NULL},
        {"{\"word\": \"Green\"}", "word has to be one of red green"},
        {"{\"word\": \"\"}", "word has to be one of red green"},
        {"{\"word\": []}", "word has to be a string"},
        {"{\"on\": false}", NULL},
        {"{\"on\": 0}", "on has to be true or false"},
        {"{\"list\": [{\"n\": 0}, {\"n\": 9, \"on\": true}]}", NULL},
        {"{\"list\": []}", "list has to be a list of 1 to 2 objects"},
        {"{\"list\": [{\"n\": 1}, {\"n\": 1}, {\"n\": 1}]}", "list has to be a list of 1 to 2 objects"},
        {"{\"list\": {\"n\": 1}}", "list has to be a list of 1 to 2 objects"},
        {"{\"list\": [1]}", "list has to be a list of 1 to 2 objects"},
        {"{\"list\": [{}]}", "list[0].n is missing"},
        {"{\"list\": [{\"n\": null}]}", "list[0].n has to be an integer from 0 to 9"},
        {"{\"list\": [{\"n\": 1}, {\"n\": 10}]}", "list[1].n has to be an integer from 0 to 9"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char err[SCHEMA_ERROR_MAX] = "";
        json_t *params = json_loads(rows[i].params, JSON_DECODE_ANY, NULL);
        assert_non_null(params);
        int result = schema_check(fields, params, err);
        json_decref(params);
        if ((result == 0) != !rows[i].err || (rows[i].err && strcmp(err, rows[i].err) != 0))
            fail_msg("%s: %d, \"%s\"", rows[i].params, result, err);
    }
}

static void check_required(void **state)
{
    (void)state;
    char err[SCHEMA_ERROR_MAX] = "";
    assert_int_not_equal(schema_check(item, NULL, err), 0);
    assert_string_equal(err, "n is missing");
}

static void check_values(void **state)
{
    (void)state;
    json_t *params = json_pack("{s:i, s:b, s:s, s:n}", "n", 5, "on", 1, "text", "x", "none");
    assert_int_equal(schema_integer(params, "n", 9), 5);
    assert_int_equal(schema_integer(params, "none", 9), 9);
    assert_int_equal(schema_integer(params, "away", 9), 9);
    assert_true(schema_boolean(params, "on", false));
    assert_true(schema_boolean(params, "none", true));
    assert_string_equal(schema_string(params, "text"), "x");
    assert_null(schema_string(params, "n"));
    assert_null(schema_string(NULL, "n"));
    json_decref(params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_fields),
        cmocka_unit_test(check_required),
        cmocka_unit_test(check_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
