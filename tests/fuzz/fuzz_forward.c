/* Three sources, one slot: packets made, lost, late, doubled, of layers that are
 * wanted or not, switched between, asked for again, by the input's commands. Whatever
 * they are, what leaves has to be one RTP stream that a receiver can follow. */
#include "compose.h"
#include "rewrite.h"
#include "select.h"
#include "seq.h"
#include "sources.h"

enum {
    SOURCES = 3,
    UNSEEN_MAX = 24, /* frames lost in a row: 7-bit picture ids do not tell more */
    INDEX_MAX = 1 << 18,
    SENT = 64, /* entries of the window to begin with, and at most */
    SENT_MAX = 256,
    COMMANDS_MAX = 4000,
};

/* What left. */
struct leaving {
    uint64_t number, frame;
    int32_t picture_id;
    uint8_t payload[PACKET_MAX];
    size_t len;
};

struct world {
    struct input input;
    bool audio;
    uint64_t now_us;
    struct rtp_ext_map viewer;
    const char *mid;
    struct source sources[SOURCES];
    struct select select;
    struct rewrite rewrite;
    struct sent sent;
    struct sent_packet ring[SENT_MAX], spare[SENT_MAX];
    uint8_t used[INDEX_MAX / 8];
    struct leaving leaving[SENT_MAX];

    /* what has to hold */
    bool any;
    uint32_t switches;
    uint64_t first, newest;    /* of the current source, by number */
    uint64_t newest_frame;     /* of it */
    int32_t newest_picture_id; /* out; of any source */
    uint32_t newest_timestamp; /* out */
};

/* --- What has to hold ---------------------------------------------------------------- */

static bool mark_used(struct world *w, uint64_t index)
{
    bool before = w->used[index / 8] >> index % 8 & 1;
    w->used[index / 8] |= (uint8_t)(1 << index % 8);
    return !before;
}

static int picture_diff(int32_t a, int32_t b)
{
    return (int16_t)(uint16_t)((uint32_t)(a - b) << 1) >> 1;
}

static void check_picture(const struct world *w, const struct packet *p, const struct rewritten *out,
                          bool switched)
{
    if (out->picture_id < 0 || w->newest_picture_id < 0)
        return;
    int diff = picture_diff(out->picture_id, w->newest_picture_id);
    if (switched)
        CHECK(diff == 1);
    else
        CHECK((diff > 0) == (p->frame > w->newest_frame) && (diff < 0) == (p->frame < w->newest_frame));
}

static void check_order(struct world *w, const struct packet *p, const struct rewritten *out, bool switched,
                        uint64_t highest)
{
    if (switched && w->any) {
        CHECK(out->index > highest && out->index <= highest + 2);
        CHECK(ts_diff(out->timestamp, w->newest_timestamp) > 0);
    } else if (w->any) {
        CHECK((p->number > w->newest) == (out->index > highest));
    }
    check_picture(w, p, out, switched);
}

static void note_order(struct world *w, const struct packet *p, const struct rewritten *out, bool switched)
{
    if (switched)
        w->first = p->number;
    if (switched || p->number > w->newest) {
        w->newest = p->number;
        if (!w->any || ts_diff(out->timestamp, w->newest_timestamp) > 0)
            w->newest_timestamp = out->timestamp;
    }
    /* What fills a hole has a number and no picture. */
    if (out->picture_id >= 0 && (switched || w->newest_picture_id < 0 || p->frame > w->newest_frame)) {
        w->newest_picture_id = out->picture_id;
        w->newest_frame = p->frame;
    }
    w->any = true;
}

