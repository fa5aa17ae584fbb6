#include "compose.h"

#include "dependency.h"

enum {
    RTX_HEAD_LEN = 2,          /* compose_rtx() puts it before the patch */
    ONE_BYTE_PROFILE = 0xbede, /* RFC 8285, section 4.2 */
    TWO_BYTE_PROFILE = 0x1000, /* section 4.3 */
    ONE_BYTE_ID_MAX = 14,
    ONE_BYTE_LEN_MAX = 16,
    TRANSPORT_SEQ_LEN = 2,
    SEND_TIME_LEN = 3,
    AUDIO_LEVEL_LEN = 1,
    ORIENTATION_LEN = 1,
    DESCRIPTOR_LEN_MAX = 255,
    ELEMENTS_MAX = 6,
    RED_BLOCKS_KEPT = (COMPOSE_PATCH_MAX - RTX_HEAD_LEN - 1) / RED_BLOCK_LEN, /* their heads are rewritten */
    HEAD_LEN = 2, /* of an element, two-byte form */
    EXTENSIONS_HEAD_LEN = 4,
};

_Static_assert(ELEMENTS_MAX *HEAD_LEN + TRANSPORT_SEQ_LEN + SEND_TIME_LEN + COMPOSE_MID_MAX +
                       AUDIO_LEVEL_LEN + ORIENTATION_LEN + DESCRIPTOR_LEN_MAX <=
                   COMPOSE_EXTENSIONS,
               "all elements and the padding to 4 bytes fit");
_Static_assert(RTX_HEAD_LEN + RED_BLOCK_LEN + 1 <= COMPOSE_PATCH_MAX,
               "the heads of RED fit before its frame");
_Static_assert(COMPOSE_EXTENSIONS % 4 == 0, "the padding is counted");

struct element {
    enum rtp_ext ext;
    uint8_t id, len;
    const uint8_t *data; /* NULL = zeros, filled in later */
};

struct elements {
    struct element e[ELEMENTS_MAX];
    size_t n;
    bool two_bytes; /* one of them needs that form */
};

/* Nothing where the viewer has no id for it, or it cannot be said in the form that was agreed. */
static void add(struct elements *to, const struct rtp_ext_map *exts, enum rtp_ext ext, const uint8_t *data,
                size_t len)
{
    uint8_t id = exts->id[ext];
    bool long_form = id > ONE_BYTE_ID_MAX || len > ONE_BYTE_LEN_MAX;
    if (!id || !len || (long_form && !exts->mixed))
        return;
    to->e[to->n++] = (struct element){ext, id, (uint8_t)len, data};
    to->two_bytes |= long_form;
}

/* What of the source packet goes on to a viewer as it is. */
static void pass_on(struct elements *to, const struct rtp_ext_map *exts, enum rtp_ext ext,
                    const struct rtp_view *v, const uint8_t *p, size_t min, size_t max)
{
    struct rtp_ext_at at = v->ext[ext];
    if (at.len >= min && at.len <= max)
        add(to, exts, ext, p + at.off, at.len);
}

static void list_elements(struct elements *to, const struct compose *with, const struct rtp_view *v,
                          const struct frame_info *f, const uint8_t *p)
{
    const struct rtp_ext_map *exts = with->exts;
    size_t mid_len = with->mid ? strnlen(with->mid, COMPOSE_MID_MAX + 1) : 0;
    to->n = 0;
    to->two_bytes = false;
    add(to, exts, RTP_EXT_TRANSPORT_CC, NULL, TRANSPORT_SEQ_LEN);
    add(to, exts, RTP_EXT_ABS_SEND_TIME, NULL, SEND_TIME_LEN);
    if (mid_len <= COMPOSE_MID_MAX)
        add(to, exts, RTP_EXT_MID, (const uint8_t *)with->mid, mid_len);
    pass_on(to, exts, RTP_EXT_AUDIO_LEVEL, v, p, AUDIO_LEVEL_LEN, AUDIO_LEVEL_LEN);
    pass_on(to, exts, RTP_EXT_ORIENTATION, v, p, ORIENTATION_LEN, ORIENTATION_LEN);
    if (with->descriptor && f->has_descriptor && exts->mixed)
        pass_on(to, exts, RTP_EXT_DEPENDENCY, v, p, DEPENDENCY_MANDATORY_LEN, DESCRIPTOR_LEN_MAX);
}

/* Returns where the next one goes. */
static uint8_t *write_element(struct composed *c, uint8_t *to, const struct element *e, bool two_bytes,
                              const struct rewritten *out)
{
    if (two_bytes) {
        *to++ = e->id;
        *to++ = e->len;
    } else {
        *to++ = (uint8_t)((uint32_t)e->id << 4 | (uint32_t)(e->len - 1));
    }
    uint16_t at = (uint16_t)(to - c->header);
    if (e->data)
        memcpy(to, e->data, e->len);
    else
        to[0] = to[1] = to[e->len - 1] = 0; /* two or three */
    if (e->ext == RTP_EXT_TRANSPORT_CC)
        c->transport_seq_at = at;
    else if (e->ext == RTP_EXT_ABS_SEND_TIME)
        c->send_time_at = at;
    else if (e->ext == RTP_EXT_DEPENDENCY)
        dependency_set_frame_number(to, e->len, out->frame_number);
    return to + e->len;
}

