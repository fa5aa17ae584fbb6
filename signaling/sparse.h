/* A copy of a plain struct without its zeros, for one with room for the most that there may be, of which
 * little is used, and which is seldom looked at: many of them are kept. */
#pragma once

#include <stddef.h>

struct sparse;

/* g_free() it. */
struct sparse *sparse_new(const void *from, size_t len);

/* The same len bytes again. */
void sparse_read(const struct sparse *sparse, void *to, size_t len);
