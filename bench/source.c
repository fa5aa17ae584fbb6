#include "source.h"

#include "ntp.h"
#include "stamp.h"

enum {
    AUDIO_CLOCK = 48000,
    VIDEO_CLOCK = 90000,
    STALL_US = 200000,   /* behind by more: start again from now */
    OPUS_TOC = 0x78,     /* a 20 ms CELT frame, mono */
    DESCRIPTOR_LEN = 6,  /* of VP8: X, I L T, picture id (2), TL0PICIDX, TID */
    KEY_HEADER_LEN = 10, /* RFC 6386, section 9.1 */
    ONE_BYTE_PROFILE = 0xbede,
};

static uint32_t clock_rate(const struct source *s)
{
    return s->conf.kind == RTP_AUDIO ? AUDIO_CLOCK : VIDEO_CLOCK;
}

static uint32_t timestamp_at(const struct source *s, uint64_t us)
{
    uint64_t since = us - s->origin_us;
    uint32_t rate = clock_rate(s);
    return s->origin_timestamp + (uint32_t)(since / 1000000 * rate + since % 1000000 * rate / 1000000);
}

void source_init(struct source *s, const struct source_conf *conf, uint64_t random, uint64_t now_us)
{
    *s = (struct source){
        .conf = *conf,
        .key_due = true,
        .index = 1 + random % 0x7fff,
        .rtx_index = 1 + (random >> 15) % 0x7fff,
        .origin_timestamp = (uint32_t)(random >> 24),
        .origin_us = now_us,
        .next_us = now_us,
        .frame = {.picture_id = random >> 32 & 0x7fff, .tl0 = random >> 48 & 0xff},
    };
}

uint64_t source_due_us(const struct source *s)
{
    if (s->paused)
        return UINT64_MAX;
    return s->in_frame ? s->next_us + (uint64_t)s->conf.spread_us * s->frame.at / s->packets : s->next_us;
}

/* How many packets the frame that begins has. */
static uint16_t count_packets(struct source *s)
{
    const struct source_conf *c = &s->conf;
    if (c->kind != RTP_VIDEO)
        return 1;
    if (!c->frames)
        return s->frame.key && c->key_packets ? c->key_packets : c->packets;
    s->supplied = c->frames->next(c->frames, c, s->frame.key, &s->supplied_at);
    s->frame.key = s->supplied.key;
    s->frame.tid = s->supplied.tid;
    s->frame.sync = s->supplied.sync;
    return (uint16_t)((s->supplied.len + c->payload_len - 1) / c->payload_len);
}

static void begin_frame(struct source *s, uint64_t now_us)
{
    if (now_us > s->next_us + STALL_US)
        s->next_us = now_us;
    s->frame.timestamp = timestamp_at(s, s->next_us);
    s->frame.picture_id = (s->frame.picture_id + 1) & 0x7fff;
    s->frame.level = s->conf.level;
    s->frame.key = s->conf.kind == RTP_VIDEO && s->key_due;
    s->frame.at = 0;
    s->packets = count_packets(s);
    if (s->frame.tid == 0)
        s->frame.tl0++;
    if (s->frame.key)
        s->keys++;
    s->key_due = false;
    s->in_frame = true;
}

/* The packet's part of a supplied frame: all parts are alike within a byte. */
static void cut(const struct source *s, struct source_packet *out)
{
    size_t from = s->supplied.len * out->at / s->packets, to = s->supplied.len * (out->at + 1u) / s->packets;
    out->data = s->supplied.data + from;
    out->len = (uint16_t)(to - from);
}

bool source_next(struct source *s, uint64_t now_us, struct source_packet *out)
{
    if (source_due_us(s) > now_us)
        return false;
    if (!s->in_frame)
        begin_frame(s, now_us);
    *out = s->frame;
    out->index = s->index++;
    out->sent_us = now_us;
    out->last = s->frame.at + 1 >= s->packets;
    if (s->conf.frames && s->conf.kind == RTP_VIDEO)
        cut(s, out);
    s->ring[out->index % SOURCE_RING] = *out;
    s->sent++;
    s->octets += out->data ? out->len : s->conf.payload_len;
    s->frame.at++;
    if (out->last) {
        s->in_frame = false;
        s->next_us += s->conf.interval_us;
    }
    return true;
}

const struct source_packet *source_find(const struct source *s, uint16_t seq)
{
    uint16_t back = (uint16_t)((uint16_t)s->index - seq);
    const struct source_packet *p = &s->ring[(s->index - back) % SOURCE_RING];
    return back > 0 && back <= SOURCE_RING && p->index + back == s->index && p->index ? p : NULL;
}

/* --- Writing ------------------------------------------------------------------ */

static void write_extension(const struct source *s, struct wr *w, enum rtp_ext ext, const void *data,
                            size_t len)
{
    uint8_t id = s->conf.exts->id[ext];
    if (!id || !len)
        return;
    wr_u8(w, (uint32_t)id << 4 | (uint32_t)(len - 1));
    wr_bytes(w, data, len);
}

