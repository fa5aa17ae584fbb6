#include "stamp.h"

static uint8_t filler(const struct stamp *s, size_t i)
{
    return (uint8_t)(s->track + s->layer + s->seq * 3u + i * 7u);
}

void stamp_write(const struct stamp *s, uint8_t *p, size_t len)
{
    put_u32(p, STAMP_MAGIC);
    put_u32(p + 4, s->track);
    p[8] = s->layer;
    p[9] = 0;
    put_u16(p + 10, s->seq);
    put_u32(p + 12, (uint32_t)(s->sent_us >> 32));
    put_u32(p + 16, (uint32_t)s->sent_us);
    for (size_t i = STAMP_LEN; i < len; i++)
        p[i] = filler(s, i);
}

bool stamp_read(struct stamp *s, const uint8_t *p, size_t len)
{
    if (len < STAMP_LEN || get_u32(p) != STAMP_MAGIC)
        return false;
    s->track = get_u32(p + 4);
    s->layer = p[8];
    s->seq = get_u16(p + 10);
    s->sent_us = (uint64_t)get_u32(p + 12) << 32 | get_u32(p + 16);
    for (size_t i = STAMP_LEN; i < len; i++) {
        if (p[i] != filler(s, i))
            return false;
    }
    return p[9] == 0;
}
