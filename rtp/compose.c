#include "compose.h"

#include "dependency.h"

enum {
    ONE_BYTE_PROFILE = 0xbede, /* RFC 8285, section 4.2 */
    TWO_BYTE_PROFILE = 0x1000, /* section 4.3 */
    ONE_BYTE_ID_MAX = 14,
    ONE_BYTE_LEN_MAX = 16,
    TRANSPORT_SEQ_LEN = 2,
    SEND_TIME_LEN = 3,
    MID_LEN_MAX = 16,
    ELEMENTS_MAX = RTP_EXT_COUNT,
};

struct element {
    enum rtp_ext ext;
    uint8_t id, len;
    const uint8_t *data; /* NULL = zeros, filled in later */
};

/* What of the source packet's extensions goes on to a viewer as it is. */
static const enum rtp_ext passed_on[] = {RTP_EXT_AUDIO_LEVEL, RTP_EXT_ORIENTATION, RTP_EXT_DEPENDENCY};

static size_t list_elements(struct element *e, const struct compose *with, const struct rtp_view *v,
                            const uint8_t *p)
{
    const uint8_t *id = with->exts->id;
    size_t n = 0;
    if (id[RTP_EXT_TRANSPORT_CC])
        e[n++] = (struct element){RTP_EXT_TRANSPORT_CC, id[RTP_EXT_TRANSPORT_CC], TRANSPORT_SEQ_LEN, NULL};
    if (id[RTP_EXT_ABS_SEND_TIME])
        e[n++] = (struct element){RTP_EXT_ABS_SEND_TIME, id[RTP_EXT_ABS_SEND_TIME], SEND_TIME_LEN, NULL};
    if (with->mid && id[RTP_EXT_MID])
        e[n++] = (struct element){RTP_EXT_MID, id[RTP_EXT_MID], (uint8_t)strnlen(with->mid, MID_LEN_MAX),
                                  (const uint8_t *)with->mid};
    for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++) {
        enum rtp_ext ext = passed_on[i];
        if (!id[ext] || !v->ext[ext].len || (ext == RTP_EXT_DEPENDENCY && !with->descriptor))
            continue;
        e[n++] = (struct element){ext, id[ext], v->ext[ext].len, p + v->ext[ext].off};
    }
    return n;
}

static bool needs_two_bytes(const struct element *e, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (e[i].id > ONE_BYTE_ID_MAX || e[i].len > ONE_BYTE_LEN_MAX)
            return true;
    }
    return false;
}

/* An element that cannot be said in the form that was agreed, or that has no room, is left out. */
static void write_element(struct composed *c, struct wr *w, const struct element *e, bool two_bytes,
                          const struct rewritten *out)
{
    if (wr_left(w) < (size_t)e->len + 2 + 3 || !e->len)
        return;
    if (two_bytes) {
        wr_u8(w, e->id);
        wr_u8(w, e->len);
    } else {
        if (e->id > ONE_BYTE_ID_MAX || e->len > ONE_BYTE_LEN_MAX)
            return;
        wr_u8(w, (uint32_t)e->id << 4 | (uint32_t)(e->len - 1));
    }
    uint16_t at = (uint16_t)wr_len(w);
    uint8_t *to = wr_reserve(w, e->len);
    if (e->data)
        memcpy(to, e->data, e->len);
    else
        memset(to, 0, e->len);
    if (e->ext == RTP_EXT_TRANSPORT_CC)
        c->transport_seq_at = at;
    else if (e->ext == RTP_EXT_ABS_SEND_TIME)
        c->send_time_at = at;
    else if (e->ext == RTP_EXT_DEPENDENCY)
        dependency_set_frame_number(to, e->len, out->frame_number);
}

static void write_extensions(struct composed *c, struct wr *w, const struct compose *with,
                             const struct rtp_view *v, const uint8_t *p, const struct rewritten *out)
{
    struct element e[ELEMENTS_MAX];
    size_t n = list_elements(e, with, v, p);
    if (n == 0)
        return;
    bool two_bytes = with->exts->mixed && needs_two_bytes(e, n);
    c->header[0] |= 0x10;
    size_t head = wr_len(w);
    wr_u16(w, two_bytes ? TWO_BYTE_PROFILE : ONE_BYTE_PROFILE);
    wr_u16(w, 0);
    size_t start = wr_len(w);
    for (size_t i = 0; i < n; i++)
        write_element(c, w, &e[i], two_bytes, out);
    while ((wr_len(w) - start) % 4)
        wr_u8(w, 0);
    put_u16(c->header + head + 2, (uint32_t)((wr_len(w) - start) / 4));
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
    if (len > v->payload_len || len > COMPOSE_PATCH_MAX - 2) /* compose_rtx() adds two */
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

void compose_packet(struct composed *c, const struct compose *with, const struct rtp_view *v,
                    const struct frame_info *f, const uint8_t *p, const struct rewritten *out)
{
    struct wr w = wr_init(c->header, sizeof(c->header));
    c->transport_seq_at = 0;
    c->send_time_at = 0;
    wr_u8(&w, RTP_VERSION << 6 | (with->csrc ? 1 : 0));
    wr_u8(&w, (uint32_t)out->marker << 7 | with->pt);
    wr_u16(&w, (uint32_t)(out->index & 0xffff));
    wr_u32(&w, out->timestamp);
    wr_u32(&w, with->ssrc);
    if (with->csrc)
        wr_u32(&w, with->csrc);
    write_extensions(c, &w, with, v, p, out);
    c->header_len = wr_len(&w);
    write_patch(c, v, f, p, out);
}

void compose_rtx(struct composed *c, uint32_t ssrc, uint8_t pt, uint16_t seq, uint16_t original_seq)
{
    c->header[1] = (uint8_t)((c->header[1] & 0x80) | pt);
    put_u16(c->header + 2, seq);
    put_u32(c->header + 8, ssrc);
    memmove(c->patch + 2, c->patch, c->patch_len);
    put_u16(c->patch, original_seq);
    c->patch_len += 2;
}
