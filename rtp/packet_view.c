#include "packet_view.h"

#include <errno.h>

enum {
    ONE_BYTE_PROFILE = 0xbede, /* RFC 8285, section 4.2 */
    TWO_BYTE_PROFILE = 0x1000, /* section 4.3; the low four bits are the application's */
    TWO_BYTE_MASK = 0xfff0,
    EXT_PADDING = 0,
    ONE_BYTE_STOP = 15,
};

/* The element that the sender calls id is the extension that was negotiated under it, if any. */
static void note_ext(struct rtp_view *v, const struct rtp_ext_map *map, uint8_t id, size_t off, uint8_t len)
{
    for (size_t e = 0; e < RTP_EXT_COUNT; e++) {
        if (map->id[e] == id && !v->ext[e].off)
            v->ext[e] = (struct rtp_ext_at){(uint16_t)off, len};
    }
}

/* One element's head. False where the list ends before its length does. */
static bool read_head(struct rd *r, bool two_bytes, uint8_t *id, uint8_t *len)
{
    uint8_t b = rd_u8(r);
    *len = 0;
    if (two_bytes) {
        *id = b;
        if (b != EXT_PADDING)
            *len = rd_u8(r);
        return true;
    }
    *id = b >> 4;
    if (b == EXT_PADDING)
        return true;
    *len = (uint8_t)((b & 15) + 1);
    return *id != ONE_BYTE_STOP && *id != EXT_PADDING;
}

static bool parse_elements(struct rtp_view *v, const uint8_t *packet, struct rd r, bool two_bytes,
                           const struct rtp_ext_map *map)
{
    while (rd_left(&r) && !r.bad) {
        uint8_t id, len;
        if (!read_head(&r, two_bytes, &id, &len))
            return true;
        const uint8_t *data = rd_bytes(&r, len);
        if (data && id != EXT_PADDING)
            note_ext(v, map, id, (size_t)(data - packet), len);
    }
    return !r.bad;
}

static bool parse_extensions(struct rtp_view *v, const uint8_t *packet, struct rd *r,
                             const struct rtp_ext_map *map)
{
    uint16_t profile = rd_u16(r);
    struct rd list = rd_sub(r, (size_t)rd_u16(r) * 4);
    if (r->bad)
        return false;
    bool two_bytes = (profile & TWO_BYTE_MASK) == TWO_BYTE_PROFILE;
    if (profile != ONE_BYTE_PROFILE && !two_bytes)
        return true; /* of a kind that means nothing to us (RFC 3550, section 5.3.1) */
    return parse_elements(v, packet, list, two_bytes, map);
}

int rtp_view_parse(struct rtp_view *v, const uint8_t *p, size_t len, const struct rtp_ext_map *map)
{
    if (len < RTP_HEADER_LEN || len > UINT16_MAX || p[0] >> 6 != RTP_VERSION)
        return -EBADMSG;
    *v = (struct rtp_view){
        .ssrc = get_u32(p + 8),
        .timestamp = get_u32(p + 4),
        .seq = get_u16(p + 2),
        .pt = p[1] & 0x7f,
        .marker = p[1] >> 7,
        .len = (uint16_t)len,
    };
    struct rd r = rd_init(p + RTP_HEADER_LEN, len - RTP_HEADER_LEN);
    rd_bytes(&r, (size_t)(p[0] & 15) * 4);
    if (r.bad || ((p[0] & 0x10) && !parse_extensions(v, p, &r, map)))
        return -EBADMSG;
    size_t padding = 0;
    if (p[0] & 0x20) {
        padding = p[len - 1];
        if (padding == 0 || padding > rd_left(&r))
            return -EBADMSG;
    }
    v->payload = (uint16_t)(r.p - p);
    v->payload_len = (uint16_t)(rd_left(&r) - padding);
    return 0;
}

int rtp_peek(const uint8_t *p, size_t len, uint32_t *ssrc, uint16_t *seq)
{
    if (len < RTP_HEADER_LEN || p[0] >> 6 != RTP_VERSION)
        return -EBADMSG;
    *ssrc = get_u32(p + 8);
    *seq = get_u16(p + 2);
    return 0;
}

bool rtp_audio_level(const struct rtp_view *v, const uint8_t *p, uint8_t *level, bool *voice)
{
    struct rtp_ext_at at = v->ext[RTP_EXT_AUDIO_LEVEL];
    if (at.len < 1)
        return false;
    *level = p[at.off] & 0x7f;
    *voice = p[at.off] >> 7;
    return true;
}

bool rtp_transport_seq(const struct rtp_view *v, const uint8_t *p, uint16_t *seq)
{
    struct rtp_ext_at at = v->ext[RTP_EXT_TRANSPORT_CC];
    if (at.len < 2)
        return false;
    *seq = get_u16(p + at.off);
    return true;
}

bool rtp_send_time(const struct rtp_view *v, const uint8_t *p, uint32_t *time)
{
    struct rtp_ext_at at = v->ext[RTP_EXT_ABS_SEND_TIME];
    if (at.len < 3)
        return false;
    *time = (uint32_t)p[at.off] << 16 | get_u16(p + at.off + 1);
    return true;
}

int rtp_rtx_osn(const struct rtp_view *v, const uint8_t *p, uint16_t *osn)
{
    if (v->payload_len < 2)
        return -EBADMSG;
    *osn = get_u16(p + v->payload);
    return 0;
}
