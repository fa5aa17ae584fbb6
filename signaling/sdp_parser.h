/* A parser's place in an SDP, its errors, and the smallest things to be read
 * from a line. Internal to sdp_parse.c and its parts. */
#pragma once

#include "sdp.h"

struct sdp_parser {
    struct sdp *sdp;
    struct sdp_section *section; /* NULL = session level */
    unsigned line;
    bool fragment; /* RFC 8840's: nothing before the attributes */
    char *err;
    size_t err_len;
};

/* Write "line N: ..." and return code. */
int sdp_parser_fail(struct sdp_parser *p, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4), warn_unused_result));

/* The next word of *rest, which it cuts off; "" at the end. */
char *sdp_word(char **rest);

/* A decimal number and nothing else, at most max. */
bool sdp_number(const char *text, uint64_t max, uint64_t *out);

/* One to max_len characters of RFC 8866's token. */
bool sdp_is_token(const char *text, size_t max_len);
