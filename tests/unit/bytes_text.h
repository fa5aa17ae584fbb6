/* Bytes of test rows from text, so that a row reads like the wire diagram. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Hexadecimal digits, with blanks anywhere. Returns the number of bytes. */
static inline size_t from_hex(const char *text, uint8_t *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;
    for (; *text; text++) {
        const char *d = strchr(digits, *text);
        if (!d)
            continue;
        uint8_t nibble = (uint8_t)(d - digits);
        out[n / 2] = (uint8_t)(n % 2 ? out[n / 2] | nibble : nibble << 4);
        n++;
    }
    return (n + 1) / 2;
}

/* Binary digits, with blanks anywhere; the last byte is filled with zeros. */
static inline size_t from_bits(const char *text, uint8_t *out)
{
    size_t n = 0;
    for (; *text; text++) {
        if (*text != '0' && *text != '1')
            continue;
        if (n % 8 == 0)
            out[n / 8] = 0;
        out[n / 8] = (uint8_t)(out[n / 8] | (*text - '0') << (7 - n % 8));
        n++;
    }
    return (n + 7) / 8;
}
