#include "layers.h"

#include <errno.h>

enum { LEB128_BYTES_MAX = 8, NOTHING_SENT = 0 };

static uint32_t read_leb128(struct rd *r)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < LEB128_BYTES_MAX; i++) {
        uint8_t byte = rd_u8(r);
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80)
            return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
    }
    r->bad = true;
    return 0;
}

/* The spatial layers of each stream, as bit masks: the same for all, or else two
 * in each byte that follows. */
static void read_masks(struct rd *r, uint8_t header, unsigned streams, uint8_t *masks)
{
    uint8_t same = header & 15;
    uint8_t pairs[2] = {same ? 0 : rd_u8(r)};
    pairs[1] = same || streams <= 2 ? 0 : rd_u8(r);
    for (unsigned s = 0; s < streams; s++)
        masks[s] = same ? same : s & 1 ? pairs[s / 2] & 15 : pairs[s / 2] >> 4;
}

/* The spatial layers that are sent, in the order in which all else comes. */
struct present {
    unsigned count;
    struct layers_spatial *at[LAYERS_STREAMS_MAX * LAYERS_SPATIAL_MAX];
};

static void find_present(struct present *present, struct layers *l, const uint8_t *masks)
{
    for (unsigned s = 0; s < l->stream_count; s++)
        for (unsigned i = 0; i < LAYERS_SPATIAL_MAX; i++)
            if (masks[s] >> i & 1)
                present->at[present->count++] = &l->of[s][i];
}

static void read_temporal_counts(struct rd *r, const struct present *present)
{
    uint8_t bits = 0;
    for (unsigned i = 0; i < present->count; i++, bits = (uint8_t)(bits << 2)) {
        if (i % 4 == 0)
            bits = rd_u8(r);
        present->at[i]->temporal_count = (uint8_t)((bits >> 6) + 1);
    }
}

static void read_rates(struct rd *r, const struct present *present)
{
    for (unsigned i = 0; i < present->count; i++)
        for (unsigned t = 0; t < present->at[i]->temporal_count; t++) {
            uint32_t kbps = read_leb128(r);
            if (kbps > LAYERS_KBPS_MAX)
                r->bad = true;
            else
                present->at[i]->bps[t] = kbps * 1000;
        }
}

static uint16_t read_less_one(struct rd *r)
{
    uint16_t v = rd_u16(r);
    return v < UINT16_MAX ? (uint16_t)(v + 1) : v;
}

static void read_sizes(struct rd *r, const struct present *present)
{
    for (unsigned i = 0; i < present->count; i++) {
        present->at[i]->width = read_less_one(r);
        present->at[i]->height = read_less_one(r);
        present->at[i]->fps = rd_u8(r);
    }
}

static void keep_sizes(struct layers *l, const struct layers *old)
{
    for (unsigned s = 0; s < l->stream_count; s++)
        for (unsigned i = 0; i < LAYERS_SPATIAL_MAX; i++) {
            const struct layers_spatial *was = &old->of[s][i];
            if (!l->of[s][i].temporal_count)
                continue;
            l->of[s][i].width = was->width;
            l->of[s][i].height = was->height;
            l->of[s][i].fps = was->fps;
        }
}

int layers_read(struct layers *l, const uint8_t *p, size_t len)
{
    struct layers new = {0};
    struct present present = {0};
    uint8_t masks[LAYERS_STREAMS_MAX];
    struct rd r = rd_init(p, len);
    uint8_t header = rd_u8(&r);
    if (len == 1 && header == NOTHING_SENT) {
        *l = new;
        return 0;
    }
    new.stream = header >> 6;
    new.stream_count = (uint8_t)((header >> 4 & 3) + 1);
    read_masks(&r, header, new.stream_count, masks);
    find_present(&present, &new, masks);
    read_temporal_counts(&r, &present);
    read_rates(&r, &present);
    if (rd_left(&r))
        read_sizes(&r, &present);
    else
        keep_sizes(&new, l);
    if (r.bad || rd_left(&r) || !present.count || new.stream >= new.stream_count)
        return -EBADMSG;
    *l = new;
    return 0;
}

uint8_t layers_fps(const struct layers_spatial *s, unsigned tid)
{
    if (tid >= s->temporal_count || !s->fps)
        return 0;
    unsigned fps = s->fps >> (s->temporal_count - 1u - tid);
    return fps ? (uint8_t)fps : 1;
}