static void write_header(const struct source *s, const struct source_packet *p, struct wr *w,
                         uint16_t transport_seq, bool rtx, uint16_t seq)
{
    const char *rid = s->conf.rid ? s->conf.rid : "";
    const uint8_t number[2] = {(uint8_t)(transport_seq >> 8), (uint8_t)transport_seq};
    const uint32_t sent = (uint32_t)((p->sent_us << 18) / 1000000);
    const uint8_t time[3] = {(uint8_t)(sent >> 16), (uint8_t)(sent >> 8), (uint8_t)sent};
    const uint8_t level = p->level | 0x80; /* V: voice */
    wr_u8(w, 0x90);
    wr_u8(w, (rtx ? s->conf.rtx_pt : s->conf.pt) | (s->conf.kind == RTP_VIDEO && p->last ? 0x80u : 0));
    wr_u16(w, seq);
    wr_u32(w, p->timestamp);
    wr_u32(w, rtx ? s->conf.rtx_ssrc : s->conf.ssrc);
    wr_u16(w, ONE_BYTE_PROFILE);
    uint8_t *words = wr_reserve(w, 2);
    size_t start = wr_len(w);
    write_extension(s, w, RTP_EXT_MID, s->conf.mid, strlen(s->conf.mid));
    write_extension(s, w, rtx ? RTP_EXT_REPAIRED_RID : RTP_EXT_RID, rid, strlen(rid));
    if (s->conf.kind == RTP_AUDIO)
        write_extension(s, w, RTP_EXT_AUDIO_LEVEL, &level, 1);
    write_extension(s, w, RTP_EXT_TRANSPORT_CC, number, 2);
    if (!s->conf.exts->id[RTP_EXT_TRANSPORT_CC] && !rtx) /* whoever gets feedback by numbers needs no times */
        write_extension(s, w, RTP_EXT_ABS_SEND_TIME, time, 3);
    while ((wr_len(w) - start) % 4)
        wr_u8(w, 0);
    if (words)
        put_u16(words, (uint32_t)((wr_len(w) - start) / 4));
}

/* The payload descriptor of RFC 7741. */
static void write_vp8_descriptor(const struct source_packet *p, struct wr *w)
{
    wr_u8(w, 0x80 | (p->at == 0 ? 0x10u : 0));
    wr_u8(w, 0xe0);
    wr_u16(w, 0x8000u | p->picture_id);
    wr_u8(w, p->tl0);
    wr_u8(w, (uint32_t)p->tid << 6 | (p->sync ? 0x20u : 0));
}

/* RFC 6386, section 9.1, as far as a forwarder reads: frame type, start code, size. */
static void write_vp8_frame_header(const struct source *s, const struct source_packet *p, struct wr *w)
{
    wr_u8(w, p->key ? 0x10 : 0x11);
    wr_u16(w, 0);
    if (!p->key)
        return;
    wr_u24(w, 0x9d012a);
    wr_u8(w, s->conf.width & 0xff);
    wr_u8(w, s->conf.width >> 8);
    wr_u8(w, s->conf.height & 0xff);
    wr_u8(w, s->conf.height >> 8);
}

static void write_filler(const struct source *s, const struct source_packet *p, struct wr *w, size_t start)
{
    const struct stamp stamp = {s->conf.track, s->conf.layer, (uint16_t)p->index, p->sent_us};
    size_t least = DESCRIPTOR_LEN + KEY_HEADER_LEN + STAMP_LEN;
    if (s->conf.kind == RTP_AUDIO)
        wr_u8(w, OPUS_TOC);
    else if (p->at == 0)
        write_vp8_frame_header(s, p, w);
    size_t wanted = s->conf.payload_len + (s->conf.last_longer && p->last ? 1u : 0u);
    size_t len = (wanted > least ? wanted : least) - (wr_len(w) - start);
    uint8_t *to = wr_reserve(w, len);
    if (to)
        stamp_write(&stamp, to, len);
}

static void write_payload(const struct source *s, const struct source_packet *p, struct wr *w)
{
    size_t start = wr_len(w);
    if (s->conf.kind == RTP_VIDEO)
        write_vp8_descriptor(p, w);
    if (p->data)
        wr_bytes(w, p->data, p->len);
    else
        write_filler(s, p, w, start);
}

size_t source_write(const struct source *s, const struct source_packet *p, uint16_t transport_seq,
                    uint8_t *out, size_t cap, size_t *header_len)
{
    struct wr w = wr_init(out, cap);
    write_header(s, p, &w, transport_seq, false, (uint16_t)p->index);
    *header_len = wr_len(&w);
    write_payload(s, p, &w);
    return w.bad ? 0 : wr_len(&w);
}

size_t source_write_rtx(struct source *s, const struct source_packet *p, uint16_t transport_seq, uint8_t *out,
                        size_t cap, size_t *header_len, uint64_t *index)
{
    struct wr w = wr_init(out, cap);
    *index = s->rtx_index++;
    write_header(s, p, &w, transport_seq, true, (uint16_t)*index);
    *header_len = wr_len(&w);
    wr_u16(&w, (uint16_t)p->index);
    write_payload(s, p, &w);
    return w.bad ? 0 : wr_len(&w);
}

struct rtcp_sr source_report(const struct source *s, uint64_t now_us)
{
    return (struct rtcp_sr){
        .ntp = ntp_from_us((uint64_t)((int64_t)now_us + s->conf.clock_offset_us)),
        .rtp_timestamp = timestamp_at(s, now_us),
        .packets = s->sent,
        .octets = s->octets,
    };
}