/* Put together what was composed and look at it as the receiver does. */
static size_t check_composed(const struct world *w, struct composed *c, uint8_t *whole, struct rtp_view *v)
{
    CHECK(c->header_len <= COMPOSE_HEADER_MAX && c->patch_len <= COMPOSE_PATCH_MAX && c->header_len % 4 == 0);
    CHECK(c->transport_seq_at + 2u <= c->header_len && c->send_time_at + 3u <= c->header_len);
    compose_stamp(c, 0x1234, w->now_us);
    memcpy(whole, c->header, c->header_len);
    memcpy(whole + c->header_len, c->patch, c->patch_len);
    if (c->rest_len)
        memcpy(whole + c->header_len + c->patch_len, c->rest, c->rest_len);
    size_t len = c->header_len + c->patch_len + c->rest_len;
    CHECK(rtp_view_parse(v, whole, len, &w->viewer) == 0);
    CHECK(v->payload == c->header_len);
    CHECK(get_u32(whole + 12) == 77);
    CHECK(v->ext[RTP_EXT_TRANSPORT_CC].off == c->transport_seq_at);
    CHECK(v->ext[RTP_EXT_ABS_SEND_TIME].off == c->send_time_at);
    uint16_t profile = whole[0] & 0x10 ? get_u16(whole + 16) : 0;
    CHECK(profile == 0 || profile == 0xbede || (profile == 0x1000 && w->viewer.mixed));
    return len;
}

static void check_content(const struct world *w, const uint8_t *whole, const struct rtp_view *v,
                          const struct packet *p, const struct rewritten *out)
{
    struct frame_info f;
    const uint8_t *sent = whole + v->payload, *got = p->p + p->view.payload;
    CHECK(v->payload_len == p->view.payload_len);
    if (!v->payload_len)
        return;
    CHECK(memcmp(sent + v->payload_len - 4, got + v->payload_len - 4, 4) == 0);
    CHECK(frame_info_read(&f, w->audio ? RTP_CODEC_OPUS : RTP_CODEC_VP8, v, whole, NULL) == 0);
    if (w->audio)
        return;
    CHECK(f.start == p->info.start && f.tl0_pic_idx == out->tl0_pic_idx);
    CHECK(f.picture_id == (out->picture_id & (f.picture_id_15 ? 0x7fff : 0x7f)));
    struct rtp_ext_at at = v->ext[RTP_EXT_DEPENDENCY];
    CHECK(!at.len || (p->info.has_descriptor && get_u16(whole + at.off + 1) == out->frame_number));
}

/* --- Forwarding ------------------------------------------------------------------------ */

static const struct frame_info no_frame = {.picture_id = FRAME_NO_PICTURE_ID, .tl0_pic_idx = FRAME_NO_TL0};
static const struct rtp_view no_payload;

static void compose(const struct world *w, struct composed *c, const struct packet *p,
                    const struct sent_packet *sent)
{
    const struct compose with = {
        .exts = &w->viewer, .mid = w->mid, .ssrc = 0xabcdef, .csrc = 77, .pt = 111, .descriptor = true};
    if (sent->empty)
        compose_packet(c, &with, &no_payload, &no_frame, p->p, &sent->out);
    else
        compose_packet(c, &with, &p->view, &p->info, p->p, &sent->out);
}

static void leave(struct world *w, const struct packet *p, const struct sent_packet *sent)
{
    const struct rewritten *out = &sent->out;
    struct composed c;
    struct rtp_view v;
    uint8_t whole[COMPOSE_HEADER_MAX + PACKET_MAX];
    compose(w, &c, p, sent);
    size_t len = check_composed(w, &c, whole, &v);
    CHECK(v.ssrc == 0xabcdef && v.pt == 111 && v.seq == (out->index & 0xffff));
    CHECK(v.timestamp == out->timestamp && v.marker == out->marker);
    if (sent->empty)
        CHECK(!v.payload_len && !v.marker);
    else
        check_content(w, whole, &v, p, out);
    struct leaving *l = &w->leaving[out->index % SENT_MAX];
    l->number = p->number;
    l->len = len - v.payload;
    memcpy(l->payload, whole + v.payload, l->len);
}

static void switch_to(struct world *w, const struct packet *p)
{
    w->switches++;
    uint64_t back_us = (uint64_t)take(&w->input) * 1000;
    rewrite_switch(&w->rewrite, p->number, &p->view, w->now_us - back_us);
}