/* At header_len, which grows by it. */
static void write_extensions(struct composed *c, const struct elements *list, const struct rewritten *out)
{
    uint8_t *head = c->header + c->header_len, *start = head + EXTENSIONS_HEAD_LEN, *to = start;
    if (list->n == 0)
        return;
    for (size_t i = 0; i < list->n; i++)
        to = write_element(c, to, &list->e[i], list->two_bytes, out);
    while ((to - start) % 4)
        *to++ = 0;
    c->header[0] |= 0x10;
    put_u16(head, list->two_bytes ? TWO_BYTE_PROFILE : ONE_BYTE_PROFILE);
    put_u16(head + 2, (uint32_t)((to - start) / 4));
    c->header_len = (size_t)(to - c->header);
}

/* The viewer's own payload types for the blocks; or the primary block alone, with or without its head. */
static void write_red(struct composed *c, const struct compose *with, const struct rtp_view *v,
                      const struct red *red, const uint8_t *p)
{
    const uint8_t *payload = p + v->payload;
    bool whole = with->red_pt && !with->primary_only && red->block_count <= RED_BLOCKS_KEPT;
    size_t blocks = whole ? red->block_count : 0;
    size_t from = whole ? blocks * RED_BLOCK_LEN + 1 : red->primary_at;
    c->patch_len = with->red_pt ? blocks * RED_BLOCK_LEN + 1 : 0;
    c->rest = payload + from;
    c->rest_len = v->payload_len - from;
    memcpy(c->patch, payload, blocks * RED_BLOCK_LEN);
    for (size_t i = 0; i <= blocks; i++)
        c->patch[i * RED_BLOCK_LEN] = (uint8_t)(i < blocks ? RED_FOLLOWED | with->pt : with->pt);
}

/* What is no RED becomes it, with the frame before where there is room. */
static void make_red(struct composed *c, const struct compose *with, const struct rtp_view *v,
                     const uint8_t *p)
{
    const struct compose_earlier *e = &with->earlier;
    struct wr w = wr_init(c->patch, sizeof(c->patch) - RTX_HEAD_LEN);
    if (e->len && e->len <= COMPOSE_EARLIER_MAX && e->len + v->payload_len <= COMPOSE_RED_MAX) {
        wr_u8(&w, RED_FOLLOWED | (uint32_t)with->pt);
        wr_u24(&w, (uint32_t)e->offset << RED_OFFSET_SHIFT | e->len);
        wr_u8(&w, with->pt);
        wr_bytes(&w, e->data, e->len);
    } else {
        wr_u8(&w, with->pt);
    }
    c->patch_len = wr_len(&w);
    c->rest = p + v->payload;
    c->rest_len = v->payload_len;
}

/* The first bytes of the payload, up to the last one that is rewritten. */
static void write_patch(struct composed *c, const struct rtp_view *v, const struct frame_info *f,
                        const uint8_t *p, const struct rewritten *out)
{
    size_t len = 0;
    if (f->picture_id_at)
        len = (size_t)f->picture_id_at + (f->picture_id_15 ? 2 : 1);
    if (f->tl0_at >= len && f->tl0_at)
        len = (size_t)f->tl0_at + 1;
    if (len > v->payload_len || len > COMPOSE_PATCH_MAX - RTX_HEAD_LEN)
        len = 0;
    c->patch_len = len;
    c->rest = p + v->payload + len;
    c->rest_len = v->payload_len - len;
    if (!len)
        return;
    memcpy(c->patch, p + v->payload, len);
    if (f->picture_id_at && f->picture_id_15)
        put_u16(c->patch + f->picture_id_at, 0x8000 | (uint32_t)out->picture_id);
    else if (f->picture_id_at)
        c->patch[f->picture_id_at] = (uint8_t)(out->picture_id & 0x7f);
    if (f->tl0_at)
        c->patch[f->tl0_at] = (uint8_t)out->tl0_pic_idx;
}

/* RFC 3550, section 5.1. */
static void write_fixed(struct composed *c, const struct compose *with, const struct rewritten *out)
{
    uint8_t *to = c->header, pt = with->red_pt ? with->red_pt : with->pt;
    to[0] = (uint8_t)(RTP_VERSION << 6 | (with->csrc ? 1 : 0));
    to[1] = (uint8_t)((uint32_t)out->marker << 7 | pt);
    put_u16(to + 2, (uint32_t)out->index);
    put_u32(to + 4, out->timestamp);
    put_u32(to + 8, with->ssrc);
    if (with->csrc)
        put_u32(to + RTP_HEADER_LEN, with->csrc);
    c->header_len = RTP_HEADER_LEN + (with->csrc ? 4 : 0);
}

void compose_packet(struct composed *c, const struct compose *with, const struct rtp_view *v,
                    const struct frame_info *f, const uint8_t *p, const struct rewritten *out)
{
    struct elements list;
    c->transport_seq_at = 0;
    c->send_time_at = 0;
    write_fixed(c, with, out);
    list_elements(&list, with, v, f, p);
    write_extensions(c, &list, out);
    if (f->red.primary_at)
        write_red(c, with, v, &f->red, p);
    else if (with->red_pt)
        make_red(c, with, v, p);
    else
        write_patch(c, v, f, p, out);
}

void compose_rtx(struct composed *c, uint32_t ssrc, uint8_t pt, uint16_t seq, uint16_t original_seq)
{
    c->header[1] = (uint8_t)((c->header[1] & 0x80) | pt);
    put_u16(c->header + 2, seq);
    put_u32(c->header + 8, ssrc);
    memmove(c->patch + RTX_HEAD_LEN, c->patch, c->patch_len);
    put_u16(c->patch, original_seq);
    c->patch_len += RTX_HEAD_LEN;
}

void compose_padding(struct composed *c)
{
    static const uint8_t padding[COMPOSE_PADDING] = {[COMPOSE_PADDING - 1] = COMPOSE_PADDING};
    c->header[0] |= 0x20;
    c->patch_len = 0;
    c->rest = padding;
    c->rest_len = sizeof(padding);
}
