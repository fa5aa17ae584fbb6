#include "answer_build.h"

#include <errno.h>
#include <stdarg.h>

static void explain(struct answer_build *b, unsigned line, const char *format, va_list args)
{
    int n = line ? g_snprintf(b->err, b->err_len, "line %u: ", line) : 0;
    if (n >= 0 && (size_t)n < b->err_len)
        g_vsnprintf(b->err + n, b->err_len - (size_t)n, format, args);
}

int answer_fail(struct answer_build *b, unsigned line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    explain(b, line, format, args);
    va_end(args);
    return -EINVAL;
}

int answer_refuse(struct answer_build *b, unsigned line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    explain(b, line, format, args);
    va_end(args);
    return -ENOTSUP;
}
