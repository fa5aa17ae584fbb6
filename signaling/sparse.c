#include "sparse.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

/* So many zeros, then so many other bytes, which follow. */
struct run {
    uint16_t zeros, bytes;
};

struct sparse {
    size_t len;     /* of all runs */
    uint8_t runs[]; /* struct run, bytes, struct run, ... */
};

static const uint8_t *skip_zeros(const uint8_t *p, const uint8_t *end)
{
    while (p < end && *p == 0)
        p++;
    return p;
}

/* Zeros that are fewer than a struct run takes are better kept. */
static const uint8_t *skip_bytes(const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        const uint8_t *next = skip_zeros(p, end);
        if (next == end || next - p > (ptrdiff_t)sizeof(struct run))
            return p;
        p = next + 1;
    }
    return end;
}

static const uint8_t *bounded(const uint8_t *p, const uint8_t *end)
{
    return end - p > UINT16_MAX ? p + UINT16_MAX : end;
}

struct sparse *sparse_new(const void *from, size_t len)
{
    g_autoptr(GByteArray) runs = g_byte_array_new();
    const uint8_t *p = from, *end = p + len;
    while (p < end) {
        const uint8_t *some = skip_zeros(p, bounded(p, end)), *rest = skip_bytes(some, bounded(some, end));
        const struct run run = {.zeros = (uint16_t)(some - p), .bytes = (uint16_t)(rest - some)};
        g_byte_array_append(runs, (const uint8_t *)&run, sizeof(run));
        g_byte_array_append(runs, some, run.bytes);
        p = rest;
    }
    struct sparse *sparse = g_malloc(sizeof(*sparse) + runs->len);
    sparse->len = runs->len;
    if (runs->len)
        memcpy(sparse->runs, runs->data, runs->len);
    return sparse;
}

void sparse_read(const struct sparse *sparse, void *to, size_t len)
{
    const uint8_t *p = sparse->runs, *end = p + sparse->len;
    uint8_t *out = to;
    memset(to, 0, len);
    while (p < end) {
        struct run run;
        memcpy(&run, p, sizeof(run));
        memcpy(out += run.zeros, p += sizeof(run), run.bytes);
        out += run.bytes;
        p += run.bytes;
    }
}
