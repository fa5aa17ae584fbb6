/* What the parameters of a method may be, as a table that is checked before the
 * method's handler runs. Fields that the table does not name are ignored. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum schema_type {
    SCHEMA_STRING,  /* min..max characters (Unicode code points) */
    SCHEMA_TEXT,    /* min..max bytes */
    SCHEMA_INTEGER, /* min..max */
    SCHEMA_BOOLEAN,
    SCHEMA_LIST, /* of min..max objects with `fields` */
};

struct schema_field {
    const char *name; /* NULL ends the table */
    enum schema_type type;
    bool required;
    bool nullable; /* null is the same as not there */
    int64_t min, max;
    const char *const *words;          /* SCHEMA_STRING: one of these, ended by NULL */
    bool (*form)(const char *text);    /* SCHEMA_STRING: has to hold ... */
    const char *form_words;            /* ... and this says what it wants */
    const struct schema_field *fields; /* SCHEMA_LIST */
};

enum { SCHEMA_ERROR_MAX = 200 };

/* 0, or -EINVAL with the field and what it has to be in err. params NULL is an empty object. */
int schema_check(const struct schema_field *fields, const json_t *params, char err[SCHEMA_ERROR_MAX])
    __attribute__((warn_unused_result));

/* Forms. */
bool schema_room(const char *text); /* A-Z a-z 0-9 . _ - */
bool schema_name(const char *text); /* not blank, no control characters */

/* The member's value, or the default where it is missing or null. For parameters that were checked. */
int64_t schema_integer(const json_t *object, const char *name, int64_t missing);
bool schema_boolean(const json_t *object, const char *name, bool missing);
const char *schema_string(const json_t *object, const char *name); /* NULL where missing */