/* As long as it is remembered, a frame goes or stays as a whole. */
static void check_fate(const struct world *w, struct source *s, const struct packet *p, bool left_out)
{
    struct fate *fate = &s->fates[p->frame % FATES];
    if (!p->view.payload_len || s->frame - p->frame >= FRAMES_MAX || p->number < w->first)
        return;
    if (fate->frame == p->frame && fate->switches == w->switches)
        CHECK(fate->left_out == left_out);
    *fate = (struct fate){p->frame, w->switches, left_out};
}

/* A packet of the current source with all that is in it, or only its number. */
static bool number_packet(struct world *w, const struct packet *p, bool marker, struct sent_packet *sent)
{
    const struct rtp_view empty = {.timestamp = p->view.timestamp};
    if (sent->empty)
        return rewrite_packet(&w->rewrite, p->number, &empty, &no_frame, false, &sent->out);
    return rewrite_packet(&w->rewrite, p->number, &p->view, &p->info, marker, &sent->out);
}

static void forward(struct world *w, struct source *s, const struct packet *p)
{
    struct sent_packet sent = {.source = s->id, .in_seq = p->view.seq};
    uint64_t highest = w->rewrite.index;
    struct selected how;
    enum select_verdict verdict = select_packet(&w->select, s->id, p->number, &p->view, &p->info, &how);
    if (verdict == SELECT_DROP)
        return;
    CHECK(how.from <= p->number && how.marker >= p->view.marker);
    if (p->frame == s->frame)
        s->unseen = 0;
    bool switched = verdict == SELECT_SWITCH;
    if (switched)
        switch_to(w, p);
    check_fate(w, s, p, verdict == SELECT_SKIP);
    sent.empty = verdict == SELECT_SKIP || !p->view.payload_len;
    if (sent.empty && rewrite_drop(&w->rewrite, how.from, p->number, &p->info))
        return;
    if (!number_packet(w, p, how.marker, &sent)) {
        CHECK(!switched);
        CHECK(p->number < w->first || sent.empty || w->rewrite.drop_count > REWRITE_DROPS);
        return;
    }
    CHECK(sent.out.index > 0 && sent.out.index < INDEX_MAX);
    if (!sent_note(&w->sent, &sent)) {
        bool used = w->used[sent.out.index / 8] >> sent.out.index % 8 & 1;
        CHECK(used || sent.out.index + w->sent.mask < highest || sent.out.index < w->sent.floor);
        return;
    }
    CHECK(mark_used(w, sent.out.index));
    check_order(w, p, &sent.out, switched, highest);
    note_order(w, p, &sent.out, switched);
    leave(w, p, &sent);
}

static struct source *source_by_id(struct world *w, uint32_t id)
{
    CHECK(id >= 1 && id <= SOURCES);
    return &w->sources[id - 1];
}

/* A retransmission carries what went out under that number. */
static void resend(struct world *w, uint16_t seq)
{
    struct composed c;
    struct rtp_view v;
    uint16_t osn;
    uint8_t whole[COMPOSE_HEADER_MAX + PACKET_MAX + 2];
    const struct sent_packet *sent = sent_find(&w->sent, seq);
    if (!sent)
        return;
    CHECK(w->used[sent->out.index / 8] >> sent->out.index % 8 & 1);
    const struct leaving *l = &w->leaving[sent->out.index % SENT_MAX];
    const struct packet *p = &source_by_id(w, sent->source)->kept[l->number % KEPT];
    CHECK((sent->out.index & 0xffff) == seq && (l->number & 0xffff) == sent->in_seq);
    if (!p->in_use || p->number != l->number)
        return; /* no longer kept */
    compose(w, &c, p, sent);
    compose_rtx(&c, 0xfeed, 112, 1, seq);
    check_composed(w, &c, whole, &v);
    CHECK(v.ssrc == 0xfeed && v.pt == 112 && v.seq == 1 && v.timestamp == sent->out.timestamp);
    CHECK(rtp_rtx_osn(&v, whole, &osn) == 0 && osn == seq);
    CHECK(v.payload_len == l->len + 2u && memcmp(whole + v.payload + 2, l->payload, l->len) == 0);
}

