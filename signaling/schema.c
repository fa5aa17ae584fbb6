#include "schema.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

/* Where in the parameters we are, for messages: "slots[3]." in front of a field's name. */
struct place {
    char prefix[64];
    char *err;
};

static int refuse(const struct place *place, const struct schema_field *field, const char *what)
{
    snprintf(place->err, SCHEMA_ERROR_MAX, "%s%s has to be %s", place->prefix, field->name, what);
    return -EINVAL;
}

static int check_word(const struct place *place, const struct schema_field *field, const char *text)
{
    char list[SCHEMA_ERROR_MAX] = "one of";
    for (const char *const *word = field->words; *word; word++) {
        if (strcmp(*word, text) == 0)
            return 0;
        g_strlcat(list, " ", sizeof(list));
        g_strlcat(list, *word, sizeof(list));
    }
    return refuse(place, field, list);
}

static int check_string(const struct place *place, const struct schema_field *field, const json_t *value)
{
    char what[64];
    const char *text = json_string_value(value);
    const char *unit = field->type == SCHEMA_TEXT ? "bytes" : "characters";
    snprintf(what, sizeof(what), "a string of %lld to %lld %s", (long long)field->min, (long long)field->max,
             unit);
    if (!text)
        return refuse(place, field, field->words ? "a string" : what);
    if (field->words)
        return check_word(place, field, text);
    size_t bytes = json_string_length(value);
    int64_t len = field->type == SCHEMA_TEXT ? (int64_t)bytes : g_utf8_strlen(text, (gssize)bytes);
    if (len < field->min || len > field->max)
        return refuse(place, field, what);
    return field->form && !field->form(text) ? refuse(place, field, field->form_words) : 0;
}

static int check_integer(const struct place *place, const struct schema_field *field, const json_t *value)
{
    char what[80];
    json_int_t number = json_integer_value(value);
    if (json_is_integer(value) && number >= field->min && number <= field->max)
        return 0;
    snprintf(what, sizeof(what), "an integer from %lld to %lld", (long long)field->min,
             (long long)field->max);
    return refuse(place, field, what);
}

static int check_fields(const struct place *place, const struct schema_field *fields, const json_t *object);

static int check_list(const struct place *place, const struct schema_field *field, const json_t *value)
{
    char what[80];
    size_t count = json_array_size(value);
    snprintf(what, sizeof(what), "a list of %lld to %lld objects", (long long)field->min,
             (long long)field->max);
    if (!json_is_array(value) || (int64_t)count < field->min || (int64_t)count > field->max)
        return refuse(place, field, what);
    for (size_t i = 0; i < count; i++) {
        struct place inner = {.err = place->err};
        snprintf(inner.prefix, sizeof(inner.prefix), "%s[%zu].", field->name, i);
        const json_t *item = json_array_get(value, i);
        if (!json_is_object(item))
            return refuse(place, field, what);
        if (check_fields(&inner, field->fields, item) < 0)
            return -EINVAL;
    }
    return 0;
}

static int check_value(const struct place *place, const struct schema_field *field, const json_t *value)
{
    switch (field->type) {
    case SCHEMA_STRING:
    case SCHEMA_TEXT:
        return check_string(place, field, value);
    case SCHEMA_INTEGER:
        return check_integer(place, field, value);
    case SCHEMA_BOOLEAN:
        return json_is_boolean(value) ? 0 : refuse(place, field, "true or false");
    case SCHEMA_LIST:
        return check_list(place, field, value);
    }
    return -EINVAL;
}

static int check_fields(const struct place *place, const struct schema_field *fields, const json_t *object)
{
    for (const struct schema_field *field = fields; field->name; field++) {
        const json_t *value = json_object_get(object, field->name);
        bool missing = !value || (field->nullable && json_is_null(value));
        if (missing && field->required) {
            snprintf(place->err, SCHEMA_ERROR_MAX, "%s%s is missing", place->prefix, field->name);
            return -EINVAL;
        }
        if (!missing && check_value(place, field, value) < 0)
            return -EINVAL;
    }
    return 0;
}

int schema_check(const struct schema_field *fields, const json_t *params, char err[SCHEMA_ERROR_MAX])
{
    const struct place place = {.err = err};
    if (params && !json_is_object(params)) {
        snprintf(err, SCHEMA_ERROR_MAX, "params has to be an object");
        return -EINVAL;
    }
    return check_fields(&place, fields, params);
}

bool schema_room(const char *text)
{
    return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0';
}

bool schema_name(const char *text)
{
    bool blank = true;
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (g_unichar_iscntrl(c))
            return false;
        blank = blank && g_unichar_isspace(c);
    }
    return !blank;
}

int64_t schema_integer(const json_t *object, const char *name, int64_t missing)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : missing;
}

bool schema_boolean(const json_t *object, const char *name, bool missing)
{
    const json_t *value = json_object_get(object, name);
    return json_is_boolean(value) ? json_is_true(value) : missing;
}

const char *schema_string(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}
