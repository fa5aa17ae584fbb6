/* One key of the ini file: what it is called, what it may be, and where struct
 * conf keeps it. The table of all of them is the one place that knows a key. */
#pragma once

#include "conf.h"

enum conf_type {
    CONF_STRING,    /* char *; min..max bytes, or empty */
    CONF_BOOL,      /* bool */
    CONF_PORT,      /* uint16_t */
    CONF_NUMBER,    /* uint32_t */
    CONF_CHOICE,    /* enum; the word's place in words */
    CONF_WORDS,     /* char *; at least one of words, none twice, any case */
    CONF_LISTEN,    /* char *; one IP address to bind, or empty */
    CONF_ADDRESSES, /* char *; IP addresses that name one host each, or empty */
    CONF_ICE_URLS,  /* char *; URLs of RFC 7064 and RFC 7065, or empty */
};

struct conf_key {
    const char *section, *name;
    enum conf_type type;
    size_t offset; /* of the member in struct conf */
    uint32_t min, max;
    const char *const *words; /* CONF_CHOICE, CONF_WORDS; ends with NULL */
    const char *by_default;
    const char *unit; /* NULL where there is none */
    bool secret;      /* never printed, nor repeated in an error */
    const char *sentence;
};

/* In the order of conf/plenum.ini; the keys of a section stand together. */
extern const struct conf_key conf_keys[];
extern const size_t conf_key_count;

/* The key of that name, or NULL. */
const struct conf_key *conf_key_find(const char *section, const char *name);

/* Whether there is such a section. */
bool conf_key_section(const char *section);

/* Put the value into conf in place of the one that is there. 0, or -EINVAL: it
 * is not allowed, and conf has nothing (zero, NULL) there now. */
int conf_key_set(const struct conf_key *key, struct conf *conf, const char *value)
    __attribute__((warn_unused_result));

/* The value as conf_key_set() reads it, to be freed with g_free(). */
char *conf_key_get(const struct conf_key *key, const struct conf *conf);

/* What values are allowed, in words, to be freed with g_free(). */
char *conf_key_allowed(const struct conf_key *key);

/* Free what conf owns there. */
void conf_key_clear(const struct conf_key *key, struct conf *conf);