/* --- Commands --------------------------------------------------------------------------- */

static void grow(struct world *w)
{
    size_t capacity = (w->sent.mask + 1) * 2;
    if (capacity > SENT_MAX)
        return;
    struct sent_packet *to = w->sent.ring == w->ring ? w->spare : w->ring;
    sent_grow(&w->sent, to, capacity);
}

static void aim(struct world *w, uint32_t source)
{
    uint8_t layers = take(&w->input);
    select_target(&w->select, (struct select_target){source, layers & 3, layers >> 2 & 7});
}

/* A number that comes late has to be of the current round of KEPT. */
static void late(struct world *w, struct source *s)
{
    const struct packet *p = &s->kept[take(&w->input) % KEPT];
    if (p->in_use)
        forward(w, s, p);
}

static void command(struct world *w)
{
    uint8_t op = take(&w->input);
    struct source *s = &w->sources[op / 16 % SOURCES];
    switch (op % 16) {
    default:
        forward(w, s, make(&w->input, s, false));
        break;
    case 7:
        make(&w->input, s, false);
        if (s->unseen >= UNSEEN_MAX)
            forward(w, s, &s->kept[s->number % KEPT]);
        break;
    case 8:
    case 9:
        late(w, s);
        break;
    case 10:
        aim(w, op >= 0xf0 ? SELECT_NOTHING : s->id);
        break;
    case 11:
        if (op & 0x80)
            select_forget(&w->select, s->id);
        else
            s->number += (uint64_t)take(&w->input) * 8; /* padding that was lost */
        break;
    case 12:
        w->now_us += (uint64_t)take(&w->input) * take(&w->input) * 1000;
        break;
    case 13:
        resend(w, (uint16_t)(w->sent.highest - take(&w->input) + 3));
        break;
    case 14:
        if (op & 0x80)
            grow(w);
        else
            s->jump += (uint32_t)take(&w->input) << 24;
        break;
    case 15:
        forward(w, s, make(&w->input, s, true));
        break;
    }
    w->now_us += 5000;
}

static void set_up(struct world *w)
{
    static const char *const mids[] = {NULL, "0", "sixteen-long-mid", "longer-than-sixteen"};
    uint8_t mode = take(&w->input), ids = take(&w->input);
    w->audio = mode & 1;
    w->viewer.mixed = mode & 2;
    w->mid = mids[mode >> 2 & 3];
    for (uint8_t e = 0; e < RTP_EXT_COUNT; e++)
        w->viewer.id[e] = mode & 16 ? (uint8_t)(ids % 200 + 1 + e) : ids >> e % 8 & 1 ? (uint8_t)(e + 1) : 0;
    uint32_t random = (uint32_t)take(&w->input) << 24 | (uint32_t)take(&w->input) << 12 | take(&w->input);
    rewrite_init(&w->rewrite, w->audio ? 48000 : 90000, (uint16_t)(1 + random % 0x7fff), random);
    sent_init(&w->sent, w->ring, SENT);
    w->now_us = 1000000000;
    w->newest_picture_id = FRAME_NO_PICTURE_ID;
    for (uint32_t i = 0; i < SOURCES; i++) {
        uint8_t start = take(&w->input);
        w->sources[i] = (struct source){
            .id = i + 1,
            .audio = w->audio,
            .narrow = i == 1,
            .descriptor = i == 2,
            .number = REWRITE_NEAR + 65535 - start,
            .frame = 0x10000 - start / 4,
            .timestamp = (uint32_t)-start * 1000,
        };
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    memset(&w, 0, sizeof(w));
    w.input = (struct input){data, size};
    set_up(&w);
    for (size_t i = 0; w.input.left && i < COMMANDS_MAX && w.rewrite.index < INDEX_MAX - 100000; i++)
        command(&w);
    return 0;
}
