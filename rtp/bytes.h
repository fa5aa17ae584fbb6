/* Cursors over big-endian bytes, with an error that sticks: read or write all
 * of it, then look at `bad` once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RTP_MUST_USE __attribute__((warn_unused_result))

/* A reader. Reads past the end give 0 and set bad. */
struct rd {
    const uint8_t *p, *end;
    bool bad;
};

static inline struct rd rd_init(const uint8_t *p, size_t len)
{
    return (struct rd){p, p + len, false};
}

static inline size_t rd_left(const struct rd *r)
{
    return (size_t)(r->end - r->p);
}

/* The next len bytes, or NULL (and bad) where there are fewer. */
static inline const uint8_t *rd_bytes(struct rd *r, size_t len)
{
    if (r->bad || rd_left(r) < len) {
        r->bad = true;
        return NULL;
    }
    const uint8_t *p = r->p;
    r->p += len;
    return p;
}

static inline uint32_t rd_uint(struct rd *r, size_t bytes)
{
    const uint8_t *p = rd_bytes(r, bytes);
    uint32_t v = 0;
    for (size_t i = 0; p && i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

static inline uint8_t rd_u8(struct rd *r)
{
    return (uint8_t)rd_uint(r, 1);
}

static inline uint16_t rd_u16(struct rd *r)
{
    return (uint16_t)rd_uint(r, 2);
}

static inline uint32_t rd_u24(struct rd *r)
{
    return rd_uint(r, 3);
}

static inline uint32_t rd_u32(struct rd *r)
{
    return rd_uint(r, 4);
}

/* A reader of the next len bytes; they are consumed from r. */
static inline struct rd rd_sub(struct rd *r, size_t len)
{
    const uint8_t *p = rd_bytes(r, len);
    return p ? rd_init(p, len) : (struct rd){NULL, NULL, true};
}

/* Single values at a place that the caller has checked. */
static inline uint16_t get_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void put_u16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void put_u32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

/* A writer. Writes past the end are not made and set bad. */
struct wr {
    uint8_t *start, *p, *end;
    bool bad;
};

static inline struct wr wr_init(uint8_t *p, size_t cap)
{
    return (struct wr){p, p, p + cap, false};
}

static inline size_t wr_len(const struct wr *w)
{
    return (size_t)(w->p - w->start);
}

static inline size_t wr_left(const struct wr *w)
{
    return (size_t)(w->end - w->p);
}

/* Room for len bytes, to be filled in by the caller, or NULL (and bad). */
static inline uint8_t *wr_reserve(struct wr *w, size_t len)
{
    if (w->bad || wr_left(w) < len) {
        w->bad = true;
        return NULL;
    }
    uint8_t *p = w->p;
    w->p += len;
    return p;
}

static inline void wr_u8(struct wr *w, uint32_t v)
{
    uint8_t *p = wr_reserve(w, 1);
    if (p)
        p[0] = (uint8_t)v;
}

static inline void wr_u16(struct wr *w, uint32_t v)
{
    uint8_t *p = wr_reserve(w, 2);
    if (p)
        put_u16(p, v);
}

static inline void wr_u24(struct wr *w, uint32_t v)
{
    uint8_t *p = wr_reserve(w, 3);
    if (!p)
        return;
    p[0] = (uint8_t)(v >> 16);
    put_u16(p + 1, v);
}

static inline void wr_u32(struct wr *w, uint32_t v)
{
    uint8_t *p = wr_reserve(w, 4);
    if (p)
        put_u32(p, v);
}

static inline void wr_bytes(struct wr *w, const void *p, size_t len)
{
    uint8_t *to = wr_reserve(w, len);
    if (to && len)
        memcpy(to, p, len);
}
