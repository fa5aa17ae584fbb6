/* The a= lines of an SDP: one const table, a row for each attribute that the
 * model keeps. Internal to the parser. */
#pragma once

#include "sdp.h"

struct sdp_parser {
    struct sdp *sdp;
    struct sdp_section *section; /* NULL = session level */
    unsigned line;
    char *err;
    size_t err_len;
};

/* Write "line N: ..." and return code. */
int sdp_parser_fail(struct sdp_parser *p, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4), warn_unused_result));

/* What follows "a=". The text is cut in place and stays in the model. */
int sdp_attr_parse(struct sdp_parser *p, char *text) __attribute__((warn_unused_result));

/* The next word of *rest, which it cuts off; "" at the end. */
char *sdp_word(char **rest);

/* A decimal number and nothing else, at most max. */
bool sdp_number(const char *text, uint64_t max, uint64_t *out);

/* One to max_len characters of RFC 8866's token. */
bool sdp_is_token(const char *text, size_t max_len);
