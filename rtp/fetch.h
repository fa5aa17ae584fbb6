/* Asking for memory before it is needed. What one viewer's packets touch was last touched a frame ago, lies
 * in a dozen places and is in no cache any more: to wait for each of them takes longer than all that is done
 * there. */
#pragma once

#include <stddef.h>

enum { FETCH_LINE = 64 }; /* bytes of a cache line; a wrong guess costs time only */

/* The len bytes from there on are going to be read and written. Any address may be asked for. */
static inline void fetch(const void *from, size_t len)
{
    for (size_t i = 0; i < len; i += FETCH_LINE)
        __builtin_prefetch((const char *)from + i, 1);
}
