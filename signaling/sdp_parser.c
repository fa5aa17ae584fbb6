#include "sdp_parser.h"

#include <stdarg.h>
#include <string.h>

int sdp_parser_fail(struct sdp_parser *p, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = g_snprintf(p->err, p->err_len, "line %u: ", p->line);
    if (n > 0 && (size_t)n < p->err_len)
        g_vsnprintf(p->err + n, p->err_len - (size_t)n, format, args);
    va_end(args);
    return code;
}

char *sdp_word(char **rest)
{
    char *word = *rest;
    char *end = word + strcspn(word, " ");
    *rest = end + strspn(end, " ");
    *end = '\0';
    return word;
}

bool sdp_number(const char *text, uint64_t max, uint64_t *out)
{
    uint64_t n = 0;
    size_t i = 0;
    for (; g_ascii_isdigit(text[i]) && i < 18; i++)
        n = n * 10 + (uint64_t)(text[i] - '0');
    *out = n;
    return i > 0 && text[i] == '\0' && n <= max;
}

bool sdp_is_token(const char *text, size_t max_len)
{
    size_t len = 0;
    for (; text[len] && len <= max_len; len++) {
        if (!g_ascii_isalnum(text[len]) && !strchr("!#$%&'*+-.^_`{|}~", text[len]))
            return false;
    }
    return len > 0 && len <= max_len;
}
